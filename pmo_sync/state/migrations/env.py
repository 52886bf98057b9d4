"""What alembic runs: every step of an upgrade in the one transaction of the connection that it is given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from pmo_sync.state.tables import metadata


def migrate(connection: Connection) -> None:
    """Brings the ledger behind this connection to the revision asked for; the caller commits."""
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    context.run_migrations()


migrate(context.config.attributes["connection"])
