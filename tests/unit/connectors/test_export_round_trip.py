"""A snapshot that is taken away as items.jsonl and read again is the same snapshot."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import STRUCTURAL, VOCABULARY, WITHOUT_HISTORY, Column, ColumnType
from pmo_sync.model.words import LinkType
from pmo_sync.report.items import items_jsonl
from tests.unit.connectors.exports import opened, pull

OWN = {"fields": {"reg": {"field": "Regulator date", "type": "date"}, "team": {"field": "Crew"}}}
_APART = {"id", "key", "title", "tracker", "level", "kind", "project", "portfolio"}
IDS = [str(number) for number in range(6)]


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5).filter(str.strip)
_VALUES: dict[ColumnType, st.SearchStrategy[Any]] = {
    ColumnType.TEXT: _TEXT,
    ColumnType.PERSON: _TEXT,
    ColumnType.TEXTS: st.lists(st.sampled_from(["a", "b, c", "é"]), max_size=2),
    ColumnType.DATE: st.dates().map(str),
    ColumnType.TIME: st.sampled_from(["2026-11-21T22:36:32.123456Z", "2026-03-29T01:30:00+02:00"]),
    ColumnType.BOOLEAN: st.booleans(),
    ColumnType.INTEGER: st.integers(-(2**62), 2**62),
    ColumnType.SHARE: st.floats(0, 1),
}


def _value(column: Column) -> st.SearchStrategy[Any]:
    if column.type is ColumnType.ENUM:
        return st.sampled_from(column.words)
    return _VALUES.get(column.type, st.floats(-1e20, 1e20))


@st.composite
def portfolios(draw: st.DrawFn) -> list[dict[str, Any]]:
    columns = draw(st.lists(st.sampled_from(sorted(VOCABULARY.keys() - _APART)), unique=True, max_size=6))
    items = []
    for number in draw(st.lists(st.sampled_from(IDS), unique=True, min_size=1)):
        item: dict[str, Any] = {"id": number, "project": draw(st.sampled_from(["A", "B", None]))}
        item |= {"kind": draw(st.sampled_from(["task", "risk"])), "issue_type": draw(st.sampled_from(["x", "y"]))}
        for name in columns:
            if draw(st.booleans()):
                item[name] = draw(st.none() | _value(VOCABULARY[name]))
        ends = [one for one in [*IDS, "elsewhere"] if one != number]
        if draw(st.booleans()):
            item["parent"] = draw(st.sampled_from(ends))
        links = st.fixed_dictionaries(
            {"type": st.sampled_from([one.value for one in LinkType])},
            optional={"lag_working_days": st.none() | st.integers(-5, 5)},
        )
        item["links"] = [
            {**link, draw(st.sampled_from(["to", "from"])): draw(st.sampled_from(ends))}
            for link in draw(st.lists(links, max_size=2))
        ]
        if draw(st.booleans()):
            item["fields"] = draw(
                st.fixed_dictionaries(
                    {}, optional={"Regulator date": st.sampled_from(["2026-11-21", None]), "Crew": st.just("Tokens")}
                )
            )
        items.append(item)
    return items


def _read(folder: Path, text: str) -> Snapshot:
    return pull(opened(folder / "items.jsonl", text, **OWN), "fields.reg", "fields.team")


def _meaning(snapshot: Snapshot) -> tuple[Any, ...]:
    """What can be told from a snapshot: values where they are seen, and where they are not."""
    hidden = dict(snapshot.scopes.select("scope", "hidden").iter_rows())
    items = {
        row["id"]: {
            name: value if name in STRUCTURAL or name not in hidden[row["scope"]] else "not visible"
            for name, value in row.items()
            if name != "scope" and not (name in STRUCTURAL and value is None)
        }
        for row in snapshot.items.iter_rows(named=True)
    }
    links = snapshot.links.sort(pl.all(), nulls_last=True).rows()
    return items, sorted(links, key=str)


def _seen(items: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Without columns that nobody sees: a file cannot show that it has them."""
    return {
        number: {name: value for name, value in row.items() if value != "not visible"} for number, row in items.items()
    }


