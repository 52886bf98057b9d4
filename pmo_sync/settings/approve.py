"""Recording a yes: one entry more in approvals.yaml, the rest of the file as it was."""

from __future__ import annotations

import json
import re
from datetime import date

from pmo_sync.errors import UsageError
from pmo_sync.model.past import Approval
from pmo_sync.settings.folder import Project
from pmo_sync.settings.lists import ListFile, with_entry
from pmo_sync.settings.past import read_approvals


def approve(project: Project, standard_id: str, fingerprint: str, by: str, on: date) -> bool:
    """Adds an approval to the project's approvals file, which is made where there is none.

    Afterwards the file holds every earlier entry, comment and blank line unchanged, and the new entry. False when this
    content of the standard was approved before: then nothing is written.

    Raises:
        UsageError: nobody is named, or the file cannot be written.
        ConfigurationError: the file as it stands cannot be read.
    """
    if not by.strip():
        raise UsageError("an approval needs the name of who says yes", advice="name them: --by 'head of PMO'")
    name = project.settings.approvals
    new = Approval(standard_id, fingerprint, by.strip(), on)
    entry = _entry(new)

    def added(text: str, before: tuple[Approval, ...]) -> tuple[str, tuple[Approval, ...]] | None:
        if any((old.standard, old.fingerprint) == (standard_id, fingerprint) for old in before):
            return None
        return with_entry(text, "approvals", [entry], name, flow=entry), (*before, new)

    file = ListFile(project.folder / name, name, read_approvals)
    return file.change(added, f"add by hand: - {entry}")


def _entry(approval: Approval) -> str:
    """The entry on one line; JSON's quotes are YAML's too, so that no name can break out of its place."""
    said = {"standard": approval.standard, "fingerprint": approval.fingerprint, "by": approval.by}
    quoted = ", ".join(f"{key}: {_scalar(value)}" for key, value in said.items())
    return f"{{{quoted}, on: {approval.on.isoformat()}}}"


def _scalar(text: str) -> str:
    return text if re.fullmatch("[A-Z]+-[0-9]+", text) else json.dumps(text, ensure_ascii=False)
