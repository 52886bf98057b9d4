"""One entry of `standards:` as it stands in a pack or a file of the project folder, before the language reads it."""

from __future__ import annotations

from dataclasses import dataclass

from pmo_sync.model.source import Fields


@dataclass(frozen=True, slots=True)
class StandardSource:
    """The YAML of one standard. `pack` is None for a standard of the project's own files."""

    pack: str | None
    file: str
    node: Fields
