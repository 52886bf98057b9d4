"""Who signs in: two visitors with tokens, and what an unknown token is."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass, field

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import NOT_SIGNED_IN, Refusal
from pmo_sync.sandbox.loading import Loader
from pmo_sync.sandbox.records import Account, Flavour
from pmo_sync.sandbox.seed import SeedAccount
from pmo_sync.sandbox.store import Store

WRITER, READER = "pmo-writer", "pmo-reader"
FAILED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may use the REST calls. `login` is an e-mail on Cloud, `account` an accountId or user key."""

    login: str
    token: str = field(repr=False)
    account: str


def visitor(store: Store, name: str, zone: str) -> Visitor:
    """The visitor of that name, made the first time and the same after a restart."""
    login = f"{name}@example.org" if store.flavour is Flavour.CLOUD else name
    with store.writing() as batch:
        account = store.catalogue.account(login)
        if account is None:
            loader = Loader(store, zone, batch)
            account = loader.account(SeedAccount(login, name.replace("-", " ").title().replace("Pmo", "PMO")))
            if name == WRITER:
                loader.catalogue.writer = account.id
            else:
                loader.catalogue.reader = account.id
            batch.catalogue = loader.catalogue
    token = store.meta(f"token {name}", lambda: secrets.token_urlsafe(24))
    return Visitor(login, token, account.id)


@dataclass(frozen=True, slots=True)
class Door:
    """Knows the visitors. On Cloud who is not known comes in as nobody; Data Center sends them away."""

    store: Store
    visitors: tuple[Visitor, ...]

    def caller(self, authorization: str | None, revoked: set[str]) -> Account | None:
        """Whose request it is; None: anonymous. Raises a refusal 401 on Data Center for a bad token."""
        if authorization is None:
            return None
        scheme, _, secret = authorization.partition(" ")
        cloud = self.store.flavour is Flavour.CLOUD
        known = self._basic(secret) if cloud and scheme.lower() == "basic" else None
        if not cloud and scheme.lower() == "bearer":
            known = next((one for one in self.visitors if _same(one.token, secret.strip())), None)
        if known is not None and known.token not in revoked:
            return self.store.catalogue.accounts.get(known.account)
        if cloud:
            return None
        raise Refusal(401, [NOT_SIGNED_IN], headers=FAILED)

    def _basic(self, secret: str) -> Visitor | None:
        try:
            login, _, token = base64.b64decode(secret, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        return next((one for one in self.visitors if one.login == login and _same(one.token, token)), None)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode(errors="replace"))


def signed_in(call: Call) -> Account:
    """Who asks. Raises a refusal 401 for nobody."""
    if call.account is None:
        raise Refusal(401, [NOT_SIGNED_IN], headers=FAILED)
    return call.account


def myself(call: Call) -> Answer:
    """GET myself."""
    account = signed_in(call)
    shown = call.view().person(account)
    if call.cloud:
        shown["emailAddress"] = account.login
    return Answer(body={**shown, "locale": "en_GB"})
