"""A tracker with nothing but made-up issues, in a process of its own: answers are put together from ready bytes, so
that the clients are measured and not the server. `python -m benchmarks.tracker COUNT [EDITS]` prints its port and
serves until its input ends; each issue was edited once, or so often.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FIRST_DAY = datetime(2012, 1, 1, tzinfo=UTC)
STATUSES = [("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done")]
CUSTOM = 70
_MOMENT = "%Y-%m-%dT%H:%M:%S.000+0000"
_HERE = "https://jira.example.net/rest/api/2"


def created(number: int) -> datetime:
    """Issues come one every seven minutes."""
    return FIRST_DAY + timedelta(minutes=7 * number)


def _person(number: int) -> dict[str, object]:
    sizes = {f"{size}x{size}": f"https://avatars.example.net/{number}/{size}.png" for size in (16, 24, 32, 48)}
    return {
        "self": f"{_HERE}/user?accountId=account-{number}",
        "accountId": f"account-{number}",
        "key": f"account-{number}",
        "name": f"user{number}",
        "avatarUrls": sizes,
        "displayName": f"Person {number}",
        "active": True,
        "timeZone": "UTC",
    }


def _fields(number: int) -> dict[str, object]:
    name, category = STATUSES[number % 3]
    moment = f"{created(number):{_MOMENT}}"
    found: dict[str, object] = {
        "summary": f"Piece of work number {number} of the plan",
        "project": {"self": f"{_HERE}/project/10000", "id": "10000", "key": "BANK", "name": "Bank"},
        "issuetype": {"self": f"{_HERE}/issuetype/3", "id": "3", "name": "Task", "subtask": False},
        "status": {
            "self": f"{_HERE}/status/{number % 3}",
            "id": str(number % 3),
            "name": name,
            "statusCategory": {"id": 1 + number % 3, "key": category, "name": name},
        },
        "priority": {"self": f"{_HERE}/priority/3", "id": "3", "name": "Medium"},
        "assignee": _person(number % 300) if number % 8 else None,
        "creator": _person(number % 7),
        "created": moment,
        "updated": moment,
        "duedate": f"{created(number) + timedelta(days=90):%Y-%m-%d}" if number % 5 else None,
        "labels": ["api", f"team-{number % 20}"] if number % 2 else [],
        "issuelinks": [],
        "timeoriginalestimate": 28_800,
        "resolution": None,
        "description": None,
    }
    if number % 10:
        found["parent"] = {"id": str(number - number % 10), "key": f"BANK-{number - number % 10}"}
    return found


@cache
def _custom() -> dict[str, object]:
    """The fields that somebody added; the same on every issue."""
    found: dict[str, object] = {}
    for one in range(CUSTOM):
        option = {"self": f"{_HERE}/customFieldOption/{one}", "value": f"Option {one}", "id": str(one)}
        found[f"customfield_{10_000 + one}"] = [option, f"Some text for field {one}", 12.5, None][one % 4]
    return found


def _redmine(number: int) -> dict[str, object]:
    stubs = {name: {"id": 1, "name": f"{name} name"} for name in ("project", "tracker", "priority", "author")}
    values = [{"id": one, "name": f"Field {one}", "value": f"value {one} of {number}"} for one in range(20)]
    moment = f"{created(number):%Y-%m-%dT%H:%M:%SZ}"
    return stubs | {
        "id": number,
        "status": {"id": 1, "name": "New", "is_closed": False},
        "subject": f"Piece of work number {number}",
        "description": "Some words that describe the work in enough detail to act on it.",
        "start_date": "2026-01-05",
        "due_date": "2026-12-11",
        "done_ratio": 40,
        "estimated_hours": 8.0,
        "custom_fields": values,
        "created_on": moment,
        "updated_on": moment,
    }


def history(number: int, edits: int) -> list[dict[str, object]]:
    """The edits of an issue, one a day: somebody moves it to the status in which it is, others its due date."""
    move = {"field": "status", "fieldId": "status", "from": "0", "fromString": "To Do", "to": str(number % 3)}
    found: list[dict[str, object]] = []
    for one in range(edits):
        at = f"{created(number) + timedelta(days=one):{_MOMENT}}"
        day = {"field": "duedate", "fieldId": "duedate", "from": None, "fromString": None, "to": at[:10]}
        author = {name: text for name, text in _person((number + one % 3) % 300).items() if name != "avatarUrls"}
        item = day | {"toString": at[:10]} if one % 3 else move | {"toString": STATUSES[number % 3][0]}
        found.append({"id": str(number * 100 + one), "created": at, "author": author, "items": [item]})
    return found


def with_history(issue: bytes, number: int, edits: int) -> bytes:
    """The issue with its history, which is put together anew: ready ones would take too much memory."""
    log = {"startAt": 0, "maxResults": edits, "total": edits, "histories": history(number, edits)}
    return issue[:-1] + b', "changelog": ' + json.dumps(log).encode() + b"}"


@cache
def jira_issue(number: int, fields: tuple[str, ...], planted: tuple[str, ...] = ()) -> bytes:
    """One issue as it goes over the line, with labels that were planted on it."""
    all_of = _fields(number) | (_custom() if any(name.startswith(("customfield", "*")) for name in fields) else {})
    if planted:
        all_of["labels"] = [*all_of["labels"], *planted]  # type: ignore[misc]
    shown = all_of if "*all" in fields else {name: all_of[name] for name in fields if name in all_of}
    head: dict[str, object] = {"id": str(number), "self": f"{_HERE}/issue/{number}", "key": f"BANK-{number}"}
    return json.dumps(head | ({} if fields == ("id",) else {"fields": shown})).encode()


@cache
def redmine_issue(number: int) -> bytes:
    """One issue as it goes over the line."""
    return json.dumps(_redmine(number)).encode()


class Tracker(ThreadingHTTPServer):
    """So many issues, numbered from 1, each created and last changed at the same moment."""

    daemon_threads = True
    request_queue_size = 128
    latency = 0.0

    def __init__(self, address: tuple[str, int], count: int, edits: int = 1) -> None:
        super().__init__(address, _Handler)
        self.count = count + 1
        self.edits = edits
        self.planted: dict[int, tuple[str, ...]] = {}
        self.asked: list[str] = []

    def counted(self) -> dict[str, int]:
        """Requests since the last such question: of all kinds, searches among them, and those that would write."""
        asked, self.asked = self.asked, []
        reads = ("/search", "/search/jql", "/approximate-count", "/permissions/check", "/bulkfetch", "/jql/parse")
        return {
            "all": len(asked),
            "searches": sum(one.partition("?")[0].endswith(("api/2/search", "/search/jql")) for one in asked),
            "writes": sum(not one.startswith("GET") and not one.endswith(reads) for one in asked),
        }

    def search(self, body: dict[str, object]) -> bytes:
        """A page of either Jira: by offset with a total, or by a token that is the next offset."""
        low, high = self.window(str(body["jql"]))
        names = body.get("fields", ["*all"])
        fields = tuple(names.split(",") if isinstance(names, str) else list(names))  # type: ignore[call-overload]
        offset = int(str(body.get("nextPageToken") or body.get("startAt", 0)))
        most = 1_000 if "startAt" in body else 5_000 if fields == ("id",) else 100
        size = min(int(str(body.get("maxResults", 50))), most)
        numbers = range(low, high)[:: -1 if "DESC" in str(body["jql"]) else 1][offset : offset + size]
        issues = [jira_issue(number, fields, self.planted.get(number, ())) for number in numbers]
        if "changelog" in str(body.get("expand", "")):
            issues = [with_history(*one, self.edits) for one in zip(issues, numbers, strict=True)]
        head: dict[str, object] = {"startAt": offset, "maxResults": size, "total": high - low}
        if "startAt" not in body:
            last = offset + size >= high - low
            head = {"isLast": last} | ({} if last else {"nextPageToken": str(offset + size)})
        return json.dumps(head).encode()[:-1] + b', "issues": [' + b",".join(issues) + b"]}"

    def redmine(self, offset: int, limit: int) -> bytes:
        """A page of Redmine."""
        limit = min(limit, 100)
        issues = b",".join(redmine_issue(number) for number in range(1 + offset, min(1 + offset + limit, self.count)))
        head = {"total_count": self.count - 1, "offset": offset, "limit": limit}
        return json.dumps(head).encode()[:-1] + b', "issues": [' + issues + b"]}"

    def window(self, jql: str) -> tuple[int, int]:
        """The first number of a query, and the one after its last."""

        def at(pattern: str, otherwise: int) -> int:
            found = re.search(pattern + r' (?:"([^"]+)"|(\d+))', jql)
            if found is None:
                return otherwise
            if found[2]:
                moment = datetime.fromtimestamp(int(found[2]) / 1000, UTC)
            else:
                moment = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
            minutes = (moment - FIRST_DAY) / timedelta(minutes=7)
            return min(max(1, int(minutes) + (minutes % 1 > 0)), self.count)

        return max(at("created >=", 1), at("updated >=", 1)), at("created <", self.count)


ME = {"accountId": "account-1", "key": "account-1", "name": "ann", "displayName": "Ann", "emailAddress": "ann@x.net"}
ME |= {"timeZone": "UTC"}
_CATALOGUE = [{"id": name, "name": name, "custom": False} for name in _fields(1)]
_CATALOGUE += [{"id": f"customfield_{10_000 + one}", "name": f"Field {one}", "custom": True} for one in range(CUSTOM)]
_PROJECT = {"id": "10000", "key": "BANK", "name": "Bank"}
FIXED: dict[str, object] = {
    "/rest/api/3/serverInfo": {"deploymentType": "Cloud", "version": "1001.0.0"},
    "/rest/api/2/serverInfo": {"deploymentType": "Server", "version": "10.3.0", "versionNumbers": [10, 3, 0]},
    "/field": _CATALOGUE,
    "/myself": ME,
    "/project": [_PROJECT],
    "/project/search": {"values": [_PROJECT], "total": 1, "maxResults": 50},
    "/status": [
        {"id": str(one), "name": name, "statusCategory": {"id": one, "key": category, "name": name}}
        for one, (name, category) in enumerate(STATUSES)
    ],
    "/mypermissions": {"permissions": {}},
    "/permissions/check": {"globalPermissions": [], "projectPermissions": []},
    "/projects.json": {"projects": [{"id": 1, "name": "Bank", "identifier": "bank"}], "total_count": 1},
    "/trackers.json": {"trackers": [{"id": 1, "name": "tracker name"}]},
    "/users/current.json": {"user": {"id": 1, "login": "ann"}},
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Tracker

    def do_GET(self) -> None:
        """Fixed answers, and searches by the address."""
        parts = urlsplit(self.path)
        asked = {name: ",".join(values) for name, values in parse_qs(parts.query).items()}
        if parts.path == "/latency":
            self.server.latency = float(asked["seconds"])
            self._send(b"{}", 0)
        elif parts.path == "/counted":
            self._send(json.dumps(self.server.counted()).encode(), 0)
        elif parts.path == "/issues.json":
            self._send(self.server.redmine(int(asked.get("offset", "0")), int(asked.get("limit", "25"))))
        elif "/search" in parts.path and "jql" in asked:
            self._send(self.server.search(dict(asked)))
        else:
            short = re.sub(r"^/rest/api/[23]", "", parts.path)
            self._send(json.dumps(FIXED.get(parts.path) or FIXED[short]).encode())

    def do_POST(self) -> None:
        """Searches and counts."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/plant":
            self.server.planted = {int(number): tuple(labels) for number, labels in body.items()}
            self._send(b"{}", 0)
        elif self.path.endswith("/changelog/bulkfetch"):
            numbers = map(int, body["issueIdsOrKeys"])
            edits = self.server.edits
            logs = [{"issueId": str(one), "changeHistories": history(one, edits)} for one in numbers]
            self._send(json.dumps({"issueChangeLogs": logs}).encode())
        elif self.path.endswith("/permissions/check"):
            self._send(json.dumps(FIXED["/permissions/check"]).encode())
        elif self.path.endswith("/approximate-count"):
            low, high = self.server.window(body["jql"])
            self._send(json.dumps({"count": high - low}).encode())
        else:
            self._send(self.server.search(body))

    def do_PUT(self) -> None:
        """Counts what should not have been written, and refuses it."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(b"{}", status=403)

    def _send(self, content: bytes, latency: float | None = None, status: int = 200) -> None:
        if latency is None:
            self.server.asked.append(f"{self.command} {self.path}")
        time.sleep(self.server.latency if latency is None else latency)
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Nobody reads it."""


def main() -> None:
    """Serves until its input ends."""
    server = Tracker(("127.0.0.1", 0), *map(int, sys.argv[1:]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
