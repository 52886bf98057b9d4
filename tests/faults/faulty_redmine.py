"""A small Redmine on loopback that can misbehave on purpose. Standard library only; knows nothing of pmo_sync."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "k" * 40
Json = dict[str, Any]


@dataclass
class Asked:
    """One request as it arrived. Of the key only whether it was ours."""

    method: str
    path: str
    query: dict[str, str]
    body: Json | None
    with_key: bool


@dataclass(frozen=True)
class Entry:
    """One value that was set. With `before` equal to `after` the request was idle: a real Redmine keeps no entry."""

    path: str
    field: str
    before: Any
    after: Any

    @property
    def idle(self) -> bool:
        return (self.before or None) == (self.after or None)


@dataclass
class Reply:
    """What goes back. `cut` bytes of the body are not sent; `silent` sends nothing; `drip` waits between bytes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json; charset=utf-8"})
    cut: int = 0
    silent: bool = False
    hang: float = 0
    drip: float = 0


Normal = Callable[[], Reply]
Act = Callable[[Asked, Normal], Reply]


def as_json(body: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode())


def status(code: int, **headers: str) -> Act:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _asked, _normal: Reply(code, b"", {"Content-Type": "text/html", **named})


def page() -> Act:
    body = b"<html><title>Sign in</title></html>"
    return lambda _asked, _normal: Reply(200, body, {"Content-Type": "text/html"})


def raw(body: bytes) -> Act:
    return lambda _asked, _normal: Reply(200, body)


def truncated(_asked: Asked, normal: Normal) -> Reply:
    reply = normal()
    reply.cut = len(reply.body) // 2
    return reply


def hanging(_asked: Asked, _normal: Normal) -> Reply:
    return Reply(hang=5)


def dripping(_asked: Asked, normal: Normal) -> Reply:
    reply = normal()
    reply.drip = 0.02
    return reply


def lost(_asked: Asked, normal: Normal) -> Reply:
    """Done, and the answer never arrives."""
    normal()
    return Reply(silent=True)


def then(code: int) -> Act:
    """Done, and the answer is an error."""

    def act(_asked: Asked, normal: Normal) -> Reply:
        normal()
        return Reply(code, b"", {"Content-Type": "text/html"})

    return act


def altered(change: Callable[[Json], None]) -> Act:
    """A well-formed lie: the true answer, changed."""

    def act(_asked: Asked, normal: Normal) -> Reply:
        body = json.loads(normal().body)
        change(body)
        return as_json(body)

    return act


@dataclass
class _Fault:
    method: str
    path: str
    act: Act
    times: int
    skip: int
    where: Callable[[Asked], bool]


