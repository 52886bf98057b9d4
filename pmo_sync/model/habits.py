"""Words that people bring along from JQL, spreadsheets and other tools, and what is said for them here."""

from __future__ import annotations

from typing import Final

HABITS: Final[dict[str, tuple[str, ...]]] = {
    # columns
    "assignee": ("owner",),
    "responsible": ("owner",),
    "duedate": ("due",),
    "due date": ("due",),
    "due_date": ("due",),
    "deadline": ("due",),
    "startdate": ("start",),
    "start_date": ("start",),
    "summary": ("title",),
    "subject": ("title",),
    "issuetype": ("issue_type",),
    "statuscategory": ("phase",),
    "fixversion": ("fix_versions",),
    "component": ("components",),
    "label": ("labels",),
    "sprint": ("sprints",),
    "epic": ("summary", "parent"),
    "resolutiondate": ("actual_finish",),
    "originalestimate": ("estimate_hours",),
    "estimate": ("estimate_hours",),
    "remainingestimate": ("remaining_hours",),
    "timespent": ("spent_hours",),
    "storypoints": ("points",),
    "story_points": ("points",),
    "rag": ("reported_rag", "computed_rag"),
    "issuekey": ("key",),
    "subtasks": ("children",),
    "issuelinks": ("links",),
    # tests
    "=": ("is",),
    "==": ("is",),
    "eq": ("is",),
    "equals": ("is",),
    "!=": ("is_not",),
    "<>": ("is_not",),
    "ne": ("is_not",),
    "not": ("is_not",),
    "<": ("lt", "before"),
    "<=": ("lte", "on_or_before"),
    "le": ("lte", "on_or_before"),
    "max": ("lte", "on_or_before"),
    "at_most": ("lte", "on_or_before"),
    ">": ("gt", "after"),
    ">=": ("gte", "on_or_after"),
    "ge": ("gte", "on_or_after"),
    "min": ("gte", "on_or_after"),
    "at_least": ("gte", "on_or_after"),
    "~": ("contains", "matches"),
    "like": ("contains", "matches"),
    "is_empty": ("absent",),
    "empty": ("absent",),
    # words of a scale, keys, verdicts
    "open": ("todo", "doing"),
    "in progress": ("doing",),
    "closed": ("done", "dropped"),
    "to do": ("todo",),
    "high": ("critical", "major"),
    "medium": ("major",),
    "low": ("minor", "info"),
    "story": ("task",),
    "bug": ("issue", "task"),
    "kind": ("kinds",),
    "and": ("all",),
    "or": ("any",),
    "some": ("any",),
    "every": ("all",),
    "exists": ("any",),
    "na": ("n/a",),
}
"""What somebody writes, in small letters → the words of the standards' language that it may mean, likeliest first."""


def meant(word: str, known: frozenset[str]) -> list[str]:
    """The known words that a word from elsewhere stands for, likeliest first; none where it is no such word."""
    return [name for name in HABITS.get(word.strip().lower(), ()) if name in known]
