"""One portfolio over a sandbox Jira and the real Redmine: a programme and persons in both, and one of them down."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.knobs import Fault
from pmo_sync.sandbox.seed import Seed, SeedIssue, SeedType
from tests.live.bed import expected, oracle
from tests.live.bed.redmine import KEYS, Bed
from tests.live.conftest import FEW, only, write_settings
from tests.loop import bank
from tests.loop.bank import Store
from tests.loop.conftest import Clock, Ran, commands

pytestmark = pytest.mark.live

MERGED: Final = ["The firm", "Payments and money"]
HOME: Final = "PAY-20"
_SHARES: Final = {"To Do": 0.0, "In Progress": 0.25, "Done": 1.0}


@dataclass(frozen=True)
class Both:
    """Both trackers, and commands in the one project folder."""

    bed: Bed
    store: Store
    folder: Path
    run: Callable[..., Ran]

    def check(self) -> dict[str, Any]:
        """What `check --items` says."""
        out = self.folder / "check.json"
        ran = self.run("check", "--items", "--format", "json", "--fail-on", "never", "-o", str(out))
        assert ran.code == 0, str(ran)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found

    def edit_settings(self, old: str, new: str) -> None:
        path = self.folder / "pmo.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def _seed() -> Seed:
    """The bank, with a brief of the programme that is in both trackers."""
    seed = bank.seed(Flavour.CLOUD)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    brief = SeedIssue(
        "PAY", "Programme brief", "The programme", moment, moment, "In Progress", key=HOME, assignee="cleo@example.net"
    )
    return dataclasses.replace(seed, types=[*seed.types, SeedType("Programme brief")], issues=[*seed.issues, brief])


def _settings(folder: Path, bed: Bed, tracker: Sandbox) -> None:
    """The live tests' folder with the bank of the loop beside the plant."""
    write_settings(folder, bed, scope=only(*FEW))
    path = folder / "pmo.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    text = bank.SETTINGS.format(kind="jira-cloud", url=tracker.url, user=tracker.writer.login, owner="loop")
    other = yaml.safe_load(text)
    settings["owner_id"] = "loop"
    settings["trackers"]["bank"] = other["trackers"]["bank"]
    settings["trackers"]["bank"]["kinds"]["status_report"].append("Programme brief")
    settings["trackers"]["plant"]["limits"] = {"requests_per_second": 1000}
    for level in ("programme", "project"):
        settings["structure"][level] += other["structure"][level]
    settings["structure"]["merge"] = [{"level": "programme", "names": ["Payments", "Money"], "as": MERGED[1]}]
    settings["structure"]["homes"] = [
        *other["structure"]["homes"],
        {"level": "programme", "name": MERGED[1], "tracker": "bank", "item": HOME},
    ]
    settings["standards"]["override"] |= other["standards"]["override"]
    settings["people"] = {"ann": {"plant": "ann", "bank": _account(tracker, "ann")}}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture
def both(
    bed: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Both]:
    clock = Clock()
    monkeypatch.setenv("PLANT_KEY", KEYS["bot"])
    with Sandbox(Flavour.CLOUD, now=clock.now) as tracker, commands(monkeypatch, capsys, clock) as command:
        tracker.load(_seed())
        folder = tmp_path / "folder"
        _settings(folder, bed, tracker)

        def run(*words: str) -> Ran:
            ran = command(folder, *words, token=tracker.writer.token)
            assert KEYS["bot"] not in ran.out + ran.err
            return ran

        yield Both(bed, Store(tracker, Flavour.CLOUD), folder, run)


def _status(both: Both, key: str) -> str:
    return str(both.store.field(key, "status"))


def _of_the_bank(both: Both) -> list[str]:
    return [key for key in both.store.every() if key.startswith(("PAY-", "ONB-"))]


def _tasks(both: Both) -> list[str]:
    """Tasks of the merged programme in the bank that were not dropped: each is estimated at eight hours."""
    keys = [key for key in _of_the_bank(both) if both.store.field(key, "timeoriginalestimate") is not None]
    return [key for key in keys if _status(both, key) in _SHARES]


def _sums(both: Both) -> dict[str, float]:
    """Figures of the merged programme, added up from Redmine's tables and the sandbox's store."""
    rows = [row for row in expected.rows(both.bed) if row.project in FEW]
    work = [row for row in rows if row.net and row.tracker == "Task" and row.hours is not None]
    shares = {"done": 1.0, "todo": 0.0}
    hours = sum(row.hours or 0 for row in work) + 8 * len(_tasks(both))
    done = sum((row.hours or 0) * shares.get(row.phase, row.done) for row in work)
    done += sum(8 * _SHARES[_status(both, key)] for key in _tasks(both))
    dated = [row.late for row in rows if row.net and row.live and row.due is not None]
    dated += ["overdue" in both.store.flags(key) for key in _tasks(both) if _status(both, key) != "Done"]
    return {
        "items": len(rows) + len(_of_the_bank(both)),
        "estimate_hours": hours,
        "progress": done / hours,
        "overdue": sum(dated),
        "overdue_share": sum(dated) / len(dated),
    }


