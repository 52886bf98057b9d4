"""What `doctor` compares a Jira with: each assumption looked at by a request or three. Reads only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec

from pmo_sync.connectors.answers import GONE, INVALID_REQUEST, NOT_ALLOWED, NOT_FOUND, DeniedError, RequestError
from pmo_sync.connectors.assumptions import CLOUD, assumption
from pmo_sync.connectors.base import Probe
from pmo_sync.connectors.jira.asking import condition, ordered
from pmo_sync.connectors.jira.changelog import Entry
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.relations import meaning
from pmo_sync.connectors.jira.wire import LinkKind, ServerInfo
from pmo_sync.errors import UsageError
from pmo_sync.model.words import LinkType

_OLDEST: Final = (10, 3)
_FEW: Final = 5
_LOOKED_AT: Final = 3
_MOST_IDS: Final[Mapping[str, int]] = {CLOUD: 5000}
_MOST_OF_DATA_CENTER: Final = 1000
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_QUIET: Final = timedelta(minutes=10)
_SKEW: Final = timedelta(minutes=5)
_MOST_NAMED: Final = 5
_WAITS: Final = frozenset({LinkType.FS, LinkType.SS, LinkType.FF, LinkType.SF})
_IS_AN_ANSWER: Final = frozenset({INVALID_REQUEST, NOT_ALLOWED, NOT_FOUND, GONE})
"""Refusals that say that something is not there, or not for us."""


class _Fields(msgspec.Struct):
    updated: str | None = None


class _Row(msgspec.Struct):
    id: str
    key: str = ""
    fields: _Fields = msgspec.field(default_factory=_Fields)

    @property
    def updated(self) -> datetime | None:
        """When it changed last; None where that is no moment with a zone."""
        try:
            at = datetime.fromisoformat(self.fields.updated or "")
        except ValueError:
            return None
        return None if at.tzinfo is None else at.astimezone(UTC)


class _Page(msgspec.Struct, rename="camel"):
    issues: list[_Row]
    total: int | None = None
    max_results: int | None = None
    is_last: bool | None = None
    next_page_token: str | None = None


class _Log(msgspec.Struct):
    histories: list[Entry] = []
    values: list[Entry] = []


class _WithLog(msgspec.Struct):
    changelog: _Log | None = None


class _Keys(msgspec.Struct):
    keys: list[object]


class _LinkKinds(msgspec.Struct, rename="camel"):
    issue_link_types: list[LinkKind]


class _Count(msgspec.Struct):
    count: int


_PAGE: Final = msgspec.json.Decoder(_Page)
_ROW: Final = msgspec.json.Decoder(_Row)
_LOG: Final = msgspec.json.Decoder(_Log)
_WITH_LOG: Final = msgspec.json.Decoder(_WithLog)
_KEYS: Final = msgspec.json.Decoder(_Keys)
_LIST: Final = msgspec.json.Decoder(list[object])
_LINK_KINDS: Final = msgspec.json.Decoder(_LinkKinds)
_COUNT: Final = msgspec.json.Decoder(_Count)


@dataclass(slots=True)
class Site:
    """One Jira as doctor asks it: `newest` are the issues of the scope that changed last, newest first."""

    client: Client
    info: ServerInfo
    scope: str
    newest: list[_Row] = field(default_factory=list)

    @property
    def cloud(self) -> bool:
        return self.client.dialect.kind == CLOUD

    def search(self, jql: str, size: int, start: int = 0, token: str | None = None) -> _Page:
        """One page of a search."""
        body: dict[str, object] = {"jql": jql, "maxResults": size, "fields": ["updated"]}
        if self.cloud:
            body |= {} if token is None else {"nextPageToken": token}
        else:
            body["startAt"] = start
        path = self.client.path("/search/jql" if self.cloud else "/search")
        return self.client.transport.ask(path, msgspec.json.encode(body), _PAGE)

    def changed(self, since: datetime, more: str) -> str:
        """The query for what of `more` has changed since, as pulls ask it."""
        return f"{more} AND {self.client.dialect.changed_since(since, self.client.me.time_zone)}"


Look = Callable[[Site], Probe]


def site(client: Client, info: ServerInfo) -> list[Probe]:
    """One line for each assumption about this kind of Jira, at most 20 requests."""
    kind = client.dialect.kind
    looks = [(name, look) for name, look in LOOKS.items() if kind in assumption(name).kinds]
    everything = client.dialect.changed_since(_LONG_AGO, client.me.time_zone)
    scope = client.options.scope
    try:
        found = Site(client, info, everything if scope is None else f"{condition(client.name, scope)} AND {everything}")
        found.newest = found.search(ordered(found.scope, "updated DESC"), _FEW).issues
    except (RequestError, DeniedError, UsageError) as error:
        why = f"the scope cannot be searched: {error.message}"
        return [assumption(name).unseen(why) for name, _ in looks]
    return [_looked(name, look, found) for name, look in looks]


def _looked(name: str, look: Look, found: Site) -> Probe:
    one = assumption(name)
    if look in _OF_AN_ISSUE and not found.newest:
        return one.unseen("there is no issue to look at")
    try:
        return look(found)
    except (RequestError, DeniedError) as error:
        text = f"cannot be looked at: {error.message}"
        return one.broken(text) if error.status in _IS_AN_ANSWER and not one.vital else one.unseen(text)


def _version(found: Site) -> Probe:
    one, told = assumption("jira.version"), found.info.version
    numbers = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    if numbers < _OLDEST:
        return one.broken(f"it is {told}; we know 10.3 and later")
    return one.holds(f"it is {told}, and we know 10.3 and later")


def _order(found: Site) -> Probe:
    one, jql = assumption("jira.order"), ordered(found.scope)
    first = found.search(jql, _FEW)
    ids = [int(row.id) for row in first.issues]
    if found.cloud and first.next_page_token is not None:
        ids += [int(row.id) for row in found.search(jql, _FEW, token=first.next_page_token).issues]
    elif not found.cloud and len(ids) == _FEW:
        second = [int(row.id) for row in found.search(jql, _FEW, start=_FEW - 1).issues]
        if second[:1] != ids[-1:]:
            return one.broken("two pages that should have an issue in common have not")
        ids += second[1:]
    if len(first.issues) > _FEW:
        return one.broken(f"a page holds {len(first.issues)} where {_FEW} were asked for")
    if any(before >= after for before, after in pairwise(ids)):
        return one.broken("issues do not come in the order of their ids")
    return one.holds(f"ids rise from page to page, {len(ids)} looked at")


def _pages(found: Site) -> Probe:
    one, asked = assumption("jira.pages"), _MOST_IDS.get(found.client.dialect.kind, _MOST_OF_DATA_CENTER)
    page = found.search(ordered(found.scope), asked)
    came = len(page.issues)
    if found.cloud:
        if came < asked and came == 0 and page.next_page_token is not None:
            return one.broken("a page without issues came, and it is not the last")
        return one.holds(f"a page holds {came} where {asked} were asked for")
    most = min(asked, page.max_results if page.max_results is not None else asked)
    if page.total is not None and came != min(page.total, most):
        return one.broken(f"a page holds {came} where there are {page.total} and it may hold {most}")
    return one.holds(f"pages hold {most} issues")


def _changes(found: Site) -> Probe:
    one, now = assumption("jira.changes"), found.client.transport.server_time
    known = [(row, at) for row in found.newest if (at := row.updated) is not None]
    quiet = [(row, at) for row, at in known if now is None or at < now - _QUIET]
    if not known:
        return one.broken("no issue tells when it changed last")
    row, at = (quiet or known)[0]
    mine = f"id = {int(row.id)}"
    if not found.search(ordered(found.changed(at.replace(second=0, microsecond=0), mine)), 1).issues:
        return one.broken(f"a search for what changed since the last change of {row.key} does not find it")
    zone = found.client.me.time_zone or "an unknown zone"
    if found.search(ordered(found.changed(at + timedelta(hours=1), mine)), 1).issues:
        return Probe(one.subject, ok=None, text=f"a search finds more than it should, which is harmless ({zone})")
    return one.holds(f"a search finds {row.key} from its last change on, and not later ({zone})")


def _index(found: Site) -> Probe:
    one = assumption("jira.index")
    late = []
    for row in found.newest[:_LOOKED_AT]:
        path = found.client.path(f"/issue/{int(row.id)}")
        now = found.client.transport.read(path, _ROW, {"fields": "updated"})
        if row.updated is not None and now.updated is not None and now.updated > row.updated:
            late.append((now.updated - row.updated, row.key))
    if late:
        worst, key = max(late)
        return one.broken(
            f"the search shows {key} as it was {worst.total_seconds():.0f} seconds before its last change"
        )
    return one.holds("the search shows the last changes")


def _history(found: Site) -> Probe:
    one, row, client = assumption("jira.history"), found.newest[0], found.client
    path = client.path(f"/issue/{int(row.id)}")
    if found.cloud:
        log: _Log | None = client.transport.read(f"{path}/changelog", _LOG, {"maxResults": "1"})
    else:
        params = {"fields": "updated", "expand": "changelog"}
        log = client.transport.read(path, _WITH_LOG, params).changelog
    if log is None:
        return one.broken(f"{row.key} comes without its history")
    return one.holds(f"the history of {row.key} can be read")


def _notes(found: Site) -> Probe:
    row = found.newest[0]
    found.client.transport.read(found.client.path(f"/issue/{int(row.id)}/properties"), _KEYS)
    return assumption("jira.notes").holds(f"the properties of {row.key} can be read")


def _web_links(found: Site) -> Probe:
    row = found.newest[0]
    found.client.transport.read(found.client.path(f"/issue/{int(row.id)}/remotelink"), _LIST)
    return assumption("jira.web-links").holds(f"the web links of {row.key} can be read")


def _link_words(found: Site) -> Probe:
    one = assumption("jira.link-words")
    kinds = found.client.transport.read(found.client.path("/issueLinkType"), _LINK_KINDS).issue_link_types
    told = {kind.name or "": meaning(kind) for kind in kinds}
    depends = sorted(name for name, what in told.items() if what in _WAITS)
    if not depends:
        listed = sorted(told)
        more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
        return one.broken(f"no kind of link means `blocks`: {', '.join(listed[:_MOST_NAMED]) or 'there is none'}{more}")
    return one.holds(f"these make one issue wait for another: {', '.join(depends[:_MOST_NAMED])}")


def _counts(found: Site) -> Probe:
    path = found.client.path("/search/approximate-count")
    count = found.client.transport.ask(path, msgspec.json.encode({"jql": found.scope}), _COUNT).count
    return assumption("jira.counts").holds(f"Jira counts about {count}")


def _times(found: Site) -> Probe:
    one, clock = assumption("jira.times"), found.client.transport.server_time
    if any(row.updated is None for row in found.newest):
        return one.broken("a moment comes without its zone")
    latest = max((at for row in found.newest if (at := row.updated) is not None), default=None)
    if clock is None or latest is None:
        return one.unseen("the server tells no time to compare with")
    if latest > clock + _SKEW:
        return one.broken(f"the newest change is {(latest - clock).total_seconds():.0f} seconds in its future")
    return one.holds("the newest change is not later than the server's clock")


LOOKS: Final[Mapping[str, Look]] = {
    "jira.version": _version,
    "jira.times": _times,
    "jira.changes": _changes,
    "jira.index": _index,
    "jira.order": _order,
    "jira.pages": _pages,
    "jira.counts": _counts,
    "jira.history": _history,
    "jira.notes": _notes,
    "jira.web-links": _web_links,
    "jira.link-words": _link_words,
}
"""Assumption → how it is looked at."""
_OF_AN_ISSUE: Final = frozenset({_times, _changes, _index, _order, _pages, _history, _notes, _web_links})
