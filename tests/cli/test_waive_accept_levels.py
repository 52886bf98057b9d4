"""`waive`, `waivers list`, `baseline …` and `levels` as they are typed, and their guides."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pmo_sync.cli import latest, start
from pmo_sync.model.frames import Nodes
from tests.cli.conftest import Run

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
GUIDES = ("waive-a-finding.md", "accept-todays-debt.md", "maturity-levels.md")
DAY = ("--status-date", "2026-11-23")
FAR = "2199-12-31"
WAIVE = ("waive", "OWN-01", "PAY-1", "--until", FAR, "--reason", "late", "--approver", "board", *DAY)
LEVELS = """levels:
  - {name: bronze, means: Owners are known., at_least: 60%, standards: [OWN-01]}
  - {name: silver, standards: [DUE-01]}
"""


def blocks(guide: str, kind: str = "") -> list[str]:
    text = (DOCS / guide).read_text("utf-8")
    return [found for word, found in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL) if word == kind]


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_and_the_yaml_of_the_guide_work(pmo: Run, folder: Path, guide: str) -> None:
    for text in blocks(guide, "yaml"):
        where = folder / ("waivers.yaml" if text.startswith("waivers") else "standards/levels.yaml")
        where.write_text(text.replace("2026-12-20", FAR), encoding="utf-8")
    (folder / "standards" / "more.yaml").write_text(LEVELS if guide != GUIDES[2] else "", encoding="utf-8")
    assert pmo("pull", "-q").returncode == 0
    lines = [line for text in blocks(guide) for line in text.splitlines()]
    assert lines
    for line in lines:
        done = pmo(*shlex.split(line.replace("2026-12-20", FAR))[1:], *DAY)
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout


def waived(pmo: Run) -> int:
    summary: dict[str, Any] = json.loads(pmo("check", "--offline", "--format", "json", *DAY).stdout)["summary"]
    return int(summary["waived"])


def test_waive_writes_once_and_says_what_is_different(pmo: Run, folder: Path) -> None:
    first = pmo(*WAIVE)
    assert first.returncode == 0, first.stderr
    assert "added to waivers.yaml" in first.stdout
    assert "1 failure is shown as waived, 1 item carries no flag" in first.stdout
    assert waived(pmo) == 2
    text = (folder / "waivers.yaml").read_text()
    again = pmo(*WAIVE)
    assert (again.returncode, (folder / "waivers.yaml").read_text()) == (0, text)
    assert "already" in again.stdout
    document = json.loads(pmo(*WAIVE, "--format", "json").stdout)
    assert document["schema_version"] == 1
    assert document["waiver"]["scope"] == {"item": "PAY-1", "tracker": "bank"}
    assert document["written"] is False


@pytest.mark.parametrize(("judges_waivers", "said"), [(False, "it stays"), (True, "22 % → 33 %")])
def test_waive_says_how_compliance_stands_without_waivers(
    pmo: Run, folder: Path, *, judges_waivers: bool, said: str
) -> None:
    extra = "  - {id: WAI-01, title: Waivers are in date, level: item, severity: major,\n"
    extra += "     applies_to: {waivers: {gt: 0}}, require: {waivers_expired: {is: 0}}}\n"
    (folder / "standards" / "more.yaml").write_text(f"standards:\n{extra}" if judges_waivers else "", encoding="utf-8")
    answer = pmo(*WAIVE).stdout
    assert re.findall(r"with waivers: .*; without them (.*)", answer) == [said], answer


@pytest.mark.parametrize(
    "command",
    [
        WAIVE,
        ("baseline", "create", *DAY),
        ("baseline", "prune", *DAY),
        ("explain", "OWN-01", *DAY),
        ("rules", "show", "OWN-01"),
        ("rules", "new", "NEW-1"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_one_answer_is_one_line_where_lines_are_asked_for(pmo: Run, command: tuple[str, ...]) -> None:
    (line,) = pmo(*command, "--format", "jsonl").stdout.splitlines()
    assert json.loads(line)["schema_version"] == 1


ACCEPTED = ["standard", "tracker", "id", "what", "state", "accepted", "reason"]


def test_what_was_done_is_rows_where_rows_are_asked_for(pmo: Run, folder: Path) -> None:
    def rows(*command: str) -> list[list[str]]:
        text = pmo(*command, *DAY, "--format", "csv").stdout
        found = list(csv.reader(io.StringIO(text)))
        assert {len(row) for row in found} == {len(found[0])}
        return found

    heads, waived = rows(*WAIVE)
    assert (waived[: heads.index("reason")], waived[heads.index("failures")]) == (
        ["OWN-01", "item PAY-1, tracker bank", FAR],
        "1",
    )
    accepted = rows("baseline", "create", "--reason", "old, debt")
    assert accepted == [
        ACCEPTED,
        ["DUE-01", "bank", "2", accepted[1][3], "failing", "2026-11-23", "old, debt"],
        ["OWN-01", "bank", "4", accepted[2][3], "failing", "2026-11-23", "old, debt"],
    ]
    assert rows("baseline", "create") == [ACCEPTED]
    assert rows("baseline", "show") == accepted
    (folder / "items.jsonl").write_text((folder / "items.jsonl").read_text().splitlines()[0] + "\n")
    pmo("pull", "-q")
    assert [row[4] for row in rows("baseline", "prune")] == ["state", "gone", "gone"]
    for command in (WAIVE, ("baseline", "create", *DAY), ("baseline", "prune", *DAY)):
        first, second, *_ = pmo(*command, "--format", "md").stdout.splitlines()
        assert (first[:11], set(second)) == ("| standard ", {"|", "-"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("OWN-1", "PAY-1", "--until", FAR, "--reason", "r", "--approver", "a"), "did you mean `OWN-01`"),
        (("OWN-01", "PAY-1", "--reason", "r", "--approver", "a"), "--until 2026-12-24"),
        (("OWN-01", "PAY-1", "--until", "soon", "--reason", "r", "--approver", "a"), "not a date"),
        (("OWN-01", "PAY-1", "--until", "2020-01-01", "--reason", "r", "--approver", "a"), "in the past"),
        (("OWN-01", "PAY-1", "--until", FAR, "--approver", "a"), "needs a reason"),
        (("OWN-01", "PAY-1", "--until", FAR, "--reason", "r"), "needs an approver"),
        (("OWN-01", "--until", FAR, "--reason", "r", "--approver", "a"), "one item or one branch"),
        (("OWN-01", "PAY-9", "--until", FAR, "--reason", "r", "--approver", "a"), "no item has the key"),
    ],
)
def test_what_may_not_be_is_refused_with_a_way_out(pmo: Run, folder: Path, arguments: Any, said: str) -> None:
    before = (folder / "waivers.yaml").read_text()
    done = pmo("waive", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert (folder / "waivers.yaml").read_text() == before


def test_waivers_list_in_every_format(pmo: Run) -> None:
    bare = pmo("waivers", "list", "--format", "table", *DAY)
    assert "no snapshot is kept" in bare.stderr
    pmo("pull", "-q")
    table = pmo("waivers", "list", "--format", "table", *DAY).stdout
    assert re.search(r"DUE-01 +item ONB-1 +2026-11-26 +3 +expires soon", table)
    (one,) = json.loads(pmo("waivers", "list", "--format", "json", *DAY).stdout)["waivers"]
    assert (one["standard"], one["days_left"], one["state"]) == ("DUE-01", 3, "expires soon")
    assert pmo("waivers", "list", "--format", "csv", *DAY).stdout.startswith('"standard","scope","until","days_left"')
    assert pmo("waivers", "list", "--format", "md", *DAY).stdout.startswith("| standard | scope | until |")
    (late,) = json.loads(pmo("waivers", "list", "--format", "json", "--status-date", "2026-11-27").stdout)["waivers"]
    assert (late["days_left"], late["state"]) == (-1, "expired")


@pytest.mark.parametrize(
    ("zone", "instant", "counts"),
    [
        ("UTC", "2026-11-26T23:59:59+00:00", True),
        ("UTC", "2026-11-27T00:00:00+00:00", False),
        ("Pacific/Kiritimati", "2026-11-26T09:59:59+00:00", True),
        ("Pacific/Kiritimati", "2026-11-26T10:00:00+00:00", False),
        ("America/Los_Angeles", "2026-11-27T07:59:59+00:00", True),
        ("America/Los_Angeles", "2026-11-27T08:00:00+00:00", False),
    ],
)
def test_every_command_has_the_same_last_moment(
    pmo: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, zone: str, instant: str, counts: bool
) -> None:
    settings = (folder / "pmo.yaml").read_text().replace("labels: true", "labels: true\n      flag_from: minor")
    (folder / "pmo.yaml").write_text(f"{settings}time_zone: {zone}\n")
    monkeypatch.setattr(start, "now", lambda: datetime.fromisoformat(instant).astimezone(UTC))
    found = json.loads(pmo("check", "--format", "json").stdout)
    mine = next(each for each in found["findings"] if (each["standard"], each["key"]) == ("DUE-01", "ONB-1"))
    explained = json.loads(pmo("explain", "DUE-01", "--item", "ONB-1", "--format", "json").stdout)["finding"]
    plan = json.loads(pmo("plan", "--offline", "--format", "json").stdout)["changes"]
    (listed,) = json.loads(pmo("waivers", "list", "--format", "json").stdout)["waivers"]
    flagged = any(change["key"] == "ONB-1" and change["op"] == "add_label" for change in plan)
    said = {mine["waiver"] is not None, found["summary"]["waived"] == 1, explained["waiver"] is not None}
    assert said | {not flagged, listed["state"] != "expired"} == {counts}


def test_a_baseline_accepts_what_is_there_and_fails_on_what_is_new(pmo: Run, folder: Path) -> None:
    assert pmo("check", *DAY).returncode == 1
    made = pmo("baseline", "create", "--reason", "old: debt", *DAY)
    assert (made.returncode, "accepted 3 failures" in made.stdout) == (0, True)
    quiet = pmo("check", "--format", "table", *DAY)
    assert quiet.returncode == 0
    assert "3 in baseline" in quiet.stdout
    assert "PAY-4" not in quiet.stdout
    assert "PAY-4" in pmo("check", "--all", "--format", "table", *DAY).stdout
    document = json.loads(pmo("check", "--format", "json", *DAY).stdout)
    assert document["summary"]["baselined"] == sum(each["baselined"] for each in document["findings"]) == 3
    assert sum(document["summary"]["fail"].values()) == 0
    assert "in baseline" in pmo("explain", "OWN-01", "--item", "PAY-1", *DAY).stdout
    changes = json.loads(pmo("plan", "--format", "json", *DAY).stdout)["changes"]
    assert not [change for change in changes if change["op"] == "add_label"]
    lines = (folder / "items.jsonl").read_text().splitlines()
    new = {**json.loads(lines[0]), "id": "900", "key": "PAY-900"}
    (folder / "items.jsonl").write_text("\n".join([*lines, json.dumps(new)]) + "\n")
    again = pmo("check", *DAY)
    assert again.returncode == 1
    assert [line.split("\t")[2] for line in again.stdout.splitlines() if line.startswith("major")] == ["PAY-900"]


def test_prune_takes_out_what_was_fixed_and_keeps_the_rest(pmo: Run, folder: Path) -> None:
    pmo("baseline", "create", *DAY)
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
    for row in rows:
        if row["key"] == "PAY-1":
            row["owner"] = "ann"
    kept = [row for row in rows if row["key"] != "PAY-4"]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    pmo("pull", "-q")
    shown = {
        one["id"]: one["state"]
        for one in json.loads(pmo("baseline", "show", "--format", "json", *DAY).stdout)["baseline"]
    }
    assert shown == {"1": "fixed", "2": "failing", "4": "gone"}
    pruned = json.loads(pmo("baseline", "prune", "--format", "json", *DAY).stdout)
    assert [one["id"] for one in pruned["removed"]] == ["1", "4"]
    assert pruned["kept"] == {"failing": 1}
    assert "nothing to take out; 1 stays" in pmo("baseline", "prune", *DAY).stdout


def test_failures_of_one_standard_at_one_place_are_accepted_as_one(pmo: Run, folder: Path) -> None:
    (folder / "standards" / "link.yaml").write_text(
        "standards:\n  - {id: LINK-01, title: No lag, level: item, subject: link, severity: minor,"
        " require: {lag_working_days: {lt: 9}},"
        " escalate: [{to: major, when: {lag_working_days: {gt: 20}}}]}\n"
    )
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
    for number, row in enumerate(rows[:3]):
        link = {"type": "FS", "to": rows[3]["id"], "lag_working_days": 10 + 10 * number}
        row["links"] = [link]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ("baseline", "create", "--standard", "LINK-01", *DAY)
    assert "accepted 1 failure in baseline.yaml: 1 major\n" in pmo(*asked).stdout


def test_what_could_not_be_read_is_told_and_stays(pmo: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pmo("baseline", "create", *DAY)
    text = (folder / "baseline.yaml").read_text()
    whole = latest.latest

    def partly(*given: Any) -> Any:
        found = whole(*given)
        nodes = Nodes(found.portfolio.nodes.with_columns(pl.lit(False).alias("complete")))
        return replace(found, complete=False, portfolio=replace(found.portfolio, nodes=nodes))

    monkeypatch.setattr(latest, "latest", partly)
    done = pmo("baseline", "prune", "-q", *DAY)
    assert (done.returncode, (folder / "baseline.yaml").read_text()) == (3, text)
    assert "INCOMPLETE" in done.stderr


def test_a_part_can_be_accepted(pmo: Run) -> None:
    assert "1 critical" in pmo("baseline", "create", "--standard", "DUE-01", *DAY).stdout
    assert "nothing new" in pmo("baseline", "create", "--node", "Digital Bank/Onboarding", *DAY).stdout
    assert pmo("baseline", "create", "--standard", "DUE-1", *DAY).returncode == 2
    assert pmo("baseline", "create", "--node", "Nowhere", *DAY).returncode == 2


def test_levels_tell_what_is_missing_and_the_trend(pmo: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = pmo("levels", *DAY)
    assert (none.returncode, "`levels:`" in none.stderr) == (2, True)
    (folder / "standards" / "levels.yaml").write_text(LEVELS)
    monkeypatch.setattr(start, "now", lambda: datetime(2026, 11, 20, 9, tzinfo=UTC))
    pmo("pull", "-q")
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
    (folder / "items.jsonl").write_text(
        "".join(json.dumps({**row, "owner": row["owner"] or "ann"}) + "\n" for row in rows)
    )
    monkeypatch.setattr(start, "now", lambda: datetime(2026, 11, 23, 9, tzinfo=UTC))
    pmo("pull", "-q")
    document = json.loads(pmo("levels", "--format", "json").stdout)
    assert document["compared_with"] == "2026-11-20"
    assert [level["name"] for level in document["levels"]] == ["bronze", "silver"]
    cards = next(each for each in document["nodes"] if each["path"][-1] == "Cards")
    assert (cards["before"], cards["level"], cards["trend"], cards["next"]) == (None, "bronze", "up", "silver")
    (missing,) = cards["missing"]
    assert (missing["standard"], missing["needed"], missing["holds"]) == ("DUE-01", 1, False)
    table = pmo("levels", "--format", "table", "--node", "Digital Bank/Payments/Cards").stdout
    assert "DUE-01" in table
    assert "against the reading of 2026-11-20" in table
    assert "Owners are known." in table
    line = pmo("check", "--offline", "--format", "table").stdout
    assert "Levels of 2 projects: 2 bronze: pmo-sync levels" in line
    nodes = json.loads(pmo("check", "--offline", "--format", "json").stdout)["nodes"]
    told = next(node["maturity"] for node in nodes if node["path"][-1] == "Cards")
    assert told == {"level": "bronze", "with_waivers": "bronze", "next": "silver", "missing": ["DUE-01"]}
    for words in (("--format", "csv"), ("--format", "md"), ("--format", "jsonl"), ("--since", "2026-11-01")):
        assert pmo("levels", *words).returncode == 0


def test_the_guide_names_every_key_of_the_document(pmo: Run, folder: Path) -> None:
    (folder / "standards" / "levels.yaml").write_text(LEVELS)
    document = json.loads(pmo("levels", "--format", "json", *DAY).stdout)
    missing = next(one for node in document["nodes"] for one in node["missing"])
    keys = {*document, *document["levels"][0], *document["nodes"][0], *missing}
    named = set(re.findall(r"`(\w+)`", (DOCS / "maturity-levels.md").read_text("utf-8")))
    assert keys <= named


def test_no_person_has_a_level(pmo: Run, folder: Path) -> None:
    (folder / "standards" / "levels.yaml").write_text(LEVELS)
    text = pmo("levels", "--format", "json", *DAY).stdout
    assert "ann" not in re.findall(r'"(\w+)"', text)
    assert {node["kind"] for node in json.loads(text)["nodes"]} == {"portfolio", "programme", "project"}


def test_a_level_with_a_mistake_is_told_with_its_place(pmo: Run, folder: Path) -> None:
    (folder / "standards" / "levels.yaml").write_text("levels:\n  - {name: bronze, standards: [OWN-1]}\n")
    done = pmo("rules", "validate")
    assert done.returncode == 2
    assert "standards/levels.yaml:2:32" in done.stderr
    assert "did you mean `OWN-01`?" in done.stderr
