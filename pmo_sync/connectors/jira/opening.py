"""The first requests of every run: what kind of Jira it is, who we are to it, and which fields it has."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Final

from pmo_sync.connectors.address import checked, prepare
from pmo_sync.connectors.answers import NOT_FOUND, DeniedError, RequestError
from pmo_sync.connectors.base import Credentials, Surroundings
from pmo_sync.connectors.jira import wire
from pmo_sync.connectors.jira.asking import denied, identify
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.connector import JiraConnector
from pmo_sync.connectors.jira.dialect import Dialect
from pmo_sync.connectors.jira.fields import Catalogue
from pmo_sync.connectors.jira.session import session
from pmo_sync.connectors.jira.wire import Field, ServerInfo
from pmo_sync.connectors.options import JiraOptions
from pmo_sync.connectors.policy import usual
from pmo_sync.connectors.transport import Transport
from pmo_sync.errors import AccessError, UsageError

_KINDS: Final = {"Cloud": "jira-cloud", "Server": "jira-dc", "Data Center": "jira-dc"}


def open_connector(
    name: str,
    options: JiraOptions,
    surroundings: Surroundings,
    dialect: Dialect,
    credentials: Credentials,
    basic_user: str | None,
) -> JiraConnector:
    """A connector to a Jira that is of the kind the settings say and knows us. `basic_user` None: a bearer token.

    Raises UsageError for an address or a kind that is wrong, AccessError where Jira does not know us, IncompleteError
    where it does not answer.
    """
    base = checked(name, options)
    rest = options if options.api_url is None else options.model_copy(update={"url": options.api_url})
    rest_base = checked(name, rest)
    options = options.model_copy(update={"user": credentials.user})
    token = credentials.token.get_secret_value()
    connection = session(rest_base, user=basic_user, token=token)
    policy = surroundings.policy or usual(options.limits)
    prepare(name, connection, rest, surroundings.folder, policy.connections)
    basic = base64.b64encode(f"{basic_user}:{token}".encode()).decode()
    transport = Transport(
        connection,
        rest_base,
        policy=policy,
        now=surroundings.now,
        sleep=surroundings.sleep,
        monotonic=surroundings.monotonic,
        secrets=(token, basic),
    )
    try:
        info = _check_kind(name, options, dialect, transport)
        if transport.server_time is None:  # no answer had a date
            transport.server_time = _told(info.server_time)
        me = identify(name, options, dialect, transport)
        catalogue = _catalogue(dialect, transport)
    except BaseException:
        transport.close()
        raise
    client = Client(name, options, transport, dialect, me, surroundings.owner, base, catalogue)
    return JiraConnector(client, surroundings.now)


def _check_kind(name: str, options: JiraOptions, dialect: Dialect, transport: Transport) -> ServerInfo:
    try:
        info = transport.read(f"{dialect.api}/serverInfo", wire.SERVER_INFO)
    except DeniedError as error:
        refused = denied(name, dialect, error)
        other = next(kind for kind in _KINDS.values() if kind != dialect.kind)
        advice = f"{refused.advice}; or write kind: {other}, if it is not a {dialect.title}"
        raise AccessError(refused.message, advice=advice) from None
    except RequestError as error:
        if error.status == NOT_FOUND:
            info = _other_api(name, options, dialect, transport)
        else:
            raise
    if info.deployment_type in dialect.deployments:
        return info
    kind = _KINDS.get(info.deployment_type or "")
    if kind is None:
        raise UsageError(f"trackers.{name}: {options.url} does not say what kind of Jira it is, so it is not used")
    raise UsageError(
        f"trackers.{name}.kind: {options.url} is not a {dialect.title}", advice=f"write kind: {kind} for it"
    )


def _told(text: str | None) -> datetime | None:
    """The server's clock as it says it; None where that is no moment."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)


def _other_api(name: str, options: JiraOptions, dialect: Dialect, transport: Transport) -> ServerInfo:
    """What kind it is where our paths are unknown: Data Center has none of Cloud's."""
    try:
        if not dialect.api.endswith("/2"):
            return transport.read("/rest/api/2/serverInfo", wire.SERVER_INFO)
    except (RequestError, DeniedError):
        pass
    raise UsageError(
        f"trackers.{name}.url: there is no Jira at {options.url}",
        advice="give the address of its start page, with any path such as /jira",
    )


def _catalogue(dialect: Dialect, transport: Transport) -> Catalogue:
    fields: list[Field] = transport.read(f"{dialect.api}/field", wire.FIELDS)
    return Catalogue.of(fields)
