"""The formats a command can answer in."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """TABLE is for people on a terminal; LINES is what a pipe gets when no format is asked for."""

    TABLE = "table"
    LINES = "lines"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "md"

    @property
    def for_machines(self) -> bool:
        """True for the formats that programs parse as JSON."""
        return self in {Format.JSON, Format.JSONL}
