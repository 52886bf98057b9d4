from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, create_engine, inspect

from pmo_sync.errors import StateError
from pmo_sync.model import frames
from pmo_sync.model.change import (
    AddLabel,
    Change,
    Outcome,
    PutLink,
    RemoveLabel,
    Result,
    SetField,
    Target,
    TargetKind,
    WebLink,
)
from pmo_sync.model.frames import Marks
from pmo_sync.model.mark import encode_link
from pmo_sync.state import database
from pmo_sync.state.ledger import Ledger, open_ledger
from pmo_sync.state.tables import HEAD, metadata

NOW = datetime(2026, 11, 21, 6, 12, tzinfo=UTC)
ONE = Target("plant", TargetKind.ITEM, "1", "T-1")
PROJECT = Target("plant", TargetKind.PROJECT, "p1", "P1")
FLAG = SetField(ONE, "PMO compliance", None, ("no-owner", "quiet"), ("HYG-01",))
HEALTH = SetField(PROJECT, "PMO health", "Green", "Amber", ("roll-up",))
OPEN_LINK = PutLink(
    ONE,
    "pmo-sync:pmo:plant:1",
    WebLink("PMO standards: 1 of 2 met", "no owner", "https://example.net", resolved=False),
    (),
)
MET_LINK = replace(
    OPEN_LINK, link=replace(OPEN_LINK.link, title="PMO standards: 2 of 2 met", summary="", resolved=True)
)
LABEL = AddLabel(ONE, "pmo-no-owner", ("HYG-01",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = open_ledger(path)
    yield opened
    opened.close()


def start(ledger: Ledger, now: datetime = NOW) -> str:
    return ledger.start_run("sync", now=now, version="0.1.0", configuration="sha256:c")


def write(ledger: Ledger, run: str, *changes: Change, result: Result = Result.WRITTEN) -> None:
    journal = ledger.journal(run, lambda: NOW)
    journal.settle(journal.intend(changes), [Outcome(change, result) for change in changes])


def marks(*rows: tuple[str, ...] | tuple[str | None, ...]) -> Marks:
    return Marks(pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row"))


# --- runs -----------------------------------------------------------------------------------------------------------


def test_a_run_is_recorded_from_start_to_end(ledger: Ledger) -> None:
    run = start(ledger)
    assert run.startswith("2026-11-21-0612-")
    assert len(run) == len("2026-11-21-0612-7f3a")
    assert ledger.runs()[0].status == "running"
    write(ledger, run, FLAG)
    ledger.finish_run(
        run,
        status="good",
        exit_code=0,
        now=NOW + timedelta(minutes=1),
        counts={"written": 1},
        items={"plant": 243},
        failures=31,
        plan_digest="sha256:p",
    )
    (found,) = ledger.runs()
    assert (found.id, found.command, found.exit_code, found.counts) == (run, "sync", 0, {"written": 1})
    assert (found.started, found.finished) == (NOW, NOW + timedelta(minutes=1))
    last = ledger.last_run()
    assert last is not None
    assert (last.run, last.items, last.failures, last.marks) == (run, {"plant": 243}, 31, 1)


def test_only_a_run_that_read_everything_is_measured_by(ledger: Ledger) -> None:
    assert ledger.last_run() is None
    good = start(ledger)
    ledger.finish_run(good, status="good", exit_code=0, now=NOW, items={"plant": 5}, failures=0)
    for status, items in (("refused", {"plant": 0}), ("failed", {"plant": 1}), ("partial", None), ("good", None)):
        later = start(ledger, NOW + timedelta(hours=1))
        ledger.finish_run(later, status=status, exit_code=5, now=NOW, items=items)  # type: ignore[arg-type]
    last = ledger.last_run()
    assert last is not None
    assert last.run == good


def test_a_run_in_which_single_changes_failed_is_measured_by(ledger: Ledger) -> None:
    partial = start(ledger)
    ledger.finish_run(partial, status="partial", exit_code=4, now=NOW, items={"plant": 5}, failures=0)
    last = ledger.last_run()
    assert last is not None
    assert last.run == partial


# --- marks ----------------------------------------------------------------------------------------------------------


def test_what_was_written_is_remembered_with_its_tracker(ledger: Ledger) -> None:
    write(ledger, start(ledger), FLAG, LABEL, HEALTH)
    assert ledger.written().rows() == [
        ("plant", "item", "1", "field", "PMO compliance", '["no-owner","quiet"]'),
        ("plant", "item", "1", "label", "pmo-no-owner", "true"),
        ("plant", "project", "p1", "field", "PMO health", '"Amber"'),
    ]
    assert ledger.known_targets() == {"plant"}
    write(
        ledger, start(ledger), RemoveLabel(ONE, "pmo-no-owner", ()), SetField(PROJECT, "PMO health", "Amber", None, ())
    )
    assert ledger.written().get_column("value").to_list() == ['["no-owner","quiet"]', None, None]


@pytest.mark.parametrize("result", [Result.FAILED, Result.REFUSED, Result.STALE, Result.UNCHANGED])
def test_what_was_not_written_is_not_remembered(ledger: Ledger, result: Result) -> None:
    write(ledger, start(ledger), FLAG, result=result)
    assert ledger.written().is_empty()
    assert ledger.known_targets() == frozenset()


def test_an_intent_that_a_crash_left_is_ours_where_its_value_stands(ledger: Ledger) -> None:
    run = start(ledger)
    write(ledger, run, SetField(PROJECT, "PMO health", None, "Green", ()))
    ledger.journal(run, lambda: NOW).intend([FLAG, LABEL, HEALTH])
    stands = marks(
        ("plant", "item", "1", "field", "PMO compliance", '["no-owner","quiet"]'),
        ("plant", "item", "1", "label", "pmo-no-owner", "true"),
        ("plant", "project", "p1", "field", "PMO health", '"Red"'),
    )
    resolved = ledger.written(stands).rows()
    assert resolved == [
        ("plant", "item", "1", "field", "PMO compliance", '["no-owner","quiet"]'),
        ("plant", "item", "1", "label", "pmo-no-owner", "true"),
        ("plant", "project", "p1", "field", "PMO health", '"Green"'),
    ]
    assert ledger.written().height == 1
    later = start(ledger)
    ledger.settle(later, stands)
    assert ledger.written().rows() == resolved


def test_a_failure_that_was_written_all_the_same_is_ours(ledger: Ledger) -> None:
    write(ledger, start(ledger), LABEL, result=Result.FAILED)
    assert ledger.written(marks(("plant", "item", "1", "label", "pmo-no-owner", "true"))).height == 1
    assert ledger.written(marks()).is_empty()


def test_a_label_that_was_to_go_and_is_gone_is_taken_as_written(ledger: Ledger) -> None:
    run = start(ledger)
    write(ledger, run, LABEL)
    ledger.journal(run, lambda: NOW).intend([RemoveLabel(ONE, "pmo-no-owner", ())])
    assert ledger.written(marks()).get_column("value").to_list() == [None]
    not_read = ledger.written(marks(), trackers=frozenset({"bank"}))
    assert not_read.get_column("value").to_list() == ["true"], "a tracker that was not read settles nothing"


def test_a_field_that_is_not_seen_settles_nothing(ledger: Ledger) -> None:
    ledger.journal(start(ledger), lambda: NOW).intend([SetField(ONE, "F", ("a",), None, ())])
    assert ledger.written(marks()).is_empty()


def test_a_link_of_which_nobody_knows_whether_it_was_written_is_null_until_a_connector_says(ledger: Ledger) -> None:
    run, mark = start(ledger), ("plant", "item", "1", "link", "pmo-sync:pmo:plant:1")
    write(ledger, run, OPEN_LINK)
    assert ledger.written().rows() == [(*mark, encode_link(OPEN_LINK.link))]
    ledger.journal(run, lambda: NOW).intend([MET_LINK])
    assert ledger.written(marks()).rows() == [(*mark, None)], "it says the one or the other"
    later = start(ledger)
    ledger.settle(later, marks())
    assert ledger.written().rows() == [(*mark, None)]
    write(ledger, later, MET_LINK, result=Result.UNCHANGED)
    assert ledger.written(marks()).rows() == [(*mark, encode_link(MET_LINK.link))], "the connector looked: it stands"


def test_links_are_no_marks_that_a_run_may_take_away(ledger: Ledger) -> None:
    run = start(ledger)
    write(ledger, run, LABEL, OPEN_LINK)
    ledger.finish_run(run, status="good", exit_code=0, now=NOW, items={"plant": 1})
    last = ledger.last_run()
    assert last is not None
    assert last.marks == 1


def test_notes_are_taken_over_where_nothing_is_known(ledger: Ledger) -> None:
    run = start(ledger)
    write(ledger, run, LABEL, RemoveLabel(ONE, "pmo-quiet", ()))
    mark = ("plant", "item", "1", "label")
    ledger.adopt(run, marks((*mark, "pmo-quiet", "true"), (*mark, "pmo-retired", "true")))
    assert ledger.written().rows() == [
        (*mark, "pmo-no-owner", "true"),
        (*mark, "pmo-quiet", None),
        (*mark, "pmo-retired", "true"),
    ]


def test_a_newer_intent_goes_before_an_older_one(ledger: Ledger) -> None:
    run = start(ledger)
    ledger.journal(run, lambda: NOW).intend([HEALTH])
    write(ledger, run, SetField(PROJECT, "PMO health", "Green", "Red", ()))
    assert ledger.written(marks(("plant", "project", "p1", "field", "PMO health", '"Amber"'))).rows() == [
        ("plant", "project", "p1", "field", "PMO health", '"Red"')
    ]


def test_items_that_may_have_been_written_to_are_told_by_the_journal(ledger: Ledger) -> None:
    assert ledger.last_entry() == 0
    run = start(ledger)
    write(ledger, run, FLAG)
    after = ledger.last_entry()
    tracker, number = FLAG.target.tracker, FLAG.target.id
    assert ledger.touched(tracker, 0) == {number}
    assert ledger.touched("another", 0) == frozenset()
    assert ledger.touched(tracker, after) == frozenset()
    ledger.journal(run, lambda: NOW).intend([FLAG])
    assert ledger.touched(tracker, ledger.last_entry()) == {number}, "what a crash left unsure"


def test_agreed_marks_are_last_written(ledger: Ledger) -> None:
    run = start(ledger)
    write(ledger, run, LABEL)
    ledger.record_agreed(run, marks(("plant", "item", "1", "label", "pmo-no-owner", None)))
    assert ledger.written().get_column("value").to_list() == [None]


def test_trackers_are_told_of_which_marks_are_known(ledger: Ledger) -> None:
    assert ledger.trackers_written() == frozenset()
    run = ledger.start_run("sync", now=NOW, version="1", configuration="c")
    rows = [("plant", "item", "1", "label", "pmo-a", "true"), ("bank", "item", "1", "label", "pmo-a", "true")]
    ledger.record_agreed(run, Marks(pl.DataFrame(rows, schema=dict(frames.MARKS), orient="row")))
    assert ledger.trackers_written() == frozenset(ledger.written()["tracker"]) == {"plant", "bank"}


def test_targets_that_were_let_through_are_known(ledger: Ledger) -> None:
    ledger.know_targets(start(ledger), frozenset({"bank", "plant"}))
    ledger.know_targets(start(ledger), frozenset({"bank"}))
    assert ledger.known_targets() == {"bank", "plant"}


# --- failing since --------------------------------------------------------------------------------------------------


def failing(*rows: tuple[str, str, str, date]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(frames.FAILING_SINCE), orient="row")


def test_failing_since_is_replaced(ledger: Ledger) -> None:
    day = date(2026, 11, 20)
    first = failing(("A", "", "Bank/Core", day), ("A", "plant", "1", day), ("B", "plant", "1", day))
    ledger.record_failing(first.reverse())
    assert ledger.failing_since().equals(first)
    second = failing(("A", "plant", "1", day), ("B", "plant", "1", date(2026, 11, 21)), ("C", "plant", "2", day))
    ledger.record_failing(second)
    assert ledger.failing_since().equals(second)
    ledger.record_failing(failing())
    assert ledger.failing_since().is_empty()


# --- the journal's chain --------------------------------------------------------------------------------------------


def change_row(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_the_chain_holds_over_every_entry(ledger: Ledger) -> None:
    assert ledger.verify() == (0, None)
    write(ledger, start(ledger), FLAG, HEALTH)
    assert ledger.verify() == (4, None)


@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("UPDATE payloads SET body = replace(body, 'Amber', 'Green')", 2),
        ("UPDATE journal SET name = 'another' WHERE sequence = 1", 1),
        ("UPDATE journal SET result = 'failed' WHERE sequence = 3", 3),
        ("UPDATE journal SET chain = 'x' WHERE sequence = 4", 4),
    ],
)
def test_a_changed_entry_is_found(ledger: Ledger, path: Path, statement: str, sequence: int) -> None:
    write(ledger, start(ledger), FLAG, HEALTH)
    change_row(path, statement)
    _, broken = ledger.verify()
    assert broken is not None
    assert broken.sequence == sequence


def test_the_chain_holds_without_the_payloads(ledger: Ledger, path: Path) -> None:
    write(ledger, start(ledger), FLAG)
    change_row(path, "DELETE FROM payloads")
    assert ledger.verify() == (2, None)


# --- the file -------------------------------------------------------------------------------------------------------


def test_it_is_private_and_durable(ledger: Ledger, path: Path) -> None:
    start(ledger)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with ledger._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_migrations_make_what_the_tables_say(ledger: Ledger, tmp_path: Path) -> None:
    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(plain)
    made, meant = inspect(ledger._engine), inspect(plain)
    assert set(made.get_table_names()) - {"alembic_version"} == set(meant.get_table_names())
    for table in meant.get_table_names():
        for part in ("get_columns", "get_pk_constraint", "get_foreign_keys", "get_indexes"):
            assert str(getattr(made, part)(table)) == str(getattr(meant, part)(table)), (table, part)
    plain.dispose()


def test_a_ledger_of_this_revision_needs_no_alembic(path: Path) -> None:
    open_ledger(path).close()
    script = (
        "import sys, pathlib; from pmo_sync.state.ledger import open_ledger;"
        "open_ledger(pathlib.Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_newer_revision_is_refused_and_left_alone(path: Path) -> None:
    open_ledger(path).close()
    change_row(path, "UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StateError, match=f"newer version \\(revision 9999, this one knows {HEAD}\\)"):
        open_ledger(path)
    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = database.upgrade

    def cut_short(connection: Connection) -> None:
        whole(connection)
        raise OSError("power cut")

    monkeypatch.setattr(database, "upgrade", cut_short)
    with pytest.raises(OSError, match="power cut"):
        open_ledger(path)
    engine = create_engine(f"sqlite:///{path}")
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    monkeypatch.undo()
    open_ledger(path).close()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_kept_aside_and_the_next_run_begins_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"is damaged .*kept aside as ledger\.db\.damaged-1") as caught:
        open_ledger(path)
    assert caught.value.advice
    assert path.with_name("ledger.db.damaged-1").read_bytes() == content
    opened = open_ledger(path)
    assert opened.runs() == []
    opened.close()


def test_a_foreign_database_is_kept_aside(path: Path) -> None:
    path.parent.mkdir()
    change_row(path, "CREATE TABLE somebody (id INTEGER)")
    with pytest.raises(StateError, match="kept aside"):
        open_ledger(path)


def test_flipped_bytes_never_end_in_a_traceback(path: Path) -> None:
    opened = open_ledger(path)
    for _ in range(5):
        run = start(opened)
        write(opened, run, FLAG, HEALTH, LABEL)
        opened.finish_run(run, status="good", exit_code=0, now=NOW, items={"plant": 3}, failures=1)
    opened.close()
    whole = path.read_bytes()
    assert not path.with_name("ledger.db-wal").exists()
    for offset in range(0, len(whole), max(1, len(whole) // 60)):
        damaged = bytearray(whole)
        damaged[offset] ^= 0xFF
        path.write_bytes(bytes(damaged))
        try:
            opened = open_ledger(path)
        except StateError:
            continue
        try:
            opened.written(marks())
            opened.last_run()
            opened.runs()
            opened.failing_since()
            opened.known_targets()
            opened.verify()
        except StateError as error:
            assert error.advice  # noqa: PT017 - either a sentence or a good answer
        finally:
            opened.close()


@pytest.mark.parametrize(
    "damage", ["UPDATE marks SET value = CAST(x'ff41' AS TEXT)", "UPDATE marks SET value = x'ff41'"]
)
def test_what_we_never_wrote_among_the_marks_is_one_sentence(path: Path, damage: str) -> None:
    opened = open_ledger(path)
    run = start(opened)
    write(opened, run, FLAG, HEALTH, LABEL)
    opened.close()
    change_row(path, damage)
    opened = open_ledger(path)
    asked: tuple[Callable[[], object], ...] = (
        opened.written,
        lambda: opened.written(marks()),
        lambda: opened.adopt(run, marks(("plant", "item", "1", "label", "pmo-x", None))),
        lambda: opened.settle(run, marks()),
    )
    for ask in asked:
        with pytest.raises(StateError, match="is damaged"):
            ask()
    opened.close()


def test_a_folder_in_its_place_is_one_sentence(path: Path) -> None:
    path.parent.mkdir()
    path.mkdir()
    with pytest.raises(StateError, match="cannot be opened"):
        open_ledger(path)
