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
from pmo_sync.sandbox.planted_fields import FIELDS
from pmo_sync.settings.demo import demo_files, is_demo, keep_token, planted_items, point_to, port_of, write_demo
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
    files = {
        path.relative_to(tmp_path / "demo").as_posix() for path in (tmp_path / "demo").rglob("*") if path.is_file()
    }
    assert files == {
        ".pmo-sync/schema.json",
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
    assert ends == ["2026-11-28", "2026-12-18"]


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
    for path in (file for file in (tmp_path / "one").rglob("*") if file.is_file()):
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes()
        assert b"\r" not in path.read_bytes()


def test_the_schema_that_its_files_name_is_there(tmp_path: Path) -> None:
    write_demo(tmp_path, today=MONDAY)
    for name in ("pmo.yaml", "standards/delivery.yaml"):
        file = tmp_path / name
        (named,) = re.findall(r"\$schema=(\S+)", file.read_text("utf-8"))
        assert json.loads((file.parent / named).read_text("utf-8"))["$schema"].endswith("draft-07/schema#")


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
    assert [waiver.until.isoformat() for waiver in project.waivers] == ["2026-11-28", "2026-12-18"]
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


def test_a_folder_of_the_demo_is_known_and_no_other(tmp_path: Path) -> None:
    assert not is_demo(tmp_path / "new")
    assert not is_demo(tmp_path)
    write_demo(tmp_path, today=MONDAY)
    assert is_demo(tmp_path)
    (tmp_path / "pmo.yaml").write_text("version: 1\n# token_file: .pmo-sync/demo-token\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not the demo's"):
        is_demo(tmp_path)


def test_only_the_line_of_the_address_changes(tmp_path: Path) -> None:
    write_demo(tmp_path, today=MONDAY)
    before = (tmp_path / "pmo.yaml").read_text("utf-8")
    assert point_to(tmp_path, "http://127.0.0.1:5")
    assert not point_to(tmp_path, "http://127.0.0.1:5")
    after = (tmp_path / "pmo.yaml").read_text("utf-8")
    assert after == before.replace("http://127.0.0.1:8089", "http://127.0.0.1:5")
    assert port_of(tmp_path) == 5
    assert load(tmp_path).settings.trackers["bank"].model_dump()["url"] == "http://127.0.0.1:5"


@pytest.mark.parametrize("url", ["https://bank.example.net", "http://127.0.0.1:80/jira", "http://127.0.0.1"])
def test_another_tracker_is_never_pointed_away_from(tmp_path: Path, url: str) -> None:
    write_demo(tmp_path, today=MONDAY)
    settings = tmp_path / "pmo.yaml"
    settings.write_text(settings.read_text("utf-8").replace("http://127.0.0.1:8089", url), encoding="utf-8")
    before = settings.read_text("utf-8")
    assert port_of(tmp_path) is None
    with pytest.raises(UsageError, match="no longer names"):
        point_to(tmp_path, "http://127.0.0.1:5")
    assert settings.read_text("utf-8") == before


def test_the_token_is_for_its_owner_alone_and_never_through_a_link(tmp_path: Path) -> None:
    (tmp_path / ".pmo-sync").mkdir()
    keep_token(tmp_path, "one")
    token = tmp_path / ".pmo-sync" / "demo-token"
    token.chmod(0o644)
    keep_token(tmp_path, "two")
    assert (token.read_text("utf-8"), token.stat().st_mode & 0o777) == ("two\n", 0o600)
    token.unlink()
    token.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be written"):
        keep_token(tmp_path, "three")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 7}', "7"])
def test_a_line_that_is_no_item_is_named(tmp_path: Path, line: str) -> None:
    write_demo(tmp_path, today=MONDAY)
    with (tmp_path / "items.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(UsageError, match="line 248 is no item"):
        planted_items(tmp_path)


def test_every_field_of_the_demo_is_one_that_its_tracker_shows(tmp_path: Path) -> None:
    write_demo(tmp_path, today=MONDAY)
    options = load(tmp_path).settings.trackers["bank"]
    vocabulary = {name: entry for name, entry in options.fields.items() if isinstance(entry, str)}
    assert vocabulary == {name: FIELDS[name] for name in vocabulary}
    carried = {name for item in planted_items(tmp_path) for name in item}
    assert vocabulary.keys() == carried & FIELDS.keys()


def test_a_file_that_is_there_already_is_kept(tmp_path: Path) -> None:
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "delivery.yaml").write_text("standards: []\n", encoding="utf-8")
    write_demo(tmp_path, today=MONDAY)
    assert (tmp_path / "standards" / "delivery.yaml").read_text("utf-8") == "standards: []\n"
    assert not list(tmp_path.rglob("*.part"))
