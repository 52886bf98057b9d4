"""The only room that writes to trackers: it executes a plan, one outcome per change."""
