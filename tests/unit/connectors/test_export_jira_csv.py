from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.connectors.export import ExportConnector, sheet
from pmo_sync.connectors.export import table as exported_table
from pmo_sync.errors import PmoError
from pmo_sync.model.change import AddLabel, Result, Target, TargetKind
from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.model.snapshot import Snapshot
from tests.unit.connectors import exports
from tests.unit.connectors.exports import by_key, hidden, pull, table

HEAD = ("Summary", "Issue key", "Issue id", "Issue Type", "Status", "Project key", "Project name")
CARD = {
    "Summary": "Card",
    "Issue key": "PAY-1",
    "Issue id": "10001",
    "Issue Type": "Task",
    "Status": "In Review",
    "Project key": "PAY",
    "Project name": "Payments",
}


def card(number: int, **more: str) -> dict[str, str]:
    return {**CARD, "Issue key": f"PAY-{number}", "Issue id": f"1000{number}", **more}


def opened(folder: Path, content: bytes | str, **options: Any) -> ExportConnector:
    return exports.opened(folder / "export.csv", content, **options)


def rows(folder: Path, more: tuple[str, ...], *cards: dict[str, str], **options: Any) -> Snapshot:
    own = [f"fields.{name}" for name in options.get("fields", {})]
    return pull(opened(folder, table((*HEAD, *more), *cards), **options), *own)


def mistakes(connector: ExportConnector) -> list[Problem]:
    with pytest.raises(ConfigurationError) as caught:
        pull(connector)
    return list(caught.value.problems)


def test_the_columns_of_jira(tmp_path: Path) -> None:
    extra = {
        "Assignee": "Ann",
        "Assignee Id": "a:1",
        "Due date": "27/Nov/26 12:00 AM",
        "Original estimate": "28800",
        "Time Spent": "5400",
        "Custom field (Story Points)": "5.0",
        "Resolution": "Unresolved",
        "Status Category": "In Progress",
        "Project category": "Digital bank",
    }
    snapshot = rows(tmp_path, tuple(extra), CARD | extra)
    (found,) = snapshot.items.to_dicts()
    wanted = {
        "id": "10001",
        "key": "PAY-1",
        "title": "Card",
        "project": "Payments",
        "project_category": "Digital bank",
        "issue_type": "Task",
        "status": "In Review",
        "owner": "a:1",
        "due": date(2026, 11, 27),
        "estimate_hours": 8.0,
        "spent_hours": 1.5,
        "points": 5.0,
        "resolution": None,
        "phase": "doing",
        "kind": "task",
    }
    assert {name: found[name] for name in wanted} == wanted
    assert snapshot.manifest.complete
    assert "priority" not in snapshot.manifest.columns, "what the file has no column for is not visible"


def test_columns_of_one_name_are_one_list(tmp_path: Path) -> None:
    content = table(
        (*HEAD, "Labels", "Labels", "Sprint", "Component/s"),
        [*CARD.values(), "a", "b", "S 1", ""],
        [*card(2).values(), "", "", "", ""],
    )
    found = by_key(pull(opened(tmp_path, content)))
    assert found["PAY-1"]["labels"] == ["a", "b"]
    assert found["PAY-1"]["sprints"] == ["S 1"]
    assert found["PAY-1"]["components"] == found["PAY-2"]["labels"] == []


def test_parents_by_id_by_key_by_epic_and_outside_the_file(tmp_path: Path) -> None:
    more = ("Parent id", "Custom field (Epic Link)")
    snapshot = rows(
        tmp_path,
        more,
        card(1),
        card(2, **{"Parent id": "10001"}),
        card(3, **{"Custom field (Epic Link)": "PAY-1"}),
        card(4, **{"Custom field (Epic Link)": "OPS-9"}),
    )
    assert snapshot.items.select("parent_id", "parent_known").rows() == [
        (None, False),
        ("10001", True),
        ("10001", True),
        (None, True),
    ]


def test_links_once_though_both_ends_show_them(tmp_path: Path) -> None:
    more = ("Outward issue link (Blocks)", "Inward issue link (Blocks)", "Outward issue link (Relates)")
    snapshot = rows(
        tmp_path,
        more,
        card(1, **{"Outward issue link (Blocks)": "PAY-2", "Outward issue link (Relates)": "PAY-3"}),
        card(2, **{"Inward issue link (Blocks)": "PAY-1"}),
        card(3, **{"Inward issue link (Blocks)": "OPS-9"}),
    )
    assert sorted(snapshot.links.rows(), key=str) == [
        ("10001", "10002", "FS", None),
        ("10001", "10003", "relates", None),
        (None, "10003", "FS", None),
    ]


