"""Options of `guards:` and of a tracker's `write:` in pmo.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pmo_sync.model.options import NONE, Flag, Options, Share, Text, Whole
from pmo_sync.model.words import Severity


class GuardOptions(Options):
    """The brakes. Shares are of the last good run."""

    max_changes: Share = 0.30
    max_new_per_standard: Whole = Field(default=200, ge=0)
    min_items: Share = 0.80
    max_mails: Whole = Field(default=50, ge=0)


class WriteOptions(Options):
    """What may be written to one tracker, and where. The default writes nothing.

    `fields`: node figure, or `health` for the computed colour → the field that takes it.
    `flags`: the field that takes the flags where there are no labels; wholly ours.
    """

    labels: Flag = False
    link: Flag = False
    comment: Flag = False
    flags: Annotated[Text | None, NONE] = None
    fields: dict[str, Text] = {}
    note: Literal["none", "private", "public"] = "none"
    summary_flag: Text | None = None
    flag_from: Severity = Severity.MAJOR
    max_flags: Whole = Field(default=3, ge=0)
    on_conflict: Literal["report", "keep", "overwrite"] = "report"
    take_over: Flag = False
    out_of_scope: Literal["remove", "keep"] = "remove"
