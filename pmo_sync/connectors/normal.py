"""The normal form of what stands in the places we write to: compared is what a tracker keeps, not what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from pmo_sync.model.change import Value

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)\.\d+", re.ASCII)


def normal(value: str | Iterable[str] | None) -> Value:
    """Texts with line ends and outer blanks as trackers keep them, numbers in their shortest form, lists sorted.

    Empty text and an empty list are None.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").strip()
        if _NUMBER.fullmatch(text):
            text = text.rstrip("0").rstrip(".")
        return ("0" if text == "-0" else text) or None
    return tuple(sorted({text for one in value if (text := one.strip())})) or None


def same(left: Value, right: Value) -> bool:
    """True when two values are one in normal form; a list of one is its only text."""
    return _bare(normal(left)) == _bare(normal(right))


def _bare(value: Value) -> Value:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def moment(text: str | None) -> str | None:
    """A moment as the plan writes it, `2026-11-23T09:30:00Z`; a text that is none, or one before the year 1 or after
    9999 in UTC, stays as it is.
    """
    try:
        at = datetime.fromisoformat(text) if text else None
        if at is None or at.tzinfo is None:
            return text
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return text


def snapshot_id(pulled_at: datetime, now: datetime) -> str:
    """A name that sorts by time: the tracker's clock, then ours to the microsecond."""
    return f"{pulled_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{now.microsecond:06d}"
