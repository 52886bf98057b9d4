"""One reading of a whole tracker in a process of its own: prints CPU seconds, seconds and the peak memory in KiB.

`python -m benchmarks.reading WHO KIND URL CONNECTIONS`; WHO is ours, ours-all, ours-past (with histories), peer or
peer-all.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.process import peak

_MORE = ("assignee", "priority", "labels", "timeoriginalestimate", "resolution")
FIELDS = ("summary", "project", "issuetype", "status", "updated", "parent", "issuelinks", "created", "duedate", *_MORE)
COLUMNS = frozenset({"created", "due", "owner", "priority", "labels", "estimate_hours", "resolution", "updated", "url"})
PAST = frozenset({"last_human_change", "status_since", "due"})


def ours(
    kind: str, url: str, connections: int, *, all_fields: bool, past: frozenset[str] = frozenset()
) -> Callable[[], int]:
    """The reading of a connector, up to the frames of a snapshot."""
    from pydantic import SecretStr

    from pmo_sync.connectors.base import Needs, Surroundings
    from pmo_sync.connectors.table import CONNECTORS
    from pmo_sync.model.vocabulary import VOCABULARY

    class Who:
        user = None if kind != "jira-cloud" else "ann@x.net"
        token = SecretStr("secret")

    limits = {"connections": connections, "requests_per_second": 100_000}
    fields = {f"own{one}": {"field": f"Field {one}", "type": "text"} for one in range(70)} if all_fields else {}
    options = CONNECTORS[kind].options.model_validate({"kind": kind, "url": url, "limits": limits, "fields": fields})
    columns = frozenset(VOCABULARY) | {f"fields.own{one}" for one in range(70)} if all_fields else COLUMNS
    connect = import_module(CONNECTORS[kind].module).connect
    surroundings = Surroundings(secret=Who, now=lambda: datetime.now(UTC), sleep=time.sleep, folder=Path())
    connector = connect("bench", options, surroundings)

    def read() -> int:
        snapshot = connector.pull(Needs(columns, history=past), lambda _: None)
        assert snapshot.manifest.complete, snapshot.manifest.problems
        return int(snapshot.items.height)

    return read


def peer(kind: str, url: str, *, all_fields: bool) -> Callable[[], int]:
    """The reading of the client library, as its manual says."""
    fields = "*all" if all_fields else ",".join(FIELDS)
    if kind == "redmine":
        import redminelib

        redmine = redminelib.Redmine(url, key="secret")
        return lambda: len(list(redmine.issue.all()))

    import jira

    client = jira.JIRA(server=url, token_auth="secret", get_server_info=False)  # noqa: S106
    if kind == "jira-cloud":
        client.deploymentType = "Cloud"
        return lambda: len(client.enhanced_search_issues("project = BANK", maxResults=0, fields=fields))
    return lambda: len(client.search_issues("project = BANK ORDER BY id", maxResults=False, fields=fields))


def main() -> None:
    """Reads once, after the imports and the first contact."""
    who, kind, url, connections = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    whole = who.endswith("-all")
    if who.startswith("ours"):
        past = PAST if who.endswith("-past") else frozenset()
        read = ours(kind, url, connections, all_fields=whole, past=past)
    else:
        read = peer(kind, url, all_fields=whole)
    cpu, wall = time.process_time(), time.perf_counter()
    count = read()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps([count, cpu, wall, peak() * 1024]), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
