"""The only HTTP: time-outs, repetition, limits and typed answers for every tracker, over the session of its client.

What the clients would do by themselves (redirects, retries, paging, objects) is not used. No message made here holds
a header, a query or a body, so no secret can travel in one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
from urllib3.exceptions import HTTPError

from pmo_sync.errors import AccessError, IncompleteError

T = TypeVar("T")

_JSON: Final = "application/json"
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class Policy:
    """How long and how often a tracker is asked. Seconds and bytes.

    Attributes:
        connect, read, total: longest wait for a connection, for the next bytes, for one whole answer.
        tries: how often one request is sent at most.
        patience: longest sum of waits between tries in the life of a transport; a longer Retry-After ends it at once.
        failures: so many requests in a row without an answer, after all their tries, and nothing more is sent.
        most_bytes: of one answer.
        per_second: requests.
    """

    connect: float = 10
    read: float = 30
    total: float = 120
    tries: int = 4
    patience: float = 300
    failures: int = 3
    most_bytes: int = 64 * 1024 * 1024
    per_second: float = 20


class RequestError(IncompleteError):
    """A request has no usable answer. `status` is that of the last answer, None without one; `errors` what the
    tracker says is wrong (422).
    """

    code = "no-answer"

    def __init__(self, message: str, *, status: int | None = None, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors


class DeniedError(AccessError):
    """401 or 403: who we are is not known, or may not do this."""

    def __init__(self, message: str, *, status: int, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.status = status


class Repeat(Enum):
    """When a request may be sent again."""

    READ = "it changes nothing"
    WRITE = "it sets a value: after a look has shown that it is not there yet"
    WRITE_ONCE = "it adds something: only when the tracker says that it did not take it (429)"


class _AgainError(Exception):
    """A try failed in a way that another may mend."""

    def __init__(self, cause: RequestError, *, wait: float = 0, refused: bool = False) -> None:
        super().__init__(cause.message)
        self.cause = cause
        self.wait = wait
        self.refused = refused


class _Errors(msgspec.Struct):
    errors: list[str] = []


_ERRORS: Final = msgspec.json.Decoder(_Errors)


class Transport:
    """One tracker's line. `requests` counts all that was sent, `writes` what was sent to change something.

    `session` carries the authentication; the environment's `.netrc` and proxies are not read by it.
    """

    def __init__(
        self,
        session: requests.Session,
        base: str,
        *,
        policy: Policy,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        session.trust_env = False
        session.max_redirects = 0
        self._session = session
        self._base = base.rstrip("/")
        self._host = urlsplit(base).hostname or base
        self._policy = policy
        self._now = now
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._slot = 0.0
        self._waited = 0.0
        self._failures = 0
        self._closed_because: str | None = None
        self._backoff = wait_random_exponential(multiplier=1, max=30)
        self.requests = 0
        self.writes = 0
        self.server_time: datetime | None = None

    def read(self, path: str, decoder: msgspec.json.Decoder[T], params: Mapping[str, str] | None = None) -> T:
        """The decoded answer of a GET. Raises RequestError or DeniedError; nothing else."""
        body = self._send("GET", path, params, None, Repeat.READ, None, decoder.decode)
        if body is None:
            raise RequestError(f"{self._host} gave no answer to GET {path}")
        return body

    def write(
        self,
        method: str,
        path: str,
        body: bytes,
        *,
        repeat: Repeat,
        there: Callable[[], bool] | None = None,
    ) -> None:
        """Sends a change. Returns when the tracker took it, or when `there` saw it after an answer was lost.

        That the tracker took it does not prove that it did it: whoever calls reads back.
        Raises RequestError or DeniedError; unless its status is 4xx the change may still have been made.
        """
        self._send(method, path, None, body, repeat, there, None)

    def close(self) -> None:
        """Lets go of connections."""
        self._session.close()

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        repeat: Repeat,
        there: Callable[[], bool] | None,
        decode: Callable[[bytes], T] | None,
    ) -> T | None:
        refused = False  # the last try was surely not carried out
        try:
            for attempt in Retrying(
                stop=stop_after_attempt(self._policy.tries),
                retry=retry_if_exception_type(_AgainError),
                wait=self._wait,
                sleep=self._pause,
                reraise=True,
            ):
                again = attempt.retry_state.attempt_number > 1
                if again and not refused and there is not None and there():
                    return None
                with attempt:
                    try:
                        return self._once(method, path, params, body, decode)
                    except _AgainError as error:
                        refused = error.refused
                        if repeat is Repeat.READ or refused or (repeat is Repeat.WRITE and there is not None):
                            raise
                        raise error.cause from error
        except _AgainError as error:
            self._failures += 1
            if self._failures >= self._policy.failures:
                self._closed_because = f"{self._failures} requests in a row had no usable answer"
            raise error.cause from None
        return None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _AgainError) else 0.0
        return asked + self._backoff(state)

    def _pause(self, seconds: float) -> None:
        if self._waited + seconds > self._policy.patience:
            self._closed_because = f"it asks us to wait {seconds:.0f} seconds"
            raise RequestError(
                f"{self._host} asks us to wait {seconds:.0f} seconds, which is longer than this run may wait; "
                "run again later"
            )
        self._waited += seconds
        self._sleep(seconds)

    def _take_turn(self, method: str) -> None:
        if self._closed_because is not None:
            raise RequestError(f"{self._host} is asked nothing more in this run: {self._closed_because}")
        with self._lock:
            now = self._monotonic()
            slot = max(self._slot, now)
            self._slot = slot + 1 / self._policy.per_second
            self.requests += 1
            self.writes += method != "GET"
        if slot > now:
            self._sleep(slot - now)

    def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        decode: Callable[[bytes], T] | None,
    ) -> T | None:
        self._take_turn(method)
        what = f"{method} {path}"
        headers = {"Accept": _JSON} | ({"Content-Type": _JSON} if body is not None else {})
        deadline = self._monotonic() + self._policy.total
        try:
            with self._session.request(
                method,
                self._base + path,
                params=params,
                data=body,
                headers=headers,
                allow_redirects=False,
                stream=True,
                timeout=(self._policy.connect, self._policy.read),
            ) as response:
                content = self._content(response, what, deadline)
                return self._answer(response, content, what, decode)
        except requests.exceptions.SSLError:
            raise RequestError(
                f"the certificate of {self._host} cannot be trusted; name your authority's file in ca_bundle"
            ) from None
        except requests.exceptions.ConnectTimeout:
            raise _AgainError(self._silent(what, "could not be reached in time"), refused=True) from None
        except requests.exceptions.Timeout:
            raise _AgainError(self._silent(what, "did not answer in time")) from None
        except (requests.exceptions.ConnectionError, HTTPError):
            raise _AgainError(self._silent(what, "cannot be reached or broke off")) from None
        except requests.exceptions.RequestException as error:
            raise RequestError(f"{what} cannot be sent to {self._host}: {type(error).__name__}") from None

    def _silent(self, what: str, how: str) -> RequestError:
        return RequestError(f"{self._host} {how} ({what})")

    def _content(self, response: requests.Response, what: str, deadline: float) -> bytes:
        """The body, read as it comes, so that a slow drip meets the deadline and a flood the limit."""
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK, decode_content=True):
            size += len(part)
            parts.append(part)
            if size > self._policy.most_bytes:
                raise RequestError(f"{self._host} sent more than {self._policy.most_bytes} bytes for {what}")
            if self._monotonic() > deadline:
                raise _AgainError(self._silent(what, f"took longer than {self._policy.total:g} seconds"))
        return b"".join(parts)

    def _answer(
        self, response: requests.Response, content: bytes, what: str, decode: Callable[[bytes], T] | None
    ) -> T | None:
        status = response.status_code
        self.server_time = _http_date(response.headers.get("Date")) or self.server_time
        if status in _AGAIN:
            cause = RequestError(f"{self._host} answered {status} to {what}", status=status)
            raise _AgainError(cause, wait=self._retry_after(response), refused=status == 429)  # noqa: PLR2004
        self._failures = 0
        if 300 <= status < 400:  # noqa: PLR2004 - redirects are never followed: our key would travel
            raise RequestError(self._redirected(response, what), status=status)
        if status in (401, 403):
            raise DeniedError(f"{self._host} answered {status} to {what}", status=status)
        if status >= 400:  # noqa: PLR2004
            raise RequestError(f"{self._host} answered {status} to {what}", status=status, errors=_errors(content))
        if decode is None:
            if status not in (200, 201, 204) or _is_page(response):
                raise RequestError(f"{self._host} answered {what} with a page, which proves nothing", status=status)
            return None
        if status != 200 or not response.headers.get("Content-Type", "").startswith(_JSON):  # noqa: PLR2004
            kind = response.headers.get("Content-Type", "no content type").split(";")[0]
            raise _AgainError(
                RequestError(
                    f"{self._host} answered {what} with {kind} where JSON was expected: is the url right, "
                    "or does a login page stand before it?",
                    status=status,
                )
            )
        try:
            return decode(content)
        except msgspec.DecodeError:
            cause = RequestError(f"the answer of {self._host} to {what} cannot be read", status=status)
            raise _AgainError(cause) from None

    def _redirected(self, response: requests.Response, what: str) -> str:
        try:
            target = urlsplit(response.headers.get("Location", ""))
            where = target.hostname or "another page"
        except ValueError:
            where = "another page"
        return (
            f"{self._host} sends {what} on to {where}, which is not followed, as our key would go there too; "
            "put the address that answers itself into url"
        )

    def _retry_after(self, response: requests.Response) -> float:
        """The wait asked for in seconds, given as a number or as a date; 0 where none can be read."""
        asked = response.headers.get("Retry-After", "").strip()
        if asked.isascii() and asked.isdigit():
            return float(asked[:9])
        until = _http_date(asked)
        if until is None:
            return 0.0
        since = _http_date(response.headers.get("Date")) or self._now()
        return max(0.0, (until - since).total_seconds())


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _is_page(response: requests.Response) -> bool:
    return "html" in response.headers.get("Content-Type", "")


def _errors(content: bytes) -> tuple[str, ...]:
    try:
        return tuple(_ERRORS.decode(content).errors)
    except msgspec.DecodeError:
        return ()
