from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.connectors.export import ExportConnector
from pmo_sync.connectors.export.numbers import NumbersError, numbers
from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.model.snapshot import Snapshot
from tests.unit.connectors import exports
from tests.unit.connectors.exports import by_key, hidden, pull, table

HEAD = ("#", "Project", "Tracker", "Parent task", "Status", "Subject")


def row(number: int, **more: str) -> dict[str, str]:
    return {
        "#": str(number),
        "Project": "Vault",
        "Tracker": "Feature",
        "Status": "New",
        "Subject": f"Item {number}",
        **more,
    }


def opened(folder: Path, content: bytes | str, **options: Any) -> ExportConnector:
    return exports.opened(folder / "issues.csv", content, **options)


def rows(folder: Path, more: tuple[str, ...], *given: dict[str, str], **options: Any) -> Snapshot:
    own = [f"fields.{name}" for name in options.get("fields", {})]
    return pull(opened(folder, table((*HEAD, *more), *given), **options), *own)


def mistakes(connector: ExportConnector) -> list[Problem]:
    with pytest.raises(ConfigurationError) as caught:
        pull(connector)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("separator", "hours", "encoding"), [(",", "7.50", "utf-8-sig"), (";", "7,50", "iso8859_1"), (",", "7,50", "utf-8")]
)
def test_the_columns_of_redmine(tmp_path: Path, separator: str, hours: str, encoding: str) -> None:
    extra = {
        "Priority": "Hoch",
        "Author": "Ann",
        "Assignee": "Jörg",
        "Start date": "11/16/2026",
        "Due date": "11/27/2026",
        "Estimated time": hours,
        "Spent time": "0" + hours[1:],
        "% Done": "30",
        "Created": "11/01/2026 09:30 AM",
        "Category": "Core",
        "Target version": "",
    }
    content = table((*HEAD, *extra), row(7, **extra, **{"Parent task": "3"}), separator=separator).encode(encoding)
    snapshot = pull(opened(tmp_path, content, time_zone="Europe/Berlin"))
    (found,) = snapshot.items.to_dicts()
    wanted = {
        "id": "7",
        "key": "#7",
        "title": "Item 7",
        "project": "Vault",
        "parent_id": None,
        "parent_known": True,
        "issue_type": "Feature",
        "owner": "Jörg",
        "reporter": "Ann",
        "start": date(2026, 11, 16),
        "due": date(2026, 11, 27),
        "estimate_hours": 7.5,
        "spent_hours": 0.5,
        "percent_done": 0.3,
        "created": datetime(2026, 11, 1, 8, 30, tzinfo=UTC),
        "components": ["Core"],
        "fix_versions": [],
    }
    assert {name: found[name] for name in wanted} == wanted
    assert "labels" not in snapshot.manifest.columns


def test_a_status_is_closed_or_open_only_where_the_file_proves_it(tmp_path: Path) -> None:
    day, later = "11/20/2026 10:00 AM", "11/21/2026 10:00 AM"
    snapshot = rows(
        tmp_path,
        ("Closed", "Updated"),
        row(1, Status="New", Updated=day),
        row(2, Status="New", Closed=day, Updated=later),
        row(3, Status="Rejected", Closed=day, Updated=day),
        row(4, Status="Rejected", Closed=day, Updated=later),
        row(5, Status="Feedback", Closed=day, Updated=later),
        row(6, Status="Odd", Closed=day, Updated=day),
        row(7, Status="Odd", Updated=day),
    )
    phases = {key: found["phase"] for key, found in by_key(snapshot).items()}
    assert phases == {
        "#1": "todo",
        "#2": "todo",
        "#3": "done",
        "#4": "done",
        "#5": None,
        "#6": None,
        "#7": None,
    }, "opened again, an issue keeps its date of closing"


def test_without_proof_the_settings_tell(tmp_path: Path) -> None:
    snapshot = rows(
        tmp_path,
        (),
        row(1),
        row(2, Status="Rejected"),
        phases={"todo": ["New"]},
        dropped=["Rejected"],
        kinds={"risk": ["Feature"]},
    )
    assert snapshot.items.select("kind", "phase").rows() == [("risk", "todo"), ("risk", "dropped")]


