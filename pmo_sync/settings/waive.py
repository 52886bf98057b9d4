"""Writing down a waiver: one entry more in waivers.yaml, the rest of the file as it was."""

from __future__ import annotations

from dataclasses import replace

from pmo_sync.model.past import Waiver
from pmo_sync.model.problem import Problem
from pmo_sync.model.source import Node
from pmo_sync.settings.folder import Project
from pmo_sync.settings.lists import ListFile, one_line, scalar, with_entry
from pmo_sync.settings.past import read_waivers


def tidy(waiver: Waiver) -> Waiver:
    """The waiver with its texts on one line each, without a place. Raises UsageError for a text that is none."""
    owner = None if waiver.owner is None else one_line(waiver.owner, "owner")
    reason, approver = one_line(waiver.reason, "reason"), one_line(waiver.approver, "approver")
    return replace(waiver, reason=reason, approver=approver, owner=owner, source=None)


def waive(project: Project, waiver: Waiver) -> bool:
    """Adds a waiver (`tidy`) to the project's file of waivers, which is made where there is none.

    Afterwards the file holds every earlier entry, comment and blank line unchanged, and the new entry at the end of its
    list. False when an equal one stands there already: then nothing is written.

    Raises:
        UsageError: the file cannot be written, or is written in a way that cannot be added to.
        ConfigurationError: the file as it stands cannot be read.
    """
    name = project.settings.waivers
    lines = entry(waiver)
    flow = "{" + ", ".join(lines) + "}"

    def added(text: str, before: tuple[Waiver, ...]) -> tuple[str, tuple[Waiver, ...]] | None:
        if waiver in before:
            return None
        return with_entry(text, "waivers", lines, name, flow=flow), (*before, waiver)

    return ListFile(project.folder / name, name, _placeless).change(added, f"add by hand below waivers: - {flow}")


def entry(waiver: Waiver) -> list[str]:
    """The lines of its entry, in the order in which people write one."""
    words = waiver.scope.model_dump(exclude_none=True)
    scope = ", ".join(f"{level}: {scalar(str(name))}" for level, name in words.items())
    owner = [] if waiver.owner is None else [f"owner: {scalar(waiver.owner)}"]
    return [
        f"standard: {scalar(waiver.standard)}",
        f"scope: {{{scope}}}",
        f"reason: {scalar(waiver.reason)}",
        *owner,
        f"approver: {scalar(waiver.approver)}",
        f"until: {waiver.until.isoformat()}",
    ]


def _placeless(tree: Node, file: str) -> tuple[tuple[Waiver, ...], tuple[Problem, ...]]:
    waivers, problems = read_waivers(tree, file)
    return tuple(replace(one, source=None) for one in waivers), problems
