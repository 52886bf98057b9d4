"""The page that tells an administrator how to set up Jira: its settings load, its commands do what it says they do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmo_sync.sandbox import Flavour, Sandbox
from tests.faults import jira_plant as plant
from tests.faults.command_line import Clock, for_jira

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "set-up-jira.md"
TEXT = PAGE.read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one block of the page in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


def settings(tracker: Sandbox, login: str) -> str:
    """The page's own pmo.yaml for a plant, which has none of the page's fields but the one for health."""
    text = block("yaml").replace("https://bank.atlassian.net", tracker.url).replace("pmo-bot@example.org", login)
    text = text.replace("(PAY, ONB, DAT)", "(BNK, ONB)")
    text = re.sub(r"^    fields: .*\n", "", text, flags=re.MULTILINE).replace(", progress: PMO progress", "")
    return text if tracker.flavour is Flavour.CLOUD else text.replace("jira-cloud", "jira-dc")


@pytest.fixture(params=list(Flavour), ids=lambda flavour: flavour.name.lower())
def tracker(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(request.param, now=Clock().now) as one:
        plant.build(one)
        yield one


def test_the_commands_of_the_page(
    tracker: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pmo.yaml").write_text(settings(tracker, tracker.writer.login), encoding="utf-8")
    people, ours = plant.human_labels(tracker), plant.our_labels(tracker)
    with for_jira(monkeypatch, capsys, Clock(), tracker) as run:
        commands = block("sh").splitlines()
        said = {words: run(tmp_path, *words.split()[1:]) for words in commands}
        assert list(said) == [f"pmo-sync {word}" for word in ("doctor", "pull", "check", "plan", "sync")]
        codes = {words.split()[1]: ran.code for words, ran in said.items() if ran.code}
        assert codes == {"check": 1, "sync": 5}, str(said["pmo-sync sync"])
        assert "first-run" in said["pmo-sync sync"].err
        assert tracker.writes == []
        (digest,) = set(re.findall(r"--allow (sha256:[0-9a-f]+)", said["pmo-sync sync"].err))
        assert run(tmp_path, "plan", "-o", str(tmp_path / "plan.json")).code == 0
        applied = run(tmp_path, "apply", str(tmp_path / "plan.json"), "--allow", digest)
        assert applied.code == 0, str(applied)
    assert plant.healths(tracker) == plant.wanted_healths(tracker)
    assert "edits send no mail (2 projects)" in said["pmo-sync doctor"].out
    assert plant.our_labels(tracker) == ours  # the first run previews
    assert plant.human_labels(tracker) == people
    assert tracker.mails == {}


def test_a_reader_is_told_what_it_lacks_and_ends_with_4(
    tracker: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = settings(tracker, tracker.reader.login).replace("first_run: preview", "first_run: apply")
    (tmp_path / "pmo.yaml").write_text(text, encoding="utf-8")
    with for_jira(monkeypatch, capsys, Clock(), tracker, token=tracker.reader.token) as run:
        told = run(tmp_path, "doctor")
        assert told.code == 4, str(told)
        for words in ("Edit Issues", "Link Issues", "missing in 2 of 2 projects: BNK, ONB", "permission scheme"):
            assert words in told.out
        assert run(tmp_path, "pull").code == 0
        refused = run(tmp_path, "sync")
        assert refused.code == 4, str(refused)
        assert "Edit Issues" in refused.out + refused.err
    assert tracker.writes == []


def test_switched_off_nothing_more_is_written(
    tracker: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = settings(tracker, tracker.writer.login).replace("first_run: preview", "first_run: apply")
    (tmp_path / "pmo.yaml").write_text(text.replace("standards: {", BRAKES + "standards: {"), encoding="utf-8")
    with for_jira(monkeypatch, capsys, Clock(), tracker) as run:
        first = run(tmp_path, "sync")
        assert first.code == 0, str(first)
        written, stands = len(tracker.writes), plant.our_labels(tracker)
        assert written > 0
        off = (tmp_path / "pmo.yaml").read_text(encoding="utf-8")
        off = off.replace("labels: true", "labels: false").replace("link: true", "link: false")
        (tmp_path / "pmo.yaml").write_text(off.replace("{health: PMO health}", "{}"), encoding="utf-8")
        assert run(tmp_path, "sync").code == 0
    assert len(tracker.writes) == written
    assert plant.our_labels(tracker) == stands


BRAKES = "guards: {max_changes: 100%, max_new_per_standard: 1000, max_mails: 10000}\n"