@settings(max_examples=150, deadline=None)
@given(portfolios())
def test_a_file_that_was_taken_away_and_read_again_says_the_same(items: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as scratch:
        first = _read(Path(scratch), "".join(json.dumps(item) + "\n" for item in items))
        text = items_jsonl(first)
        again = _read(Path(scratch), text)
    before, after = _meaning(first), _meaning(again)
    assert _seen(before[0]) == _seen(after[0])
    assert [link for link in before[1] if link[:2] != (None, None)] == after[1]
    assert items_jsonl(again) == text


def test_a_type_that_does_not_show_a_column_still_does_not(tmp_path: Path) -> None:
    shown = {"id": "1", "project": "A", "issue_type": "Feature", "due": None}
    first = _read(tmp_path, f'{json.dumps(shown)}\n{{"id": "2", "project": "A", "issue_type": "Bug"}}\n')
    again = _read(tmp_path, items_jsonl(first))
    assert [sorted(names) for names in again.scopes["hidden"]] == [["due"], []]


def test_two_projects_of_one_name_stay_two(tmp_path: Path) -> None:
    first = _read(tmp_path, '{"id": "1", "project": "A"}\n{"id": "2", "project": "B"}\n')
    projects = first.projects.with_columns(name=pl.lit("Vault"))
    alike = Snapshot(first.manifest, first.items.drop("project"), first.scopes, projects=projects)
    again = _read(tmp_path, items_jsonl(alike))
    assert again.items["project"].to_list() == ["Vault (A)", "Vault (B)"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("", "", "C"), ["A", "B", "C"]),
        (("B", "", "C"), ["B (A)", "B (B)", "C"]),
        (("X", "X", "X (A)"), ["X (A) (A)", "X (B)", "X (A)"]),
    ],
)
def test_every_project_has_a_name_of_its_own_whatever_it_is_called(
    tmp_path: Path, names: tuple[str, ...], told: list[str]
) -> None:
    items = "".join(
        f'{{"id": "{one}", "project": "{one}"}}\n{{"tracker_project": "{one}", "closed": true}}\n' for one in "ABC"
    )
    first = _read(tmp_path, items)
    called = replace(
        first,
        items=first.items.drop("project"),
        projects=first.projects.with_columns(name=pl.Series(names)),
        sprints=pl.DataFrame([("7", "A", "Seven", None, None, None, False)], dict(frames.RAW_SPRINTS), orient="row"),
    )
    again = _read(tmp_path, items_jsonl(called))
    assert again.items["project"].to_list() == told
    assert again.projects["closed"].to_list() == [True] * 3
    assert again.sprints["project_id"].to_list() == told[:1]


def test_the_programme_of_structure_comes_along_unless_the_file_has_its_own(tmp_path: Path) -> None:
    first = _read(tmp_path, '{"id": "1", "programme": "Own"}\n{"id": "2"}\n')
    again = _read(tmp_path, items_jsonl(first, {"1": "Placed", "2": "Placed"}))
    assert again.items["programme"].to_list() == ["Own", "Placed"]


def test_what_is_hidden_for_one_of_a_type_is_never_empty_in_the_file(tmp_path: Path) -> None:
    lines = [{"id": one, "project": "A", "kind": "task", "actual_start": "2026-11-02"} for one in ("1", "2")]
    whole = _read(tmp_path, "".join(json.dumps(line) + "\n" for line in lines))
    scopes = pl.concat([whole.scopes, whole.scopes.with_columns(scope=pl.lit(1, pl.UInt32), hidden=["actual_start"])])
    items = whole.items.with_columns(scope=pl.Series([0, 1], dtype=pl.UInt32))
    again = _read(tmp_path, items_jsonl(Snapshot(whole.manifest, items, scopes, projects=whole.projects)))
    assert "actual_start" not in again.items.columns


_TIMES = st.datetimes(timezones=st.just(UTC))
_NULLABLE = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


