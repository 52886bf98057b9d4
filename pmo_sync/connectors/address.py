"""By which way a tracker is reached: plain http, proxies, certificates. Nothing is sent here."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

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


def prepare(session: requests.Session, options: ServerOptions, folder: Path, connections: int) -> None:
    """Gives a session the proxies and certificates of the settings, and as many connections as are used at a time;
    its own reading of the environment is off.
    """
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
    if options.proxy == "env":
        session.proxies.update(requests.utils.get_environ_proxies(options.url, no_proxy=None))
    elif options.proxy != "none":
        session.proxies.update({"http": options.proxy, "https": options.proxy})
    session.trust_env = False
    session.verify = True if options.ca_bundle is None else str(folder / options.ca_bundle)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
