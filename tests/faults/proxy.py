"""A proxy on loopback between a client and its tracker, which goes wrong on purpose. Knows nothing of pmo_sync.

What goes wrong is decided by orders (by hand, a few times) or else by dice (by seed, a share of all requests).
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.wrongs import (
    FALSE,
    JSON,
    LIES,
    LOST,
    NO_ANSWER,
    REFUSALS,
    SILENT,
    SPOILT,
    STRANGER,
    WAIT,
    Answer,
    Asked,
    Chooser,
    Order,
    altered,
    decoded,
    rows_of,
)

SILENCE = 0.3
"""Seconds of real time for which a hanging answer does not come."""
GRACE = 0.05
"""Seconds of real time after which whoever was told to wait has read it; until then nobody else has an answer."""
DEAF = 10
"""Seconds of real time after which a client that listens should have taken note of a wait, on any computer."""
_SECRETS = ("Authorization", "X-Redmine-API-Key")
_PASSED_ON = ("Authorization", "X-Redmine-API-Key", "Content-Type", "Accept", "User-Agent", "X-Atlassian-Token")
_PAGE = {"Content-Type": "text/html"}
_NUMBER = re.compile(r"\d+")
LOGIN = b"<!DOCTYPE html><html><title>Sign in</title></html>"


@dataclass(frozen=True)
class Entry:
    """A request and what became of it. `applied` is the status of the tracker itself, None where it was not asked."""

    asked: Asked
    fault: str
    applied: int | None
    answered: int

    @property
    def changed(self) -> bool:
        """Whether the tracker took a change."""
        return self.asked.writes and self.applied is not None and 200 <= self.applied < 300


@dataclass
class Proxy:
    """Serves on 127.0.0.1 between `start` and `close`; also a context manager. `upstream` may change at any time.

    `told` are the rows of lists, by list and id, that were sent on at all; `lied_to` the paths that a lie was told of.
    `early` counts requests that came before a Retry-After had passed by `now`, but for those on other `connections`
    that were under way when it was said: one on each. `peak` is the most requests at once, `rate` the most in one
    second. `secrets` are the headers that credentials came in; no log holds them. With `tells` the client
    listens: a hanging answer is a header and takes no time, and a wait is noted once `hear` was called.
    """

    upstream: str
    now: Callable[[], datetime]
    orders: list[Order] = field(default_factory=list)
    chooser: Chooser | None = None
    before: Callable[[Asked], None] | None = None
    log: list[Entry] = field(default_factory=list)
    told: set[tuple[str, str]] = field(default_factory=set)
    lied_to: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    connections: int = 1
    tells: bool = False
    early: int = 0
    peak: int = 0
    secrets: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._times: Counter[str] = Counter()
        self._kept: dict[tuple[str, bytes], bytes] = {}
        self._until: datetime | None = None
        self._noted = threading.Condition()
        self._unheard = 0
        self._under_way = 0
        self._strangers = False
        self._open = 0
        self._arrived: list[float] = []
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """No socket is left, and nobody is answered any more."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def begin(self, chooser: Chooser | None = None) -> None:
        """A new run: what was counted and noted is forgotten; what was answered can still be told again."""
        with self._lock:
            self.chooser, self._until, self._under_way, self._strangers = chooser, None, 0, False
            self.orders, self.log, self.told, self.lied_to = [], [], set(), set()
            self.faults, self._times, self.early, self.peak = Counter(), Counter(), 0, 0
            self._arrived = []
        with self._noted:
            self._unheard = 0

    def order(self, fault: str, **details: Any) -> None:
        """Orders a fault by hand; `details` as in Order."""
        self.orders.append(Order(fault, **details))

    @property
    def writes(self) -> list[Entry]:
        """What was sent to change something, whatever became of it."""
        return [entry for entry in self.log if entry.asked.writes]

    @property
    def twice(self) -> list[Entry]:
        """Changes that the tracker took although it had taken the same before, and no lie had hidden it."""
        often = Counter((one.asked.method, one.asked.path, one.asked.body) for one in self.log if one.changed)
        again = [key for key, times in often.items() if times > 1]
        found = [one for one in self.log if (one.asked.method, one.asked.path, one.asked.body) in again]
        return [one for one in found if not any(one.asked.place.startswith(place) for place in self.lied_to)]

    @property
    def unsettled(self) -> list[Entry]:
        """Requests that were sent, and never answered with the truth, however often they were sent."""
        last = {(one.asked.method, one.asked.path, one.asked.body): one for one in self.log}
        return [one for one in last.values() if one.fault]

    @property
    def rate(self) -> int:
        """The most requests that came within one second of real time."""
        times = self._arrived
        return max((sum(1 for other in times[n:] if other < one + 1) for n, one in enumerate(times)), default=0)

    def answer(self, method: str, path: str, headers: Message, body: bytes) -> Answer:
        """What this request gets, noted in the log."""
        secret = next((headers[name] for name in _SECRETS if headers.get(name)), "")
        account = hashlib.sha256(secret.encode()).hexdigest()[:12] if secret else "nobody"
        self.secrets |= {secret} if secret else set()
        with self._lock:
            moment = self.now()
            asked = Asked(len(self._arrived) + 1, moment, method, path, body, account)
            self._arrived.append(time.monotonic())
            self._open += 1
            self.peak = max(self.peak, self._open)
            soon = self._until is not None and moment < self._until
            self._under_way += soon
            self.early += soon and self._under_way >= self.connections
            self._times[f"{method} {path}"] += 1
            fault, number, wait = self._decide(asked)
            self.faults[fault or "truth"] += 1
            before = self.before
        if soon:
            self._until_heard()
        try:
            if before is not None:
                before(asked)
            return _Fate(self, asked, headers, fault, number, wait).answer()
        finally:
            with self._lock:
                self._open -= 1

    def _decide(self, asked: Asked) -> tuple[str, int, int]:
        for order in self.orders:
            if order.fits(asked):
                return order.fault, 0, order.seconds
        fault, number = self.chooser(asked, self._times[f"{asked.method} {asked.path}"]) if self.chooser else ("", 0)
        self._strangers |= fault == STRANGER
        return fault or (STRANGER if self._strangers else ""), number, WAIT

    def note(self, entry: Entry) -> None:
        """The entry is in the log."""
        with self._lock:
            self.log.append(entry)

    def wait_until(self, moment: datetime) -> None:
        """Whoever asks before this moment asks too early."""
        with self._lock:
            self._until = max(moment, self._until or moment)
            self._under_way = 0
        with self._noted:
            self._unheard += 1

    def hear(self) -> None:
        """One who was told to wait has taken note of it."""
        with self._noted:
            self._unheard = max(0, self._unheard - 1)
            self._noted.notify_all()

    def _until_heard(self) -> None:
        if not self.tells:
            self.pause(GRACE)
            return
        with self._noted:
            self._noted.wait_for(lambda: not self._unheard, DEAF)

    def tell(self, body: bytes) -> None:
        """These rows were sent."""
        name, rows = rows_of(decoded(body))
        with self._lock:
            self.told |= {(name, str(row["id"])) for row in rows if isinstance(row, dict) and "id" in row}

    def keep(self, asked: Asked, body: bytes) -> bytes:
        """What was first answered to this very request."""
        with self._lock:
            return self._kept.setdefault((f"{asked.method} {asked.path}", asked.body), body)

    def lie(self, asked: Asked) -> None:
        """Something untrue was said about this place."""
        with self._lock:
            self.lied_to.add(asked.place)

    def forward(self, asked: Asked, headers: Message) -> tuple[int, dict[str, str], bytes]:
        """What the tracker itself answers."""
        parts = urlsplit(self.upstream)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            known = [name for name in _PASSED_ON if not (self._strangers and name in _SECRETS)]
            passed = {name: headers[name] for name in known if headers.get(name)}
            line.request(asked.method, asked.path, asked.body or None, passed)
            reply = line.getresponse()
            content = reply.read()
            kept = ("Content-Type", "Date", "X-Seraph-LoginReason", "Retry-After", "WWW-Authenticate")
            return reply.status, {name: reply.headers[name] for name in kept if reply.headers.get(name)}, content
        finally:
            line.close()

    def pause(self, seconds: float) -> None:
        """Real time passes, unless the proxy ends."""
        self._closing.wait(seconds)


