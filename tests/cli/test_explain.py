"""`explain` as it is typed: whom a share counts, and what an unknown is for want of."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

DAY = ("--status-date", "2026-11-23")
SHARE = """standards:
  - id: SHR-01
    title: Few tasks are late
    level: project
    severity: minor
    share: {of: items, among: {phase: doing}, where: {due: {before: today}}}
    limit: {fail_above: 0%}
"""


def test_a_share_names_those_that_offend_and_those_that_cannot_be_told(pmo: Run, folder: Path) -> None:
    first = json.loads((folder / "items.jsonl").read_text().splitlines()[0])
    late = {**first, "due": "2026-11-02", "title": "Late \x1b[2J"}
    rows = [{**late, "id": str(n), "key": f"L-{n}"} for n in range(10, 22)]
    rows.append({**late, "id": "30", "key": "B-1", "title": "Bare", "due": None})
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "standards" / "share.yaml").write_text(SHARE)
    asked = ("explain", "SHR-01", "--node", "Digital Bank/Payments/Cards", *DAY)
    page = pmo(*asked, "--format", "table").stdout
    assert "offenders   L-10  Late" in page
    assert "L-19" in page
    assert "L-20" not in page
    assert "and 2 more: --format json" in page
    assert "missing     B-1  Bare" in page
    assert "\x1b" not in page
    members = json.loads(pmo(*asked, "--format", "json").stdout)["members"]
    assert [one["name"] for one in members["offenders"]] == [row["key"] for row in rows[:-1]]
    assert members["missing"] == [{"name": "B-1", "tracker": "bank", "title": "Bare"}]
    assert "members" not in json.loads(pmo("explain", "OWN-01", "--item", "L-10", *DAY, "--format", "json").stdout)


def test_an_unknown_for_want_of_history_says_how_to_read_it(pmo: Run, folder: Path) -> None:
    (folder / "standards" / "moved.yaml").write_text(
        "standards:\n  - {id: MOV-01, title: Dates stay, level: item, severity: minor,"
        " unless: {due: {changed: {within: 9 days}}}, require: {due: {changed: {at_least: 3}}}}\n"
    )
    asked = ("explain", "MOV-01", "--item", "PAY-1", *DAY)
    page = pmo(*asked, "--format", "table").stdout
    assert page.count("waits for   the history of due, which was not read here: pmo-sync pull --full reads it") == 1
    clauses = json.loads(pmo(*asked, "--format", "json").stdout)["clauses"]
    assert all("pmo-sync pull --full" in one["waits_for"] for one in clauses if one["part"] != "applies_to")
