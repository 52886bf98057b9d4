"""What a large reading asks of the memory: no walk through rows that hold no cycles, and nothing kept for later."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 1024 * 1024

P = ParamSpec("P")
T = TypeVar("T")


def without_collector(work: Callable[P, T]) -> Callable[P, T]:
    """The work, during which no cycles are collected; afterwards it is as it was before."""

    @wraps(work)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> T:
        if not gc.isenabled():
            return work(*args, **kwargs)
        gc.disable()
        try:
            return work(*args, **kwargs)
        finally:
            gc.enable()

    return quiet


def keep_nothing() -> None:
    """From now on whatever is large, such as a page, is given back as soon as it is let go of, where the C library can
    be told to. Else it keeps more the more there was once: 20 MiB of a reading with eight connections
    (https://man7.org/linux/man-pages/man3/mallopt.3.html, M_MMAP_THRESHOLD).
    """
    if sys.platform == "linux":
        option = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it, musl has not
        if option is not None:
            option(_M_MMAP_THRESHOLD, _LARGE)
            option(_M_TRIM_THRESHOLD, _LARGE)


def give_back() -> None:
    """Gives memory that was let go of back to the system, where the C library can be told to; else does nothing."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim is not None:
            trim(0)
