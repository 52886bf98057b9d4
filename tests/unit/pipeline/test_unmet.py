"""Words of pmo.yaml that nothing has, as `doctor` tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pmo_sync.connectors.options import ExportOptions
from pmo_sync.model import frames
from pmo_sync.model.snapshot import Manifest, Snapshot
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.pipeline.context import open_project
from pmo_sync.pipeline.doctor import PORTFOLIO, doctor
from pmo_sync.pipeline.unmet import unmet
from tests.unit.pipeline.conftest import SETTINGS, Open, row, write_lines

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COLUMNS: dict[str, list[Any]] = {
    "status": ["Open", "In Work", "Closed"],
    "issue_type": ["Task", "Story", None],
    "band": ["high", None, None],
    "probability": [0.5, None, None],
    "labels": [["red"], ["blue", "green"], []],
    "cost_code": [None, None, None],
}


def snapshot(**manifest: Any) -> Snapshot:
    types = {**frames.PULLED, **{name: VOCABULARY[name].dtype for name in COLUMNS}}
    items = pl.DataFrame([pl.Series(name, COLUMNS.get(name, [None] * 3), dtype=types[name]) for name in types])
    change = {"id": "1", "column": "status", "at": NOON, "before": "Draft", "after": "Open"}
    told = Manifest("1", "plant", "export", "", None, NOON, complete=True)
    return Snapshot(
        replace(told, **manifest),
        items,
        frames.empty(frames.SCOPES),
        changes=pl.DataFrame([change], schema=dict(frames.RAW_CHANGES)),
    )


def missed(options: dict[str, Any], **manifest: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    read = ExportOptions.model_validate({"kind": "export", "path": "x.csv", **options})
    return [(one.place, one.word, one.near) for one in unmet(read, snapshot(**manifest))]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"phases": {"doing": ["In Work"], "done": ["Closed"], "todo": ["Draft"]}}, []),
        ({"phases": {"doing": ["In Wrok"]}}, [("phases.doing", "In Wrok", ("In Work",))]),
        ({"phases": {"hold": ["Waiting"]}}, [("phases.hold", "Waiting", ())]),
        ({"dropped": ["Close", "Draft"]}, [("dropped", "Close", ("Closed",))]),
        ({"dropped": ["Duplicate"]}, []),  # it may be a resolution
        ({"kinds": {"task": ["Task", "Storie"]}}, [("kinds.task", "Storie", ("Story",))]),
        ({"values": {"band": {"H": "high", "L": "low"}}}, [("values.band", "L", ())]),
        ({"values": {"probability": {"Even": 0.5, "Sure": 1}}}, [("values.probability", "Sure", ())]),
        (
            {"values": {"decision": {"from": "status", "Closd": "approved"}}},
            [("values.decision", "Closd", ("Closed",))],
        ),
        ({"values": {"decision": {"from": "labels", "red": "approved"}}}, []),
        ({"values": {"decision": {"from": "resolution", "red": "approved"}}}, []),  # it was not read
        ({"values": {"cost_code": {"A": "b"}}}, []),  # nobody has one
        ({"values": {"response": {"Avoid it": "avoid"}}}, []),  # it was not read
        ({"values": {"status": {"Zu": "Closed"}}, "phases": {"done": ["Zu"]}}, []),
    ],
)
def test_what_no_item_has_is_told_with_what_it_may_mean(options: dict[str, Any], expected: list[Any]) -> None:
    assert missed(options) == expected
    assert missed(options, complete=False) == []


def test_a_word_that_nothing_maps_is_offered_for_one_that_maps_nothing() -> None:
    options = {"values": {"band": {"Critcal": "low"}}}
    assert missed(options, unmapped=(("band", "Critical", 3), ("phase", "Critcal", 1))) == [
        ("values.band", "Critcal", ("Critical",))
    ]


def test_doctor_says_what_a_likely_slip_may_mean_and_lists_the_rest(opened: Open) -> None:
    context = opened()
    rows = [row("7", "WEB", status="In work", issue_type="Task"), row("8", "WEB", status="Open", issue_type="Task")]
    write_lines(context.project.folder, "plant", rows)
    words = "phases: {doing: [In wrok], hold: [Waiting, Parked]}"
    changed = SETTINGS.replace("path: plant.jsonl,", f"path: plant.jsonl, {words},")
    settings = context.project.folder / "pmo.yaml"
    settings.write_text(settings.read_text().replace(SETTINGS, changed))
    found = [
        line
        for line in doctor(replace(context, project=open_project(context.project.folder)))[PORTFOLIO]
        if line.subject == "words"
    ]
    assert [(line.ok, line.text) for line in found] == [
        (None, "plant: no item has `In wrok` of phases.doing"),
        (None, "plant: no item has, of phases.hold: `Waiting`, `Parked`"),
    ]
    assert found[0].remedy == "did you mean `In work`? Mend it under trackers.plant.phases.doing in pmo.yaml"
