"""What a person meets before any work is done: help, version, wrong words; and what is not imported for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pmo_sync import __version__
from pmo_sync.__main__ import few_arenas
from pmo_sync.cli import exit_codes
from pmo_sync.cli.config import COMMANDS as CONFIG
from pmo_sync.cli.lazy import LazyGroup
from pmo_sync.cli.root import COMMANDS, command
from pmo_sync.cli.rules import COMMANDS as RULES

HEAVY = {
    "jira",
    "redminelib",
    "requests",
    "pydantic",
    "polars",
    "numpy",
    "msgspec",
    "sqlalchemy",
    "alembic",
    "rich",
    "yaml",
    "jinja2",
    "xlsxwriter",
}
CLIENTS = {"redminelib", "requests", "jira"}


def run(*arguments: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pmo_sync", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | environment,
        check=False,
    )


def imported(*arguments: str, folder: Path | None = None) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pmo_sync", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    names = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("rules", "--help"), ("config", "--help"), ("help",)])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    met = imported(*words)
    assert "click" in met
    assert not met & HEAVY


def test_help_of_a_command_imports_nothing_heavy() -> None:
    for name in COMMANDS:
        assert not imported(name, "--help") & HEAVY, name


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, "narenas:2"),
        ({"_RJEM_MALLOC_CONF": "dirty_decay_ms:0"}, "narenas:2,dirty_decay_ms:0"),
        ({"_RJEM_MALLOC_CONF": "narenas:8"}, "narenas:2,narenas:8"),
        ({"_RJEM_MALLOC_CONF": "dirty_decay_ms:500,narenas:2"}, "dirty_decay_ms:500,narenas:2"),
    ],
)
def test_what_the_environment_says_of_memory_counts_more(said: dict[str, str], found: str) -> None:
    few_arenas(said)
    assert said == {"_RJEM_MALLOC_CONF": found}


def test_memory_is_kept_in_two_arenas_by_the_polars_of_a_command(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('{"id": "1", "title": "One", "status": "To do"}\n', "utf-8")
    done = run("check", "--from", "items.jsonl", folder=tmp_path, _RJEM_MALLOC_CONF="stats_print:true")
    assert "narenas: 2" in done.stderr


def test_help_names_every_command_and_ends_with_0() -> None:
    done = run("--help")
    assert done.returncode == exit_codes.CLEAN
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert done.stderr == ""


def test_version() -> None:
    assert run("--version").stdout == f"pmo-sync {__version__}\n"


@pytest.mark.parametrize("commands", [COMMANDS, RULES, CONFIG], ids=["pmo-sync", "rules", "config"])
def test_the_table_of_commands_says_what_the_commands_say(commands: dict[str, tuple[str, str]]) -> None:
    group = LazyGroup(name="all", entries=commands)
    for name, (_, text) in commands.items():
        found = group.get_command(None, name)  # type: ignore[arg-type]
        assert found is not None
        assert found.name == name
        assert found.short_help == text
        assert found.help


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("chek",), "there is no command `chek`; did you mean `check`?"),
        (("rules", "aprove"), "there is no command `aprove`; did you mean `approve`?"),
        (("check", "--status-date", "23/11/2026"), "'23/11/2026' is not a date; write it as 2026-11-23"),
        (("check", "--status-date", "20261123"), "is not a date"),
        (("check", "--status-date", "2026-W47-1"), "is not a date"),
        (("check", "--status-date", "9999-12-31"), "is not within 1900 and 2199"),
        (("check", "--status-date", "0001-01-01"), "is not within 1900 and 2199"),
        (("check", "--fail-on", "eror"), "eror"),
        (("check", "--from", "no-such-file.jsonl"), "no-such-file.jsonl"),
        (("check", "--standards", __file__), "--standards goes with --from FILE"),
        (("check", "-C", "no-such-folder"), "no-such-folder"),
        (("apply",), "PLAN"),
        (("help", "bogus"), "Invalid value for 'TOPIC'"),
        (("rules", "approve", "X-1"), "--by"),
        (("--no-such-option",), "--no-such-option"),
        (("help", "nothing"), "exit-codes"),
    ],
)
def test_a_wrong_word_is_one_sentence_and_exit_2(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.returncode == exit_codes.USAGE
    assert said in done.stderr
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_without_a_command_the_help_is_shown() -> None:
    done = run()
    assert done.returncode == exit_codes.USAGE
    assert "Commands:" in done.stderr


def test_help_topics() -> None:
    done = run("help", "exit-codes")
    assert done.returncode == 0
    for code, meaning in exit_codes.MEANING.items():
        assert f"{code:>4}  {meaning}\n" in done.stdout
    assert "130, 2, 4, 5, 3, 1" in done.stdout
    assert "\\/" in run("help", "paths").stdout
    assert "--format json" in run("help", "formats").stdout


def test_the_group_lists_its_commands_in_the_order_of_the_work() -> None:
    assert list(COMMANDS)[:4] == ["demo", "pull", "check", "explain"]
    assert isinstance(command, LazyGroup)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], 0),
        ([1], 1),
        ([1, 3], 3),
        ([3, 5], 5),
        ([5, 4], 4),
        ([4, 2], 2),
        ([2, 130], 130),
        ([1, 3, 5, 4, 2, 130], 130),
        ([0, 0], 0),
    ],
)
def test_the_first_of_several_exit_codes(codes: list[int], expected: int) -> None:
    assert exit_codes.first(codes) == expected


def test_several_reasons_are_all_named() -> None:
    assert exit_codes.reasons([3]) is None
    told = exit_codes.reasons([1, 3])
    assert told is not None
    assert told.index("3 incomplete") < told.index("1 findings")


@pytest.mark.parametrize("words", [("rules", "validate"), ("rules", "test"), ("config", "show")])
def test_reading_the_folder_imports_no_client(words: tuple[str, ...], folder: Path) -> None:
    assert not imported(*words, folder=folder) & CLIENTS
