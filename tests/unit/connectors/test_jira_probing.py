"""What doctor says of both Jiras: each thing that is missing is named, with where and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pmo_sync.connectors.base import Probe
from pmo_sync.sandbox import Flavour
from pmo_sync.sandbox.knobs import Fault
from pmo_sync.sandbox.seed import Seed, SeedIssue
from tests.unit.connectors.jira_bank import AT, HEALTH, LINE, SCORE, WHO, Bank, open_bank


@pytest.fixture(params=list(Flavour), ids=lambda flavour: flavour.name.lower())
def bank(request: pytest.FixtureRequest) -> Iterator[Bank]:
    for one in open_bank(request.param):
        yield one
        assert one.puts() == []


def probe(bank: Bank, **options: Any) -> list[Probe]:
    """With its own clock set to the server's."""
    bank.clock.moment = bank.tracker.store.now()
    return bank.connect(**options).probe()


def of(lines: list[Probe], subject: str, word: str = "") -> list[Probe]:
    return [line for line in lines if line.subject == subject and word in line.text]


def one(lines: list[Probe], subject: str, word: str = "") -> Probe:
    (found,) = of(lines, subject, word)
    return found


def test_who_we_are_and_where(bank: Bank) -> None:
    lines = probe(bank)
    said = one(lines, "identity").text
    assert bank.tracker.url in said
    assert bank.tracker.writer.login in said
    assert ("Jira Cloud" if bank.cloud else "Jira Data Center 10.3") in said
    assert "Asia/Kolkata" in one(lines, "time zone").text
    assert one(lines, "clock").ok is True
    assert one(lines, "scope").text.startswith("4 issues in ")
    assert of(lines, "reading") == []
    assert all(line.remedy for line in lines if line.ok is False)


def test_clocks_that_differ(bank: Bank) -> None:
    connector = bank.connect()
    bank.clock.moment = bank.tracker.store.now() + timedelta(minutes=10)
    line = one(connector.probe(), "clock")
    assert line.ok is False
    assert "differ by" in line.text


def test_missing_permissions_are_named_with_where(bank: Bank) -> None:
    lines = probe(bank)
    assert one(lines, "permissions", "Browse Projects").ok is True
    for permission in ("Edit Issues", "Link Issues"):
        line = one(lines, "permissions", permission)
        assert line.ok is False
        assert "missing in 1 of 3 projects: DAT" in line.text
        assert line.remedy is not None
        assert bank.tracker.writer.login in line.remedy
        assert permission in line.remedy


def test_a_reader_is_told_exactly_what_it_lacks(bank: Bank) -> None:
    lines = probe(bank, reader=True)
    assert one(lines, "permissions", "Browse Projects").ok is True
    assert "missing in 3 of 3 projects: BNK, DAT, ONB" in one(lines, "permissions", "Edit Issues").text
    assert one(lines, "scope").ok is True
    assert of(lines, "write", "edit screens") == []


def test_who_only_reads_needs_nothing(bank: Bank) -> None:
    lines = probe(bank, reader=True, write={})
    assert "none to write is needed" in one(lines, "permissions", "nothing is configured").text
    assert not [line for line in lines if line.ok is False]
    assert of(lines, "mail") == []


def test_where_watchers_are_mailed(bank: Bank) -> None:
    line = one(probe(bank), "mail")
    assert line.ok is None
    assert "no mail in 1 of 3 projects; watchers are mailed in: DAT (1 issue), ONB (1 issue)" in line.text
    assert line.remedy is not None
    assert "Administer Projects" in line.remedy


def test_fields_that_are_there_and_fields_that_are_not(bank: Bank) -> None:
    lines = probe(bank, fields={"sponsor": "PMO lime", "budget": SCORE}, write={"fields": {"health": "Health"}})
    gaps = of(lines, "fields", "Jira has no field")
    assert {gap.ok for gap in gaps} == {False}
    assert '"PMO line"' in next(gap.text for gap in gaps if "PMO lime" in gap.text)
    assert any("write.fields.health" in gap.text for gap in gaps)
    assert f"{SCORE} ({bank.id_of(SCORE)}, number)" in one(lines, "fields", "found").text


