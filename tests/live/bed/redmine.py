"""A real Redmine on loopback, made for one test session and thrown away afterwards.

The packaged application is run as an instance of its own: own folder, database, log and key. The system's instance is
neither read nor written. The migrated and seeded database is kept between sessions in a cache, named by what made it.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

TODAY: Final = date(2026, 11, 23)
"""The day that the seed is made for; every run of the tool in these tests names it as its status date."""

KEYS: Final = {
    login: letter * 40 for login, letter in zip(("admin", "bot", "reader", "editor", "left"), "abcde", strict=True)
}
"""Account → REST key, as configure.rb gives them. `left` is locked."""

_HERE: Final = Path(__file__).parent
_APPLICATION: Final = Path("/usr/share/redmine")
_WRITE: Final = re.compile(r'Started (PUT|POST|PATCH|DELETE) "([^"]+)"')
_PUMA: Final = ("puma", "-q", "-e", "production", "-t", "1:1", "-w", "2", "--preload")
_GEMFILE: Final = """\
eval_gemfile '/usr/share/redmine/Gemfile'
gem 'sqlite3' unless dependencies.any? { |d| d.name == 'sqlite3' }
gem 'puma' unless dependencies.any? { |d| d.name == 'puma' }
"""


class BedError(RuntimeError):
    """The test bed itself does not work; nothing is said of the tool under test."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered to a request of a person."""

    status: int
    body: str


def why_not() -> str | None:
    """None where a Redmine can be started here, else what is missing."""
    missing = [name for name in ("ruby", "puma") if shutil.which(name) is None]
    missing += [] if (_APPLICATION / "config.ru").exists() else ["redmine"]
    if not missing and subprocess.run(["ruby", "-e", "require 'sqlite3'"], capture_output=True, check=False).returncode:
        missing = ["ruby-sqlite3"]
    return f"{', '.join(missing)} not installed" if missing else None


def version() -> str:
    """The version of the packaged Redmine, with its Debian revision where dpkg tells it."""
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "redmine"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"


