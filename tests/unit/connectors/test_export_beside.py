"""What items.jsonl tells beside the values of items: their history, the sprints and the tracker's projects."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from pmo_sync.connectors.export import history, lines
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.structure.build import build
from pmo_sync.structure.history import HistoryOptions, with_history
from pmo_sync.structure.options import StructureOptions
from tests.unit.connectors.exports import opened, pull

MADE = '{"created": [{"at": "2026-11-02T09:30:00+01:00", "by": "ann"}]'


def read(folder: Path, *rows: str, **options: Any) -> Snapshot:
    return pull(opened(folder / "items.jsonl", "\n".join(rows), **options), "fields.area")


def refused(folder: Path, *rows: str) -> list[str]:
    """What is said of the file, each with its line."""
    with pytest.raises(ConfigurationError) as caught:
        read(folder, *rows)
    return [f"{one.source.line}:{one.source.column} {one.message}" for one in caught.value.problems if one.source]


def test_a_file_without_them_has_none(tmp_path: Path) -> None:
    found = read(tmp_path, '{"id": "1", "project": "A"}', '{"id": "2", "history": null}')
    assert found.changes.is_empty()
    assert found.sprints.is_empty()
    assert found.manifest.histories == ()
    assert found.projects.rows() == [("A", "A", "A", None, False, True, [])]


def test_every_edit_is_a_change(tmp_path: Path) -> None:
    due = '"due": [{"at": "2026-11-03T10:00:00Z", "from": null, "to": "2026-12-01", "ours": true}]'
    found = read(tmp_path, f'{{"id": "1", "history": {MADE}, {due}, "fields.area": []}}}}')
    assert found.manifest.histories == ("due", "fields.area")
    assert found.changes.rows() == [
        ("1", "created", datetime(2026, 11, 2, 8, 30, tzinfo=UTC), "ann", None, None, False),
        ("1", "due", datetime(2026, 11, 3, 10, tzinfo=UTC), None, None, "2026-12-01", True),
    ]


def test_a_column_that_one_history_leaves_out_is_known_of_none(tmp_path: Path) -> None:
    whole, part = f'{MADE}, "due": [], "owner": []}}', f'{MADE}, "due": []}}'
    rows = [f'{{"id": "{number}", "history": {text}}}' for number, text in enumerate((whole, part, "null"))]
    found = read(tmp_path, *rows, '{"id": "9"}')
    assert found.manifest.histories == ("due",)
    assert found.changes["id"].to_list() == ["0", "1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3", "1:1 history: Expected `object | null`, got `int`"),
        ("[]", "1:1 history: Expected `object | null`, got `array`"),
        ("1" * 30, "1:1 history: Expected `object | null`, got `float`"),
        ("{}", '1:1 history: "created" has one edit: when the item was made'),
        ('{"due": []}', '1:1 history: "created" has one edit: when the item was made'),
        ('{"created": [{"at": "2026-11-02T09:30:00"}]}', "a timezone component"),
        ('{"created": [{"at": "0001-01-01T00:00:00+14:00"}]}', "is no time in UTC"),
        (
            '{"created": [{"at": "2026-11-02T09:30:00Z"}, {"at": "2026-11-03T09:30:00Z"}]}',
            '1:1 history: "created" has one edit: when the item was made',
        ),
        ('{"created": [{"at": 5}]}', '1:1 history: "created": [0].at: Expected `datetime`, got `int`'),
        ('{"created": {}}', '1:1 history: "created": Expected `array`, got `object`'),
        (MADE + ', "deu": []}', '1:1 history: "deu" is no column that has a history'),
        (MADE + ', "updated": []}', '1:1 history: "updated" is no column that has a history'),
        (MADE + ', "due": [{}]}', '1:1 history: "due": [0]: Object missing required field `at`'),
        (
            MADE + ', "due": [{"at": "2026-11-03T10:00:00Z", "too": 1}]}',
            '1:1 history: "due": [0]: Object contains unknown field `too`',
        ),
        (
            MADE + ', "due": [{"at": "2026-11-03T10:00:00Z", "by": 1}]}',
            '1:1 history: "due": [0].by: Expected `str | null`, got `int`',
        ),
    ],
)
def test_a_history_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (found,) = refused(tmp_path, f'{{"id": "1", "history": {text}}}')
    assert said in found


def test_a_file_full_of_mistakes_is_refused_without_a_guess_at_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(lines, "suggestion", lambda word, _: asked.append(word))
    columns = ", ".join(f'"x{number}": []' for number in range(50))
    rows = [f'{{"id": "1", "history": {MADE}, {columns}}}}}', *[f'{{"id": "{n}", "kind": "x"}}' for n in range(2, 50)]]
    links = ", ".join(['{"type": "x"}'] * 60)
    said = refused(tmp_path, *rows, f'{{"id": "50", "links": [{links}]}}')
    assert len(said) == lines.MOST_PROBLEMS + 1
    assert said[-1].endswith(f"and {60 + 50 + 48 - lines.MOST_PROBLEMS} more")
    assert 0 < len(asked) <= lines.MOST_PROBLEMS


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "?", "parent": "?"}',
        '{"id": "?"}\n{"id": "?"}',
        '{"id": "1", "history": {"created": [{"?": 1}]}}',
        '{"id": "1", "history": {"?": []}}',
        '{"sprint": "1", "project": "A", "name": "x", "state": "?"}',
        '{"sprint": "1", "project": "A", "name": "x", "?": 1}',
        '{"sprint": "?", "project": "?", "name": "x"}\n{"sprint": "?", "project": "?", "name": "x"}',
        '{"tracker_project": "?"}\n{"tracker_project": "?"}',
    ],
)
def test_a_message_does_not_repeat_the_file(tmp_path: Path, line: str) -> None:
    assert all(len(said) < 300 for said in refused(tmp_path, line.replace("?", "x" * 10_000)))


def test_edits_are_put_into_columns_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_AT_ONCE", 2)
    rows = [f'{{"id": "{number}", "history": {MADE}}}}}' for number in range(5)]
    assert read(tmp_path, *rows).changes["id"].to_list() == ["0", "1", "2", "3", "4"]


def test_the_key_may_be_written_with_escapes(tmp_path: Path) -> None:
    found = read(tmp_path, f'{{"id": "1", "h\\u0069story": {MADE}, "due": []}}}}')
    assert found.manifest.histories == ("due",)


def test_a_history_stays_text_until_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(f'{{"id": "1", "history": {MADE}}}}}\n', encoding="utf-8")
    (line,) = lines.read(path, path.name)
    assert line.values["history"] == msgspec.Raw((MADE + "}").encode())


def test_a_sprint_has_a_line_for_each_project(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '{"sprint": "7", "project": "A", "name": "Seven", "state": "active", "start": "2026-11-16", "goal": null}',
        '{"id": "1", "project": "A", "sprint": "Seven"}',
        '{"sprint": "7", "project": "B", "name": "Seven"}',
    )
    assert found.items["id"].to_list() == ["1"]
    assert found.sprints.rows() == [
        ("7", "A", "Seven", "active", date(2026, 11, 16), None, True),
        ("7", "B", "Seven", None, None, None, False),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"sprint": 7, "project": "A", "name": "x"}', "sprint: sprint: Expected `str`, got `int`"),
        ('{"sprint": "", "project": "A", "name": "x"}', "sprint: sprint: Expected `str` of length >= 1"),
        ('{"sprint": "7", "name": "x"}', "sprint: Object missing required field `project`"),
        ('{"sprint": "7", "project": "A", "name": "x", "gaol": "y"}', "sprint: Object contains unknown field `gaol`"),
        ('{"sprint": "7", "project": "A", "name": "x", "state": "open"}', "sprint: state: Invalid enum value 'open'"),
        (
            '{"sprint": "7", "project": "A", "name": "x", "start": "soon"}',
            "sprint: start: Invalid RFC3339 encoded date",
        ),
        ('{"sprint": "7", "project": "A", "name": "x", "goal": 1}', "sprint: goal: Expected `str | null`, got `int`"),
        ('{"sprint": "6", "project": "A", "name": "x"}', 'sprint: "6" of "A" stands on line 1 too'),
    ],
)
def test_a_sprint_that_is_none_is_refused(tmp_path: Path, line: str, said: str) -> None:
    assert refused(tmp_path, '{"sprint": "6", "project": "A", "name": "x"}', line) == [f"2:1 {said}"]


def test_a_project_has_what_its_line_tells(tmp_path: Path) -> None:
    told = '{"tracker_project": "A", "key": "PA", "closed": true, "size": "M", "title": 1, "fields": {"Area": "north"}}'
    rows = [
        told,
        '{"id": "1", "project": "A"}',
        '{"id": "2", "project": "B"}',
        '{"tracker_project": "C", "size": null}',
    ]
    found = read(tmp_path, *rows, fields={"area": {"field": "Area"}})
    assert found.projects.sort("id").to_dicts() == [
        _project("A", key="PA", closed=True, size="M", **{"fields.area": "north"}),
        _project("B", hidden=["fields.area", "size"]),
        _project("C", hidden=["fields.area"]),
    ]
    assert {"size", "fields.area"} <= set(found.manifest.columns)


@pytest.mark.parametrize("field", ["closed", "tracker_project"])
def test_what_a_line_says_of_a_project_itself_is_no_field_of_ones_own(tmp_path: Path, field: str) -> None:
    rows = [f'{{"id": "1", "project": "A", "{field}": "of the item"}}', '{"tracker_project": "A", "closed": true}']
    found = read(tmp_path, *rows, fields={"area": {"field": field}})
    assert found.items["fields.area"].to_list() == ["of the item"]
    assert "fields.area" not in found.projects.columns
    assert found.projects["closed"].to_list() == [True]


def _project(name: str, **told: Any) -> dict[str, Any]:
    bare: dict[str, Any] = {
        "id": name,
        "key": name,
        "name": name,
        "parent_id": None,
        "closed": False,
        "complete": True,
        "hidden": [],
    }
    return {**bare, "size": None, "fields.area": None, **told}


def test_a_node_shows_what_its_project_tells(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '{"id": "1", "project": "A", "phase": "todo"}',
        '{"tracker_project": "A", "closed": true, "size": "M"}',
    )
    places = StructureOptions.model_validate({"programme": "none", "project": [{"tracker": "j", "by": "project"}]})
    nodes = build([found], places, portfolio_name="all").nodes.filter(pl.col("level") == "project")
    assert nodes.select("name", "phase", "size").rows() == [("A", "done", "M")]


def test_the_start_of_a_project_is_not_found_for_items_in_a_history_without_phases(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        f'{{"id": "1", "project": "A", "phase": "doing", "history": {MADE}}}}}',
        '{"tracker_project": "A", "actual_start": "2026-11-01"}',
    )
    assert "actual_start" in found.projects.columns
    assert "actual_start" not in with_history(found, HistoryOptions()).items.columns


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"tracker_project": 7}', "tracker_project: a project has its name, and its key if any, as texts"),
        ('{"tracker_project": ""}', "tracker_project: a project has its name, and its key if any, as texts"),
        (
            '{"tracker_project": "A", "key": []}',
            "tracker_project: a project has its name, and its key if any, as texts",
        ),
        ('{"tracker_project": "A", "closed": "no"}', 'closed: "no" is not true or false'),
        ('{"tracker_project": "A", "budget": "much"}', 'budget: "much" is not a number'),
        ('{"tracker_project": "A", "fields": [1]}', "fields: a list is not an object"),
        ('{"tracker_project": "X"}', 'tracker_project: "X" stands on line 1 too'),
    ],
)
def test_a_project_that_is_none_is_refused(tmp_path: Path, line: str, said: str) -> None:
    assert refused(tmp_path, '{"tracker_project": "X"}', line) == [f"2:1 {said}"]
