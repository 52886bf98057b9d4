"""What each tracker is asked for: the words of `people` that are its own, and its notes where nothing here knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pmo_sync.connectors.base import Needs, Report
from pmo_sync.connectors.export import ExportConnector
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.model.words import Verdict
from pmo_sync.pipeline import write
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.pipeline.pull import needs, needs_of, pull
from tests.unit.pipeline import conftest
from tests.unit.pipeline.conftest import row, write_lines

STANDARDS = "standards: {packs: [], files: [own.yaml], first_run: apply}\n"
PEOPLE = STANDARDS + "people: {Ann: {bank: ann, plant: 7}, Ben: {plant: ben}, Cyd: {}}\n"


def test_each_tracker_is_asked_for_its_own_words(opened: Any) -> None:
    context = opened(PEOPLE)
    assert needs_of(context, "bank").people == {"ann"}
    assert needs_of(context, "plant").people == {"7", "ben"}
    assert needs_of(context, "plant").columns == needs(context).columns
    assert needs(context).people == frozenset()


def test_notes_are_asked_for_where_the_ledger_knows_nothing(opened: Any, folder: Path) -> None:
    """Everything is in order in the bank, so a first sync writes to the plant alone."""
    home = row("1", "PAY", key="HOME", owner="ann")
    write_lines(folder, "bank", [home])
    assert needs_of(opened(), "plant").remember
    write.sync(opened())
    context = opened(hour=10)
    assert not needs_of(context, "plant").remember
    assert needs_of(context, "bank").remember


def test_every_tracker_is_told_how_our_labels_begin(opened: Any) -> None:
    assert needs_of(opened("label_prefix: gov-\n" + STANDARDS), "plant").label_prefix == "gov-"


OWN = """standards:
  - id: OWN-01
    title: Work in progress moves
    level: item
    severity: minor
    {more}
    require: {{{test}}}
    fix: Move it.
    cases: []
"""


@pytest.mark.parametrize(
    ("test", "history"),
    [
        ("quiet_working_days: {lte: 5}", {"last_human_change"}),
        ("age_working_days: {lte: 5}", {"actual_start"}),
        ("phase_since: {newer_than: 5 days}", {"phase_since"}),
        ("due: present", set()),
    ],
)
def test_history_is_read_only_for_what_a_standard_reads(opened: Any, test: str, history: set[str]) -> None:
    assert needs(opened(standards=OWN.format(test=test, more="source: ours"))).history == history
    assert needs(opened(standards=OWN.format(test=test, more="enabled: false"))).history == set()


def test_bots_are_looked_for_among_the_accounts(opened: Any) -> None:
    assert needs_of(opened(PEOPLE + "bots: [robot]\n"), "plant").people == {"7", "ben", "robot"}


def test_a_ledger_that_cannot_be_read_knows_nothing(opened: Any) -> None:
    write.sync(opened())
    context = opened(hour=10)
    (context.state / LEDGER).write_bytes(b"no database at all" * 500)
    assert needs_of(context, "plant").remember


def test_a_pull_hands_each_tracker_its_own(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Needs] = []
    real = ExportConnector.pull

    def spy(self: ExportConnector, wanted: Needs, report: Report) -> Snapshot:
        asked.append(wanted)
        return real(self, wanted, report)

    monkeypatch.setattr(ExportConnector, "pull", spy)
    context = opened(PEOPLE)
    pull(context)
    assert asked == [needs_of(context, "bank"), needs_of(context, "plant")]


def test_persons_go_by_their_names_in_what_is_judged(
    opened: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "fields: {checker: {field: checker, type: person}, note: {field: note, type: text}}"
    settings = conftest.SETTINGS.replace("path: bank.jsonl,", f"path: bank.jsonl, {own},")
    monkeypatch.setattr(conftest, "SETTINGS", settings)
    said = {"fields": {"checker": "ann", "note": "ann"}}
    write_lines(folder, "bank", [row("1", "PAY", owner="ann", **said), row("2", "PAY", owner="ben", **said)])
    write_lines(folder, "plant", [row("7", "WEB", owner="7"), row("8", "WEB", owner="ben")])
    standard = "{id: OWN-01, title: Four eyes, level: item, severity: major, flag: one-pair, "
    require = "require: {all: [{owner: {is_not: {column: fields.checker}}}, {fields.note: {is_not: Ann}}]}}"
    context = opened(PEOPLE, standards=f"standards:\n  - {standard}{require}\n")
    evaluation = evaluate(context, pull(context).snapshots)
    items = evaluation.portfolio.items
    assert items["owner"].to_list() == ["Ann", "ben", "Ann", "Ben"]
    assert items["fields.checker"].to_list() == ["Ann", "Ann", None, None]
    assert items["fields.note"].to_list() == ["ann", "ann", None, None]
    failed = evaluation.judgement.findings.filter(evaluation.judgement.findings["verdict"] == Verdict.FAIL)
    assert failed["item"].to_list() == [0], "who owns it checks it, whatever the note says"
