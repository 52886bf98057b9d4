"""What the process ends with. Several at once: the first of PRECEDENCE wins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

CLEAN: Final = 0
FINDINGS: Final = 1
USAGE: Final = 2
INCOMPLETE: Final = 3
ACCESS: Final = 4
REFUSED: Final = 5
INTERRUPTED: Final = 130

PRECEDENCE: Final = (INTERRUPTED, USAGE, ACCESS, REFUSED, INCOMPLETE, FINDINGS)

MEANING: Final = {
    CLEAN: "clean",
    FINDINGS: "findings at or above --fail-on",
    USAGE: "usage or configuration",
    INCOMPLETE: "incomplete: a source could not be read whole, or some changes of an apply failed",
    ACCESS: "authentication or permission (also when every failed change failed for want of permission)",
    REFUSED: "refused: a stale plan, a guard, a lock",
    INTERRUPTED: "interrupted",
}


def first(codes: Iterable[int]) -> int:
    """The one code that a process returns when several apply; 0 for none."""
    met = set(codes)
    return next((code for code in PRECEDENCE if code in met), CLEAN)


def reasons(codes: Iterable[int]) -> str | None:
    """All that apply, in words, when they are more than one."""
    met = [code for code in PRECEDENCE if code in set(codes)]
    return None if len(met) < 2 else "; ".join(f"{code} {MEANING[code]}" for code in met)  # noqa: PLR2004 - several
