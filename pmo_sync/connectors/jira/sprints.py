"""The sprints that Jira tells in its field of sprints: objects on Cloud, the texts of objects on Data Center. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Final, TypeAlias

import polars as pl

from pmo_sync.connectors.jira.fields import SPRINT, Catalogue
from pmo_sync.model import frames
from pmo_sync.model.vocabulary import VOCABULARY

_TEXT: Final = re.compile(r"com\.atlassian\.greenhopper\.service\.sprint\.Sprint@[^\[]*\[(.*)\]$", re.DOTALL)
_KEY: Final = re.compile(r"(?:^|,)([a-zA-Z]+)=")
_NOTHING: Final = frozenset({"", "<null>"})
_STATES: Final = frozenset(VOCABULARY["sprint_state"].words)

_ASKED: Final = frozenset({"sprint_goal", "sprint_state", "sprint_start"})

_Told: TypeAlias = Mapping[str, object]


def sprint_fields(catalogue: Catalogue, wanted: AbstractSet[str]) -> tuple[str, ...]:
    """The fields that tell the sprints, where one of the columns of sprints is wanted."""
    return catalogue.of_kind(SPRINT) if wanted & _ASKED else ()


def sprints(values: Iterable[tuple[str, object]]) -> pl.DataFrame:
    """RAW_SPRINTS of the raw values of the field, each with the id of the project of its item; by id and project.

    A value is a list, an object, a text, or nothing; what is no sprint with an id and a name is left out. A sprint
    whose values differ, as one was read later, is taken as it was told last.
    """
    found: dict[tuple[str, str], tuple[str, str, str, str | None, date | None, str | None, bool]] = {}
    for project, value in values:
        for one in value if isinstance(value, list) else [value]:
            told = _told(one)
            number, name = _word(told, "id"), _word(told, "name")
            if number is None or name is None:
                continue
            state = (_word(told, "state") or "").lower()
            goal = _word(told, "goal")
            found[number, project] = (
                *(number, project, name, state if state in _STATES else None, _day(_word(told, "startDate"))),
                *(goal, "goal" in told),
            )
    rows = [found[key] for key in sorted(found)]
    return pl.DataFrame(rows, schema=dict(frames.RAW_SPRINTS), orient="row")


def _told(one: object) -> _Told:
    """The members of one sprint. In a text a member ends where the next name with `=` begins: names and goals may hold
    commas.
    """
    if isinstance(one, dict):
        return one
    inside = _TEXT.match(one) if isinstance(one, str) else None
    if inside is None:
        return {}
    text = inside.group(1)
    keys = [match for match in _KEY.finditer(text) if match.group(1) in _MEMBERS]
    ends = [*(match.start() for match in keys[1:]), len(text)]
    pairs = [(match.group(1), text[match.end() : end]) for match, end in zip(keys, ends, strict=False)]
    return dict(reversed(pairs))  # the first of a name counts: what a goal holds cannot be another member


_MEMBERS: Final = frozenset(
    {
        *("id", "rapidViewId", "state", "name", "startDate", "endDate", "completeDate", "activatedDate"),
        *("sequence", "goal", "autoStartStop", "synced", "incompleteIssuesDestinationId"),
    }
)


def _word(told: _Told, name: str) -> str | None:
    value = told.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or value.strip() in _NOTHING:
        return None
    return value.replace("\r\n", "\n").strip()


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError:
        return None
