"""The bank of tests/loop, and a list of every message between it and the tool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from pmo_sync.connectors.transport import Transport
from pmo_sync.sandbox import Flavour
from tests.loop.conftest import clock, flavour, new_bank, world
from tests.openapi import document
from tests.openapi.document import Document, Message

__all__ = ["clock", "flavour", "new_bank", "world"]

_DOCUMENTS: dict[Flavour, Document] = {}


@pytest.fixture
def described(flavour: Flavour) -> Document:
    """What Atlassian says of this Jira."""
    path = document.CLOUD if flavour is Flavour.CLOUD else document.DATA_CENTER
    if not path.exists():
        pytest.skip(f"{path} is not there: Atlassian's documents are no part of this repository")
    if flavour not in _DOCUMENTS:
        _DOCUMENTS[flavour] = document.cloud() if flavour is Flavour.CLOUD else document.data_center()
    return _DOCUMENTS[flavour]


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Message]]:
    """Fills while the tool works: each request as it was sent, each reply as it came."""
    found: list[Message] = []
    exchange = Transport._exchange

    def listening(self: Transport, request: Any) -> Any:
        answer = exchange(self, request)
        query = f"?{urlencode(request.params)}" if request.params else ""
        kind = str(answer.headers.get("Content-Type", ""))
        found.append(Message(request.method, request.path + query, request.body, answer.status, kind, answer.content))
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Transport, "_exchange", listening)
        yield found
