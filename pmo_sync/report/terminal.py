"""`check` for people: findings under their programme and project, the tree of nodes, counts that add up.

On a pipe: one line per finding, four fields between tabs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Final

from pmo_sync.model.finding import Finding
from pmo_sync.model.portfolio import path_text
from pmo_sync.model.words import SEVERITIES, Level, Verdict
from pmo_sync.report.escape import clean, pad, shorten, width
from pmo_sync.report.numbers import count, iso, minute, percent, plural
from pmo_sync.report.style import Style
from pmo_sync.report.tree import tree
from pmo_sync.report.view import CheckView, NodeRow, Outside, Summary, TrackerRow

LIMIT: Final = 50
"""Rows of findings on a terminal unless all are asked for."""
_TITLE_WIDTH: Final = 78


def lines(findings: Iterable[Finding]) -> str:
    """One line per finding: severity (or unknown, waived), standard, key or path, message; tabs between."""
    return "".join("\t".join(clean(cell) for cell in _cells(each)) + "\n" for each in findings)


def _cells(each: Finding) -> tuple[str, str, str, str]:
    return (_word(each), each.standard, each.key or path_text(each.path), each.message)


def _word(each: Finding) -> str:
    if each.verdict is Verdict.UNKNOWN:
        return "unknown"
    if each.waiver is not None:
        return "waived"
    return "baseline" if each.baselined else each.severity.value


def check(view: CheckView, style: Style, *, everything: bool, verbose: bool = False) -> str:
    """The whole page: findings (at most LIMIT rows unless everything), the tree, the summary, INCOMPLETE last."""
    parts = [
        "".join(f"{line}\n" for line in _findings(view, style, everything=everything, verbose=verbose)),
        tree(view.nodes, style, limit=None if everything else LIMIT),
        summary(view, style),
    ]
    return "\n".join(part for part in parts if part)


def summary(view: CheckView, style: Style, *, warn: bool = True) -> str:
    """The counts, the compliance of the first node, where the data came from; INCOMPLETE is the last line if any
    and if `warn`.
    """
    lines_ = [counts(view.summary, whole=view.complete)]
    if view.outside is not None:
        lines_.append(outside(view.outside))
    if any(each.baselined for each in view.findings):
        lines_.append(style.dim("What is in the baseline: check --all, or pmo-sync baseline show"))
    lines_.append(_compliance(view))
    if (reached := levels(view.nodes)) is not None:
        lines_.append(reached if " --from " in view.repeat else f"{reached}: pmo-sync levels")
    if view.notices:
        lines_.extend(style.dim(f"Note: {clean(notice.text)}") for notice in view.notices)
    if view.findings and not view.complete:
        lines_.append("No finding of what was not read can be shown, and no flag of it will be moved.")
    first = next((each for each in view.findings if _is_open(each) and each.key), None)
    if first is not None:
        which = f" --tracker {clean(first.tracker or '')}" if first.key in view.ambiguous else ""
        command = f"pmo-sync explain {clean(first.standard)} --item {clean(first.key or '')}{which}{view.repeat}"
        lines_.append(f"Explain a standard:  {style.bold(command)}")
    incomplete_line = incomplete(view) if warn else None
    if incomplete_line:
        lines_.append(style.bad(incomplete_line))
    return "".join(f"{line}\n" for line in lines_)


def counts(summary_: Summary, *, whole: bool = True) -> str:
    """`4 critical · 15 major · 1 waived · 7 unknown · 1,890 pass · 240 n/a · 216 of 243 items without a failure`.

    `whole`: everything was read, so that no failure means that there is none.
    """
    open_ = "open " if summary_.waived or summary_.baselined else ""
    nothing = f"no {open_}failures" if whole else f"no {open_}failures in what was read"
    if not summary_.items:
        nothing = "there are no items" if whole else "nothing was judged"
    parts = _failures(summary_) or [nothing]
    for number, word in (
        (summary_.waived, "waived"),
        (summary_.baselined, "in baseline"),
        (summary_.unknown, "unknown"),
    ):
        if number:
            parts.append(f"{count(number)} {word}")
    parts.append(f"{count(summary_.passed)} pass")
    parts.append(f"{count(summary_.not_applicable)} n/a")
    if summary_.items:
        well = summary_.items - summary_.items_failing
        failure = "an open failure" if open_ else "a failure"
        parts.append(f"{count(well)} of {plural(summary_.items, 'item')} without {failure}")
    return " · ".join(parts)


def levels(nodes: Sequence[NodeRow]) -> str | None:
    """`Levels of 9 projects: 1 gold, 4 bronze, 3 none, 1 not judged`; None where there are no levels or projects."""
    cards = [node.maturity for node in nodes if node.level == Level.PROJECT.value and node.maturity is not None]
    if not cards:
        return None
    names = [step.level.name for step in reversed(cards[0].steps)]
    known = [card.reached for card in cards if card.is_judged and card.complete]
    parts = [f"{count(number)} {clean(name)}" for name in names if (number := known.count(name))]
    for number, word in ((known.count(None), "none"), (len(cards) - len(known), "not judged whole")):
        if number:
            parts.append(f"{count(number)} {word}")
    return f"Levels of {plural(len(cards), 'project')}: {', '.join(parts)}"


def outside(rest: Outside) -> str:
    """`Outside this branch: 4 critical, 12 major`."""
    return f"Outside {rest.of}: {', '.join(_failures(rest.summary)) or 'no failures'}"


def _failures(summary_: Summary) -> list[str]:
    return [
        f"{count(number)} {severity.value}"
        for severity in reversed(SEVERITIES)
        if (number := summary_.failed.get(severity, 0))
    ]


def _compliance(view: CheckView) -> str:
    parts = []
    if view.nodes:
        root = view.nodes[0]
        whose = "" if len(root.path) == 1 and view.outside is None else f" of {clean(root.path[-1])}"
        score = f"{percent(root.score.value)} (with waivers {percent(root.score.with_waivers)})"
        parts.append(f"Compliance{whose} {score}")
    sources = ", ".join(_source(row) for row in view.trackers)
    parts.append(f"Data: {sources or 'none'}")
    parts.append("complete" if view.complete else "incomplete")
    return " · ".join(parts)


def _source(row: TrackerRow) -> str:
    if not row.complete and not row.items:
        return f"{clean(row.name)} not read"
    how = ""
    if row.changes_since is not None and row.full_at is not None:
        how = f", changes since {minute(row.changes_since)}, whole at {minute(row.full_at)}"
    return f"{clean(row.name)} {plural(row.items, 'item')} (pulled {minute(row.pulled_at)}{how})"


def incomplete(view: CheckView) -> str | None:
    """`INCOMPLETE: plant not read whole (timeout). 2 of 5 nodes not read whole.`; None when everything was read."""
    if view.complete:
        return None
    partly = sum(not node.complete for node in view.nodes)
    scope = f" {count(partly)} of {plural(len(view.nodes), 'node')} not read whole." if len(view.nodes) > 1 else ""
    return f"INCOMPLETE: {causes(view.trackers)}.{scope}"


def causes(trackers: Iterable[TrackerRow]) -> str:
    """`plant not read whole (timeout)`, for every tracker of which something was not read."""
    found = []
    for row in trackers:
        if not row.complete:
            why = "; ".join(clean(problem.removeprefix(f"{row.name}: ")).rstrip(".") for problem in row.problems[:3])
            more = f"; and {count(len(row.problems) - 3)} more" if len(row.problems) > 3 else ""  # noqa: PLR2004 - three are enough to act on
            found.append(f"{clean(row.name)} not read whole" + (f" ({why}{more})" if why else ""))
    return "; ".join(found) or "a source was not read whole"


# --- findings -----------------------------------------------------------------------------------------------------


def _findings(view: CheckView, style: Style, *, everything: bool, verbose: bool) -> Iterator[str]:
    """Lines of findings, by path, then by subject with the worst first; unknowns of one standard and node as one."""
    found = [each for each in view.findings if everything or not each.baselined]
    ordered = sorted(found, key=lambda each: each.path)
    left = None if everything else LIMIT
    hidden = 0
    for path, group in groupby(ordered, key=lambda each: each.path):
        subjects = _subjects(list(group))
        if left is not None and left <= 0:
            hidden += sum(len(rows) for rows in subjects)
            continue
        yield _heading(path, subjects, style)
        for rows in subjects:
            shown = rows if left is None else rows[: max(left, 0)]
            hidden += len(rows) - len(shown)
            if left is not None:
                left -= len(shown)
            if shown:
                yield from _subject(shown, view.status_date, style, verbose=verbose)
    if hidden:
        yield f"  … {count(hidden)} more: --all, or --format csv"


def _heading(path: Sequence[str], subjects: Sequence[Sequence[Finding]], style: Style) -> str:
    modes = {each.mode.value for rows in subjects for each in rows}
    left = " / ".join(clean(name) for name in path)
    if len(modes) != 1:
        return style.bold(left)
    return style.bold(left) + " " * max(2, _TITLE_WIDTH - width(left)) + style.dim(f"mode: {modes.pop()}")


def _subjects(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of one path by subject: the node first, then items by their worst finding and key; unknowns last."""
    known = [each for each in findings if each.verdict is not Verdict.UNKNOWN]
    by_subject: dict[tuple[str, str], list[Finding]] = {}
    for each in known:
        by_subject.setdefault((each.tracker or "", each.key or ""), []).append(each)
    ordered = sorted(by_subject.items(), key=lambda pair: _weight(pair[0], pair[1]))
    groups = [sorted(rows, key=_worst_first) for _, rows in ordered]
    return groups + [[each] for each in _collapsed(findings)]


