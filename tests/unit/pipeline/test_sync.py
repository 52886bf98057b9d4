"""What a run records and flags, whatever becomes of its plan."""

from __future__ import annotations

from typing import Any

import pytest

from pmo_sync.errors import RefusedError
from pmo_sync.model.change import AddLabel
from pmo_sync.pipeline import write
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.pipeline.pull import pull
from pmo_sync.state.ledger import open_ledger
from tests.unit.pipeline.conftest import STANDARDS, TODAY


def flagged(context: Any) -> list[str]:
    plan = write.plan(context, evaluate(context, pull(context).snapshots))
    return sorted(one.target.key for one in plan.changes if isinstance(one, AddLabel) and one.label == "pmo-no-owner")


def test_a_guard_that_refuses_does_not_stop_the_clock_of_a_failure(opened: Any, folder: Any) -> None:
    approved = "standards: {packs: [], files: [own.yaml]}\n"
    with pytest.raises(RefusedError):
        write.sync(opened(approved))
    ledger = open_ledger(folder / ".pmo-sync" / LEDGER)
    assert ledger.failing_since()["since"].to_list() == [TODAY, TODAY]
    ledger.close()


def test_a_standard_that_is_on_for_a_part_only_is_flagged_there(opened: Any) -> None:
    on = "standards: {packs: [], files: [own.yaml], first_run: apply, override: {HYG-01: [%s, off]}}\n"
    assert flagged(opened(on % "{enabled: true, only: {project: WEB}}")) == ["WEB-7", "WEB-8"]
    assert flagged(opened(on % "{enabled: true, only: {project: PAY}}", hour=10)) == []


def test_a_standard_that_is_off_everywhere_is_not_flagged(opened: Any) -> None:
    off = "standards: {packs: [], files: [own.yaml], first_run: apply, override: {HYG-01: off}}\n"
    assert flagged(opened(off)) == []


def test_the_longest_waiver_is_counted_in_the_working_days_of_the_calendar(opened: Any, folder: Any) -> None:
    standards = STANDARDS.replace("level: item", "waiver: {max_age: 2 working days}, level: item")
    waiver = "{standard: HYG-01, scope: {item: WEB-7}, reason: new, approver: cio, until: 2026-11-25}"
    (folder / "waivers.yaml").write_text(f"waivers: [{waiver}]\n", encoding="utf-8")
    chosen = "standards: {packs: [], files: [own.yaml], first_run: apply}\n"
    holiday = "calendar: {holidays: [2026-11-23]}\n"  # the Monday after TODAY, so that two days end on Wednesday
    assert flagged(opened(chosen + holiday, standards=standards)) == ["WEB-8"]
