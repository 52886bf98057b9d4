"""By which way a tracker is reached: plain http, proxies, certificates. Nothing is sent here."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import requests

from pmo_sync.connectors.certificates import Trusting, trusted
from pmo_sync.connectors.options import ServerOptions
from pmo_sync.errors import UsageError


def checked(name: str, options: ServerOptions) -> str:
    """The address without a slash at its end. Raises UsageError where our key would travel in the open."""
    parts = urlsplit(options.url)
    if parts.scheme == "http" and not options.insecure_http and not _is_loopback(parts.hostname or ""):
        raise UsageError(
            f"trackers.{name}.url: over http anybody on the way can read the key",
            advice="write https://, or set insecure_http: true if you accept that",
        )
    return options.url.rstrip("/")


def prepare(name: str, session: requests.Session, options: ServerOptions, folder: Path, connections: int) -> None:
    """Gives a session the proxies and certificates of the settings, and as many connections as are used at a time;
    its own reading of the environment is off. Raises UsageError for a `ca_bundle` that holds no certificates.
    """
    trust = trusted(name, None if options.ca_bundle is None else folder / options.ca_bundle)
    for scheme in ("http://", "https://"):
        session.mount(scheme, Trusting(trust, connections))
    if options.proxy == "env":
        session.proxies.update(requests.utils.get_environ_proxies(options.url, no_proxy=None))
    elif options.proxy != "none":
        session.proxies.update({"http": options.proxy, "https": options.proxy})
    session.trust_env = False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
