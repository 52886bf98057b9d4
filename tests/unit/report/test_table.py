import json

import pytest

from pmo_sync.report.formats import Format
from pmo_sync.report.style import Style
from pmo_sync.report.table import Table, render

TABLE = Table(
    "runs",
    ("run", "exit_code", "good", "note", "levels"),
    (
        ("r1", 0, True, None, ("item", "project")),
        ("r2\x1b[2J", 5, False, None, ()),
    ),
)


def test_a_person_reads_aligned_columns_without_empty_ones() -> None:
    assert render(TABLE, Format.TABLE, Style()) == (
        "run    exit code  good  levels\nr1     0          yes   item, project\nr2[2J  5          no\n"
    )


def test_a_pipe_gets_every_field_between_tabs() -> None:
    assert render(TABLE, Format.LINES, Style()) == "r1\t0\tyes\t\titem, project\nr2[2J\t5\tno\t\t\n"


def test_machines_get_types() -> None:
    document = json.loads(render(TABLE, Format.JSON, Style()))
    assert document["schema_version"] == 1
    assert document["runs"][0] == {
        "run": "r1",
        "exit_code": 0,
        "good": True,
        "note": None,
        "levels": ["item", "project"],
    }
    assert len(render(TABLE, Format.JSONL, Style()).splitlines()) == 2
    assert render(TABLE, Format.CSV, Style()).splitlines()[1] == '"r1",0,"yes",,"item, project"'
    assert render(TABLE, Format.MARKDOWN, Style()).splitlines()[2] == "| r1 | 0 | yes |  | item, project |"


@pytest.mark.parametrize("form", list(Format))
def test_no_format_lets_a_control_character_through(form: Format) -> None:
    assert "\x1b" not in render(TABLE, form, Style())


def test_an_empty_table_has_its_headings() -> None:
    assert render(Table("runs", ("run",), ()), Format.TABLE, Style()) == "run\n"


def test_a_wide_cell_is_cut_for_people_only() -> None:
    wide = Table("t", ("text",), (("x" * 200,),))
    assert len(render(wide, Format.TABLE, Style()).splitlines()[1]) == 72
    assert "x" * 200 in render(wide, Format.CSV, Style())
