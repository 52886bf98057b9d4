from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.connectors import export
from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.export import ExportConnector, connect, pending
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.errors import UsageError
from pmo_sync.model.change import AddLabel, Change, RemoveLabel, Result, SetField, Target, TargetKind
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from tests.surroundings import Clock, surroundings

NOW = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=UTC)
Open = Callable[..., ExportConnector]
CARD = {"id": "3", "key": "PAY-3", "project": "PAY", "kind": "task", "phase": "todo", "title": "Card"}


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """`opened(*items, **options)`: a connector to a file with these items, or with this text."""

    def make(*items: dict[str, Any] | str | bytes, **options: Any) -> ExportConnector:
        lines = [item if isinstance(item, str | bytes) else json.dumps(item) for item in items]
        content = b"".join(one if isinstance(one, bytes) else one.encode() + b"\n" for one in lines)
        (tmp_path / "items.jsonl").write_bytes(content)
        chosen = ExportOptions.model_validate({"kind": "export", "path": "items.jsonl", **options})
        return connect("items", chosen, surroundings(Clock(NOW), folder=tmp_path))

    return make


def pull(connector: ExportConnector, *more: str) -> Snapshot:
    return connector.pull(Needs(frozenset(VOCABULARY) | set(more)), lambda _: None)


def test_the_keys_are_the_vocabulary(opened: Open) -> None:
    snapshot = pull(
        opened({**CARD, "due": "2026-11-27", "estimate_hours": 24, "labels": ["a"], "created": "2026-11-01T08:00:00Z"})
    )
    (found,) = snapshot.items.to_dicts()
    assert found["due"] == date(2026, 11, 27)
    assert found["estimate_hours"] == 24.0
    assert found["labels"] == ["a"]
    assert found["created"] == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert found["project_id"] == "PAY"
    assert snapshot.manifest.id == "20261123T093015Z-123456"
    assert snapshot.manifest.pulled_at == NOW
    assert snapshot.projects["name"].to_list() == ["PAY"]


def test_a_key_that_no_line_of_project_and_kind_carries_is_hidden_there(opened: Open) -> None:
    snapshot = pull(
        opened(
            {"id": "1", "project": "A", "kind": "task", "due": "2026-11-27", "labels": []},
            {"id": "2", "project": "A", "kind": "task", "owner": None},
            {"id": "3", "project": "A", "kind": "risk"},
            {"id": "4", "project": "B", "kind": "task", "owner": "ann"},
        )
    )
    hidden = {
        number: set(scope)
        for number, scope in snapshot.items.join(snapshot.scopes, on="scope").select("id", "hidden").iter_rows()
    }
    assert hidden == {
        "1": set(),
        "2": set(),
        "3": {"due", "owner", "labels"},
        "4": {"due", "labels"},
    }
    assert snapshot.items["labels"].to_list() == [[], [], None, None], "empty where seen, unknown where not"


def test_parents_and_links_by_id(opened: Open) -> None:
    snapshot = pull(
        opened(
            {"id": "1"},
            {"id": "2", "parent": "1", "links": [{"type": "FS", "to": "1", "lag_working_days": 2}]},
            {"id": "3", "parent": "99", "links": [{"type": "SS", "to": "99"}, {"type": "relates", "to": "1"}]},
        )
    )
    assert snapshot.items.select("kind", "parent_id", "parent_known").rows() == [
        ("task", None, False),
        ("task", "1", True),
        ("task", None, True),
    ]
    assert snapshot.links.rows() == [("2", "1", "FS", 2), ("3", None, "SS", 0), ("3", "1", "relates", None)]


def test_unknown_keys_are_own_fields(opened: Open) -> None:
    snapshot = pull(
        opened(
            {"id": "1", "Regulator date": "2026-12-01", "fields": {"Money": 5}},
            {"id": "2", "fields": {"Regulator date": None}},
            fields={"reg": {"field": "Regulator date", "type": "date"}, "budget": "Money"},
        ),
        "fields.reg",
    )
    assert snapshot.items["fields.reg"].to_list() == [date(2026, 12, 1), None]
    assert snapshot.items["budget"].to_list() == [5.0, None]


