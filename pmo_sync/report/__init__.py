"""Renderers: data in, text out. Nothing here reads a clock, an environment or a file, and nothing prints."""
