"""Data in, text out: terminal, json, jsonl, csv and markdown. Knows no files and no trackers."""
