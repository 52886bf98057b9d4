"""What a person did without leaving a history, such as a comment, is not forgotten when we write to the same issue."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from pmo_sync.pipeline import incremental
from pmo_sync.sandbox import Flavour
from pmo_sync.sandbox.seed import SeedIssue
from tests.loop import bank
from tests.loop.conftest import Bank, Clock, NewBank

MADE = datetime(2026, 8, 3, 9, tzinfo=UTC)
TALKED_ABOUT = datetime(2026, 11, 18, 9, tzinfo=UTC)
KEY = "PAY-77"


@pytest.fixture
def talked_about(new_bank: NewBank, flavour: Flavour) -> Bank:
    """A bank that judges silence, with an old issue that nobody owns and somebody spoke of last week."""
    seed = bank.seed(flavour)
    ben = bank.login(flavour, "ben")
    issue = SeedIssue("PAY", "Task", "Spoken of", MADE, TALKED_ABOUT, "In Progress", key=KEY, reporter=ben)
    found = new_bank(dataclasses.replace(seed, issues=[*seed.issues, issue]))
    found.edit_settings("HYG-08: off, ", "")
    return found


def _failed_after_two_runs(world: Bank, clock: Clock) -> tuple[bool, list[str]]:
    """Whether HYG-08 finds the issue silent in the end, and what the second run wrote."""
    assert world.run("sync").code == 0
    assert "pmo-no-owner" in world.tracker.issue(KEY).labels, "the first run must write to the issue"
    mark = world.mark()
    clock.moment += timedelta(hours=1)
    assert world.run("sync").code == 0
    said = world.run("check", "--offline", "--all", "--format", "json", "--fail-on", "never")
    found = [(one["key"], one["standard"]) for one in json.loads(said.out)["findings"] if one["verdict"] == "fail"]
    return (KEY, "HYG-08") in found, world.writes(mark)


def test_our_own_edit_makes_no_issue_silent(talked_about: Bank, clock: Clock) -> None:
    assert _failed_after_two_runs(talked_about, clock) == (False, [])


def test_without_its_trace_the_issue_would_be_silent(
    talked_about: Bank, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incremental, "with_traces", lambda snapshot, _previous: snapshot)
    silent, _ = _failed_after_two_runs(talked_about, clock)
    assert silent
