"""The tables of the ledger, as SQLAlchemy knows them. The migrations make the same; a test compares the two."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

HEAD: Final = "0001"
"""The revision that this version reads and writes."""

metadata: Final = MetaData()

runs: Final = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("command", String, nullable=False),
    Column("started", String, nullable=False),  # UTC, ISO
    Column("finished", String),
    Column("status", String, nullable=False),  # running, good, partial, refused, failed, interrupted
    Column("exit_code", Integer),
    Column("counts", Text),  # JSON: outcomes by result
    Column("items", Text),  # JSON: tracker to items seen; null where nothing was pulled
    Column("failures", Integer),
    Column("marks", Integer),  # that stood by our hand when the run ended
    Column("plan_digest", String),
    Column("version", String, nullable=False),
    Column("configuration", String, nullable=False),  # fingerprint
)
marks: Final = Table(
    "marks",
    metadata,
    Column("tracker", String, primary_key=True),
    Column("target_kind", String, primary_key=True),
    Column("target_id", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", Text),  # JSON, as in MARKS; null = we emptied it, or took the label off
    Column("run", String, ForeignKey("runs.id"), nullable=False),
)
journal: Final = Table(
    "journal",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("run", String, ForeignKey("runs.id"), nullable=False),
    Column("at", String, nullable=False),
    Column("entry", String, nullable=False),  # intent or outcome
    Column("intent", Integer, ForeignKey("journal.sequence")),  # of an outcome
    Column("tracker", String, nullable=False),
    Column("target_kind", String, nullable=False),
    Column("target_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("name", String, nullable=False),
    Column("result", String),  # of an outcome
    Column("payload_hash", String, nullable=False),
    Column("chain", String, nullable=False),  # hash over the entry before and this one
    Index("journal_mark", "tracker", "target_kind", "target_id", "channel", "name", "sequence"),
    Index("journal_run", "run"),
    sqlite_autoincrement=True,
)
payloads: Final = Table(
    "payloads",
    metadata,
    # A table of its own that may be emptied: the chain covers the hashes of payloads only.
    Column("sequence", Integer, ForeignKey("journal.sequence"), primary_key=True),
    Column("body", Text, nullable=False),  # JSON: key, before, after, because, or the detail of an outcome
)
failing_since: Final = Table(
    "failing_since",
    metadata,
    Column("standard", String, primary_key=True),
    Column("tracker", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("since", String, nullable=False),  # ISO date
)
known_targets: Final = Table(
    "known_targets",
    metadata,
    Column("tracker", String, primary_key=True),
    Column("run", String, ForeignKey("runs.id"), nullable=False),
)
revision: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Kept by alembic; read here, so that alembic is only loaded when there is something to migrate."""
