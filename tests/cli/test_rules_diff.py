"""`rules diff` as it is typed: what it says of failures that are waived."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Run

WAIVE = ("waive", "OWN-01", "PAY-1", "--until", "2199-12-31", "--reason", "late", "--approver", "board")


def replayed(pmo: Run) -> dict[str, Any]:
    """The answer about OWN-01, which nothing overrides: whom it flags."""
    done = pmo("rules", "diff", "OWN-01", "--format", "json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["standards"]
    return dict(found)


def test_what_is_waived_is_counted_apart_and_not_among_the_flagged(pmo: Run) -> None:
    assert pmo("pull", "-q").returncode == 0
    before = replayed(pmo)
    assert "PAY-1" in [each["key"] for each in before["subjects"]]
    assert pmo(*WAIVE).returncode == 0
    after = replayed(pmo)
    assert "PAY-1" not in [each["key"] for each in after["subjects"]]
    assert after["new"] == before["new"] - 1
    assert (before["after"]["waived"], after["after"]["waived"]) == (0, 1)
    page = pmo("rules", "diff", "OWN-01", "--format", "table").stdout
    heading, side = (next(line for line in page.splitlines() if word in line) for word in ("waived", "  after"))
    assert heading.split()[-2:] == ["waived", "unknown"]
    assert side.split()[-2:] == ["1", "0"]
    assert len(heading) == len(side) == 80
    assert "Waivers count as they stand in waivers.yaml now" in page
