"""A Jira of a few lines for tests: a session whose requests are answered by a function, without a network."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from pmo_sync.connectors.transport import Policy, Transport

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BASE = "https://jira.example.net"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """One answer."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json;charset=UTF-8"})

    @property
    def content(self) -> bytes:
        """What goes over the line."""
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


class Line(BaseAdapter):
    """Answers by a function, and keeps what was asked."""

    def __init__(self, answer: Callable[[Asked], Told]) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self._answer = answer

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """The answer, as the session gets it from a network."""
        parts = urlsplit(request.url or "")
        assert isinstance(parts, tuple)
        body = msgspec.json.decode(request.body) if request.body else None
        one = Asked(request.method or "", str(parts.path), dict(parse_qsl(str(parts.query))), body, request.headers)
        self.asked.append(one)
        told = self._answer(one)
        response = requests.Response()
        response.status_code = told.status
        response.headers.update(told.headers)
        response.raw = HTTPResponse(io.BytesIO(told.content), preload_content=False)
        response.request = request
        response.url = request.url or ""
        return response

    def close(self) -> None:
        """Nothing is open."""


def transport_to(
    answer: Callable[[Asked], Told], *, secrets: tuple[str, ...] = (), connections: int = 1
) -> tuple[Transport, Line]:
    """A transport on such a line, which waits for nothing."""
    session, line = requests.Session(), Line(answer)
    session.mount("https://", line)
    transport = Transport(
        session,
        BASE,
        policy=Policy(connections=connections),
        now=lambda: NOW,
        sleep=lambda _: None,
        monotonic=lambda: 0.0,
        secrets=secrets,
    )
    return transport, line
