"""Each exit code provoked, by the commands themselves; and readers that leave early."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
TODAY = "2026-11-23"

REDMINE = """\
version: 1
trackers:
  bank: {{kind: redmine, url: "http://127.0.0.1:{port}", token: "${{BANK_TOKEN}}"}}
standards: {{packs: [], files: [standards/*.yaml]}}
"""


def break_snapshot(folder: Path) -> None:
    """Makes the kept snapshot one that was not read whole."""
    (manifest,) = folder.glob(".pmo-sync/**/manifest.json")
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content |= {"complete": False, "problems": ["project Cards: the server did not answer"]}
    manifest.write_text(json.dumps(content), encoding="utf-8")


@contextmanager
def server(answer: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answer)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield listening.server_address[1]
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_findings_from_the_threshold_up(pmo: Run) -> None:
    expected = {"info": 1, "minor": 1, "major": 1, "critical": 1, "never": 0}
    pmo("pull")
    for threshold, code in expected.items():
        assert pmo("check", "--offline", "--status-date", TODAY, "--fail-on", threshold).returncode == code
    assert pmo("check", "ONB-2", "--offline", "--status-date", TODAY).returncode == 0
    assert pmo("check", "ONB-1", "--offline", "--status-date", TODAY, "--fail-on", "info").returncode == 0, "waived"
    assert pmo("check", "ONB-1", "--offline", "--status-date", "2026-11-27").returncode == 0, "minor again, major asked"
    late = pmo("check", "ONB-1", "--offline", "--status-date", "2026-11-27", "--fail-on", "minor")
    assert late.returncode == 1, "the waiver has expired"


def test_plan_and_sync_do_not_fail_because_a_project_is_late(pmo: Run) -> None:
    assert pmo("plan", "--status-date", TODAY).returncode == 0
    assert pmo("plan", "--offline", "--status-date", TODAY, "--fail-on", "major").returncode in {0, 1, 2}
    assert pmo("sync", "--status-date", TODAY).returncode == 0
    assert pmo("sync", "--status-date", TODAY, "--fail-on", "major").returncode == 1


@pytest.mark.parametrize(("name", "near"), [("progres", "`progress`"), ("due-01", "`DUE-01`")])
def test_explain_knows_the_nearest_standard_or_figure(pmo: Run, name: str, near: str) -> None:
    done = pmo("explain", name, "--node", "Digital Bank")
    assert done.returncode == 2
    assert f"did you mean {near}" in done.stderr


def test_a_wrong_configuration_is_2_and_shows_the_place(pmo: Run, folder: Path) -> None:
    settings = folder / "pmo.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("currency", "curency"), encoding="utf-8")
    done = pmo("check", "--format", "json")
    assert done.returncode == 2
    assert "--> pmo.yaml:2:1" in done.stderr
    assert "^^^^^^^ did you mean `currency`?" in done.stderr
    (error,) = json.loads(done.stdout)["errors"]
    assert (error["code"], error["file"], error["line"], error["column"]) == ("unknown-key", "pmo.yaml", 2, 1)
    assert not (folder / ".pmo-sync").exists()


@pytest.mark.parametrize("command", ["check", "plan", "sync", "pull", "doctor"])
def test_a_folder_without_trackers_is_not_clean(pmo: Run, folder: Path, command: str) -> None:
    (folder / "waivers.yaml").unlink()
    (folder / "pmo.yaml").write_text("version: 1\ntrackers: {}\n", encoding="utf-8")
    done = pmo(command)
    assert done.returncode == 2
    assert "pmo.yaml names no tracker" in done.stderr
    assert pmo("rules", "validate").returncode == 0


def test_a_mistake_is_json_for_machines_and_one_line_of_it_for_lines(pmo: Run, folder: Path) -> None:
    (folder / "pmo.yaml").write_text("version: 1\ntreckers: {}\nmode: zz\n", encoding="utf-8")
    document = json.loads(pmo("check", "--format", "json").stdout)
    said = pmo("check", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in said] == [one | {"exit_code": 2} for one in document["errors"]]
    assert len(said) > 1


def test_what_was_not_read_whole_is_3_and_outranks_findings(pmo: Run, folder: Path) -> None:
    pmo("pull")
    break_snapshot(folder)
    done = pmo("check", "--offline", "--status-date", TODAY)
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1].startswith("INCOMPLETE: bank not read whole (project Cards: the server")
    table = pmo("check", "--offline", "--status-date", TODAY, "--format", "table")
    assert table.stdout.splitlines()[-1].startswith("INCOMPLETE:")
    document = json.loads(pmo("check", "--offline", "--status-date", TODAY, "--format", "json").stdout)
    assert document["complete"] is False
    assert pmo("plan", "--offline", "--status-date", TODAY).returncode == 3


def test_a_tracker_that_refuses_us_is_4(pmo: Run, folder: Path) -> None:
    with server(Refusing) as port:
        (folder / "pmo.yaml").write_text(REDMINE.format(port=port), encoding="utf-8")
        done = pmo("check", BANK_TOKEN="wrong-key-7")
    assert done.returncode == 4
    assert done.stderr.startswith("error[access]")
    assert "wrong-key-7" not in done.stderr + done.stdout


def test_a_secret_that_is_not_there_is_2_and_named(pmo: Run, folder: Path) -> None:
    (folder / "pmo.yaml").write_text(REDMINE.format(port=9), encoding="utf-8")
    done = pmo("check")
    assert done.returncode == 2
    assert "BANK_TOKEN" in done.stderr


def test_a_stale_plan_is_5_and_tells_what_moved(pmo: Run, folder: Path) -> None:
    items = folder / "items.jsonl"
    pmo("plan", "--status-date", TODAY, "-o", "plan.json")
    lines = items.read_text(encoding="utf-8").splitlines(keepends=True)
    items.write_text("".join(lines[1:]), encoding="utf-8")
    done = pmo("apply", "plan.json")
    assert done.returncode == 5
    assert done.stderr.startswith("error[stale-plan]: 1 of 3 targets changed after the plan was made; nothing was")
    assert "\n  PAY-1  " in done.stderr
    assert "pmo-sync apply plan.json --skip-stale" in done.stderr
    assert not (folder / "items.marks.csv").exists()
    rest = json.loads(pmo("apply", "plan.json", "--skip-stale", "--format", "json").stdout)
    assert rest["totals"] == {"written": 4, "unchanged": 0, "stale": 2, "refused": 0, "failed": 0}


def test_another_digest_or_a_changed_plan_is_refused(pmo: Run, folder: Path) -> None:
    assert pmo("plan", "--status-date", TODAY, "-o", "plan.json").returncode == 0
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    wrong = pmo("apply", "plan.json", "--allow", "sha256:0000")
    assert wrong.returncode == 5
    assert "sha256:0000" in wrong.stderr
    plan["changes"][0]["label"] = "pmo-other"
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    changed = pmo("apply", "plan.json")
    assert changed.returncode == 2
    assert "changed after the plan was made" in changed.stderr


def test_a_plan_that_is_allowed_tells_which_standards_may_flag_from_now_on(pmo: Run, folder: Path) -> None:
    settings = folder / "pmo.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("first_run: apply", "first_run: preview"), "utf-8")
    pmo("plan", "--status-date", TODAY, "-o", "plan.json")
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    held = {one for mark in plan["held"] if mark["reason"] == "preview" for one in mark["because"]}
    assert held
    done = pmo("apply", "plan.json", "--allow", plan["digest"])
    assert done.returncode == 0
    recorded = (folder / "approvals.yaml").read_text(encoding="utf-8")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("approved by --allow: ")]
    assert set(line.removeprefix("approved by --allow: ").split(" (")[0].split(", ")) == held
    assert all(f"standard: {one}," in recorded for one in held)
    assert "approved by" not in pmo("apply", "plan.json", "--allow", plan["digest"]).stderr


def test_a_saved_plan_is_applied_once_and_then_stands(pmo: Run, folder: Path) -> None:
    pmo("plan", "--status-date", TODAY, "-o", "plan.json")
    changes = len(json.loads((folder / "plan.json").read_text(encoding="utf-8"))["changes"])
    first = json.loads(pmo("apply", "plan.json", "--format", "json").stdout)
    assert first["totals"]["written"] == changes == len(first["outcomes"])
    assert sum(first["totals"].values()) == changes
    assert pmo("apply", "plan.json").returncode == 0
    again = pmo("plan", "--status-date", TODAY)
    assert again.stdout.startswith("Plan: no changes")
    assert pmo("runs").stdout.count("\n") == 2


@pytest.fixture
def hangs_up() -> Iterator[None]:
    """A hang-up is heard by what is started, also where the tests themselves run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangs_up")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_interrupted_run_ends_with_130_and_one_sentence(folder: Path, number: signal.Signals) -> None:
    reached, leave = threading.Event(), threading.Event()

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reached.set()
            leave.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    with server(Silent) as port:
        (folder / "pmo.yaml").write_text(REDMINE.format(port=port), encoding="utf-8")
        running = subprocess.Popen(
            [sys.executable, "-m", "pmo_sync", "check"],
            cwd=folder,
            env=os.environ | {"BANK_TOKEN": "key"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert reached.wait(60)
        running.send_signal(number)
        _, said = running.communicate(timeout=60)
        leave.set()
    assert running.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "words", [("check", "--status-date", TODAY), ("check", "--format", "json"), ("config", "show"), ("--help",)]
)
def test_a_reader_that_leaves_early_is_no_error(folder: Path, words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pmo_sync", *words],
            cwd=folder,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == (1 if words[0] == "check" else 0), done.stderr
    assert "rror" not in done.stderr.replace("1 critical", "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("closed", "code"), [(">&-", 1), ("2>&-", 1), (">&- 2>&-", 1), ("<&-", 1)])
def test_a_stream_that_was_never_open_is_no_error(folder: Path, closed: str, code: int) -> None:
    command = f"{sys.executable} -m pmo_sync check --status-date {TODAY} {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "error" not in done.stderr


def test_an_answer_that_does_not_fit_is_2_and_one_sentence(folder: Path) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("this computer has no /dev/full")
    command = f"{sys.executable} -m pmo_sync check --status-date {TODAY} > /dev/full"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[usage]: the answer cannot be written to standard output: No space left")


def test_head_takes_one_line(folder: Path) -> None:
    command = f"set -o pipefail; {sys.executable} -m pmo_sync check -q --status-date {TODAY} | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout == "waived\tDUE-01\tONB-1\tONB-1 was due 2026-11-20\n"
    assert done.stderr == ""
    assert done.returncode == 1


def test_the_answer_can_go_into_a_file(pmo: Run, folder: Path) -> None:
    done = pmo("check", "--status-date", TODAY, "-o", "findings.csv")
    assert done.stdout == ""
    assert "1 critical" in done.stderr
    assert (folder / "findings.csv").read_text(encoding="utf-8").startswith('"severity"')
    quiet = pmo("check", "--status-date", TODAY, "-o", "findings.json", "-q")
    assert quiet.stdout == quiet.stderr == ""
    assert json.loads((folder / "findings.json").read_text(encoding="utf-8"))["schema_version"] == 1


def test_what_was_pulled_can_be_taken_away_and_judged_again(pmo: Run, folder: Path) -> None:
    assert pmo("pull", "-o", "away.jsonl").returncode == 0
    direct = json.loads(pmo("check", "--offline", "--format", "json", "--status-date", TODAY).stdout)
    standards = ("--standards", "standards/delivery.yaml")
    away = pmo("check", "--from", "away.jsonl", *standards, "--format", "json", "--status-date", TODAY)
    found = json.loads(away.stdout)
    keys = [(each["standard"], each["key"], each["severity"]) for each in found["findings"]]
    assert sorted(keys) == sorted((each["standard"], each["key"], each["severity"]) for each in direct["findings"])
    figures = [node["figures"]["progress"] for node in found["nodes"]]
    assert figures == [node["figures"]["progress"] for node in direct["nodes"]]
    assert (folder / "away.jsonl").read_text(encoding="utf-8").count("\n") == 6


def test_scheduled_runs_log_json_lines_with_their_run(pmo: Run) -> None:
    done = pmo("sync", "--status-date", TODAY, "--log-format", "json")
    assert done.stdout == ""
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"pulled", "checked", "planned", "applied", "finished"} <= {event["event"] for event in events}
    runs = {event["run_id"] for event in events if event["event"] != "progress"}
    assert len(runs) == 1
    assert events[-1] | {"at": ""} == {"at": "", "event": "finished", "run_id": runs.pop(), "exit_code": 0}
    error = pmo("sync", "--tracker", "nope", "--log-format", "json")
    assert json.loads(error.stderr)["exit_code"] == error.returncode == 2
