"""The few questions that both Jiras answer alike: who we are, one issue; and what a person's JQL may say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from pmo_sync.connectors.answers import NOT_ALLOWED, NOT_FOUND, UNKNOWN_TO_US, DeniedError, RequestError
from pmo_sync.connectors.jira import wire
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.wire import RawIssue, User
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.transport import Transport
from pmo_sync.errors import AccessError, UsageError

GONE: Final = frozenset({NOT_ALLOWED, NOT_FOUND})
"""What Jira says of an issue that is not there, or not for us."""
GLOBAL: Final = frozenset({"ADMINISTER", "BULK_CHANGE", "SYSTEM_ADMIN", "USER_PICKER"})
"""Permissions that are not a project's."""
_WESTERNMOST: Final = timezone(timedelta(hours=-12))
_QUOTED: Final = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
_ORDER: Final = re.compile(r"\border\s+by\b", re.IGNORECASE)


def one_issue(
    transport: Transport,
    api: str,
    number: str,
    fields: Sequence[str],
    properties: Sequence[str] = (),
    *,
    history: bool = False,
) -> RawIssue | None:
    """One issue as it stands now, by immutable id; None when it is gone or not visible."""
    wanted = str(int(number))
    params = {"fields": ",".join(fields)} | ({"properties": ",".join(properties)} if properties else {})
    params |= {"expand": "changelog"} if history else {}
    try:
        return transport.read(f"{api}/issue/{wanted}", wire.ONE_ISSUE, params, meant=lambda one: one.id == wanted)
    except (RequestError, DeniedError) as error:
        if error.status in GONE and error.advice is None:  # with advice it is about our login, not about the issue
            return None
        raise


def condition(name: str, scope: str) -> str:
    """The JQL of a person so that more can be added to it. Raises UsageError where it says an order."""
    if _ORDER.search(_QUOTED.sub("''", scope)):
        raise UsageError(
            f"trackers.{name}.scope: the JQL says in which order, and we read in our own",
            advice="take ORDER BY and what follows out of it",
        )
    return f"({scope})"


def account_time(at: datetime, zone: str | None) -> str:
    """A moment as a query says it to an account of that zone: `at`, or before it where that zone can say no better.

    A query has whole minutes. An hour that comes twice, when clocks are put back, might be taken for the later one, so
    the moment is then from before it. A zone that nobody knows is taken for the westernmost.
    """
    where = _zone(zone)
    local = at.astimezone(where)
    while local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local = (local.astimezone(UTC) - timedelta(minutes=30)).astimezone(where)
    return f"{local:%Y-%m-%d %H:%M}"


def _zone(name: str | None) -> tzinfo:
    try:
        return _WESTERNMOST if name is None else ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return _WESTERNMOST


def ordered(jql: str, order: str = "id ASC") -> str:
    """The query in an order; by itself in the one in which pages can be followed."""
    return f"{jql} ORDER BY {order}".strip()


def refused_scope(name: str, texts: Sequence[str]) -> UsageError:
    """Jira does not understand the JQL: its own words."""
    said = "; ".join(texts) or "it gives no reason"
    return UsageError(f"trackers.{name}.scope: Jira refuses the JQL: {said}", advice="try it in Jira's own search")


def identify(name: str, options: JiraOptions, dialect: Dialect, transport: Transport) -> User:
    """Who we are to this Jira. Asked before and after everything else: a search answers strangers too, with nothing.

    Raises AccessError where it does not know us, or the token is somebody else's.
    """
    try:
        me = transport.read(f"{dialect.api}/myself", wire.USER)
    except DeniedError as error:
        raise denied(name, dialect, error) from None
    names = {one.casefold() for one in (me.account_id, me.key, me.name, me.email_address) if one}
    user = options.user
    hidden_mail = user is not None and "@" in user and me.email_address is None
    if user is not None and user.casefold() not in names and not hidden_mail:
        login = me.email_address or me.name or me.account_id or "somebody else"
        raise AccessError(
            f"trackers.{name}: the token is that of {login}, not of {user}",
            advice=f"use a token of {user}, or set trackers.{name}.user to {login}",
            stranger=True,
        )
    return me


def denied(name: str, dialect: Dialect, error: DeniedError) -> AccessError:
    """What to tell a person whom Jira turns away, and what to do."""
    if error.status == UNKNOWN_TO_US:
        return AccessError(
            f"trackers.{name}: {dialect.title} does not accept the token",
            advice=dialect.token_advice,
            stranger=True,
        )
    if error.status == NOT_ALLOWED and error.advice is None:
        return AccessError(
            f"trackers.{name}: {dialect.title} does not let this account in (403)",
            advice="ask an administrator whether the account may use this Jira and its REST API",
            stranger=True,
        )
    return AccessError(f"trackers.{name}: {error.message}", advice=error.advice, stranger=True)
