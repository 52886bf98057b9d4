"""The command line: one file per command, imported on use. The only place that prints, and that reads the clock."""
