"""Redmine from version 5: read by pages that are counted, written by custom fields that are read back.

The client library gives the session with its key; everything else about HTTP is `transport`'s.
"""

from __future__ import annotations

from typing import Final

from redminelib import Redmine

from pmo_sync.connectors.address import checked, prepare
from pmo_sync.connectors.base import Surroundings
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.policy import usual
from pmo_sync.connectors.redmine.client import Client, identify
from pmo_sync.connectors.redmine.connector import RedmineConnector
from pmo_sync.connectors.transport import Transport

_CONNECTIONS: Final = 2
"""A small server is as fast with two as with eight."""

__all__ = ["RedmineConnector", "connect"]


def connect(name: str, options: RedmineOptions, surroundings: Surroundings) -> RedmineConnector:
    """A connector that has proven who it is. The user of its secret, if any, is whose the key must be.

    Raises UsageError for an address that cannot be used, AccessError where Redmine does not know the key or is not
    open to it, IncompleteError where it does not answer.
    """
    base = checked(name, options)
    credentials = surroundings.secret()
    options = options.model_copy(update={"user": credentials.user})
    session = Redmine(base, key=credentials.token.get_secret_value(), return_raw_response=True).engine.session
    policy = surroundings.policy or usual(options.limits, _CONNECTIONS)
    prepare(name, session, options, surroundings.folder, policy.connections)
    transport = Transport(
        session,
        base,
        policy=policy,
        now=surroundings.now,
        sleep=surroundings.sleep,
        monotonic=surroundings.monotonic,
        secrets=(credentials.token.get_secret_value(),),
    )
    try:
        user = identify(name, options, transport)
    except BaseException:
        transport.close()
        raise
    return RedmineConnector(Client(name, options, transport, user), base, surroundings.now)
