"""The demo folder: dated relative to the status date, the same bytes for the same date, nothing replaced."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pmo_sync.connectors.options import ExportOptions, JiraCloudOptions, Limits, RedmineOptions
from pmo_sync.errors import UsageError
from pmo_sync.figures.options import RagOptions, RollupOptions
from pmo_sync.model.calendar import Calendar
from pmo_sync.plan.options import GuardOptions, WriteOptions
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.demo import demo_files, write_demo
from pmo_sync.settings.folder import load
from pmo_sync.settings.options import PullOptions, Settings
from pmo_sync.settings.packs import packs_folder
from pmo_sync.state.options import StateOptions
from pmo_sync.structure.options import StructureOptions

MONDAY = date(2026, 11, 23)
Item = dict[str, object]


def items(today: date) -> dict[str, Item]:
    lines = [json.loads(line) for line in demo_files(today)["items.jsonl"].splitlines()]
    return {line["title"]: line for line in lines}


def day(item: Item, column: str) -> date:
    return date.fromisoformat(str(item[column]))


def test_it_is_a_project_folder_with_about_240_items_in_nine_projects(tmp_path: Path) -> None:
    write_demo(tmp_path / "demo", today=MONDAY)
    lines = [json.loads(line) for line in (tmp_path / "demo" / "items.jsonl").read_text("utf-8").splitlines()]
    assert {path.relative_to(tmp_path / "demo").as_posix() for path in (tmp_path / "demo").rglob("*.*")} == {
        "items.jsonl",
        "pmo.yaml",
        "standards/delivery.yaml",
        "waivers.yaml",
    }
    assert 230 <= len(lines) <= 250
    assert len({line["project"] for line in lines if "project" in line}) == 9
    assert {line["programme"] for line in lines if "programme" in line} == {"Payments", "Onboarding", "Data Platform"}


def test_ids_and_keys_are_unique_and_every_parent_and_link_leads_somewhere() -> None:
    lines = [json.loads(line) for line in demo_files(MONDAY)["items.jsonl"].splitlines()]
    ids = {line["id"] for line in lines}
    assert len(ids) == len({line["key"] for line in lines}) == len(lines)
    assert {line["parent"] for line in lines if line["parent"]} <= ids
    assert {link["to"] for line in lines for link in line.get("links", [])} <= ids


def test_a_time_is_nine_o_clock_and_a_date_is_a_date() -> None:
    item = items(MONDAY)["Wait for the regulator's reading of the pledge rule"]
    changed = datetime.fromisoformat(str(item["last_human_change"]))
    assert changed == datetime(2026, 10, 19, 9, tzinfo=UTC)
    assert Calendar().working_days(changed.date(), MONDAY) == 25
    assert (item["start"], item["due"]) == ("2026-11-11", "2026-11-26")


def test_dates_of_the_pmos_own_columns_move_too() -> None:
    fields = items(MONDAY)["Send the first report to the regulator"]["fields"]
    assert fields == {"reg_date": "2027-01-18"}


def test_the_first_waiver_ends_five_days_after_any_status_date() -> None:
    ends = re.findall(r"until: (\S+)", demo_files(MONDAY)["waivers.yaml"])
    assert ends == ["2026-11-28", "2027-01-02"]


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
@settings(max_examples=25, deadline=None)
def test_the_stories_hold_on_any_day(today: date) -> None:
    found = items(today)
    late, waiting = found["Load the customer master"], found["Match applicants against the new customer master"]
    assert day(found["Explain a rejected payment in plain words"], "due") < today
    assert day(late, "due") > day(waiting, "start") > today
    assert day(found["Warn before a limit is reached"], "due") < day(found["Warn before a limit is reached"], "start")
    assert '"@' not in "".join(demo_files(today).values())


def test_the_same_date_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_demo(tmp_path / name, today=MONDAY)
    for path in (tmp_path / "one").rglob("*.*"):
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes()
        assert b"\r" not in path.read_bytes()


def test_a_project_folder_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="is a project folder already"):
        write_demo(tmp_path, today=MONDAY)
    assert [path.name for path in tmp_path.iterdir()] == ["pmo.yaml"]


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        write_demo(tmp_path / "taken", today=MONDAY)


def test_the_packs_stand_beside_the_demo() -> None:
    assert (packs_folder().parent / "demo" / "pmo.yaml").is_file()


def named(options: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in options.model_fields.items()}


def test_the_demo_loads_with_its_waivers(tmp_path: Path) -> None:
    write_demo(tmp_path, today=MONDAY)
    project = load(tmp_path)
    assert {standard.pack for standard in project.standards} == {"core", "status", "risk", None}
    assert [waiver.until.isoformat() for waiver in project.waivers] == ["2026-11-28", "2027-01-02"]
    assert project.settings.structure.portfolio.name == "Digital Bank"


@pytest.mark.parametrize("uncommented", [False, True])
def test_the_example_of_every_setting_works_in_place_of_the_demos(tmp_path: Path, *, uncommented: bool) -> None:
    text = (packs_folder().parent / "pmo-sync.yaml").read_text("utf-8")
    write_demo(tmp_path, today=MONDAY)
    (tmp_path / "pmo.yaml").write_text(re.sub("(?m)^#:", "", text) if uncommented else text, encoding="utf-8")
    project = load(tmp_path)
    assert set(project.settings.trackers) == ({"bank", "plant", "cloud", "office"} if uncommented else {"bank"})


def test_the_example_names_every_setting() -> None:
    text = (packs_folder().parent / "pmo-sync.yaml").read_text("utf-8")
    said = set(re.findall(r"[{, (:#-]?\b([a-z_]+):", text))
    options: list[type[BaseModel]] = [Settings, RollupOptions, RagOptions, GuardOptions, WriteOptions, StandardsOptions]
    options += [StructureOptions, RedmineOptions, JiraCloudOptions, ExportOptions, Limits, StateOptions, PullOptions]
    missing = {name for one in options for name in named(one)} - said
    assert missing == set()
