from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from pmo_sync.errors import UsageError
from pmo_sync.model.past import Approval
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.settings.approve import approve
from pmo_sync.settings.folder import Project, load

Loaded = Callable[..., Project]

DAY = date(2026, 11, 21)
NEW = Approval("HYG-08", "sha256:ab12", "head of PMO", DAY)
LINE = '{standard: HYG-08, fingerprint: "sha256:ab12", by: "head of PMO", on: 2026-11-21}'
OLD = "{standard: OLD-1, fingerprint: 'sha256:01', by: ann, on: 2026-01-02}"
BLOCK = "  - standard: OLD-1\n    fingerprint: sha256:01\n    on: 2026-01-02\n    "


def say_yes(project: Project) -> bool:
    return approve(project, NEW.standard, NEW.fingerprint, NEW.by, NEW.on)


def test_a_missing_file_is_made(loaded: Loaded) -> None:
    project = loaded("version: 1\n")
    assert say_yes(project)
    assert (project.folder / "approvals.yaml").read_text() == f"approvals:\n  - {LINE}\n"
    assert load(project.folder).approvals == (NEW,)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"approvals:\n  - {LINE}\n"),
        ("# said by the board\n", f"# said by the board\napprovals:\n  - {LINE}\n"),
        ("# no line end", f"# no line end\napprovals:\n  - {LINE}\n"),
        ("approvals:\n", f"approvals:\n  - {LINE}\n"),
        ("approvals: null # none\n# end\n", f"approvals: # none\n  - {LINE}\n# end\n"),
        ("approvals: []\n", f"approvals: [{LINE}]\n"),
        ("approvals: [ ] # none yet ]\n", f"approvals: [{LINE}] # none yet ]\n"),
        (f"approvals: [{OLD}]\n# end\n", f"approvals: [{OLD}, {LINE}]\n# end\n"),
        (f"approvals: [\n  {OLD},\n]\n", f"approvals: [\n  {OLD}, {LINE}]\n"),
        (f"approvals:\n  - {OLD}\n", f"approvals:\n  - {OLD}\n  - {LINE}\n"),
        (f"approvals:\n- {OLD} # first\n\n# end", f"approvals:\n- {OLD} # first\n- {LINE}\n\n# end\n"),
        (f"approvals:\r\n    - {OLD}\r\n", f"approvals:\r\n    - {OLD}\r\n    - {LINE}\r\n"),
        (
            f"approvals:\n{BLOCK}by: ann  # she\n\n# end\n",
            f"approvals:\n{BLOCK}by: ann  # she\n  - {LINE}\n\n# end\n",
        ),
    ],
)
def test_the_entry_is_added_and_the_rest_of_the_text_stays(loaded: Loaded, before: str, after: str) -> None:
    project = loaded("version: 1\n", approvals=before)
    assert say_yes(project)
    assert (project.folder / "approvals.yaml").read_bytes().decode() == after
    assert load(project.folder).approvals[-1] == NEW
    assert len(load(project.folder).approvals) == len(project.approvals) + 1


def test_the_same_content_is_approved_once(loaded: Loaded) -> None:
    project = loaded("version: 1\n")
    assert say_yes(project)
    written = (project.folder / "approvals.yaml").read_bytes()
    assert not approve(project, NEW.standard, NEW.fingerprint, "somebody else", date(2027, 1, 1))
    assert (project.folder / "approvals.yaml").read_bytes() == written
    assert approve(project, NEW.standard, "sha256:cd34", NEW.by, NEW.on)
    assert len(load(project.folder).approvals) == 2


@pytest.mark.parametrize("by", ['"], x: [', "a, b: {c}", "O'Neil # the boss", "übermütig", "true", "12", "a\nb: c"])
def test_no_name_can_break_out_of_its_place(loaded: Loaded, by: str) -> None:
    project = loaded("version: 1\n")
    approve(project, "A b: [", "sha256:ab", by, DAY)
    assert load(project.folder).approvals == (Approval("A b: [", "sha256:ab", by, DAY),)


@pytest.mark.parametrize("by", ["", "  "])
def test_somebody_has_to_be_named(loaded: Loaded, by: str) -> None:
    with pytest.raises(UsageError, match="needs the name"):
        approve(loaded("version: 1\n"), "A", "sha256:ab", by, DAY)


def test_what_cannot_be_added_to_is_left_alone_and_said(loaded: Loaded) -> None:
    text = f"approvals:\n{BLOCK}by: |+\n      ann\n\n"
    project = loaded("version: 1\n", approvals=text)
    with pytest.raises(UsageError, match="cannot be changed here") as caught:
        say_yes(project)
    assert caught.value.advice == f"add by hand: - {LINE}"
    assert (project.folder / "approvals.yaml").read_text() == text


def test_a_file_that_was_broken_meanwhile_is_not_touched(loaded: Loaded) -> None:
    project = loaded("version: 1\n")
    (project.folder / "approvals.yaml").write_text("approvals: {\n")
    with pytest.raises(ConfigurationError):
        say_yes(project)
    assert (project.folder / "approvals.yaml").read_text() == "approvals: {\n"


def test_nothing_is_left_beside_the_file_and_its_permissions_stay(loaded: Loaded) -> None:
    project = loaded("version: 1\n", approvals="approvals:\n")
    path = project.folder / "approvals.yaml"
    path.chmod(0o640)
    say_yes(project)
    assert sorted(file.name for file in project.folder.iterdir()) == ["approvals.yaml", "pmo.yaml"]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_gone_is_said(loaded: Loaded, tmp_path: Path) -> None:
    project = loaded("version: 1\napprovals: gone/approvals.yaml\n")
    with pytest.raises(UsageError, match=r"gone/approvals\.yaml cannot be written"):
        say_yes(project)
    assert not (tmp_path / "gone").exists()


def test_two_who_say_yes_at_once_are_both_recorded(loaded: Loaded) -> None:
    project = loaded("version: 1\n")
    started = threading.Barrier(8)

    def one(number: int) -> bool:
        started.wait()
        return approve(project, f"ABC-{number}", "sha256:01", "ann", DAY)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(one, range(8)))
    assert {found.standard for found in load(project.folder).approvals} == {f"ABC-{number}" for number in range(8)}
