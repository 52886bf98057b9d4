"""From an Evaluation of the pipeline to what the renderers show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pmo_sync.report.view import CheckView

if TYPE_CHECKING:
    from pmo_sync.model.finding import Finding
    from pmo_sync.pipeline import Evaluation


def check_view(
    evaluation: Evaluation, findings: Sequence[Finding], *, node: str | None = None, items: bool = False
) -> CheckView:
    """Everything `check` shows; with a node only its branch, while the counts stay those of the whole."""
    raise NotImplementedError
