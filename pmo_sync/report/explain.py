"""Why a subject has its verdict: the standard as a sentence, each clause with the value it saw, the way out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from pmo_sync.model.portfolio import path_text
from pmo_sync.model.words import Level, Severity, Verdict
from pmo_sync.report.escape import clean, pad, shorten, width
from pmo_sync.report.json import Json, finding, plain
from pmo_sync.report.numbers import count, iso, plural
from pmo_sync.report.standard import counting
from pmo_sync.report.style import Style
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.explain import ClauseSeen, Explanation
from pmo_sync.rules.named import Named
from pmo_sync.rules.phrases import sentence, shown

_LABEL: Final = 12
_WIDEST_CLAUSE: Final = 56
_WIDEST_VALUE: Final = 40
_MOST_NAMES: Final = 10
_WIDEST_NAME: Final = 98
_TRUTH: Final = {True: "true", False: "false", None: "unknown"}


def page(explanation: Explanation, clock: Clock, style: Style) -> str:
    """The page for one subject, the verdict under its clauses."""
    standard = explanation.standard
    title = style.bold(f"{clean(standard.id)} · {clean(standard.title)}")
    severity = style.severity(explanation.severity.value, explanation.severity)
    lines = [f"{title}   {severity} · {explanation.mode.value}", f"  {style.dim(clean(str(standard.place)))}", ""]
    if standard.why:
        lines.append(f"{pad('Why', _LABEL)}{clean(standard.why)}")
    lines.append(f"{pad('Applies to', _LABEL)}{clean(sentence(standard.applies_to, clock))}")
    if standard.require is not None:
        lines.append(f"{pad('Requires', _LABEL)}{clean(sentence(standard.require, clock))}")
    lines += [f"{pad(label, _LABEL)}{clean(text)}" for label, text in counting(standard, clock)]
    if standard.hold_for is not None:
        lines.append(f"{pad('Flag after', _LABEL)}{standard.hold_for}")
    name = explanation.name if explanation.subject is None else f"{explanation.name}: {explanation.subject}"
    lines += ["", style.bold(clean(name)), *_clauses(explanation, style)]
    lines.append(f"  {pad('verdict', _LABEL)}{_verdict(explanation, clock.today, style)}")
    waits = dict.fromkeys(each.waits_for for each in explanation.clauses if each.waits_for)
    lines += [f"  {pad('waits for', _LABEL)}{clean(each)}" for each in waits]
    lines += [f"  {pad('and', _LABEL)}{clean(other)}: {verdict.word}" for other, verdict in explanation.others]
    lines += ["", *_ways_out(explanation, style)]
    return "".join(f"{line}\n" for line in lines).rstrip("\n") + "\n"


def _clauses(explanation: Explanation, style: Style) -> Iterator[str]:
    rows = [(each.part, _text(each), _seen(each), _TRUTH[each.result]) for each in explanation.clauses]
    if explanation.share:
        counted = ", ".join(f"{name} {number}" for name, number in explanation.share.items())
        yield f"  {pad('share', _LABEL)}{counted}"
        yield from _names("offenders", explanation.offenders)
        yield from _names("missing", explanation.missing)
    texts = max((width(text) for _, text, _, _ in rows), default=0)
    values = max((width(value) for _, _, value, _ in rows), default=0)
    before = ""
    for part, text, value, truth in rows:
        label = "" if part == before else part
        before = part
        word = {"true": style.good, "false": style.bad, "unknown": style.warn}[truth](truth)
        yield f"  {pad(label, _LABEL)}{pad(text, texts)}  {pad(value, values)}  {word}"


def _names(label: str, members: Sequence[Named]) -> Iterator[str]:
    """Members of a share, one a line, under one label; the first ones alone where they are many."""
    names = [clean(f"{each.name}  {each.title or ''}").rstrip() for each in members[:_MOST_NAMES]]
    if len(members) > _MOST_NAMES:
        names.append(f"and {count(len(members) - _MOST_NAMES)} more: --format json")
    for label_, name in zip([label, *[""] * len(names)], names, strict=False):
        yield f"  {pad(label_, _LABEL)}{shorten(name, _WIDEST_NAME)}"


def _text(clause: ClauseSeen) -> str:
    return shorten("  " * clause.depth + clean(clause.text), _WIDEST_CLAUSE)


def _seen(clause: ClauseSeen) -> str:
    """The value a clause saw; of a combination nothing, of an empty column an en dash and its name."""
    if clause.column is None and clause.seen is None:
        return ""
    account = "" if clause.account is None else f" (account {clause.account})"
    return shorten(clean(shown(clause.seen) + account), _WIDEST_VALUE)


def _verdict(explanation: Explanation, today: date, style: Style) -> str:
    if explanation.verdict is None:
        return "not judged: the standard is off or does not judge this level"
    word = explanation.verdict.word
    if explanation.verdict is not Verdict.FAIL or explanation.finding is None:
        return style.good(word) if explanation.verdict is Verdict.PASS else word
    found = explanation.finding
    parts = [style.bad(f"{word}, {found.severity.value}")]
    if found.waiver is None:
        parts.append("not waived")
    else:
        left = (found.waiver.until - today).days
        waived = f"waived until {iso(found.waiver.until)} ({plural(left, 'day')} left)"
        parts.append(f"{waived}, approved by {clean(found.waiver.approver)}")
    parts.append("in baseline" if found.baselined else "not in baseline")
    if found.since is not None:
        parts.append(f"since {iso(found.since)}")
    return " · ".join(parts)


def _ways_out(explanation: Explanation, style: Style) -> Iterator[str]:
    standard, found = explanation.standard, explanation.finding
    if found is not None and found.verdict is Verdict.FAIL:
        yield f"{pad('Finding', _LABEL)}{clean(found.message)}"
    if standard.fix:
        yield f"{pad('Fix', _LABEL)}{clean(standard.fix)}"
    if found is None or found.verdict is not Verdict.FAIL or found.waiver is not None:
        return
    if standard.waiver.max_age is not None and standard.waiver.max_age.amount == 0:
        yield f"{pad('Waive', _LABEL)}this standard takes no waiver"
        return
    owner = ' --owner "…"' if "owner" in standard.waiver.requires else ""
    words = f'{_subject(explanation)} --until YYYY-MM-DD --reason "…" --approver "…"{owner}'
    yield f"{pad('Waive', _LABEL)}{style.dim(f'pmo-sync waive {clean(standard.id)} {words}')}"


def _subject(explanation: Explanation) -> str:
    """The subject as a command line names it."""
    name = shlex.quote(clean(explanation.name))
    return name if explanation.level is Level.ITEM else f"--node {name}"


def explanation_json(explanation: Explanation) -> dict[str, Json]:
    """The same for machines."""
    found = explanation.finding
    clauses: list[Json] = [
        {
            "part": each.part,
            "depth": each.depth,
            "text": each.text,
            "column": each.column,
            "seen": plain(each.seen),
            "result": each.result,
            "source": str(each.source),
            **({} if each.account is None else {"account": each.account}),
            **({} if each.waits_for is None else {"waits_for": each.waits_for}),
        }
        for each in explanation.clauses
    ]
    return {
        "standard": explanation.standard.id,
        "title": explanation.standard.title,
        "why": explanation.standard.why,
        "file": str(explanation.standard.place),
        "level": explanation.level.value,
        "subject": explanation.name,
        "severity": Severity(explanation.severity).value,
        "mode": explanation.mode.value,
        "clauses": clauses,
        "share": dict(explanation.share),
        **({} if not explanation.share else {"members": _members(explanation)}),
        **({} if explanation.subject is None else _of_subject(explanation)),
        "verdict": None if explanation.verdict is None else explanation.verdict.word,
        "finding": None if found is None else finding(found),
        "fix": explanation.standard.fix,
        "path": None if found is None else path_text(found.path),
    }


def _members(explanation: Explanation) -> dict[str, Json]:
    """Those that offend and those of whom it is unknown, all of them; a name is the key of an item."""
    kinds = {"offenders": explanation.offenders, "missing": explanation.missing}
    return {
        kind: [{"name": each.name, "tracker": each.tracker, "title": each.title} for each in members]
        for kind, members in kinds.items()
    }


def _of_subject(explanation: Explanation) -> dict[str, Json]:
    """The link, sprint or week that was looked at, and the others of the same item or node."""
    others: list[Json] = [{"subject": name, "verdict": verdict.word} for name, verdict in explanation.others]
    return {"judged": explanation.subject, "others": others}