def test_relations_once_with_their_delay(tmp_path: Path) -> None:
    snapshot = rows(
        tmp_path,
        ("Related issues",),
        row(1, **{"Related issues": "Precedes (2 days) #2, Related to #3, Blocks #9"}),
        row(2, **{"Related issues": "Follows (2 days) #1, Precedes #3"}),
        row(3, **{"Related issues": "Related to #1, Follows #2, Is duplicate of #1, Copied from #1"}),
    )
    assert sorted(snapshot.links.rows(), key=str) == [
        ("1", "2", "FS", 2),
        ("1", "3", "other", None),
        ("1", "3", "relates", None),
        ("1", None, "FS", None),
        ("2", "3", "FS", 0),
        ("3", "1", "duplicates", None),
    ]


def test_relations_in_another_language_are_refused_not_dropped(tmp_path: Path) -> None:
    content = table((*HEAD, "Related issues"), row(1, **{"Related issues": "Vorgänger von #2"}))
    (problem,) = mistakes(opened(tmp_path, content))
    assert problem.message == 'Related issues: "Vorgänger von #2" is no relation that is known'


def test_custom_fields_by_name(tmp_path: Path) -> None:
    given = {"Budget": "1000,50", "Areas": "north, south", "Sponsor": "Ann", "Live on": "2026-12-01"}
    snapshot = rows(
        tmp_path,
        tuple(given),
        row(1, **given),
        row(2),
        row(3, Tracker="Bug"),
        fields={
            "budget": "Budget",
            "sponsor": "Sponsor",
            "areas": {"field": "areas", "type": "texts"},
            "live": {"field": "Live on", "type": "date"},
        },
    )
    found = by_key(snapshot)["#1"]
    assert (found["budget"], found["sponsor"]) == (1000.5, "Ann")
    assert (found["fields.areas"], found["fields.live"]) == (["north", "south"], date(2026, 12, 1))
    assert {"budget", "fields.areas"} <= hidden(snapshot)["#3"]
    assert "budget" not in hidden(snapshot)["#2"]


def test_another_language_is_read_by_the_headings_under_fields(tmp_path: Path) -> None:
    head = ("#", "Projekt", "Tracker", "Thema", "Abgabedatum", "% erledigt")
    content = table(head, ["1", "Tresor", "Fehler", "Riss", "01.12.2026", "40"])
    (problem,) = mistakes(opened(tmp_path, content, dates="day-first"))
    assert problem.message == "there is no column Subject: is the export in English?"
    assert '"Abgabedatum"' in (problem.hint or "")
    names = {"title": "Thema", "project": "Projekt", "due": "Abgabedatum", "percent_done": "% erledigt"}
    (found,) = pull(opened(tmp_path, content, fields=names, dates="day-first")).items.to_dicts()
    assert [found[name] for name in names] == ["Riss", "Tresor", date(2026, 12, 1), 0.4]


def test_numbers_of_no_one_form_are_refused(tmp_path: Path) -> None:
    content = table((*HEAD, "Estimated time"), row(1, **{"Estimated time": "1.5"}), row(2, **{"Estimated time": "1,5"}))
    (problem,) = mistakes(opened(tmp_path, content))
    assert problem.message == 'Estimated time: "1,5" is no number in a form that the whole column has'
    assert problem.source is not None
    assert problem.source.line == 3


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["1.5", "2", ""], {"1.5": 1.5, "2": 2.0}),
        (["1,5", "-2"], {"1,5": 1.5, "-2": -2.0}),
        (["1,500", "2,25"], {"1,500": 1.5, "2,25": 2.25}),
        (["1,500"], "may be read with a decimal comma or with parted thousands"),
        (["1,500.00"], "is no number in a form that the whole column has"),
        (["NaN"], "is no number in a form that the whole column has"),
        (["1e9"], "is no number in a form that the whole column has"),
        (["9" * 400], "is no number in a form that the whole column has"),
        ([], {}),
    ],
)
def test_a_decimal_comma_is_told_by_the_whole_column(cells: list[str], found: dict[str, float] | str) -> None:
    if isinstance(found, str):
        with pytest.raises(NumbersError, match=found):
            numbers(cells)
    else:
        assert numbers(cells) == found
