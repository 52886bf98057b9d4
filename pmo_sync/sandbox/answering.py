"""From a request to its answer: hook, latency, faults, who asks, handler, log."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal
from pmo_sync.sandbox.knobs import STATUSES, Fault, Incoming, Knobs
from pmo_sync.sandbox.records import Account, LogEntry
from pmo_sync.sandbox.routes import Router
from pmo_sync.sandbox.server import Reply, Request
from pmo_sync.sandbox.store import Store
from pmo_sync.sandbox.users import Door

LONGEST_LOGGED_BODY = 200_000
API = "/rest/"
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form>Log in</form></body></html>"


@dataclass(slots=True)
class Answerer:
    """Answers every request of one sandbox; what is not below `/rest/` are pages for people."""

    store: Store
    knobs: Knobs
    door: Door
    router: Router
    zone: str
    url: str = ""

    def __call__(self, request: Request) -> Reply:
        """The reply; the request is in the log, with whether it changed something."""
        caller: Account | None = None
        is_api = request.target.startswith(API)
        fault = self.knobs.strike(request.method, request.target) if is_api else None
        refused: Refusal | None = None
        try:
            caller = self.door.caller(request.authorization, self.knobs.revoked)
        except Refusal as refusal:
            refused = refusal
        login = caller.login if caller else None
        if self.knobs.before is not None:
            self.knobs.before(Incoming(request.method, request.target, login, request.body))
        if self.knobs.latency > 0:
            time.sleep(self.knobs.latency)
        writes = self.store.writes_of_thread()
        reply = self._reply(request, caller, fault, refused)
        self._record(request, login, reply.status, is_write=self.store.writes_of_thread() > writes)
        return reply

    def _reply(self, request: Request, caller: Account | None, fault: Fault | None, refused: Refusal | None) -> Reply:
        kind = fault.kind if fault else ""
        if fault is not None and kind in STATUSES:
            return _fault(fault)
        if kind == "html":
            return Reply(200, LOGIN_PAGE, {})
        try:
            answer = self._answer(request, caller, kind, refused)
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body, refusal.headers)
        except Exception as error:  # noqa: BLE001 - a sandbox that fails says so, as a server does
            answer = Answer(
                500, {"errorMessages": [f"The sandbox failed: {type(error).__name__}: {error}"], "errors": {}}
            )
        if kind == "drop":
            return Reply(0, None, {})
        if kind == "lost":
            return Reply(504, "<html><body>504 Gateway Time-out</body></html>", {})
        return Reply(answer.status, answer.body, self._headers(answer, caller))

    def _headers(self, answer: Answer, caller: Account | None) -> dict[str, str]:
        known = {"X-AREQUESTID": str(len(self.store.log) + 1), "Cache-Control": "no-cache, no-store, no-transform"}
        name = "X-AACCOUNTID" if self.store.flavour.value == "cloud" else "X-AUSERNAME"
        who = {name: caller.id if name == "X-AACCOUNTID" else caller.login} if caller else {}
        return known | who | dict(answer.headers)

    def _answer(self, request: Request, caller: Account | None, fault: str, refused: Refusal | None) -> Answer:
        try:
            address = urlsplit(request.target)
        except ValueError as error:
            raise Refusal(404) from error
        query = parse_qs(address.query, keep_blank_values=True)
        if not request.target.startswith(API):
            return self._page(request, address.path, query)
        if refused is not None:
            raise refused
        handler, version, parts = self.router.find(request.method, address.path)
        if request.method in ("POST", "PUT") and request.content_type != "application/json":
            raise Refusal(415, ["The content type must be application/json."])
        return handler(
            Call(self.store, self.knobs, self.url, caller, version, parts, query, request.body, self.zone, fault)
        )

    def _page(self, request: Request, path: str, query: dict[str, list[str]]) -> Answer:
        """A page for people. Raises a refusal 404 where there is none."""
        from pmo_sync.sandbox import pages

        found = None
        if request.method == "GET":
            found = pages.page(self.store, path, {name: values[-1] for name, values in query.items()})
        if found is None:
            raise Refusal(404)
        return Answer(found.status, found.html, pages.HEADERS)

    def _record(self, request: Request, login: str | None, status: int, *, is_write: bool) -> None:
        body = request.body[:LONGEST_LOGGED_BODY].decode(errors="replace")
        at = self.store.now()
        self.store.record(
            lambda number: LogEntry(number, at, login, request.method, request.target, status, is_write, body)
        )


def _fault(fault: Fault) -> Reply:
    status = int(fault.kind)
    headers: dict[str, str] = {}
    if status in (429, 503) and fault.retry_after is not None:
        headers["Retry-After"] = fault.retry_after
    if status == 429:  # noqa: PLR2004 - too many requests
        return Reply(
            429, {"errorMessages": ["Rate limit exceeded."]}, headers | {"RateLimit-Reason": "jira-burst-based"}
        )
    if status in (401, 403):
        return Reply(status, None, headers)
    if status == 404:  # noqa: PLR2004 - not found
        return Reply(
            404,
            {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}},
            headers,
        )
    return Reply(status, f"<html><body><h1>{status}</h1></body></html>", headers)