def _weight(subject: tuple[str, str], rows: Sequence[Finding]) -> tuple[bool, int, tuple[str, str]]:
    return (rows[0].key is not None, min(_rank(each) for each in rows), subject)


def _is_open(each: Finding) -> bool:
    return each.verdict is Verdict.FAIL and each.waiver is None and not each.baselined


def _rank(each: Finding) -> int:
    return len(SEVERITIES) if not _is_open(each) else len(SEVERITIES) - 1 - each.severity.rank


def _worst_first(each: Finding) -> tuple[int, str]:
    return (_rank(each), each.standard)


def _collapsed(findings: Sequence[Finding]) -> list[Finding]:
    """One unknown for each standard, about no subject in particular when there are several of them."""
    unknown = sorted(
        (each for each in findings if each.verdict is Verdict.UNKNOWN), key=lambda each: (each.standard, each.key or "")
    )
    return [_counted(list(rows)) for _, rows in groupby(unknown, key=lambda each: each.standard)]


def _counted(rows: Sequence[Finding]) -> Finding:
    first = rows[0]
    who = first.key or first.path[-1]
    if len(rows) > 1:
        who = f"{who} and {count(len(rows) - 1)} more"
    waits = "".join(f"; {each}" for each in first.waits_for)
    return replace(first, key=None, message=f"{who}: it cannot be told whether this holds: {first.title}{waits}")


