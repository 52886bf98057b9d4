"""`pmo-sync demo` and `sandbox serve` as processes: what they print, keep, refuse, and how they stop."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from pmo_sync.sandbox import Flavour, Sandbox

DAY: Final = ("--status-date", "2026-11-23")
URL: Final = re.compile(r"http://127\.0\.0\.1:\d+")


def run(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One command, ended by itself."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
    command = [sys.executable, "-m", "pmo_sync", *map(str, words)]
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True, timeout=120, env=environment)
    assert "Traceback" not in done.stdout + done.stderr
    return done


@contextmanager
def serving(*words: str | Path, until: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that goes on until it is stopped, and what it printed up to a word."""
    command = [sys.executable, "-u", "-m", "pmo_sync", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        try:
            while until not in said:
                line = process.stdout.readline()
                assert line, f"it ended: {said} {process.stderr.read() if process.stderr else ''}"
                said += line
            yield process, said
        finally:
            process.kill() if process.poll() is None else None


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ctrl-C; its exit code and what it still said on stderr."""
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "Traceback" not in errors
    return process.returncode, errors


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - loopback
        return str(answer.read().decode())


def ask(url: str, authorization: str, *, method: str = "GET", body: object = None) -> Any:
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        text = answer.read()
    return json.loads(text) if text else None


def basic(login: str, token: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{token}".encode()).decode()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder after the first `demo --once`, and its numbers."""
    folder = tmp_path_factory.mktemp("demo") / "bank"
    done = run("demo", "--once", "--into", folder, *DAY, "--format", "json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_the_whole_loop_runs_and_the_second_time_writes_nothing(played: tuple[Path, dict[str, Any]]) -> None:
    _, told = played
    assert (told["items"], told["projects"], told["programmes"], told["complete"]) == (247, 9, 3, True)
    assert (told["again"], told["held"]) == (0, 1)
    assert told["written"]["labels"] >= 20
    assert told["written"]["links"] >= 10
    assert told["written"]["fields"] >= 15
    assert told["summary"]["fail"]["critical"] == 6
    assert told["status_date"] == "2026-11-23"


def test_what_it_claims_to_have_written_stands_in_the_tracker(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    with Sandbox(Flavour.CLOUD, state=folder / ".pmo-sync" / "tracker.db") as tracker:
        keys = [issue.key for issue in tracker.store.issues.values()]
        flagged = [key for key in keys if "pmo-action" in tracker.issue(key).labels]
        labels = sum(label.startswith("pmo-") for key in keys for label in tracker.issue(key).labels)
        links = [link for key in keys for link in tracker.issue(key).remote_links]
        look = tracker.issue(str(told["look"]).rpartition("/")[2])
        assert not tracker.mails
        assert tracker.issue("PAY-21").labels == ("pmo-board",)  # a person's, whatever it begins with
    assert (labels - 1, len(links)) == (told["written"]["labels"], told["written"]["links"])
    assert look.key in flagged
    assert look.remote_links


def test_the_token_is_in_a_file_of_its_own_and_nowhere_else(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    file = folder / ".pmo-sync" / "demo-token"
    token = file.read_text("utf-8").strip()
    assert len(token) > 20
    assert file.stat().st_mode & 0o777 == 0o600
    texts = [path.read_text("utf-8") for path in folder.glob("**/*.yaml")]
    assert not [text for text in [*texts, json.dumps(told)] if token in text]


def test_a_second_demo_keeps_what_a_person_did(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    settings, standards = folder / "pmo.yaml", folder / "standards" / "delivery.yaml"
    settings.write_text(settings.read_text("utf-8") + "# my own note\n", encoding="utf-8")
    standards.write_text(standards.read_text("utf-8").replace("fail_above: 10%", "fail_above: 5%"), encoding="utf-8")
    before = settings.read_text("utf-8").splitlines(), standards.read_text("utf-8")
    key = str(told["look"]).rpartition("/")[2]
    with Sandbox(Flavour.CLOUD, state=folder / ".pmo-sync" / "tracker.db") as tracker:
        tracker.person(tracker.reader.login).label(key, remove=["pmo-action"])
    with socket.socket() as taken:  # so that it cannot have its old port
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(str(told["url"]).rpartition(":")[2])))
        taken.listen()
        done = run("demo", "--once", "--into", folder, *DAY)
    assert done.returncode == 0, done.stderr
    assert "is kept as you left it" in done.stdout
    assert "pmo.yaml names its new port" in done.stdout
    panels = told["written"]["links"]  # each leads to the tracker's search, which has another address now
    assert f"Wrote    0 labels, {panels} panels, 0 fields" in done.stdout
    assert "Held     2 values that a person set stay as they are (" in done.stdout
    assert "plan lists them)" in done.stdout
    assert "Again    0 changes, safe to repeat" in done.stdout
    lines = settings.read_text("utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before[0], lines, strict=True) if old != new]
    assert [URL.sub("", old) for old, _ in changed] == [URL.sub("", new) for _, new in changed]
    assert len(changed) == 1
    assert standards.read_text("utf-8") == before[1]


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("demo", "--once", "--into", tmp_path / "new", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "cannot listen" in done.stderr
    assert "another program uses that port" in done.stderr
    assert "Errno" not in done.stderr


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text("version: 1\n", encoding="utf-8")
    done = run("demo", "--once", "--into", tmp_path)
    assert done.returncode == 2
    assert "not the demo's" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pmo.yaml"]


def test_a_file_that_the_demo_would_replace_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "waivers.yaml").write_text("waivers: []\n", encoding="utf-8")
    done = run("demo", "--once", "--into", tmp_path)
    assert done.returncode == 2
    assert "waivers.yaml" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["waivers.yaml"]


def test_a_place_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run("demo", "--once", "--into", tmp_path / "file" / "below")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_it_serves_until_ctrl_c_and_an_edit_takes_the_flags_away(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    with serving("demo", "--into", folder, *DAY, until="Ctrl-C stops") as (process, said):
        found = URL.search(said)
        assert found is not None
        page = f"{found[0]}/browse/PAY-13"
        before = read(page)
        assert "pmo-overdue</a>" in before
        assert 'class="panel"' in before
        other = run("demo", "--once", "--into", folder)
        assert (other.returncode, "runs in" in other.stderr) == (5, True)
        token = (folder / ".pmo-sync" / "demo-token").read_text("utf-8").strip()
        due = {"fields": {"duedate": "2026-12-23"}}
        edit = f"{found[0]}/rest/api/3/issue/PAY-13"
        ask(edit, basic("pmo-writer@example.org", token), method="PUT", body=due)
        assert f"-d '{json.dumps(due)}' {edit}" in said  # the very command that it prints
        synced = run("sync", "-C", folder, *DAY)
        assert synced.returncode == 0, synced.stderr
        after = read(page)
        assert "pmo-overdue</a>" not in after
        assert 'class="panel resolved"' in after
        code, errors = stop(process)
    assert (code, "Stopped." in errors) == (0, True)
    assert "explain HYG-09 --item PAY-13" in said
    later = run("demo", "--once", "--into", folder, *DAY).stdout  # PAY-13 is mended: an example that fails is shown
    shown = re.search(r"explain (\S+) --item (\S+)", later)
    assert shown is not None
    assert shown[2] != "PAY-13"
    assert "verdict     fail" in run("explain", shown[1], "--item", shown[2], "-C", folder, *DAY).stdout


def test_ctrl_c_in_the_middle_says_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    with serving("demo", "--once", "--into", folder, *DAY, until="\n") as (process, _):
        code, errors = stop(process)
    assert code == 130
    assert "interrupted" in errors
    again = run("demo", "--once", "--into", folder, *DAY, "--format", "json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["again"] == 0


@pytest.mark.parametrize(("flavour", "kind"), [("cloud", "jira-cloud"), ("data-center", "jira-dc")])
def test_the_sandbox_alone_prints_who_may_come_in(tmp_path: Path, flavour: str, kind: str) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text(
        '{"id": "1", "key": "PAY-1", "project": "Pay", "title": "Vault", "labels": ["x"], "history": {"due": []}}\n'
        '{"id": "2", "key": "PAY-2", "project": "Pay", "title": "Safe", "description": "one\u2028two"}\r\n'
        '{"tracker_project": "Pay"}\n{"sprint": "7", "project": "Pay", "name": "Seven"}\n',
        "utf-8-sig",
    )
    words = ("sandbox", "serve", "--flavour", flavour, "--load", items, "--chaos", "latency=1ms", "--index-lag", "0s")
    with serving(*words, until="write:") as (process, said):
        found = URL.search(said)
        assert found is not None
        login, token = re.findall(r"writer\s+(\S+)\s+(\S+)", said)[0]
        cloud = kind == "jira-cloud"
        authorization = basic(login, token) if cloud else f"Bearer {token}"
        version = "3" if cloud else "2"
        assert ask(f"{found[0]}/rest/api/{version}/myself", authorization)["displayName"]
        issue = ask(f"{found[0]}/rest/api/{version}/issue/PAY-1", authorization)
        assert (issue["fields"]["summary"], issue["fields"]["labels"]) == ("Vault", ["x"])
        assert f"kind: {kind}" in said
        assert stop(process)[0] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--chaos", "429=often"), "no share"),
        (("--chaos", "coffee=0.1"), "no fault"),
        (("--index-lag", "soon"), "Write a number and its unit: 80ms or 2s."),
        (("--load", "broken.jsonl"), "broken.jsonl is no items.jsonl: its line 2 holds no item"),
        (("--load", "other.jsonl"), "other.jsonl is no items.jsonl: its line 1 holds no item"),
        (("--load", "picture.jsonl"), "picture.jsonl is no items.jsonl: its line 1 holds no item"),
        (("--load", "wrong.jsonl"), "wrong type"),
    ],
)
def test_a_mistake_on_the_command_line_is_a_sentence(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    (tmp_path / "broken.jsonl").write_text('{"id": "1"}\n{', "utf-8")
    (tmp_path / "picture.jsonl").write_bytes(b"\x89PNG\xff")
    (tmp_path / "other.jsonl").write_text("[1]\n", "utf-8")
    (tmp_path / "wrong.jsonl").write_text('{"id": "1", "key": "PAY-1", "due": "soon"}\n', "utf-8")
    done = run("sandbox", "serve", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Expecting" not in done.stderr
