"""The only HTTP: time-outs, repetition, limits and typed answers for every tracker, over the session of its client.

What the clients would do by themselves (redirects, retries, paging, objects) is not used.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from urllib3.exceptions import HTTPError

from pmo_sync.connectors.answers import (
    INVALID_REQUEST,
    JSON,
    Answer,
    DeniedError,
    RequestError,
    TryAgainError,
    judge,
    unreadable,
)
from pmo_sync.connectors.certificates import broke_off, not_trusted
from pmo_sync.connectors.limiter import About, Limiter
from pmo_sync.connectors.policy import Policy, Repeat
from pmo_sync.errors import AccessError

__all__ = ["DeniedError", "Policy", "Repeat", "RequestError", "Transport"]

T = TypeVar("T")
_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    repeat: Repeat
    params: Mapping[str, str] | None = None
    body: bytes | None = None
    there: Callable[[], bool] | None = None

    @property
    def what(self) -> str:
        return f"{self.method} {self.path}"

    def may_repeat(self, error: TryAgainError) -> bool:
        """Whether sending it again can do no harm."""
        return self.repeat is Repeat.READ or error.refused or (self.repeat is Repeat.WRITE and self.there is not None)


class Transport:
    """One tracker's line. `requests` counts all that was sent, `writes` what was sent to change something.

    `session` carries the authentication; from here on it reads neither `.netrc` nor proxies of the environment.
    `secrets` are taken out of what the tracker says when it refuses.
    `server_time` is the tracker's clock as last told, `told_limit` how much it allows, None while it tells none.
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
        secrets: Sequence[str] = (),
    ) -> None:
        session.trust_env = False
        session.max_redirects = 0
        # Without this the session reads a redirect's whole body, beyond our limits, to prepare a request nobody sends.
        session.get_redirect_target = _nowhere  # type: ignore[method-assign, assignment]
        self._session = session
        self._base = base.rstrip("/")
        self._host = urlsplit(base).hostname or base
        self._policy = policy
        self._now = now
        self._monotonic = monotonic
        self._secrets = tuple(secret.encode() for secret in secrets if secret)
        self._lock = threading.Lock()
        self._limiter = Limiter(self._host, policy, sleep, monotonic)
        self.requests = 0
        self.writes = 0
        self.server_time: datetime | None = None
        self.told_limit: str | None = None

    def read(
        self,
        path: str,
        decoder: msgspec.json.Decoder[T],
        params: Mapping[str, str] | None = None,
        *,
        meant: Callable[[T], bool] | None = None,
    ) -> T:
        """The decoded answer of a GET; one that is not `meant` (a cache may give another page's) is asked for again.

        Raises RequestError or DeniedError; nothing else.
        """
        return self._decoded(_Request("GET", path, Repeat.READ, params), decoder, meant)

    def ask(
        self,
        path: str,
        body: bytes,
        decoder: msgspec.json.Decoder[T],
        *,
        meant: Callable[[T], bool] | None = None,
    ) -> T:
        """As `read`, for a question that is too long for an address: a POST that changes nothing."""
        return self._decoded(_Request("POST", path, Repeat.READ, body=body), decoder, meant)

    def write(
        self, method: str, path: str, body: bytes, *, repeat: Repeat, there: Callable[[], bool] | None = None
    ) -> None:
        """Sends a change. Returns when the tracker took it, or when `there` saw it after an answer was lost.

        That the tracker took it does not prove that it did it: whoever calls reads back.
        Raises RequestError or DeniedError; unless its status is 4xx the change may still have been made.
        """
        self._send(_Request(method, path, repeat, body=body, there=there), None)

    def _decoded(self, request: _Request, decoder: msgspec.json.Decoder[T], meant: Callable[[T], bool] | None) -> T:
        found: list[T] = []

        def take(answer: Answer) -> None:
            try:
                one = decoder.decode(answer.content)
            except (
                msgspec.DecodeError,
                UnicodeDecodeError,
                RecursionError,
            ):  # the last: nested deeper than Python may go
                raise unreadable(answer) from None
            if meant is not None and not meant(one):
                raise unreadable(answer, "is about another one")
            found.append(one)

        self._send(request, take)
        return found[0]

    @property
    def connections(self) -> int:
        """How many requests may be under way at the same time."""
        return self._policy.connections

    @property
    def per_second(self) -> float:
        """How many requests are begun in a second, at most."""
        return self._policy.per_second

    @property
    def waited(self) -> float:
        """Seconds spent so far because the tracker wanted us to wait, or failed."""
        return self._limiter.waited

    def close(self) -> None:
        """Lets go of connections."""
        self._session.close()

    def _send(self, request: _Request, take: Callable[[Answer], None] | None) -> None:
        """Tries until it is answered. Before a change is sent again `there` looks whether it was made."""
        refused = False
        try:
            for attempt in Retrying(
                stop=stop_after_attempt(self._policy.tries),
                retry=retry_if_exception_type(TryAgainError),
                wait=self._wait,
                sleep=self._limiter.pause,
                reraise=True,
            ):
                again = attempt.retry_state.attempt_number > 1
                if again and not refused and request.there is not None and request.there():
                    return
                with attempt:
                    try:
                        self._once(request, take)
                    except TryAgainError as error:
                        refused = error.refused
                        if not request.may_repeat(error):
                            raise error.cause from None
                        raise
        except TryAgainError as error:
            self._limiter.gave_up()
            raise error.cause from None

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next try; none where the limiter holds it anyhow."""
        error = state.outcome.exception() if state.outcome else None
        held = isinstance(error, TryAgainError) and error.wait > 0
        return 0.0 if held else self._limiter.back_off(state.attempt_number)

    def _once(self, request: _Request, take: Callable[[Answer], None] | None) -> None:
        about = About.of(request.method, request.path)
        try:
            with self._limiter.turn(about):
                answer = self._judged(request, about, reading=take is not None)
            if take is not None:
                take(answer)
        except TryAgainError as error:
            if not error.refused:
                self._limiter.failed()
            raise
        self._limiter.answered()

    def _judged(self, request: _Request, about: About, *, reading: bool) -> Answer:
        """The answer, a usable one; what the tracker wants of the next requests holds before they have their turn."""
        answer = self._sent(request)
        if answer.near_limit:
            self._limiter.slow(about)
        try:
            judge(answer, reading=reading, now=self._now())
        except TryAgainError as error:
            if error.wait > 0:  # also after the last try: what is sent next waits too
                self._limiter.hold(about, error.holds, error.wait)
            elif error.refused:
                self._limiter.slow(about)
            raise
        return answer

    def _sent(self, request: _Request) -> Answer:
        with self._lock:
            self.requests += 1
            self.writes += request.repeat is not Repeat.READ
        with self._one_family(request.what):
            answer = self._exchange(request)
        with self._lock:
            self.server_time = answer.date or self.server_time
            self.told_limit = answer.limit or self.told_limit
        return answer

    def _exchange(self, request: _Request) -> Answer:
        """One request and its answer, read as it comes, so that a drip meets the deadline and a flood the limit."""
        deadline = self._monotonic() + self._policy.total
        headers = {"Accept": JSON} | ({} if request.body is None else {"Content-Type": JSON})
        parts: list[bytes] = []
        size = 0
        with self._session.request(
            request.method,
            self._base + request.path,
            params=request.params,
            data=request.body,
            headers=headers,
            allow_redirects=False,
            stream=True,
            timeout=(self._policy.connect, self._policy.read),
        ) as response:
            while part := response.raw.read1(_CHUNK, decode_content=True):
                size += len(part)
                parts.append(part)
                if size > self._policy.most_bytes:
                    raise RequestError(f"{self._host} sent over {self._policy.most_bytes} bytes for {request.what}")
                if self._monotonic() > deadline:
                    raise self._silent(request.what, f"took longer than {self._policy.total:g} seconds")
            content = b"".join(parts)
            if response.status_code >= INVALID_REQUEST:
                content = reduce(lambda text, secret: text.replace(secret, b"***"), self._secrets, content)
            return Answer(self._host, request.what, response.status_code, response.headers, content)

    @contextmanager
    def _one_family(self, what: str) -> Iterator[None]:
        """Whatever the client raises, as one of ours. Its texts are not used: they may hold more than they should."""
        try:
            yield
        except requests.exceptions.SSLError as error:
            if broke_off(error):
                raise self._silent(what, "cannot be reached, or broke off") from None
            raise not_trusted(self._host, error) from None
        except requests.exceptions.ConnectTimeout:
            raise self._silent(what, "could not be reached in time", refused=True) from None
        except requests.exceptions.Timeout:
            raise self._silent(what, "did not answer in time") from None
        except (requests.exceptions.ConnectionError, HTTPError):
            raise self._silent(what, "cannot be reached, or broke off") from None
        except requests.exceptions.RequestException as error:
            raise RequestError(f"{what} cannot be sent to {self._host}: {type(error).__name__}") from None
        except ValueError:  # its text is the header, with our secret in it
            raise AccessError(
                f"the login or the token for {self._host} holds characters that no header takes",
                advice="look into the variable or file it comes from: one line of plain letters, digits and signs",
            ) from None

    def _silent(self, what: str, how: str, *, refused: bool = False) -> TryAgainError:
        return TryAgainError(RequestError(f"{self._host} {how} ({what})"), refused=refused)


def _nowhere(_: requests.Response) -> None:
    """Where a redirect leads, as far as the session is told."""
