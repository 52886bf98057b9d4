"""Times in a query: epoch milliseconds, text to the minute in the caller's zone, periods before now."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pmo_sync.sandbox.errors import invalid
from pmo_sync.sandbox.jql import Operand
from pmo_sync.sandbox.store import milliseconds

_TEXT = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d{2}))?")
_PERIOD = re.compile(r"([+-]?)((?:\d{1,6}[wdhm]\s*)+)")
_UNITS = {"w": 7 * 1440, "d": 1440, "h": 60, "m": 1}
_FORMATS = "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'"


def instant(operand: Operand, field: str, *, now: datetime, zone: ZoneInfo) -> int:
    """Epoch milliseconds of what the operand says. Raises a refusal 400 where it says no time."""
    local = now.astimezone(zone)
    if operand.call:
        return milliseconds(_function(operand.text, local))
    if re.fullmatch(r"-?\d{1,15}", operand.text) and not operand.quoted:
        return int(operand.text)
    try:
        if match := _TEXT.fullmatch(operand.text):
            year, month, day, hour, minute = (int(part or 0) for part in match.groups())
            return milliseconds(datetime(year, month, day, hour, minute, tzinfo=zone))
        if match := _PERIOD.fullmatch(operand.text.strip()):
            minutes = sum(int(part[:-1]) * _UNITS[part[-1]] for part in re.findall(r"\d+[wdhm]", match[2]))
            return milliseconds(now + timedelta(minutes=-minutes if match[1] == "-" else minutes))
    except (ValueError, OverflowError):
        pass
    raise invalid(f"Date value '{operand.text}' for field '{field}' is invalid. Valid formats include: {_FORMATS}.")


def day(operand: Operand, field: str, *, now: datetime, zone: ZoneInfo) -> date:
    """The day, in the caller's zone, of what the operand says."""
    at = instant(operand, field, now=now, zone=zone)
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(zone).date()
    except OverflowError as error:
        raise invalid(
            f"Date value '{operand.text}' for field '{field}' is invalid. Valid formats include: {_FORMATS}."
        ) from error


def is_period(text: str) -> bool:
    """Whether it counts from now."""
    return _PERIOD.fullmatch(text.strip()) is not None


def _function(name: str, local: datetime) -> datetime:
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    known = {
        "now": local,
        "startofday": start,
        "endofday": start + timedelta(days=1) - timedelta(milliseconds=1),
        "startofweek": start - timedelta(days=(start.weekday() + 1) % 7),
        "startofmonth": start.replace(day=1),
    }
    if name.lower() not in known:
        raise invalid(f"Unable to find JQL function '{name}()'.")
    return known[name.lower()]