@st.composite
def pasts(draw: st.DrawFn) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Columns whose history is whole, and RAW_CHANGES of some items; each was made once."""
    known = st.sampled_from([*sorted(VOCABULARY.keys() - WITHOUT_HISTORY), "fields.reg"])
    columns = draw(st.lists(known, unique=True, max_size=3))
    rows: list[tuple[Any, ...]] = []
    for number in draw(st.lists(st.sampled_from(IDS), unique=True)):
        rows.append((number, "created", draw(_TIMES), draw(_NULLABLE), None, None, draw(st.booleans())))
        for column in draw(st.lists(st.sampled_from(columns), max_size=4)) if columns else ():
            texts = [draw(_NULLABLE) for _ in range(3)]
            rows.append((number, column, draw(_TIMES), *texts, draw(st.booleans())))
    return tuple(sorted(columns)), pl.DataFrame(rows, schema=dict(frames.RAW_CHANGES), orient="row")


@st.composite
def all_sprints(draw: st.DrawFn) -> pl.DataFrame:
    """RAW_SPRINTS; a goal that is not seen is null."""
    rows = []
    for number, project in draw(st.lists(st.tuples(st.sampled_from("78"), st.sampled_from("ABC")), unique=True)):
        goal_seen = draw(st.booleans())
        state = draw(st.sampled_from([*VOCABULARY["sprint_state"].words, None]))
        goal = draw(_NULLABLE) if goal_seen else None
        rows.append((number, project, draw(_TEXT), state, draw(st.none() | st.dates()), goal, goal_seen))
    return pl.DataFrame(rows, schema=dict(frames.RAW_SPRINTS), orient="row")


@st.composite
def all_projects(draw: st.DrawFn) -> pl.DataFrame:
    """PROJECTS, A among them, with a word, a number and a list of which each shows some."""
    rows = []
    for name in ["A", *draw(st.lists(st.sampled_from("BC"), unique=True))]:
        told = {
            "size": draw(st.none() | _TEXT),
            "budget": draw(st.none() | st.floats(-1e20, 1e20)),
            "fields.team": draw(st.none() | _TEXT),
        }
        hidden = draw(st.lists(st.sampled_from(sorted(told)), unique=True).map(sorted))
        seen = {column: None if column in hidden else value for column, value in told.items()}
        head = {"id": name, "key": draw(_TEXT), "name": name, "parent_id": None, "closed": draw(st.booleans())}
        rows.append({**head, "complete": True, "hidden": hidden, **seen})
    own = {"size": pl.String(), "budget": pl.Float64(), "fields.team": pl.String()}
    return pl.DataFrame(rows, schema={**frames.PROJECTS, **own})


@settings(max_examples=100, deadline=None)
@given(all_projects())
def test_projects_come_back_as_far_as_they_tell_more_than_their_names(projects: pl.DataFrame) -> None:
    with TemporaryDirectory() as scratch:
        bare = _read(Path(scratch), '{"id": "1", "project": "A"}\n')
        text = items_jsonl(replace(bare, projects=projects))
        again = _read(Path(scratch), text)
    told = {row["id"]: row for row in again.projects.iter_rows(named=True)}
    for row in projects.iter_rows(named=True):
        seen = [name for name in ("size", "budget", "fields.team") if name not in row["hidden"]]
        if seen or row["closed"]:
            found = told.pop(row["id"])
            assert {name: found[name] for name in ("key", "closed", *seen)} == {
                name: row[name] for name in ("key", "closed", *seen)
            }
            assert set(found["hidden"]).isdisjoint(seen)
            assert all(found.get(name) is None for name in row["hidden"])
    assert told.keys() <= {"A"}
    assert items_jsonl(again) == text


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(pl.all())


@settings(max_examples=150, deadline=None)
@given(pasts(), all_sprints())
def test_histories_and_sprints_come_back_as_they_were(
    past: tuple[tuple[str, ...], pl.DataFrame], sprints: pl.DataFrame
) -> None:
    histories, changes = past
    with TemporaryDirectory() as scratch:
        bare = _read(Path(scratch), "".join(f'{{"id": "{number}", "project": "A"}}\n' for number in IDS))
        first = replace(bare, manifest=replace(bare.manifest, histories=histories), changes=changes, sprints=sprints)
        text = items_jsonl(first)
        again = _read(Path(scratch), text)
    assert _rows(again.sprints).equals(_rows(sprints))
    assert _meaning(again) == _meaning(bare)
    assert _rows(again.changes).equals(_rows(changes if histories else changes.clear()))
    assert again.manifest.histories == (histories if len(changes) else ())
    assert items_jsonl(again) == text


def test_an_item_whose_history_was_not_read_has_none_in_the_file(tmp_path: Path) -> None:
    bare = _read(tmp_path, '{"id": "1"}\n{"id": "2"}\n')
    edit = ("1", "due", datetime(2026, 11, 2, tzinfo=UTC), "ann", None, "2026-12-01", False)
    changes = pl.DataFrame([edit], schema=dict(frames.RAW_CHANGES), orient="row")
    first = replace(bare, manifest=replace(bare.manifest, histories=("due",)), changes=changes)
    assert items_jsonl(first) == items_jsonl(bare)


def test_sprints_stand_under_the_names_of_their_projects(tmp_path: Path) -> None:
    bare = _read(tmp_path, '{"id": "1", "project": "10"}\n')
    rows = [("7", "10", "Seven", "active", None, None, False), ("7", "unseen", "Seven", "active", None, None, False)]
    sprints = pl.DataFrame(rows, schema=dict(frames.RAW_SPRINTS), orient="row")
    projects = bare.projects.with_columns(name=pl.lit("Vault"))
    again = _read(
        tmp_path, items_jsonl(replace(bare, items=bare.items.drop("project"), projects=projects, sprints=sprints))
    )
    assert again.sprints["project_id"].to_list() == ["Vault", "unseen"]
    assert again.items["project_id"].to_list() == ["Vault"]
