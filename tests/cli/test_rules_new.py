"""`rules new`: what it writes loads and holds, stands beside what people wrote, and replaces nothing."""

import json
from pathlib import Path

import pytest

from pmo_sync.cli.rules_new import LEVELS
from tests.cli.conftest import Run


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("title", [None, 'A: "q" # {x} %s \\ ü', "- no", "'"])
def test_it_loads_and_its_cases_hold(pmo: Run, level: str, title: str | None) -> None:
    before = len(json.loads(pmo("rules", "list", "--format", "json").stdout)["standards"])
    named = [] if title is None else ["--title", title]
    made = pmo("rules", "new", "NEW-1", "--level", level, *named)
    assert made.returncode == 0, made.stderr
    tested = json.loads(pmo("rules", "test", "NEW-1", "--format", "json").stdout)["cases"]
    assert [case["got"] for case in tested] == ["pass", "fail", "n/a", "unknown"]
    assert all(case["passed"] for case in tested)
    assert pmo("rules", "test").returncode == 0
    listed = json.loads(pmo("rules", "list", "--format", "json").stdout)["standards"]
    assert len(listed) == before + 1
    if title is not None:
        assert listed[-1]["title"] == title
    assert pmo("check", "--fail-on", "never").returncode == 0


@pytest.mark.parametrize("id_", ["true", "null", "1e5", "12", "NO"])
def test_an_id_that_looks_like_something_else_stays_a_text(pmo: Run, id_: str) -> None:
    made = pmo("rules", "new", id_)
    assert made.returncode == 0, made.stderr
    assert pmo("rules", "test", id_).returncode == 0


def test_what_a_person_wrote_stays_letter_by_letter(pmo: Run, folder: Path) -> None:
    file = folder / "standards" / "delivery.yaml"
    text = file.read_text() + "# the end, by hand\n"
    file.write_text(text)
    said = pmo("rules", "new", "OWN-7", "--into", "standards/delivery.yaml")
    assert said.returncode == 0, said.stderr
    after = file.read_text()
    assert any(after.startswith(text[:at]) and after.endswith(text[at:]) for at in range(len(text) + 1))
    assert "\n\n  - id: OWN-7\n" in after
    assert "rules diff OWN-7" in said.stderr
    line = int(said.stdout.split(":")[1])
    assert file.read_text().splitlines()[line - 1].strip() == "- id: OWN-7"


@pytest.mark.parametrize(
    ("before", "lines_end"),
    [("", "\n"), ("standards:\n", "\n"), ("# a word\nstandards: []\n", "\n"), ("standards:\r\n", "\r\n")],
)
def test_files_as_people_leave_them(pmo: Run, folder: Path, before: str, lines_end: str) -> None:
    file = folder / "standards" / "mine.yaml"
    file.write_bytes(before.encode())
    assert pmo("rules", "new", "MY-1", "--into", "standards/mine.yaml").returncode == 0
    assert pmo("rules", "new", "MY-2").stdout.startswith("standards/mine.yaml:")
    assert file.read_bytes().count(lines_end.encode()) == file.read_bytes().count(b"\n")
    assert pmo("rules", "test", "MY-1", "MY-2").returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("HYG-08",), "in pack `core`"),
        (("OWN-1",), "standards/delivery.yaml:"),
        (("no id",), "is no id of a standard"),
        (("X-1", "--into", "pmo.yaml"), "not a file of standards"),
        (("X-1", "--into", "standards/x.txt"), "end it with .yaml"),
        (("X-1", "--title", "a\x1b[31mb"), "control character"),
        (("X-1", "--into", "standards/flow.yaml"), "cannot be changed here"),
        (("X-1", "--into", "standards/broken.yaml"), "not YAML"),
    ],
)
def test_what_is_refused_changes_nothing(pmo: Run, folder: Path, words: tuple[str, ...], told: str) -> None:
    first = "standards:\n  - {id: OWN-1, title: T, level: item, severity: minor, require: {due: present}}\n"
    delivery = folder / "standards" / "delivery.yaml"
    delivery.write_text(delivery.read_text() + first.partition("\n")[2])
    (folder / "pmo.yaml").write_text((folder / "pmo.yaml").read_text().replace("standards/*", "standards/deliver*"))
    (folder / "standards" / "flow.yaml").write_text("standards: [{id: A-1}]\n")
    (folder / "standards" / "broken.yaml").write_text("standards: [\n")
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    said = pmo("rules", "new", *words)
    assert said.returncode == 2
    assert told in said.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml")} == before


def test_a_file_that_nothing_reads_yet_is_told(pmo: Run) -> None:
    said = pmo("rules", "new", "X-1", "--into", "elsewhere/x.yaml")
    assert said.returncode == 0
    assert "pmo.yaml does not read yet" in said.stderr
    assert (
        json.loads(pmo("rules", "new", "X-2", "--into", "elsewhere/x.yaml", "--format", "json").stdout)["loaded"]
        is False
    )


def test_on_a_terminal_it_asks_and_with_no_input_it_does_not(pmo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["Projects have a sponsor", "project"])
    asked: list[str] = []

    def prompt(text: str, **_: object) -> str:
        asked.append(text)
        return next(answers)

    monkeypatch.setattr("pmo_sync.cli.rules_new.is_terminal", lambda _: True)
    monkeypatch.setattr("click.prompt", prompt)
    assert pmo("rules", "new", "ASK-1").returncode == 0
    assert len(asked) == 2
    assert pmo("rules", "new", "ASK-2", "--no-input").returncode == 0
    assert len(asked) == 2
    listed = json.loads(pmo("rules", "list", "--format", "json").stdout)["standards"]
    assert (listed[-2]["title"], listed[-2]["level"]) == ("Projects have a sponsor", ["project"])


@pytest.mark.parametrize("way", ["../beside.yaml", "/{parent}/beside.yaml", "link/beside.yaml"])
def test_no_file_outside_the_folder_is_written_that_it_does_not_read(pmo: Run, folder: Path, way: str) -> None:
    (folder / "link").symlink_to(folder.parent)
    name = way.format(parent=folder.parent)
    done = pmo("rules", "new", "NEW-1", "--into", name)
    assert done.returncode == 2
    assert "outside the project folder" in done.stderr
    assert not (folder.parent / "beside.yaml").exists()
    settings = folder / "pmo.yaml"
    settings.write_text(settings.read_text().replace("files: [", f"files: [{name}, "))
    (folder.parent / "beside.yaml").write_text("standards: []\n")
    assert pmo("rules", "new", "NEW-1", "--into", name).returncode == 0
    assert pmo("rules", "test", "NEW-1").returncode == 0
