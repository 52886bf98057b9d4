"""Options of `standards:` in pmo.yaml."""

from __future__ import annotations

from typing import Any, Literal

from pmo_sync.model.options import Options, Scope


class OverrideEntry(Options):
    """Changes keys of one standard, or switches it; `only` narrows it to a part of the portfolio.

    `keys` holds the changed keys of the standard as YAML gave them: `rules.language` validates them there.
    """

    on: bool | None = None
    only: Scope = Scope()
    keys: dict[str, Any] = {}


class StandardsOptions(Options):
    """Which standards are loaded and what is changed in them. `override`: id or pack → entries, first match wins."""

    packs: tuple[str, ...] = ("core",)
    files: tuple[str, ...] = ()
    override: dict[str, tuple[OverrideEntry, ...]] = {}
    first_run: Literal["preview", "apply"] = "preview"