@pytest.mark.parametrize(
    ("category", "status", "phase"),
    [
        ("To Do", "Odd", "todo"),
        ("In Progress", "Odd", "doing"),
        ("Done", "Odd", "done"),
        ("Zu erledigen", "Odd", None),
        (None, "To Do", "todo"),
        (None, "Done", "done"),
        (None, "Closed", None),
        (None, "Ours", "doing"),
    ],
)
def test_the_phase_is_what_the_category_says_and_never_guessed(
    tmp_path: Path, category: str | None, status: str, phase: str | None
) -> None:
    more = () if category is None else ("Status Category",)
    one = CARD | {"Status": status} | ({} if category is None else {"Status Category": category})
    snapshot = rows(tmp_path, more, one, phases={"doing": ["Ours"]})
    assert snapshot.items["phase"].to_list() == [phase]
    assert snapshot.manifest.unmapped == ((("phase", status, 1),) if phase is None else ())


def test_a_dropped_resolution_is_not_done(tmp_path: Path) -> None:
    more = ("Resolution", "Status Category")
    snapshot = rows(tmp_path, more, card(1, Resolution="Won't Do", **{"Status Category": "Done"}), dropped=["Won't Do"])
    assert snapshot.items["phase"].to_list() == ["dropped"]


def test_fields_by_name_with_or_without_their_bracket(tmp_path: Path) -> None:
    more = ("Custom field (Budget)", "Custom field (Regulator date)", "Custom field (Colour)", "Custom field (Areas)")
    named = dict(zip(more, ("5000.0", "21/Nov/26", "Gelb", "north"), strict=True))
    snapshot = rows(
        tmp_path,
        more,
        CARD | named,
        fields={
            "budget": "Budget",
            "reported_rag": "Custom field (Colour)",
            "reg": {"field": "Regulator date", "type": "date"},
            "areas": {"field": "Areas", "type": "texts"},
        },
        values={"reported_rag": {"Gelb": "amber"}},
    )
    (found,) = snapshot.items.to_dicts()
    assert (found["budget"], found["reported_rag"]) == (5000.0, "amber")
    assert (found["fields.reg"], found["fields.areas"]) == (date(2026, 11, 21), ["north"])


def test_an_own_field_that_nobody_of_a_type_has_filled_is_not_visible_there(tmp_path: Path) -> None:
    snapshot = rows(
        tmp_path,
        ("Custom field (Budget)", "Due date"),
        card(1, **{"Custom field (Budget)": "5"}),
        card(2),
        card(3, **{"Issue Type": "Bug"}),
        fields={"budget": "Budget"},
    )
    assert "budget" not in hidden(snapshot)["PAY-2"], "empty, for others of its type have it"
    assert "budget" in hidden(snapshot)["PAY-3"]
    assert "due" not in hidden(snapshot)["PAY-3"], "a column of Jira's own that is empty is empty"


def test_a_text_that_is_no_value_is_counted_not_guessed(tmp_path: Path) -> None:
    snapshot = rows(
        tmp_path, ("Custom field (Budget)",), CARD | {"Custom field (Budget)": "a lot"}, fields={"budget": "Budget"}
    )
    assert snapshot.items["budget"].to_list() == [None]
    assert ("budget", "a lot", 1) in snapshot.manifest.unmapped


@pytest.mark.parametrize("written", ["Custom field (Bugdet)", "Bugdet"])
def test_a_field_that_the_file_does_not_have_is_named_with_its_neighbours(tmp_path: Path, written: str) -> None:
    content = table((*HEAD, "Custom field (Budget)"), CARD)
    (problem,) = mistakes(opened(tmp_path, content, fields={"budget": written}))
    assert problem.message == f'fields.budget: there is no column "{written}"'
    assert problem.hint == 'did you mean "Custom field (Budget)"?'


@pytest.mark.parametrize(
    ("zone", "at"), [("Asia/Kolkata", datetime(2026, 11, 21, 4, 0, tzinfo=UTC)), (None, None), ("UTC", ...)]
)
def test_times_need_a_zone(tmp_path: Path, zone: str | None, at: Any) -> None:
    options = {} if zone is None else {"time_zone": zone}
    snapshot = rows(tmp_path, ("Created",), CARD | {"Created": "21/Nov/26 9:30 AM"}, **options)
    if at is None:
        assert "created" not in snapshot.items.columns, "unknown rather than wrong"
    else:
        wanted = datetime(2026, 11, 21, 9, 30, tzinfo=UTC) if at is ... else at
        assert snapshot.items["created"].to_list() == [wanted]


