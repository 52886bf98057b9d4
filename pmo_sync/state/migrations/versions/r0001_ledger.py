"""The first ledger: runs, marks, journal, payloads, failing_since, known_targets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes every table in an empty file."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("command", sa.String, nullable=False),
        sa.Column("started", sa.String, nullable=False),
        sa.Column("finished", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("exit_code", sa.Integer),
        sa.Column("counts", sa.Text),
        sa.Column("items", sa.Text),
        sa.Column("failures", sa.Integer),
        sa.Column("marks", sa.Integer),
        sa.Column("plan_digest", sa.String),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("configuration", sa.String, nullable=False),
    )
    op.create_table(
        "marks",
        *_mark_columns(primary_key=True),
        sa.Column("value", sa.Text),
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("entry", sa.String, nullable=False),
        sa.Column("intent", sa.Integer, sa.ForeignKey("journal.sequence")),
        *_mark_columns(primary_key=False),
        sa.Column("result", sa.String),
        sa.Column("payload_hash", sa.String, nullable=False),
        sa.Column("chain", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("journal_mark", "journal", ["tracker", "target_kind", "target_id", "channel", "name", "sequence"])
    op.create_index("journal_run", "journal", ["run"])
    op.create_table(
        "payloads",
        sa.Column("sequence", sa.Integer, sa.ForeignKey("journal.sequence"), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "failing_since",
        sa.Column("standard", sa.String, primary_key=True),
        sa.Column("tracker", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("since", sa.String, nullable=False),
    )
    op.create_table(
        "known_targets",
        sa.Column("tracker", sa.String, primary_key=True),
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), nullable=False),
    )


def _mark_columns(*, primary_key: bool) -> list[sa.Column[str]]:
    names = ("tracker", "target_kind", "target_id", "channel", "name")
    return [sa.Column(name, sa.String, primary_key=primary_key, nullable=False) for name in names]