class FaultyRedmine:
    """Projects and issues as Redmine sends them; `misbehave` says where and how often it goes wrong.

    `chaos` is asked about every request that no fault of `misbehave` meets, and may give an act for it.
    With a clock `now` it tells the time in every answer, and stamps what is changed with it. `public` are the issues
    that it shows to whoever has no key.
    """

    def __init__(self) -> None:
        self.projects: list[Json] = []
        self.issues: dict[int, Json] = {}
        self.trackers: list[Json] = [{"id": 1, "name": "Task"}, {"id": 2, "name": "Risk"}]
        self.login = "pmo-bot"
        self.memberships: list[Json] = []
        self.permissions: list[str] = ["edit_issues", "edit_project"]
        self.rest_is_on = True
        self.lists: dict[int, list[str]] = {}
        self.statuses: list[Json] = [{"id": 1, "name": "New"}, {"id": 2, "name": "In Progress"}]
        self.statuses.append({"id": 5, "name": "Closed", "is_closed": True})
        self.journals: dict[int, list[Json]] = {}
        self.read_only: set[int] = set()
        self.asked: list[Asked] = []
        self.applied: list[Asked] = []
        self.journal: list[Entry] = []
        self.chaos: Callable[[Asked], Act | None] = lambda _asked: None
        self.now: Callable[[], datetime] | None = None
        self.public: Callable[[int], bool] = lambda number: number >= 1000
        self.stop = threading.Event()
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def misbehave(
        self,
        path: str,
        act: Act,
        *,
        method: str = "GET",
        times: int = 10**6,
        skip: int = 0,
        where: Callable[[Asked], bool] = lambda _asked: True,
    ) -> None:
        """From the (skip + 1)-th matching request on, `times` times."""
        self._faults.append(_Fault(method, path, act, times, skip, where))

    def heal(self) -> None:
        self._faults.clear()

    def project(self, number: int, identifier: str, parent: int | None = None, **more: Any) -> None:
        project = {"id": number, "name": identifier.upper(), "identifier": identifier, "status": 1, "custom_fields": []}
        if parent is not None:
            project["parent"] = {"id": parent, "name": "?"}
        moment = "2026-11-01T08:00:00Z"
        self.projects.append({**project, "created_on": moment, "updated_on": moment, **more})

    def issue(self, number: int, project: int = 1, **more: Any) -> Json:
        name = next(one["name"] for one in self.projects if one["id"] == project)
        self.issues[number] = {
            "id": number,
            "project": {"id": project, "name": name},
            "tracker": {"id": 1, "name": "Task"},
            "status": {"id": 1, "name": "New", "is_closed": False},
            "priority": {"id": 2, "name": "Normal"},
            "author": {"id": 7, "name": "Ada"},
            "subject": f"Issue {number}",
            "done_ratio": 0,
            "spent_hours": 0.0,
            "custom_fields": [
                {"id": 1, "name": "PMO compliance", "multiple": True, "value": []},
                {"id": 2, "name": "RAG", "value": None},
            ],
            "created_on": "2026-11-01T08:00:00Z",
            "updated_on": "2026-11-02T08:00:00Z",
            **more,
        }
        return self.issues[number]

    def writes(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method != "GET"]

    def value(self, number: int, name: str) -> Any:
        return next(one["value"] for one in self.issues[number]["custom_fields"] if one["name"] == name)

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            fault = self._fault(asked)
            act = fault.act if fault else self.chaos(asked)
        return act(asked, lambda: self._normal(asked)) if act else self._normal(asked)

    def _fault(self, asked: Asked) -> _Fault | None:
        for fault in self._faults:
            if fault.method == asked.method and asked.path.startswith(fault.path) and fault.where(asked):
                if fault.skip > 0:
                    fault.skip -= 1
                elif fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def _normal(self, asked: Asked) -> Reply:
        if asked.method == "PUT":
            return self._put(asked)
        wanted = int(asked.query.get("status", "1"))
        answers: dict[str, Callable[[], Reply]] = {
            "/users/current.json": lambda: self._who(asked),
            "/trackers.json": lambda: as_json({"trackers": self.trackers}),
            "/issue_statuses.json": lambda: as_json({"issue_statuses": self.statuses}),
            "/roles/1.json": lambda: as_json({"role": {"id": 1, "name": "Bot", "permissions": self.permissions}}),
            "/projects.json": lambda: _paged("projects", [p for p in self.projects if p["status"] == wanted], asked),
            "/issues.json": lambda: _paged("issues", self._chosen(asked), asked),
        }
        return answers.get(asked.path, lambda: self._one(asked))()

    def _who(self, asked: Asked) -> Reply:
        if not self.rest_is_on:
            return Reply(403)
        user = {"id": 5, "login": self.login, "api_key": KEY, "memberships": self.memberships}
        return as_json({"user": user}) if asked.with_key else Reply(401)

    def _one(self, asked: Asked) -> Reply:
        kind, _, number = asked.path.strip("/").removesuffix(".json").partition("/")
        rows = list(self.issues.values()) if kind == "issues" else self.projects
        found = [one for one in rows if str(one["id"]) == number]
        if found and "journals" in asked.query.get("include", ""):
            found = [found[0] | {"journals": self.journals.get(int(number), [])}]
        return as_json({kind.removesuffix("s"): found[0]}) if found else Reply(404)

    def _chosen(self, asked: Asked) -> list[Json]:
        """With a wrong key a Redmine that needs no login answers 200, with what is public."""
        found = [self.issues[number] for number in sorted(self.issues)]
        if not asked.with_key or not self.rest_is_on:
            return [one for one in found if self.public(one["id"])]
        if "project_id" in asked.query:
            root = int(asked.query["project_id"])
            below = {root} if asked.query.get("subproject_id") == "!*" else self._below(root)
            found = [one for one in found if one["project"]["id"] in below]
        if asked.query.get("updated_on", "").startswith(">="):
            since = asked.query["updated_on"].removeprefix(">=")
            found = [one for one in found if one["updated_on"] >= since]
        if "issue_id" in asked.query:
            wanted = {int(number) for number in asked.query["issue_id"].split(",")}
            found = [one for one in found if one["id"] in wanted]
        return found

    def _below(self, root: int) -> set[int]:
        found = {root}
        for _ in self.projects:
            found |= {one["id"] for one in self.projects if one.get("parent", {}).get("id") in found}
        return found

    def _put(self, asked: Asked) -> Reply:
        kind, number = asked.path.strip("/").removesuffix(".json").split("/")
        holder: Json | None
        if kind == "issues":
            holder = self.issues.get(int(number))
            project = holder["project"]["id"] if holder else 0
        else:
            holder = next((one for one in self.projects if one["id"] == int(number)), None)
            project = int(number)
        if holder is None:
            return Reply(404)
        if not asked.with_key or project in self.read_only:
            return Reply(403)
        assert asked.body is not None
        sent = asked.body[kind.removesuffix("s")]["custom_fields"]
        for one in sent:
            values = one["value"] if isinstance(one["value"], list) else [one["value"]]
            if any(value and value not in self.lists.get(one["id"], [value]) for value in values):
                return as_json({"errors": ["Pmo compliance is not included in the list"]}, 422)
        with self._lock:
            self.applied.append(copy.deepcopy(asked))
            for one in sent:
                for own in holder["custom_fields"]:
                    if own["id"] == one["id"]:
                        self.journal.append(Entry(asked.path, own["name"], own["value"], one["value"]))
                        own["value"] = one["value"]
            holder["updated_on"] = self.stamp()
        return Reply(204)

    def stamp(self) -> str:
        """The moment of a change, as Redmine writes it."""
        return "2026-11-22T08:00:00Z" if self.now is None else f"{self.now():%Y-%m-%dT%H:%M:%SZ}"


def _paged(name: str, rows: list[Json], asked: Asked) -> Reply:
    limit = min(100, int(asked.query.get("limit", "25")) or 25)
    offset = int(asked.query.get("offset", "0"))
    body = {name: rows[offset : offset + limit], "total_count": len(rows), "offset": offset, "limit": limit}
    return as_json(body)


def _handler(redmine: FaultyRedmine) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one class, small methods
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else head and body of an answer lie 40 ms apart

        def do_GET(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Says nothing."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            with_key = self.headers.get("X-Redmine-API-Key") == KEY
            reply = redmine.answer(Asked(self.command, parts.path, query, body, with_key))
            if reply.hang:
                redmine.stop.wait(reply.hang)
            if reply.silent or reply.hang:
                self.close_connection = True
                return
            try:
                self._send(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            self.send_response_only(reply.status)
            if redmine.now is not None:
                self.send_header("Date", format_datetime(redmine.now(), usegmt=True))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            body = reply.body[: len(reply.body) - reply.cut]
            if not reply.drip:
                self.wfile.write(body)
            else:
                for one in body:
                    self.wfile.write(bytes([one]))
                    if redmine.stop.wait(reply.drip):
                        break
            self.close_connection = bool(reply.cut) or self.close_connection

    return Handler
