"""Waiting while something serves, until somebody stops it."""

from __future__ import annotations

import threading
from typing import Final

_LOOK: Final = 0.25


def until_stopped() -> None:
    """Returns on Ctrl-C, or on the signal that ends a service: a stop that was asked for is no failure."""
    never = threading.Event()
    try:
        while not never.wait(_LOOK):  # a signal that another thread received is seen here
            pass
    except KeyboardInterrupt:
        return
