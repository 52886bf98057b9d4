"""Where a tracker may be, and by which way it is reached: addresses, proxies, certificates. Nothing is sent here."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import requests

from pmo_sync.connectors.options import ServerOptions
from pmo_sync.errors import UsageError


def checked(name: str, options: ServerOptions) -> str:
    """The address without a slash at its end.

    Raises UsageError where it is none, holds a secret, or would let the key travel in the open.
    """
    try:
        parts = urlsplit(options.url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            f'trackers.{name}.url: "{_shown(options.url)}" is no web address', advice="write https:// and the host"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"trackers.{name}.url holds more than an address",
            advice="leave out everything before @ and after ?; the key goes into `token: ${NAME}`",
        )
    if parts.scheme == "http" and not options.insecure_http and not _is_loopback(host):
        raise UsageError(
            f"trackers.{name}.url: over http anybody on the way can read the key",
            advice="write https://, or set insecure_http: true if you accept that",
        )
    return options.url.rstrip("/")


def prepare(session: requests.Session, options: ServerOptions, folder: Path) -> None:
    """Gives a session the proxies and certificates of the settings; its own reading of the environment is off."""
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


def _shown(url: str) -> str:
    """The address without what may be a secret."""
    return url.split("?", maxsplit=1)[0].rsplit("@", maxsplit=1)[-1][:200]