@dataclass
class _Fate:
    """What becomes of one request."""

    proxy: Proxy
    asked: Asked
    headers: Message
    fault: str
    number: int
    wait: int
    applied: int | None = None

    def answer(self) -> Answer:
        """The answer; the entry is in the log."""
        answer = self._answer()
        status = answer.status if answer.end in ("all", "drip", "cut") else 0
        self.proxy.note(Entry(self.asked, self.fault, self.applied, status))
        return answer

    def _answer(self) -> Answer:
        if self.fault in REFUSALS:
            return self._refusal()
        if self.fault in SILENT:
            return Answer(0, end="hang" if self.fault == "hangs" else "nothing")
        if self.fault in FALSE:
            return self._false()
        if self.fault == "echo":
            return self._echo()
        status, headers, body = self.proxy.forward(self.asked, self.headers)
        self.applied = status
        if self.fault in LOST:
            return self._lost(body)
        if status == 200:
            body = self._spoilt(body)
        end = {"cut": "cut", "drips": "drip"}.get(self.fault, "all")
        return Answer(status, body, headers, end)

    def _spoilt(self, body: bytes) -> bytes:
        first = self.proxy.keep(self.asked, body)
        if self.fault in LIES:
            self.proxy.lie(self.asked)
            body = first if self.fault == "stale" else altered(self.fault, body, self.number, self._before())
        if self.fault not in SPOILT:
            self.proxy.tell(body)
        return body

    def _before(self) -> bytes:
        """Any earlier answer to the same place, which is another page; or to its like, which is about another issue."""
        place = _NUMBER.sub("*", self.asked.place)
        for entry in reversed(self.proxy.log):
            alike = _NUMBER.sub("*", entry.asked.place) == place
            if alike and (entry.asked.place == self.asked.place) != (self.fault == "another") and entry.answered == 200:
                return self.proxy.keep(entry.asked, b"{}")
        return b"{}"

    def _refusal(self) -> Answer:
        code, _, how = self.fault.partition(" ")
        headers = dict(_PAGE)
        if code in ("429", "503"):
            headers |= self._retry_after(how)
        if code == "302":
            headers["Location"] = "https://elsewhere.example/login"
        body = b'{"errorMessages":["No."],"errors":{}}' if code in ("409", "422") else b""
        return Answer(int(code), body, headers | (JSON if body else {}))

    def _retry_after(self, how: str) -> dict[str, str]:
        moment = self.proxy.now()
        if how == "date":
            date = moment.astimezone(UTC).replace(microsecond=0)
            self.proxy.wait_until(date + timedelta(seconds=self.wait))
            told = format_datetime(date + timedelta(seconds=self.wait), usegmt=True)
            return {"Date": format_datetime(date, usegmt=True), "Retry-After": told}
        if how in ("bare", "zero", "odd"):
            return {"bare": {}, "zero": {"Retry-After": "0"}, "odd": {"Retry-After": "soon"}}[how]
        self.proxy.wait_until(moment + timedelta(seconds=self.wait))
        return {"Retry-After": str(self.wait)}

    def _false(self) -> Answer:
        if self.fault == "yes and not done":
            return Answer(204)
        if self.fault == "login page":
            return Answer(200, LOGIN, dict(_PAGE))
        return Answer(200, {"empty": b"", "null": b"null", "garbage": b'{"issues": [{'}[self.fault])

    def _echo(self) -> Answer:
        """A tracker that repeats our own header in its refusal."""
        said = " ".join(self.headers.get(name) or "" for name in _SECRETS)
        body = {"errors": [f"bad request: {said}"]}
        return Answer(422 if self.asked.writes else 400, json.dumps(body).encode())

    def _lost(self, body: bytes) -> Answer:
        how = self.fault.removeprefix("done and ")
        if how.isdecimal():
            return Answer(int(how), b"", dict(_PAGE))
        if how == "a page":
            return Answer(200, LOGIN, dict(_PAGE))
        return Answer(200, body or b"{}", end={"lost": "nothing", "hangs": "hang", "cut": "cut"}[how])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is nobody's error."""


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one class, small methods
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = 60

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            answer = proxy.answer(self.command, self.path, self.headers, self.rfile.read(length))
            self.close_connection = answer.end != "all" or self.close_connection
            if answer.end == "hang" and proxy.tells:
                answer = Answer(200, headers={NO_ANSWER: "1"}, end="nothing")
            elif answer.end == "hang":
                proxy.pause(SILENCE)
            if answer.end in ("hang", "nothing") and NO_ANSWER not in answer.headers:
                return
            self._send(answer)

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the base class names them

        def _send(self, answer: Answer) -> None:
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if answer.end == "drip":
                self._drip(answer.body)
            else:
                self.wfile.write(answer.body[: len(answer.body) // 2] if answer.end == "cut" else answer.body)
            self.wfile.flush()

        def _drip(self, body: bytes) -> None:
            for one in body:
                self.wfile.write(bytes([one]))
                self.wfile.flush()
                proxy.pause(0.02)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Says nothing: the proxy has a log of its own."""

    return Handler


def closed_port() -> int:
    """A port of this computer where nobody listens: a refused connection."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
