"""The closed word lists of the PMO. The declared order of a scale is its meaning: later is worse or higher."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


def words(scale: type[StrEnum]) -> tuple[str, ...]:
    """The plain texts of a word list in its order: what a Polars Enum takes."""
    return tuple(word.value for word in scale)


class Level(StrEnum):
    """Where a subject stands. `portfolio > programme > project > item`; levels between may be missing."""

    PORTFOLIO = "portfolio"
    PROGRAMME = "programme"
    PROJECT = "project"
    ITEM = "item"


NODE_LEVELS: Final = (Level.PORTFOLIO, Level.PROGRAMME, Level.PROJECT)


class Phase(StrEnum):
    """How far a subject is. Dropped work (won't do, duplicate, rejected) leaves numerators and denominators."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class Kind(StrEnum):
    """What an item is to a PMO, whatever the tracker calls it."""

    TASK = "task"
    MILESTONE = "milestone"
    SUMMARY = "summary"
    LOE = "loe"
    RISK = "risk"
    ISSUE = "issue"
    CHANGE = "change"
    BENEFIT = "benefit"
    DEPENDENCY = "dependency"
    DECISION = "decision"
    DELIVERABLE = "deliverable"
    DOCUMENT = "document"
    LESSON = "lesson"
    OBJECTIVE = "objective"
    STATUS_REPORT = "status_report"
    STAKEHOLDER = "stakeholder"
    RECOVERY_ACTION = "recovery_action"


class Verdict(IntEnum):
    """The verdict on one subject by one standard, as stored in a UInt8 column."""

    PASS = 0
    FAIL = 1
    NOT_APPLICABLE = 2
    UNKNOWN = 3

    @property
    def word(self) -> str:
        """As people and JSON read it: pass, fail, n/a, unknown."""
        return "n/a" if self is Verdict.NOT_APPLICABLE else self.name.lower()


class Severity(StrEnum):
    """How much a failure matters, rising."""

    INFO = "info"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 3 for critical."""
        return SEVERITIES.index(self)


SEVERITIES: Final = tuple(Severity)
POINTS: Final = {Severity.CRITICAL: 8.0, Severity.MAJOR: 3.0, Severity.MINOR: 1.0, Severity.INFO: 0.25}
"""Weight of one verdict in compliance (`rollups` 11: 8, 3, 1; info 0.25)."""


class Mode(StrEnum):
    """How far a PMO goes, rising: reports only, writes flags and summaries, takes configured enforcement too."""

    SUPPORTIVE = "supportive"
    CONTROLLING = "controlling"
    DIRECTIVE = "directive"


class Rag(StrEnum):
    """The status colours. Grey is not started or closed; that a colour cannot be told is null in a frame."""

    GREEN = "green"
    AMBER_GREEN = "amber_green"
    AMBER = "amber"
    AMBER_RED = "amber_red"
    RED = "red"
    GREY = "grey"


RAG_RANK: Final = {Rag.GREEN: 0, Rag.AMBER_GREEN: 1, Rag.AMBER: 2, Rag.AMBER_RED: 3, Rag.RED: 4}
"""Ranks of the known colours; grey has none."""


class LinkType(StrEnum):
    """Dependency links by the two ends they tie, and the plain relations of trackers."""

    FS = "FS"
    SS = "SS"
    FF = "FF"
    SF = "SF"
    RELATES = "relates"
    DUPLICATES = "duplicates"
    DOCUMENT = "document"
    OTHER = "other"


DEPENDENCIES: Final = (LinkType.FS, LinkType.SS, LinkType.FF, LinkType.SF)
