"""One real Redmine for the session, and project folders that point to it.

Where Redmine is not installed the tests of this folder are skipped by name; with PMO_SYNC_REQUIRE_LIVE=1 they fail.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Final
from unittest import mock

import pytest

from pmo_sync.__main__ import main
from pmo_sync.cli import start
from tests.live.bed import redmine
from tests.live.bed.redmine import KEYS, TODAY, Bed

EVERYTHING: Final = "{projects: [retail, plant], subprojects: true}"
FEW: Final = ("payments", "payments-c", "payments-d")  # a programme and two projects: three issues to flag
JUDGING: Final = ("check", "plan", "sync")  # the commands for which the day matters
SETTINGS: Final = (Path(__file__).parent / "bed" / "pmo.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Run:
    """What one command came to."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-6000:]}"


@dataclass(frozen=True, slots=True)
class Folder:
    """A project folder, and the command line as a person types it there."""

    path: Path

    def run(self, *words: str, key: str | None = KEYS["bot"]) -> Run:
        """What `pmo-sync WORDS` came to on the day of the seed, in this process, whose waits take no time.

        `key` goes into the environment, never into a file.
        """
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with _as_a_process(self.path, _environment(key)), redirect_stdout(out), redirect_stderr(err):
            code = main(_on_the_day(words))
        for said in (out, err):
            said.flush()
        return self._clean(Run(code, *(said.buffer.getvalue().decode() for said in (out, err))))

    def run_alone(self, *words: str) -> Run:
        """The same as a process of its own, which waits as long as it must."""
        command = [sys.executable, "-m", "pmo_sync", *_on_the_day(words)]
        done = subprocess.run(
            command, cwd=self.path, env=_environment(KEYS["bot"]), capture_output=True, text=True, check=False
        )
        return self._clean(Run(done.returncode, done.stdout, done.stderr))

    def _clean(self, result: Run) -> Run:
        logs = "\n".join(log.read_text() for log in self.path.glob(".pmo-sync/pmo-sync-error-*.log"))
        assert "Traceback" not in result.err, str(result)
        assert "error[unexpected]" not in result.err, f"{result}\n{logs}"
        assert all(secret not in result.out + result.err for secret in KEYS.values()), "a key was shown"
        return result


def _environment(key: str | None) -> dict[str, str]:
    names = {"PATH", "HOME", "LANG", "PYTHONPATH", "TMPDIR"}
    named = {} if key is None else {"PLANT_KEY": key}
    return {name: value for name, value in os.environ.items() if name in names} | named | {"CI": "1"}


def _on_the_day(words: tuple[str, ...]) -> list[str]:
    return [*words, *(["--status-date", TODAY.isoformat()] if words[0] in JUDGING else [])]


@contextmanager
def _as_a_process(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """In this folder with this environment, and nothing of it stays."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    awake = SimpleNamespace(sleep=lambda _seconds: None)
    with (
        chdir(folder),
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.object(start, "time", awake),
    ):
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


NewFolder = Callable[..., Folder]


def only(*projects: str) -> str:
    """The scope of these projects and no others; their root is read too, as it tells how deep they stand."""
    return f"{{projects: [retail, {', '.join(projects)}], subprojects: false}}"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """The one Redmine of the session. Its database is put back by `bed`."""
    missing = redmine.why_not()
    if missing is not None:
        complaint = f"{missing}; `make live-setup` installs a Redmine for tests"
        if os.environ.get("PMO_SYNC_REQUIRE_LIVE") == "1":
            pytest.fail(complaint)
        pytest.skip(complaint)
    bed = Bed(tmp_path_factory.mktemp("redmine") / "bed")
    bed.lay_out(redmine.seeded())
    bed.start()
    yield bed
    bed.stop()


@pytest.fixture
def bed(server: Bed) -> Bed:
    """Redmine as it was seeded, up and without a trap."""
    server.clear_trap()
    if not server.alive:
        server.stop()
        server.start()
    server.restore(redmine.seeded())
    return server


@pytest.fixture
def new_folder(bed: Bed, tmp_path: Path) -> NewFolder:
    """Makes a project folder for the Redmine of the session."""

    def make(*, scope: str = only(*FEW), user: str = "pmo-bot", name: str = "folder") -> Folder:
        return Folder(write_settings(tmp_path / name, bed, scope=scope, user=user))

    return make


def write_settings(folder: Path, bed: Bed, *, scope: str, user: str = "pmo-bot") -> Path:
    """The folder is there, with a pmo.yaml that names this Redmine."""
    folder.mkdir(parents=True)
    text = SETTINGS.replace("@URL@", bed.url).replace("@USER@", user).replace("@SCOPE@", scope)
    (folder / "pmo.yaml").write_text(text, encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Synced:
    """What a first `sync` left behind: its outcome, the requests that could write, the database and the folder."""

    run: Run
    writes: tuple[str, ...]
    database: Path
    folder: Path

    def again(self, bed: Bed, where: Path) -> Folder:
        """Redmine and a copy of the folder, both as they were after that sync."""
        bed.restore(self.database)
        shutil.copytree(self.folder, where)
        return Folder(where)


def first_sync(server: Bed, kept: Path, scope: str) -> Synced:
    """A first `sync` of a scope on the seeded database; it must end well."""
    server.clear_trap()
    server.restore(redmine.seeded())
    folder = Folder(write_settings(kept / "folder", server, scope=scope))
    mark = server.mark()
    run = folder.run("sync", "--format", "json")
    assert run.code == 0, str(run)
    return Synced(run, tuple(server.writes_since(mark)), server.save(kept / "after.sqlite"), folder.path)


@pytest.fixture(scope="session")
def world(server: Bed, tmp_path_factory: pytest.TempPathFactory) -> Synced:
    """The first `sync` of all 30 projects: done once, looked at by many tests."""
    return first_sync(server, tmp_path_factory.mktemp("world"), EVERYTHING)


@pytest.fixture(scope="session")
def few(server: Bed, tmp_path_factory: pytest.TempPathFactory) -> Synced:
    """The first `sync` of a few projects, for tests that go on from it."""
    return first_sync(server, tmp_path_factory.mktemp("few"), only(*FEW))
