"""The portfolio at a glance: one line for it and for each programme, with colour, standards, findings and coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from pmo_sync.model.finding import Finding
from pmo_sync.model.words import SEVERITIES, Severity, Verdict
from pmo_sync.report.escape import clean, pad, width
from pmo_sync.report.numbers import count, percent
from pmo_sync.report.style import Style, rag_text
from pmo_sync.report.view import NodeRow

_DEPTH: Final = 2
_BAR: Final = 10
_WAIVED: Final = "waived"
_KINDS: Final = (*(severity.value for severity in reversed(SEVERITIES)), _WAIVED)


def glance(nodes: Sequence[NodeRow], findings: Sequence[Finding], style: Style) -> str:
    """Portfolio and programmes; of each the open failures below it by severity, those that are waived, and how many of
    its items have a date. Empty for no nodes.
    """
    shown = [node for node in nodes if len(node.path) <= _DEPTH]
    names = [_name(node) for node in shown]
    counts = [_counts(node.path, findings) for node in shown]
    kinds = [kind for kind in _KINDS if any(row[kind] for row in counts)]
    wide = max(map(width, names), default=0)
    lines = []
    for node, name, row in zip(shown, names, counts, strict=True):
        colour = _rag(node)
        cells = [
            style.bold(pad(name, wide)) if len(node.path) == 1 else pad(name, wide),
            style.rag(pad(rag_text(colour), 9), colour),
            f"{percent(node.score.value):>5} compliant",
            _bar(node.score.value),
            *(_cell(kind, row[kind], [each[kind] for each in counts], style) for kind in kinds),
            style.dim(_coverage(node)),
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return "".join(f"{line}\n" for line in lines)


def _name(node: NodeRow) -> str:
    return "  " * (len(node.path) - 1) + clean(node.path[-1])


def _rag(node: NodeRow) -> str | None:
    value = node.figures["computed_rag"].value
    return value if isinstance(value, str) else None


def _counts(path: Sequence[str], findings: Sequence[Finding]) -> Counter[str]:
    below = [each for each in findings if each.verdict is Verdict.FAIL and tuple(each.path[: len(path)]) == tuple(path)]
    return Counter(_WAIVED if each.waiver else each.severity.value for each in below if not each.baselined)


def _cell(kind: str, number: int, column: Sequence[int], style: Style) -> str:
    """`12 major`, as wide as the widest of its column; blanks for none."""
    wide = max(len(count(each)) for each in column)
    if not number:
        return " " * (wide + 1 + len(kind))
    text = f"{count(number):>{wide}} {kind}"
    return style.dim(text) if kind == _WAIVED else style.severity(text, Severity(kind))


def _bar(share: float | None) -> str:
    full = int((share or 0) * _BAR)  # never full while something is left
    return "▇" * full + "░" * (_BAR - full)


def _coverage(node: NodeRow) -> str:
    due = node.figures["due"]
    return f"{count(due.used)} of {count(due.used + due.missing)} dated"
