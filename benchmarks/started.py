"""The environment that `pmo-sync` makes for itself, for processes that measure parts of it."""

from __future__ import annotations

import os

from pmo_sync.__main__ import few_arenas


def environment() -> dict[str, str]:
    """That of this process, as the command line settles it."""
    found = dict(os.environ)
    few_arenas(found)
    return found
