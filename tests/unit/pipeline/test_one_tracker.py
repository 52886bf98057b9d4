"""A run about one tracker: only that one is contacted and written to, and no node is judged by a part of it."""

from __future__ import annotations

from typing import Any

import pytest

from pmo_sync.errors import IncompleteError, UsageError
from pmo_sync.model.change import SetField
from pmo_sync.pipeline import pull as module
from pmo_sync.pipeline import write
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.finding import findings
from pmo_sync.pipeline.past import LEDGER
from pmo_sync.pipeline.pull import pull, stored
from pmo_sync.state.ledger import open_ledger


def test_a_summary_still_counts_the_trackers_that_are_not_asked(opened: Any) -> None:
    first = write.sync(opened())
    assert [change.after for change in first.plan.changes if isinstance(change, SetField)] == ["33"]
    again = write.sync(opened(hour=10, tracker="bank"))
    assert again.plan.changes == ()
    assert again.evaluation.complete


def test_a_tracker_that_was_never_read_leaves_every_node_incomplete(opened: Any) -> None:
    result = write.sync(opened(tracker="bank"))
    assert not result.evaluation.complete
    assert not any(result.evaluation.portfolio.nodes["complete"])
    assert [change.target.key for change in result.plan.changes] == []
    assert [held.reason.value for held in result.plan.held] == ["not read whole"]


def test_nothing_is_forgotten_of_the_trackers_that_are_not_asked(opened: Any, folder: Any) -> None:
    write.sync(opened())
    write.sync(opened(hour=10, tracker="bank"))
    ledger = open_ledger(folder / ".pmo-sync" / LEDGER)
    last = ledger.last_run()
    assert last is not None
    assert last.items == {"bank": 2, "plant": 2}
    assert ledger.failing_since()["id"].to_list() == ["7", "8"]
    ledger.close()


def test_only_findings_of_the_tracker_asked_for_are_shown(opened: Any) -> None:
    write.sync(opened())
    for name, keys in (("bank", []), ("plant", ["WEB-7", "WEB-8"])):
        context = opened(hour=10, tracker=name)
        evaluation = evaluate(context, pull(context).snapshots)
        assert [found.key for found in findings(evaluation)] == keys


def test_a_named_snapshot_brings_the_others_as_they_were_then(opened: Any) -> None:
    early = pull(opened(hour=9, tracker="plant")).snapshots[0].manifest.id
    bank = pull(opened(hour=10, tracker="bank")).snapshots[0].manifest.id
    pull(opened(hour=11))
    found = stored(opened(hour=12, snapshot=bank))
    assert [snapshot.manifest.id for snapshot in found] == [bank, early]


def test_a_snapshot_that_no_tracker_has_is_an_error(opened: Any) -> None:
    pull(opened())
    with pytest.raises(UsageError, match="no snapshot"):
        stored(opened(snapshot="20991231T000000Z-000000"))


def test_a_tracker_that_cannot_be_read_says_the_way_out(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def strange(_: Any, name: str) -> None:
        raise IncompleteError(f"the certificate of {name} is strange", advice="name your authority in ca_bundle")

    monkeypatch.setattr(module, "contact", strange)
    (snapshot,) = pull(opened(tracker="bank")).snapshots
    assert snapshot.manifest.problems == ("the certificate of bank is strange; name your authority in ca_bundle",)
