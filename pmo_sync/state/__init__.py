"""What is kept between runs: snapshots in Parquet, the ledger in SQLite."""