def _subject(rows: Sequence[Finding], today: date, style: Style, *, verbose: bool) -> Iterator[str]:
    first = rows[0]
    if first.key is not None:
        title = shorten(clean(first.item_title or ""), _TITLE_WIDTH)
        yield f"  {style.bold(clean(first.key))}" + (f"  {title}" if title else "")
    for each in rows:
        yield _row(each, today, style)
        if verbose and each.fix and each.verdict is Verdict.FAIL:
            yield style.dim(f"                         fix: {clean(each.fix)}")
        if verbose and each.help:
            yield style.dim(f"                         about: {clean(each.help)}")
        if verbose and each.url:
            yield style.dim(f"                         {clean(each.url)}")


def _row(each: Finding, today: date, style: Style) -> str:
    mark, paint = _look(each, style)
    message = clean(each.message)
    if each.waiver is not None:
        message = f"{message} · until {iso(each.waiver.until)}, approved by {clean(each.waiver.approver)}" + _expiry(
            (each.waiver.until - today).days
        )
    return f"    {paint(mark)} {paint(pad(_word(each), 8))}  {pad(clean(each.standard), 7)}  {message}"


def _expiry(days: int) -> str:
    if days > 7:  # noqa: PLR2004 - announced within a week
        return ""
    return "; expires today" if days == 0 else f"; expires in {plural(days, 'day')}"


def _look(each: Finding, style: Style) -> tuple[str, Callable[[str], str]]:
    if each.verdict is Verdict.UNKNOWN:
        return "?", style.dim
    if each.waiver is not None or each.baselined:
        return "◷", style.dim
    severity = each.severity
    return "✗", lambda text: style.severity(text, severity)