def _cache() -> Path:
    named = os.environ.get("PMO_SYNC_REDMINE_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else base / "pmo-sync" / "redmine"


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def seeded() -> Path:
    """The world of seed.rb: made at the first call on this machine (half a minute), read from the cache afterwards."""
    return filled(_HERE / "seed.rb")


def filled(script: Path, **told: Path) -> Path:
    """A configured database that a script has filled, from the cache where the same was made before.

    `told`: what the script finds in its environment, files by name; their content makes another database.
    """
    cache, made_of = _cache(), hashlib.sha256(f"{version()} {TODAY}".encode())
    for part in (_HERE / "configure.rb", script, *told.values()):
        made_of.update(part.read_bytes())
    migrated, target = (
        cache / f"migrated-{version()}.sqlite",
        cache / f"{script.stem}-{made_of.hexdigest()[:16]}.sqlite",
    )
    with _one_at_a_time(cache):
        if not target.exists():
            workshop = Bed(cache / "workshop")
            shutil.rmtree(workshop.folder, ignore_errors=True)
            workshop.lay_out()
            if not migrated.exists():
                # A process of its own: default data loaded by the process that migrated is silently not there.
                workshop.run("bin/rake", "db:migrate")
                workshop.database.replace(migrated)
            shutil.copyfile(migrated, workshop.database)
            workshop.ruby(_HERE / "configure.rb")
            workshop.ruby(script, **told)
            workshop.database.replace(target)
            shutil.rmtree(workshop.folder)
    return target


@dataclass(slots=True)
class Bed:
    """One instance in one folder. `url` is known, and stays the same, once it was started."""

    folder: Path
    port: int = 0
    _server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """The SQLite file; safe to read while the server runs."""
        return self.folder / "redmine.sqlite"

    @property
    def log(self) -> Path:
        """Redmine's own log: one `Started …` line for each request."""
        return self.folder / "log" / "production.log"

    def lay_out(self, database: Path | None = None) -> None:
        """The folder of the instance is there, with a copy of the database if one is named."""
        for name in ("config", "log", "files", "tmp", "public/plugin_assets"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        options = f"adapter: sqlite3\n  database: {self.database}\n  timeout: 20000\n  pool: 5\n"
        (self.folder / "config/database.yml").write_text(f"production:\n  {options}")
        (self.folder / "config/secret_key.txt").write_text(secrets.token_hex(48))
        (self.folder / "Gemfile").write_text(_GEMFILE)
        shutil.copyfile(_HERE / "config.ru", self.folder / "config.ru")
        if database is not None:
            shutil.copyfile(database, self.database)
            with closing(sqlite3.connect(self.database)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")

    def environment(self) -> dict[str, str]:
        """What makes the packaged application this instance: a path relative to where it keeps its own instances."""
        instance = f"../../../..{self.folder.resolve()}"
        own = {
            "RAILS_ENV": "production",
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "REDMINE_LANG": "en",
            "REDMINE_INSTANCE": instance,
        }
        own |= {"BUNDLE_GEMFILE": str(self.folder / "Gemfile"), "SCHEMA": str(self.folder / "schema.rb")}
        own["SEED_TODAY"] = TODAY.isoformat()
        return {name: value for name, value in os.environ.items() if name != "X_DEBIAN_SITEID"} | own

    def run(self, *command: str, **told: Path) -> str:
        """What a command inside the instance printed, with these files named in its environment.

        Raises:
            BedError: it failed; the message ends with the last lines of what it said.
        """
        done = subprocess.run(
            command,
            cwd=_APPLICATION,
            env=self.environment() | {name: str(path) for name, path in told.items()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BedError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def ruby(self, script: Path, **told: Path) -> str:
        """What a Ruby file printed that ran with Redmine loaded. Costs four seconds."""
        return self.run("bin/rails", "runner", str(script), **told)

    def start(self) -> None:
        """The server answers. The port is a free one the first time and the same one later.

        Raises:
            BedError: puma ended by itself; the message ends with what it said.
        """
        if self.port == 0:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        said = self.folder / "puma.log"
        with said.open("ab") as out:
            # A session of its own, so that one signal reaches the master and its workers, and nothing else.
            self._server = subprocess.Popen(
                [*_PUMA, "-b", f"tcp://127.0.0.1:{self.port}", str(self.folder / "config.ru")],
                cwd=_APPLICATION,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        deadline = time.monotonic() + 120
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise BedError(f"puma does not answer: {said.read_text()[-3000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        """True once Redmine itself answers; a port that merely accepts may be a connection with itself."""
        try:
            return self.rest("GET", "/projects.json?limit=1", account="admin", timeout=60).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """The server and its workers are gone, also where they had ended by themselves."""
        if self._server is None:
            return
        group = self._server.pid
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(group, how)
            self._server.wait(timeout=20)
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._server.wait(timeout=20)
        self._server = None

    @property
    def alive(self) -> bool:
        """The server has been started and has not ended since."""
        return self._server is not None and self._server.poll() is None

    def set_trap(self, writes: int, moment: str) -> None:
        """Puma ends itself as by kill -9 `before` or `after` it carries out that many writes from now."""
        (self.folder / "trap.json").write_text(json.dumps({"writes": writes, "moment": moment}))

    def clear_trap(self) -> None:
        """No trap is set."""
        (self.folder / "trap.json").unlink(missing_ok=True)

    def rest(self, method: str, path: str, *, account: str, body: object = None, timeout: float = 30) -> Reply:
        """The answer to one request made by a person (or the administrator), not by the tool."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Redmine-API-Key": KEYS[account], "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as answer:
                return Reply(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read().decode())

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows straight from the database: what is there, whatever any interface says."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as connection:
            return connection.execute(sql, values).fetchall()

    def execute(self, sql: str, *values: object) -> None:
        """Changes the database behind Redmine's back."""
        with closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            connection.execute(sql, values)

    def set_setting(self, name: str, value: str) -> None:
        """An administrator's setting, in force from the next request."""
        self.execute("UPDATE settings SET value = ? WHERE name = ?", value, name)
        self._forget_settings()

    def _forget_settings(self) -> None:
        """Every worker reads its settings anew: it does so when one is younger than what it remembers."""
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 2))
        self.execute("UPDATE settings SET updated_on = ?", moment)

    def save(self, to: Path) -> Path:
        """A copy of the database as it stands."""
        with closing(sqlite3.connect(self.database, timeout=20)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
        return to

    def restore(self, source: Path) -> None:
        """The database is the copy again; a running server sees it from its next request."""
        with closing(sqlite3.connect(source)) as kept, closing(sqlite3.connect(self.database, timeout=20)) as target:
            kept.backup(target)
        self._forget_settings()

    def mark(self) -> int:
        """A place in Redmine's log, for `writes_since`."""
        return self.log.stat().st_size if self.log.exists() else 0

    def writes_since(self, mark: int) -> list[str]:
        """Every request that could change something since the mark, as `PUT /issues/12.json`, by Redmine's own log."""
        with self.log.open("rb") as log:
            log.seek(mark)
            return [f"{method} {path}" for method, path in _WRITE.findall(log.read().decode(errors="replace"))]
