"""Migrations of the ledger, run by `state.ledger` when the revision on disk is older than `state.tables.HEAD`."""