def test_fields_that_cannot_be_written_or_are_not_on_the_screen(bank: Bank) -> None:
    lines = probe(bank)
    assert one(lines, "write", f'"{WHO}" cannot be written').ok is False
    assert "2 of 2 pairs" in one(lines, "write", "edit screens").text
    if bank.cloud:
        assert one(lines, "write", f'"{SCORE}"').ok is True
    else:
        line = one(lines, "write", f'"{SCORE}"')
        assert line.ok is None
        assert "1 of 2: ONB Task" in line.text
        lines = probe(bank, scope="project = ONB")
        assert one(lines, "write", f'"{SCORE}"').ok is False
        assert one(lines, "write", '"Labels"').ok is True


def test_a_field_that_a_type_does_not_have(bank: Bank) -> None:
    place = ("ONB", "Epic")
    catalogue = bank.tracker.store.catalogue
    bank.tracker.load(Seed(issues=[SeedIssue(*place, "Above", AT, AT, "To Do")]))
    hidden = bank.id_of(LINE)
    field = catalogue.fields[hidden]
    places = frozenset({(project, kind) for project, kind in field.hidden_for} | {_ids(bank, place)})
    bank.tracker.store.catalogue.fields[hidden] = replace(field, hidden_for=places)
    lines = probe(bank)
    assert "not shown on: Epic" in one(lines, "fields", f'"{LINE}" is not shown').text


def test_fields_that_the_same_types_lack_are_one_line(bank: Bank) -> None:
    place = ("ONB", "Epic")
    bank.tracker.load(Seed(issues=[SeedIssue(*place, "Above", AT, AT, "To Do")]))
    for name in (LINE, SCORE):
        hidden = bank.id_of(name)
        field = bank.tracker.store.catalogue.fields[hidden]
        places = frozenset({*field.hidden_for, _ids(bank, place)})
        bank.tracker.store.catalogue.fields[hidden] = replace(field, hidden_for=places)
    lines = of(probe(bank, fields={"sponsor": LINE, "budget": SCORE}), "fields", "not shown on: Epic")
    (line,) = lines
    assert f'"{LINE}"' in line.text
    assert f'"{SCORE}"' in line.text
    assert "are not shown on: Epic; there they are unknown" in line.text


def test_one_project_is_no_projects(bank: Bank) -> None:
    lines = probe(bank, scope="project = ONB")
    assert " in 1 project" in one(lines, "scope").text
    assert not [line.text for line in lines if "1 projects" in line.text or "1 issues" in line.text]


def _ids(bank: Bank, place: tuple[str, str]) -> tuple[int, int]:
    catalogue = bank.tracker.store.catalogue
    project = next(number for number, found in catalogue.projects.items() if found.key == place[0])
    return project, next(number for number, found in catalogue.types.items() if found.name == place[1])


def test_options_that_our_colours_need(bank: Bank) -> None:
    assert of(probe(bank), "write", "lacks options") == []
    lines = probe(bank, values={"health": {"Gelb": "amber", "Rot": "red", "Green": "green"}})
    line = one(lines, "write", "lacks options")
    assert line.ok is False
    assert f'"{HEALTH}" lacks options that we write: Gelb, Rot' in line.text
    assert line.remedy is not None
    assert "values.health" in line.remedy


def test_words_that_nothing_maps(bank: Bank) -> None:
    lines = probe(bank, fields={"probability": LINE})
    assert of(lines, "words", "nothing maps") == []
    bank.ann().set("BNK-1", LINE, "quite likely")
    line = one(probe(bank, fields={"probability": LINE}), "words", "nothing maps")
    assert '"quite likely" for probability (1 times)' in line.text
    assert line.remedy == "add it to trackers.bank.values.probability"
    assert "counted as tasks, as no kind lists them: Task" in one(lines, "words", "counted").text


def test_issue_linking_that_is_off(bank: Bank) -> None:
    assert one(probe(bank), "links").ok is True
    bank.tracker.knobs.faults.append(Fault("404", path="issueLinkType"))
    line = one(probe(bank), "links")
    assert line.ok is False
    assert "switched off" in line.text


def test_permissions_that_cannot_be_read(bank: Bank) -> None:
    bank.tracker.knobs.faults.append(Fault("500", path="permissions"))
    bank.tracker.knobs.faults.append(Fault("500", path="mypermissions"))
    lines = probe(bank)
    assert any(line.ok is None for line in of(lines, "permissions", "cannot be read"))


def test_archived_projects_are_named_where_jira_lists_them(bank: Bank) -> None:
    text = one(probe(bank), "scope").text
    assert ("OLD" in text) is not bank.cloud
