"""Options of `guards:` and of a tracker's `write:` in pmo.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pmo_sync.model.options import Options, Share
from pmo_sync.model.words import Severity


class GuardOptions(Options):
    """The brakes. Shares are of the last good run."""

    max_changes: Share = 0.30
    max_new_per_standard: int = Field(default=200, ge=0)
    min_items: Share = 0.80
    max_mails: int = Field(default=50, ge=0)


class WriteOptions(Options):
    """What may be written to one tracker, and where. The default writes nothing.

    `fields`: node figure, or `health` for the computed colour → the field that takes it.
    `flags`: the field that takes the flags where there are no labels; wholly ours.
    """

    labels: bool = False
    link: bool = False
    comment: bool = False
    flags: str | None = None
    fields: dict[str, str] = {}
    note: Literal["none", "private", "public"] = "none"
    summary_flag: str | None = None
    flag_from: Severity = Severity.MAJOR
    max_flags: int = Field(default=3, ge=0)
    on_conflict: Literal["report", "keep", "overwrite"] = "report"
    take_over: bool = False
    out_of_scope: Literal["remove", "keep"] = "remove"
