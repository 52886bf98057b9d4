"""Whom a tracker's certificate must be from, and what to say where it is not. Nothing is sent here."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import truststore
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import ProxyManager

from pmo_sync.connectors.answers import RequestError
from pmo_sync.errors import UsageError

_OTHER_NAME: Final = frozenset({62, 63, 64})
_TOO_EARLY: Final = 9
_TOO_LATE: Final = 10
_UNKNOWN: Final = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's numbers of what is wrong with a certificate."""
_MOST_CAUSES: Final = 32


def trusted(name: str, bundle: Path | None) -> ssl.SSLContext:
    """Which authorities a tracker's certificate may be from: those of the bundle (a file, or a folder as OpenSSL makes
    it) and no others; without one those that this machine trusts, as its browsers do.

    Raises UsageError where the bundle holds none.
    """
    if bundle is None:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if bundle.is_dir():
            return ssl.create_default_context(capath=str(bundle))
        return ssl.create_default_context(cafile=str(bundle))
    except (OSError, ValueError):  # ssl.SSLError is one of the former
        raise UsageError(
            f"trackers.{name}.ca_bundle: {bundle} holds no certificates that can be read",
            advice="name a file in PEM format (-----BEGIN CERTIFICATE-----); a relative path begins at the folder of "
            "pmo.yaml",
        ) from None


class Trusting(HTTPAdapter):
    """Connections that trust a context, and never the list of authorities that comes with the client."""

    def __init__(self, trust: ssl.SSLContext, connections: int) -> None:
        self._trust = trust
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - handed on as they come
        super().init_poolmanager(*args, **more, ssl_context=self._trust)

    def proxy_manager_for(self, proxy: str, **more: Any) -> ProxyManager:  # noqa: ANN401 - handed on as they come
        found: ProxyManager = super().proxy_manager_for(
            proxy, **more, ssl_context=self._trust, proxy_ssl_context=self._trust
        )
        return found

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ANN401, ARG002
        """The context decides; without this the client's own list would be added to it."""
        conn.cert_reqs = "CERT_REQUIRED"


def broke_off(error: BaseException) -> bool:
    """True where the line ended in the middle of the greeting: no verdict on a certificate, and worth another try."""
    return any(isinstance(one, ssl.SSLEOFError | ssl.SSLZeroReturnError) for one in _causes(error))


def not_trusted(host: str, error: BaseException) -> RequestError:
    """Why no line to the host can be trusted, with the way out. The client's own text is not used."""
    wrong = next((one for one in _causes(error) if isinstance(one, ssl.SSLCertVerificationError)), None)
    number = None if wrong is None else wrong.verify_code
    if number is None:
        return RequestError(
            f"{host} does not speak https as we do",
            advice="look whether url has the right port, and https is spoken there",
        )
    if number in _OTHER_NAME:
        return RequestError(
            f"the certificate of {host} is for another name",
            advice="write the url with the name that the certificate has, or have its certificate renewed",
        )
    if number in (_TOO_EARLY, _TOO_LATE):
        when = "is not valid yet" if number == _TOO_EARLY else "has expired"
        return RequestError(
            f"the certificate of {host} {when}", advice="look at the clock of this machine, then have it renewed"
        )
    who = "from an authority that we do not know" if number in _UNKNOWN else f"not to be trusted (error {number})"
    return RequestError(
        f"the certificate of {host} is {who}",
        advice="name the file of your authority (PEM) in ca_bundle, or add it to those that this machine trusts",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what the client wrapped in it, however it did that."""
    waiting: list[BaseException] = [error]
    seen: list[BaseException] = []
    while waiting and len(seen) < _MOST_CAUSES:
        one = waiting.pop(0)
        if any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [part for part in inner if isinstance(part, BaseException)]
