"""`check` as Markdown, for a step summary or a wiki: counts, the tree of nodes, findings. All data is literal text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from pmo_sync.model.finding import Finding
from pmo_sync.model.portfolio import path_text
from pmo_sync.report.escape import markdown as literal
from pmo_sync.report.numbers import NOTHING, count, iso, percent
from pmo_sync.report.style import rag_text
from pmo_sync.report.terminal import LIMIT, counts, incomplete, levels, outside
from pmo_sync.report.view import CheckView, FigureValue, NodeRow

_FINDING_HEADINGS: Final = ("Severity", "Standard", "Where", "What", "Fix")


def check(view: CheckView, *, everything: bool) -> str:
    """The page; at most LIMIT findings unless everything."""
    blocks = [f"## Standards, {iso(view.status_date)}", literal(counts(view.summary, whole=view.complete))]
    if (reached := levels(view.nodes)) is not None:
        blocks.append(literal(reached))
    if view.outside is not None:
        blocks.append(literal(outside(view.outside)))
    warning = incomplete(view)
    if warning:
        blocks.append(f"**{literal(warning)}**")
    if view.nodes:
        blocks.append(_nodes(view.nodes))
    if view.findings:
        told = view.findings if everything else [each for each in view.findings if not each.baselined]
        shown = told if everything else told[:LIMIT]
        if shown:
            blocks.append(_findings(shown))
        if len(shown) < len(view.findings):
            blocks.append(f"… {count(len(view.findings) - len(shown))} more: `--all`, or `--format csv`")
    return "\n\n".join(blocks) + "\n"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _nodes(nodes: Sequence[NodeRow]) -> str:
    rows = [
        (
            literal(path_text(node.path)) + ("" if node.complete else " (not read whole)"),
            rag_text(_text(node.figures["computed_rag"])),
            rag_text(_text(node.figures["reported_rag"])),
            percent(node.score.value),
            percent(node.score.with_waivers),
            percent(_share(node.figures["progress"])),
            _day(node.figures["due"]),
        )
        for node in nodes
    ]
    return _table(("Node", "Data says", "Reported", "Standards", "With waivers", "Progress", "Due"), rows)


def _findings(findings: Sequence[Finding]) -> str:
    return _table(_FINDING_HEADINGS, [_finding(each) for each in findings])


def _finding(each: Finding) -> tuple[str, ...]:
    word = "waived" if each.waiver is not None else "baseline" if each.baselined else each.severity.value
    if each.verdict.word == "unknown":
        word = "unknown"
    return (
        word,
        literal(each.standard),
        literal(each.key or path_text(each.path)),
        literal(each.message),
        literal(each.fix or ""),
    )


def _text(figure: FigureValue) -> str | None:
    return figure.value if isinstance(figure.value, str) else None


def _share(figure: FigureValue) -> float | None:
    return float(figure.value) if isinstance(figure.value, int | float) else None


def _day(figure: FigureValue) -> str:
    return iso(figure.value) if isinstance(figure.value, date) else NOTHING