def test_words_of_another_tool(opened: Open) -> None:
    snapshot = pull(
        opened(
            {"id": "1", "issue_type": "Risk", "status": "Open", "reported_rag": "Gelb"},
            {"id": "2", "issue_type": "Story", "status": "On hold"},
            kinds={"risk": ["Risk"]},
            phases={"todo": ["Open"], "hold": ["On hold"]},
            values={"reported_rag": {"Gelb": "amber"}},
        )
    )
    assert snapshot.items.select("kind", "phase", "on_hold", "reported_rag").rows() == [
        ("risk", "todo", False, "amber"),
        ("task", "doing", True, None),
    ]


def test_every_mistake_is_said_at_once_with_line_and_key(opened: Open) -> None:
    connector = opened(
        {"id": "1", "due": "next week", "estimate_hours": "40"},
        {"id": "1"},
        {"key": "PAY-2"},
        {"id": "4", "kind": "taks", "labels": "urgent", "on_hold": "yes", "impact": 1.5},
        {"id": "5", "links": [{"type": "FS"}], "parent": "5", "probability": 30},
        {"id": "6", "links": {}, "parent": 7, "title": 3},
    )
    with pytest.raises(ConfigurationError) as caught:
        pull(connector)
    said = [(problem.source.line, problem.message) for problem in caught.value.problems if problem.source]
    assert {(line, message.split(":")[0]) for line, message in said} == {
        (1, "due"),
        (1, "estimate_hours"),
        (2, "id"),
        (3, "id"),
        (4, "kind"),
        (4, "labels"),
        (4, "on_hold"),
        (4, "impact"),
        (5, "links"),
        (5, "parent"),
        (5, "probability"),
        (6, "links"),
        (6, "parent"),
        (6, "title"),
    }
    hints = [problem.hint for problem in caught.value.problems if problem.message.startswith("kind")]
    assert hints == ["did you mean `task`?"]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "line",
    [
        b"not json\n",
        b"[1]\n",
        b'{"id": "1", "budget": NaN}\n',
        b'{"id": "1", "budget": 1e999}\n',
        b'{"id": "\xff"}\n',
        b'{"id": "1"\n',
        b"\xff\xfe{\x00}\x00\n",
        b'{"id": "' + b"x" * 10_100_000 + b'"}\n',
        b'{"id":' * 500 + b"\n",
        b'{"id": "1", "impact": 99999999999999999999}\n',
        b'{"id": "1", "budget": ' + b"9" * 400 + b"}\n",
        b'{"id": "1", "links": [[]]}\n',
        b'{"id": "1", "links": [{"type": "FS", "to": "0", "lag_working_days": 1099511627776}]}\n',
        b'{"id": "1", "links": [{"type": "FS", "to": "0", "lag_working_days": -1' + b"0" * 40 + b"}]}\n",
        b'{"id": "1", "fields": [1]}\n',
        b'{"id": "1", "created": "9999-12-31T23:59:59-12:00"}\n',
        b'{"id": "1", "due": "+12345-01-01"}\n',
        b'{"id": "1", "fields": {"a": [1, {"b": 2}]}, "created": "2026-13-01T00:00:00Z"}\n',
    ],
)
def test_a_line_that_cannot_be_an_item_is_named(opened: Open, line: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pull(opened(b'{"id": "0"}\n', line, b'{"id": "2"}\n'))
    assert [problem.source.line for problem in caught.value.problems if problem.source] == [2]


@pytest.mark.parametrize(
    ("line", "column", "said", "hint"),
    [
        (b'{"id": "1", "budget": NaN}\n', 23, "the line is no JSON: invalid character", "JSON has no NaN"),
        (b'{"id": "1", "budget": -Infinity}\n', 24, "the line is no JSON: invalid character", "JSON has no NaN"),
        (b"{'id': 1}\n", 2, "the line is no JSON: object keys must be strings", 'write {"id": "1"'),
        (b'{"id": "1", "budget": 1e308}\n', 1, "budget: 1e+308 is too large a number", None),
    ],
)
def test_a_mistake_names_its_column_and_the_way_out(
    opened: Open, line: bytes, column: int, said: str, hint: str | None
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pull(opened(line), "budget")
    (problem,) = caught.value.problems
    assert problem.source is not None
    assert (problem.message, problem.source.column) == (said, column)
    assert problem.hint is None if hint is None else (problem.hint or "").startswith(hint)


def test_at_most_twenty_mistakes_are_spelt_out(opened: Open) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pull(opened(*[{"id": str(number), "due": 1} for number in range(50)]))
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].message == "and 30 more"


def test_windows_files_read_the_same(opened: Open) -> None:
    snapshot = pull(opened(b'\xef\xbb\xbf{"id": "1"}\r\n', b"\r\n", b'{"id": "2"}'))
    assert snapshot.items["id"].to_list() == ["1", "2"]


def test_a_file_that_is_not_there(opened: Open, tmp_path: Path) -> None:
    connector = opened({"id": "1"})
    (tmp_path / "items.jsonl").unlink()
    with pytest.raises(UsageError, match=r"items\.jsonl cannot be read: No such file"):
        pull(connector)
    (tmp_path / "items.jsonl").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        pull(connector)


def test_an_empty_file_is_a_tracker_without_items(opened: Open) -> None:
    assert pull(opened()).items.is_empty()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([*sorted(VOCABULARY), "parent", "links", "fields", "other"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
                max_leaves=3,
            ),
            max_size=6,
        ),
        max_size=4,
    )
)
def test_any_json_is_a_snapshot_or_a_sentence(opened: Open, items: list[dict[str, Any]]) -> None:
    connector = opened(*items)
    heights = []
    with suppress(ConfigurationError):
        heights.append(pull(connector).items.height)
    assert heights in ([], [len(items)])


