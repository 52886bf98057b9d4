"""One request as handlers see it, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from pmo_sync.sandbox.errors import Refusal, invalid
from pmo_sync.sandbox.knobs import Knobs
from pmo_sync.sandbox.permissions import Rights
from pmo_sync.sandbox.records import Account, Issue
from pmo_sync.sandbox.store import Store
from pmo_sync.sandbox.view import View

CLOUD_ADDRESS = "https://api.atlassian.com/ex/jira/6f4e8a52-0c1d-4b0e-9a51-8d3b9d7f2c10"
"""Where `self` members point on Cloud: never to the server that was asked."""
UNPARSABLE = "There was an error parsing JSON. Check that your request body is valid."


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `body` None: no body; a string: HTML; anything else: JSON."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """A request that found its handler. `account` None: anonymous; `fault`: what an answer is to be spoilt with."""

    store: Store
    knobs: Knobs
    url: str
    account: Account | None
    version: int
    parts: Mapping[str, str]
    query: Mapping[str, list[str]]
    raw: bytes
    default_zone: str
    fault: str = ""

    @property
    def cloud(self) -> bool:
        """Whether this is Cloud."""
        return self.view().cloud

    @property
    def zone(self) -> str:
        """The time zone of the caller's profile."""
        return self.account.zone if self.account else self.default_zone

    def view(self) -> View:
        """How the caller sees records."""
        host = CLOUD_ADDRESS if self.store.flavour.value == "cloud" else self.url
        return View(self.store, self.version, self.zone, f"{host}/rest/api/{self.version}")

    @property
    def rights(self) -> Rights:
        """What the caller may."""
        return Rights(self.store.catalogue, self.account)

    def one(self, name: str) -> str | None:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else None

    def flag(self, name: str, *, default: bool) -> bool:
        """A query parameter that says yes or no."""
        value = self.one(name)
        return default if value is None else value.lower() == "true"

    def number(self, name: str, default: int) -> int:
        """A query parameter that counts. Raises a refusal 400 where it does not."""
        value = self.one(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 9:  # noqa: PLR2004 - fits an int
            raise invalid(f'"{value[:50]}" is not a valid value for {name}.')
        return int(value)

    def listed(self, name: str) -> list[str]:
        """A query parameter that lists, by commas or by being repeated."""
        return [part.strip() for value in self.query.get(name, []) for part in value.split(",") if part.strip()]

    def json(self) -> object:
        """The body. Raises a refusal 400 where it is not JSON."""
        try:
            return msgspec.json.decode(self.raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refusal(400, [UNPARSABLE]) from error

    def members(self) -> dict[str, object]:
        """The body, an object. Raises a refusal 400 where it is not."""
        body = self.json()
        if not isinstance(body, dict):
            raise Refusal(400, [UNPARSABLE])
        return body

    def issue(self) -> Issue:
        """The issue in the path. Raises a refusal 404 where the caller does not see it."""
        found = self.store.issue(self.parts["issue"])
        return self.rights.seen(found)