@pytest.mark.parametrize(
    "dates",
    [
        ("2026-11-21", "2026-12-01"),
        ("21/Nov/26 12:00 AM", "01/Dec/26 12:00 AM"),
        ("21-November-2026", "1-December-2026"),
        ("Nov 21, 2026", "Dec 1, 2026"),
        ("21.11.2026 00:00", "01.12.2026 00:00"),
        ("11/21/2026", "12/01/2026"),
        ("21/11/2026", "01/12/2026"),
        ("2026-11-21T00:00:00.000+0000", "2026-12-01T00:00:00.000+0000"),
        ("21/Nov/26 12:00\u202fAM", "01/Dec/26 12:00\u202fAM"),
    ],
)
def test_dates_in_the_form_of_the_whole_column(tmp_path: Path, dates: tuple[str, str]) -> None:
    cards = [card(at, **{"Due date": text}) for at, text in enumerate((*dates, ""), 1)]
    snapshot = rows(tmp_path, ("Due date",), *cards)
    assert snapshot.items["due"].to_list() == [date(2026, 11, 21), date(2026, 12, 1), None]


def test_a_date_that_may_be_two_days_is_refused_unless_somebody_says(tmp_path: Path) -> None:
    content = table((*HEAD, "Due date"), card(1, **{"Due date": "03/03/2026"}), card(2, **{"Due date": "01/02/2026"}))
    (problem,) = mistakes(opened(tmp_path, content))
    assert problem.source is not None
    assert (problem.source.file, problem.source.line) == ("export.csv", 3)
    assert problem.message == (
        'due: "01/02/2026" may be read in more than one way, and no other date of the file tells'
    )
    assert "dates: day-first" in (problem.hint or "")
    told = {
        order: pull(opened(tmp_path, content, dates=order)).items["due"][1] for order in ("day-first", "month-first")
    }
    assert told == {"day-first": date(2026, 2, 1), "month-first": date(2026, 1, 2)}


def test_another_column_may_tell_day_from_month(tmp_path: Path) -> None:
    more = ("Due date", "Created")
    snapshot = rows(tmp_path, more, card(1, **{"Due date": "01/02/2026", "Created": "25/01/2026 10:00"}))
    assert snapshot.items["due"].to_list() == [date(2026, 2, 1)]


def test_one_odd_date_is_named_with_its_line(tmp_path: Path) -> None:
    cards = [card(at, **{"Due date": text}) for at, text in enumerate(("2026-11-21", "soon", "2026-11-22"), 1)]
    (problem,) = mistakes(opened(tmp_path, table((*HEAD, "Due date"), *cards)))
    assert problem.message == 'due: "soon" is no date in a form that the whole column has'
    assert problem.source is not None
    assert problem.source.line == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_separators_and_line_breaks(tmp_path: Path, encoding: str, separator: str) -> None:
    title = 'Überweisung €5 "schnell",\r\nsicher'
    content = table(HEAD, CARD | {"Summary": title}, separator=separator)
    assert pull(opened(tmp_path, content.encode(encoding))).items["title"].to_list() == [title]


def test_the_guard_against_formulas_is_no_part_of_a_text(tmp_path: Path) -> None:
    cards = (card(1, Summary="'=1+1"), card(2, Summary="'quoted'"), card(3, Summary="-1"))
    assert rows(tmp_path, (), *cards).items["title"].to_list() == ["=1+1", "'quoted'", "-1"]


