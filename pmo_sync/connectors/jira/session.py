"""The one place that touches the client library: a session that carries our authentication, and nothing else of it.

Its retries, paging, objects and error texts (which hold whole answers) are not used.
"""

from __future__ import annotations

from functools import partial

import jira
import requests


def session(base: str, *, user: str | None, token: str) -> requests.Session:
    """A session of the client: basic authentication with `user`, a bearer token without. Nothing is sent."""
    client = jira.JIRA(
        server=base,
        basic_auth=None if user is None else (user, token),
        token_auth=token if user is None else None,
        get_server_info=False,
        max_retries=0,
    )
    found: requests.Session = client._session  # noqa: SLF001 - the library has no public way to its session
    # Its own `request` raises errors that hold headers and bodies, and repeats by itself: the plain one does neither.
    found.request = partial(requests.Session.request, found)  # type: ignore[method-assign]
    return found
