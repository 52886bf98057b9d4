"""Every path the sandbox answers, in one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from pmo_sync.sandbox import (
    bulk,
    edit,
    histories,
    issues,
    links,
    projects,
    properties,
    search_cloud,
    search_data_center,
    site,
    users,
)
from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal
from pmo_sync.sandbox.records import Flavour
from pmo_sync.sandbox.search import Memory

Handler = Callable[[Call], Answer]
_PREFIX = re.compile(r"/rest/api/(2|3|latest)/(.+)")
_CLOUD, _DATA_CENTER = (Flavour.CLOUD,), (Flavour.DATA_CENTER,)
_BOTH = (*_CLOUD, *_DATA_CENTER)


@dataclass(frozen=True, slots=True)
class Route:
    """A verb and a path pattern (below `/rest/api/N/`) of some flavours."""

    method: str
    pattern: re.Pattern[str]
    flavours: tuple[Flavour, ...]
    handler: Handler


def _route(method: str, path: str, flavours: tuple[Flavour, ...], handler: Handler) -> Route:
    return Route(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), flavours, handler)


@dataclass(slots=True)
class Router:
    """Finds the handler of a request; holds what lives between requests but not in the state."""

    flavour: Flavour
    memory: Memory = field(default_factory=Memory)
    tasks: bulk.Tasks = field(default_factory=bulk.Tasks)
    _routes: list[Route] = field(init=False)

    def __post_init__(self) -> None:
        self._routes = [one for one in self._table() if self.flavour in one.flavours]

    def _table(self) -> list[Route]:
        memory, tasks = self.memory, self.tasks
        return [
            _route("GET", "serverInfo", _BOTH, site.server_info),
            _route("GET", "myself", _BOTH, users.myself),
            _route("GET", "mypermissions", _BOTH, site.my_permissions),
            _route("POST", "permissions/check", _CLOUD, site.check_permissions),
            _route("GET", "field", _BOTH, site.fields),
            _route("GET", "issuetype", _BOTH, site.types),
            _route("GET", "status", _BOTH, site.statuses),
            _route("GET", "resolution", _BOTH, site.resolutions),
            _route("GET", "priority", _BOTH, site.priorities),
            _route("GET", "issueLinkType", _BOTH, site.link_types),
            _route("GET", "project", _BOTH, projects.listed),
            _route("GET", "project/search", _CLOUD, projects.search),
            _route("GET", "project/{project}", _BOTH, projects.get),
            _route("GET", "search", _CLOUD, search_cloud.gone),
            _route("POST", "search", _CLOUD, search_cloud.gone),
            _route("GET", "search", _DATA_CENTER, lambda call: search_data_center.get(call, memory)),
            _route("POST", "search", _DATA_CENTER, lambda call: search_data_center.post(call, memory)),
            _route("GET", "search/jql", _CLOUD, lambda call: search_cloud.get(call, memory)),
            _route("POST", "search/jql", _CLOUD, lambda call: search_cloud.post(call, memory)),
            _route("POST", "search/approximate-count", _CLOUD, lambda call: search_cloud.count(call, memory)),
            _route("POST", "jql/parse", _CLOUD, search_cloud.parse_queries),
            _route("POST", "issue/bulkfetch", _CLOUD, issues.bulk_fetch),
            _route("GET", "issue/{issue}", _BOTH, issues.get),
            _route("PUT", "issue/{issue}", _BOTH, edit.edit),
            _route("GET", "issue/{issue}/editmeta", _BOTH, issues.edit_meta),
            _route("GET", "issue/{issue}/changelog", _CLOUD, issues.changelog),
            _route("POST", "changelog/bulkfetch", _CLOUD, lambda call: histories.bulk_fetch(call, memory)),
            _route("GET", "issue/{issue}/remotelink", _BOTH, links.get),
            _route("POST", "issue/{issue}/remotelink", _BOTH, links.post),
            _route("DELETE", "issue/{issue}/remotelink", _BOTH, links.delete),
            _route("GET", "issue/{issue}/properties", _BOTH, properties.listed),
            _route("GET", "issue/{issue}/properties/{property}", _BOTH, properties.get),
            _route("PUT", "issue/{issue}/properties/{property}", _BOTH, properties.put),
            _route("DELETE", "issue/{issue}/properties/{property}", _BOTH, properties.delete),
            _route("POST", "bulk/issues/fields", _CLOUD, lambda call: bulk.submit(call, tasks)),
            _route("GET", "bulk/queue/{task}", _CLOUD, lambda call: bulk.progress(call, tasks)),
        ]

    def find(self, method: str, path: str) -> tuple[Handler, int, dict[str, str]]:
        """Handler, API version and parts of the path. Raises a refusal: 404 for no such path, 405 for a wrong verb."""
        match = _PREFIX.fullmatch(path)
        version = 2 if match is None or match[1] != "3" else 3
        if match is None or (version == 3 and self.flavour is Flavour.DATA_CENTER):  # noqa: PLR2004 - there is no v3
            raise _nothing(path)
        allowed: list[str] = []
        for route in self._routes:
            found = route.pattern.fullmatch(match[2])
            if found and route.method == method:
                return route.handler, version, {name: unquote(part) for name, part in found.groupdict().items()}
            if found:
                allowed.append(route.method)
        if allowed:
            raise Refusal(405, ["Method Not Allowed"], headers={"Allow": ", ".join(dict.fromkeys(allowed))})
        raise _nothing(path)


def _nothing(path: str) -> Refusal:
    return Refusal(404, body={"message": f"null for uri: {path}", "status-code": 404})