@pytest.mark.parametrize(
    ("content", "line", "column", "said"),
    [
        (table(HEAD, CARD).encode() + "Привет".encode("cp1251") + b"," * 6, 3, 1, "neither UTF-8 nor Windows-1252"),
        (table(HEAD, CARD | {"Summary": "Łódź"}).encode("iso8859_2"), 2, 1, "neither UTF-8 nor Windows-1252"),
        (table(HEAD, CARD | {"Summary": "a\0b"}).encode(), 2, 2, "the file holds NUL bytes"),
        (table(HEAD, CARD).encode("utf-16-le"), 1, 2, "the file holds NUL bytes"),
        (table(HEAD, CARD).encode("utf-16")[:-1], 2, 46, "not all is utf-16"),
        (table(HEAD, CARD, ["a", "b"]).encode(), 3, 1, "the row has 2 cells, the headings are 7"),
        (table(HEAD, CARD, ["a"] * 8).encode(), 3, 1, "the row has 8 cells, the headings are 7"),
        (table(HEAD, CARD).encode() + b'"open', 3, 1, "the row is no CSV"),
        (table(HEAD, CARD).encode() + b'"a"b,,,,,,', 3, 1, "the row is no CSV"),
        (table(HEAD, CARD, CARD).encode(), 3, 1, 'id: "10001" stands on line 2 too'),
        (table(HEAD, CARD | {"Issue id": ""}).encode(), 2, 1, "id: every item needs one"),
        (table((*HEAD, *("x" for _ in range(10_000)))).encode(), 1, 1, "there are 10007 columns"),
        (table(HEAD, CARD | {"Summary": "x" * 200_000}).encode(), 2, 1, "the row is no CSV: field larger"),
        (table(HEAD[1:], list(CARD.values())[1:]).encode(), 1, 1, "there is no column Summary"),
        (table(("Vorgang", "Titel"), ["A-1", "x"]).encode(), 1, 1, "no column Issue key (Jira) and no column #"),
        (b"just a text\n", 1, 1, "no column Issue key (Jira) and no column #"),
        (b'"' + b"x" * 300_000, 1, 1, "the first row is no row of headings"),
        (bytes(range(256)), 1, 1, "the file holds NUL bytes"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_said_with_its_place(
    tmp_path: Path, content: bytes, line: int, column: int, said: str
) -> None:
    problem = mistakes(opened(tmp_path, content))[0]
    assert problem.source is not None
    assert said in problem.message
    assert (problem.source.line, problem.source.column) == (line, column)
    assert problem.hint


def test_headings_of_another_language_are_mapped_under_fields(tmp_path: Path) -> None:
    names = {"key": "Vorgang", "id": "Nummer", "title": "Titel", "status": "Zustand", "due": "Fällig"}
    content = table(tuple(names.values()), ["A-1", "7", "Karte", "Done", "2026-11-21"], separator=";")
    (found,) = pull(opened(tmp_path, content, fields=names)).items.to_dicts()
    assert [found[name] for name in names] == ["A-1", "7", "Karte", "Done", date(2026, 11, 21)]


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = opened(tmp_path, table(HEAD, *(card(at) for at in range(1, 5))))
    monkeypatch.setattr(sheet, "MOST_ROWS", 3)
    assert mistakes(connector)[0].message == "there are more than 3 rows"
    monkeypatch.setattr(exported_table, "MOST_CELLS", 20)
    assert mistakes(connector)[0].message == "there are more than 20 cells to read"
    monkeypatch.setattr(sheet, "_LONGEST_ROW", 60)
    assert mistakes(connector)[0].message == "the row is no CSV: row longer than 60 characters"
    monkeypatch.setattr(sheet, "MOST_BYTES", 100)
    assert "the file has 0 MB" in mistakes(connector)[0].message


def test_a_hundred_ragged_rows_are_twenty_mistakes(tmp_path: Path) -> None:
    found = mistakes(opened(tmp_path, table(HEAD, *(["a"] for _ in range(100)))))
    assert [problem.source.line for problem in found if problem.source] == list(range(2, 22))


def test_marks_of_an_export_go_to_a_csv(tmp_path: Path) -> None:
    connector = opened(tmp_path, table((*HEAD, "Labels"), CARD | {"Labels": "mine"}), write={"labels": True})
    change = AddLabel(Target("j", TargetKind.ITEM, "10001", "PAY-1"), "pmo-x", ())
    assert connector.write([change])[0].result is Result.WRITTEN
    assert connector.look([change.target])[0].labels == ("mine", "pmo-x")
    assert (tmp_path / "export.marks.csv").is_file()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(
        st.lists(st.sampled_from([*HEAD, "#", "Due date", "1", "01/02/26", '"', "'=", "\r", "é", "{", ""]), max_size=9),
        max_size=5,
    ).map(lambda cells: "\n".join(",".join(row) for row in cells).encode())
)
def test_any_bytes_are_a_snapshot_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    heights = []
    with suppress(PmoError):
        heights.append(pull(opened(tmp_path, content)).items.height)
    assert max(heights, default=0) <= content.count(b"\n") + content.count(b"\r") + 1