FLAGS = "PMO compliance"
WRITE = {"labels": True, "flags": FLAGS, "fields": {"progress": "Progress"}}


def target(number: str = "3", kind: TargetKind = TargetKind.ITEM) -> Target:
    return Target("items", kind, number, "PAY-3")


def marks(snapshot: Snapshot) -> set[tuple[str, str, str | None]]:
    return set(snapshot.marks.select("channel", "name", "value").iter_rows())


def test_marks_go_to_a_csv_and_stand_from_then_on(opened: Open, tmp_path: Path) -> None:
    connector = opened({**CARD, "labels": ["mine", "pmo-old"], "fields": {FLAGS: None, "Progress": "10"}}, write=WRITE)
    assert marks(pull(connector)) == {
        ("field", FLAGS, None),
        ("field", "Progress", '"10"'),
        ("label", "mine", "true"),
        ("label", "pmo-old", "true"),
    }
    changes: list[Change] = [
        AddLabel(target(), "=cmd|x", ()),
        RemoveLabel(target(), "pmo-old", ()),
        SetField(target(), FLAGS, None, ("stale", "no-owner"), ()),
        SetField(target(), "Progress", "10", "-3.50", ()),
    ]
    assert {outcome.result for outcome in connector.write(changes)} == {Result.WRITTEN}
    assert connector.writes == 1
    assert {outcome.result for outcome in connector.write(changes)} == {Result.UNCHANGED}
    assert connector.writes == 1
    assert marks(pull(connector)) == {
        ("field", FLAGS, '["no-owner","stale"]'),
        ("field", "Progress", '"-3.5"'),
        ("label", "=cmd|x", "true"),
        ("label", "mine", "true"),
    }
    rows = list(csv.reader((tmp_path / "items.marks.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["tracker", "id", "key", "op", "name", "value"]
    assert rows[1] == ["items", "3", "PAY-3", "add_label", "'=cmd|x", ""], "no cell begins a formula"
    assert rows[4][-1] == "-3.50"


def test_a_newer_export_takes_the_place_of_its_marks(opened: Open, tmp_path: Path) -> None:
    connector = opened({**CARD, "labels": []}, write=WRITE)
    connector.write([AddLabel(target(), "pmo-x", ())])
    after = (tmp_path / "items.marks.csv").stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "items.jsonl", ns=(after, after))
    assert connector.look([target()])[0].labels == ()
    connector.write([AddLabel(target(), "pmo-y", ())])
    assert "pmo-x" not in (tmp_path / "items.marks.csv").read_text(encoding="utf-8")


def test_a_person_s_value_is_not_overwritten(opened: Open, tmp_path: Path) -> None:
    connector = opened({**CARD, "fields": {"Progress": "55"}}, write=WRITE)
    (outcome,) = connector.write([SetField(target(), "Progress", "10", "20", ())])
    assert outcome.result is Result.STALE
    assert not (tmp_path / "items.marks.csv").exists()


def test_what_is_not_in_the_file_is_not_written(opened: Open) -> None:
    connector = opened(CARD, write=WRITE)
    assert connector.write([AddLabel(target("99"), "pmo-x", ())])[0].result is Result.STALE
    project = SetField(target("PAY", TargetKind.PROJECT), "Progress", None, "1", ())
    assert connector.write([project])[0].result is Result.STALE
    assert [seen.exists for seen in connector.look([target(), target("99")])] == [True, False]


@pytest.mark.parametrize("content", [b"a,b\n", b"tracker,id,key,op,name,value\n\xff\n"])
def test_a_foreign_csv_is_left_alone(opened: Open, tmp_path: Path, content: bytes) -> None:
    connector = opened(CARD, write=WRITE)
    (tmp_path / "items.marks.csv").write_bytes(content)
    with pytest.raises(UsageError, match="not a file of marks of ours"):
        connector.write([AddLabel(target(), "pmo-x", ())])
    assert (tmp_path / "items.marks.csv").read_bytes() == content


def test_an_empty_csv_is_begun_anew(opened: Open, tmp_path: Path) -> None:
    connector = opened(CARD, write=WRITE)
    (tmp_path / "items.marks.csv").touch()
    assert connector.write([AddLabel(target(), "pmo-x", ())])[0].result is Result.WRITTEN


def test_doctor_names_words_that_nothing_maps(opened: Open) -> None:
    probes = opened({"id": "1", "status": "Odd"}, write=WRITE).probe()
    assert [probe.subject for probe in probes] == ["file", "words", "writing"]
    assert '"Odd"' in probes[1].text


def test_the_order_of_lines_changes_no_item(opened: Open) -> None:
    items = [{"id": str(number), "project": "P", "kind": "task", "owner": "x"} for number in range(5)]
    one, other = pull(opened(*items)).items, pull(opened(*items[::-1])).items
    assert one.sort("id").equals(other.sort("id"))
    assert one.schema["scope"] == pl.UInt32()


def test_many_writes_read_each_mark_once_and_each_line_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    many = 40
    connector = opened(*({**CARD, "id": str(number)} for number in range(many)), write={"labels": True})
    pull(connector)
    cells = 0

    def counted(cell: str, bare: Callable[[str], str] = pending._bare) -> str:
        nonlocal cells
        cells += 1
        return bare(cell)

    monkeypatch.setattr(pending, "_bare", counted)
    monkeypatch.setattr(export, "read", lambda *_: pytest.fail("the items were read again"))
    for number in range(many):
        (outcome,) = connector.write([AddLabel(target(str(number)), "pmo-late", ())])
        assert outcome.result is Result.WRITTEN
    assert cells == many * len(pending.COLUMNS)


@pytest.mark.parametrize("longer", [False, True])
def test_marks_that_somebody_else_put_in_the_file_are_seen(opened: Open, tmp_path: Path, longer: bool) -> None:
    connector = opened(CARD, write={"labels": True})
    connector.write([AddLabel(target(), "pmo-late", ())])
    path = tmp_path / "items.marks.csv"
    other = "items,3,PAY-3,add_label,pmo-other,\n"
    path.write_text(",".join(pending.COLUMNS) + "\n" + other * (3 if longer else 1), encoding="utf-8")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))
    connector.write([AddLabel(target(), "pmo-new", ())])
    assert connector.look([target()])[0].labels == ("pmo-new", "pmo-other")