def _wanted_in_redmine(both: Both) -> dict[str, tuple[str, ...]]:
    return {
        row.id: expected.flags(row) for row in expected.rows(both.bed) if row.project in FEW and expected.flags(row)
    }


def _flags(both: Both, before: oracle.State) -> dict[str, tuple[str, ...]]:
    return {
        place[1]: value
        for place, value in oracle.ours(both.bed).items()
        if place[2] == "PMO compliance" and place not in before
    }


def test_one_programme_over_two_trackers(both: Both) -> None:
    before = oracle.ours(both.bed)
    said = both.check()
    (node,) = (one for one in said["nodes"] if one["path"] == MERGED)
    wanted = _sums(both)
    assert {name: node["figures"][name]["value"] for name in wanted} == pytest.approx(wanted, abs=1e-9)
    assert wanted["overdue"] > len(_wanted_in_redmine(both)) > 0, "both trackers have their part in it"

    doing = [row.id for row in expected.rows(both.bed) if row.project in FEW and row.phase == "doing"]
    ids = both.bed.query("SELECT i.id FROM issues i JOIN users u ON u.id = i.assigned_to_id WHERE u.login = 'ann'")
    mine = [str(id_) for (id_,) in ids if str(id_) in doing]
    theirs = [
        key
        for key in both.store.every()
        if _status(both, key) == "In Progress"
        and both.store.field(key, "assignee") == _account(both.store.tracker, "ann")
    ]
    assert mine
    assert theirs
    figures = {(one["tracker"], one["key"]): one["figures"] for one in said["items"]}
    owned = {("bank", key) for key in theirs} | {("plant", f"#{number}") for number in mine}
    assert {figures[place]["owner_doing"]["value"] for place in owned} == {len(owned)}

    mark = both.bed.mark()
    first = both.run("sync")
    assert first.code == 0, str(first)
    assert _flags(both, before) == _wanted_in_redmine(both)
    assert [one for one in both.store.amiss() if not one.startswith(HOME)] == []
    colour = "Green" if wanted["overdue_share"] <= 0.05 else "Amber" if wanted["overdue_share"] <= 0.15 else "Red"
    assert both.store.field(HOME, "PMO health") == colour
    assert both.store.field(HOME, "PMO progress") == pytest.approx(round(100 * wanted["progress"]))
    written = {place[1] for place in oracle.ours(both.bed) if place[0] == "project" and place not in before}
    assert written == {"payments-c", "payments-d"}, "the programme's summary is in its home, and there alone"
    assert both.bed.writes_since(mark)

    mark, asked, entries = both.bed.mark(), len(both.store.tracker.writes), oracle.journal_count(both.bed)
    second = both.run("sync")
    assert second.code == 0, str(second)
    assert both.bed.writes_since(mark) == []
    assert len(both.store.tracker.writes) == asked
    assert oracle.journal_count(both.bed) == entries


def _account(tracker: Sandbox, person: str) -> str:
    found = tracker.store.catalogue.account(f"{person}@example.net")
    assert found is not None
    return found.id


def test_one_of_them_is_down(both: Both) -> None:
    before = oracle.ours(both.bed)
    assert both.run("sync").code == 0
    ((ann,),) = both.bed.query("SELECT id FROM users WHERE login = 'ann'")
    mended = next(number for number, found in _wanted_in_redmine(both).items() if found == ("no-owner",))
    body = {"issue": {"assigned_to_id": ann}}
    assert both.bed.rest("PUT", f"/issues/{mended}.json", account="admin", body=body).status == 204
    standing = {key: both.store.labels(key) for key in both.store.every()}
    fields = {key: both.store.field(key, "PMO health") for key in both.store.every()}
    both.store.tracker.knobs.faults.append(Fault("503", retry_after=None))
    mark = both.bed.mark()
    ran = both.run("sync")
    assert ran.code == 3, str(ran)
    assert "bank" in ran.out + ran.err
    assert both.bed.writes_since(mark) == [f"PUT /issues/{mended}.json"]
    assert _flags(both, before) == _wanted_in_redmine(both)
    assert {key: both.store.labels(key) for key in both.store.every()} == standing
    assert {key: both.store.field(key, "PMO health") for key in both.store.every()} == fields
    both.store.tracker.knobs.faults.clear()

    flagged = next(key for key in both.store.every() if both.store.flags(key) == {"no-owner"})
    both.store.tracker.person("ben@example.net").set(flagged, "assignee", "ben@example.net")
    both.edit_settings(f"url: {both.bed.url}", "url: http://127.0.0.1:9")
    mark = both.bed.mark()
    ran = both.run("sync")
    assert ran.code == 3, str(ran)
    assert "plant" in ran.out + ran.err
    assert both.bed.writes_since(mark) == []
    assert not both.store.ours(flagged)
    assert [key for key in both.store.every() if both.store.ours(key) != both.store.wanted(key)] == []
    both.edit_settings("url: http://127.0.0.1:9", f"url: {both.bed.url}")
    assert both.run("sync").code == 0
    assert [one for one in both.store.amiss() if not one.startswith(HOME)] == []
