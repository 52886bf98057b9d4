"""A plan for people: what would be written, on what, why; what is held; what refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, assert_never, cast

from pmo_sync.model.change import (
    AddLabel,
    Change,
    Held,
    HeldReason,
    Plan,
    PutLink,
    RemoveLabel,
    SetField,
    Value,
)
from pmo_sync.model.mark import LABEL
from pmo_sync.plan.codec import change_json
from pmo_sync.report.escape import clean, pad, shorten
from pmo_sync.report.json import Json
from pmo_sync.report.numbers import count, plural
from pmo_sync.report.style import Style
from pmo_sync.report.table import Cell, Table

LIMIT: Final = 50
"""Targets shown on a terminal unless all are asked for."""
HEADINGS: Final = ("tracker", "key", "what", "place", "before", "after", "because")
_KEY: Final = 10
_NAME: Final = 18
_LONGEST_VALUE: Final = 60
_WAY_OUT: Final = {
    HeldReason.EDITED: "a person changed it after we wrote it; it stays as it is",
    HeldReason.NOT_OURS: "we did not write what stands there; it stays as it is",
    HeldReason.PREVIEW: "new or changed standards wait for a yes, such as: pmo-sync rules approve {standard} --by WHO",
    HeldReason.TOO_MANY_NEW: "more new flags of one standard than guards.max_new_per_standard; look at: "
    "pmo-sync rules show {standard}",
    HeldReason.CLOSED: "its project is closed; nothing is written there",
    HeldReason.INCOMPLETE: "it was not read whole; the next complete run decides",
    HeldReason.NOT_WRITABLE: "there is no place to write it; pmo-sync doctor names what is missing",
}


def plan(plan_: Plan, style: Style, *, everything: bool, saved: str | None = None, again: str = "") -> str:
    """The plan, its summary, and the command that applies it; `again` holds the options that name the same project."""
    lines = [*_changes(plan_.changes, style, everything=everything), *_held(plan_.held, style)]
    lines.extend(_guards(plan_, style, saved, again))
    if lines:
        lines.append("")
    lines.append(style.bold(headline(plan_)))
    ours = "flags and links" if any(isinstance(change, PutLink) for change in plan_.changes) else "flags"
    lines.append(f"Only {ours} that are ours and the fields listed in pmo.yaml are ever written.")
    lines.append(f"Requests: about {count(plan_.expected_requests)} · e-mails the tracker may send: {_mails(plan_)}")
    if saved is not None:
        apply = f"pmo-sync apply {clean(saved)}{_words(again)}"
        lines.append(
            f"Saved {clean(saved)}"
            + (f"; apply it with: {style.bold(apply)}" if plan_.changes and not plan_.guards else "")
        )
    return "".join(f"{line}\n" for line in lines)


def headline(plan_: Plan) -> str:
    """`Plan: 17 items · 26 labels added, 9 removed · 6 fields · 13 held`, or that there is nothing to do."""
    if not plan_.changes:
        held = f" · {count(len(plan_.held))} held" if plan_.held else ""
        return f"Plan: no changes{held}"
    kinds = Counter(type(change) for change in plan_.changes)
    targets = len({change.target for change in plan_.changes})
    parts = [plural(targets, "target")]
    added, removed = kinds[AddLabel], kinds[RemoveLabel]
    if added or removed:
        parts.append(f"{plural(added, 'label')} added, {count(removed)} removed")
    if kinds[SetField]:
        parts.append(plural(kinds[SetField], "field"))
    if kinds[PutLink]:
        parts.append(plural(kinds[PutLink], "link"))
    if plan_.held:
        parts.append(f"{count(len(plan_.held))} held")
    return "Plan: " + " · ".join(parts)


def _mails(plan_: Plan) -> str:
    """`at most 3 · none on bank (suppressed)`."""
    suppressed = f"none on {', '.join(map(clean, plan_.silent))} (suppressed)" if plan_.silent else ""
    if not plan_.expected_mails:
        return suppressed or "none"
    return f"at most {count(plan_.expected_mails)}" + (f" · {suppressed}" if suppressed else "")


def _changes(changes: Sequence[Change], style: Style, *, everything: bool) -> Iterator[str]:
    grouped = [(target, list(group)) for target, group in groupby(changes, key=lambda change: change.target)]
    shown = grouped if everything else grouped[:LIMIT]
    for target, group in shown:
        first = True
        for name, text, because in _rows(group):
            head = f"~ {pad(clean(target.key), _KEY)}" if first else " " * (_KEY + 2)
            why = style.dim(f"({', '.join(clean(word) for word in because)})") if because else ""
            yield f"  {head}  {pad(clean(name), _NAME)}  {text}  {why}".rstrip()
            first = False
    if len(grouped) > len(shown):
        yield f"  … {plural(len(grouped) - len(shown), 'more target', 'more targets')}: --all, or --format json"


def _rows(changes: Sequence[Change]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name of the place, what happens there, why; all labels of one target in one row."""
    labels: list[str] = []
    because: set[str] = set()
    rest = []
    for change in changes:
        match change:
            case AddLabel():
                labels.append(f"+ {clean(change.label)}")
                because.update(change.because)
            case RemoveLabel():
                labels.append(f"- {clean(change.label)}")
                because.update(change.because)
            case SetField():
                rest.append((change.field, move(change.before, change.after), change.because))
            case PutLink():
                rest.append(("web link", f'+ "{clean(change.link.title)}"', change.because))
            case _:
                assert_never(change)
    if labels:
        yield "labels", "  ".join(labels), tuple(sorted(because))
    yield from rest


def move(before: Value, after: Value) -> str:
    """From one value to another: lists as what comes and goes, texts with an arrow."""
    if isinstance(after, tuple) or isinstance(before, tuple):
        old, new = _members(before), _members(after)
        parts = [f"+ {clean(word)}" for word in new if word not in old]
        parts += [f"- {clean(word)}" for word in old if word not in new]
        return "  ".join(parts) or "the same, in another order"
    return f"{show(before)} → {show(after)}"


def _members(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def show(value: Value) -> str:
    """A value on one line; `(empty)` for none."""
    if value is None or value in {(), ""}:
        return "(empty)"
    text = ", ".join(value) if isinstance(value, tuple) else value
    return shorten(clean(text), _LONGEST_VALUE)


def _held(held: Sequence[Held], style: Style) -> Iterator[str]:
    """A person's edits one by one; the rest by reason, with the number of each standard."""
    single = [each for each in held if each.reason in {HeldReason.EDITED, HeldReason.NOT_OURS}]
    for each in single[:LIMIT]:
        head = f"  {style.warn('!')} {pad(clean(each.target.key), _KEY)}  {pad(clean(each.name), _NAME)}  held: "
        yield head + _theirs(each)
    if len(single) > LIMIT:
        yield f"  … {count(len(single) - LIMIT)} more held: --format json"
    rest = sorted((each for each in held if each not in single), key=lambda each: (each.reason.value, each.because))
    for reason, group in groupby(rest, key=lambda each: each.reason):
        causes = Counter(", ".join(each.because) or "summaries" for each in group)
        listed = " · ".join(f"{clean(cause)} {count(number)}" for cause, number in sorted(causes.items()))
        text = _WAY_OUT[reason].format(standard=next(iter(sorted(causes))))
        yield f"  {style.warn('!')} {pad('held', _KEY)}  {plural(causes.total(), 'mark')}: {clean(text)}"
        yield f"    {' ' * _KEY}  {listed}"


def _theirs(each: Held) -> str:
    """What a person made of a mark. A label stands there or it does not: it has no value to show."""
    if each.channel == LABEL and each.observed is None:
        return "a person took it off; it stays off"
    if each.channel == LABEL and each.wanted is None:
        return "a person put it there; it stays"
    return f"has {show(each.observed)}, we want {show(each.wanted)}; {_WAY_OUT[each.reason]}"


def _guards(plan_: Plan, style: Style, saved: str | None, again: str) -> Iterator[str]:
    for guard in plan_.guards:
        yield f"  {style.bad(f'refused[{_kebab(clean(guard.name))}]')}: {clean(guard.message)}"
        yield from (f"      {clean(cause)}" for cause in guard.causes)
    if plan_.guards:
        save = "" if saved else "save it with -o plan.json, then: "
        yield f"  Nothing of this plan is written. If it is meant: {save}{allow_command(plan_, saved, again)}"


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")


def allow_command(plan_: Plan, saved: str | None, again: str = "") -> str:
    """The command that lets exactly this plan past its guards."""
    return f"pmo-sync apply {clean(saved or 'plan.json')} --allow {clean(plan_.digest)}{_words(again)}"


def _words(again: str) -> str:
    return f" {clean(again)}" if again else ""


def table(changes: Sequence[Change]) -> Table:
    """The changes as records, for spreadsheets and Markdown."""
    return Table("changes", HEADINGS, tuple(map(record, changes)))


def record(change: Change) -> tuple[Cell, ...]:
    """One change under the headings of `table`."""
    head, because = (change.target.tracker, change.target.key), ", ".join(change.because)
    match change:
        case AddLabel():
            return (*head, "add label", change.label, None, None, because)
        case RemoveLabel():
            return (*head, "remove label", change.label, None, None, because)
        case SetField():
            return (*head, "set field", change.field, change.before, change.after, because)
        case PutLink():
            return (*head, "put link", change.name, None, change.link.title, because)
        case _:
            assert_never(change)


def change_line(change: Change) -> dict[str, Json]:
    """One change as a plan has it, for JSON lines."""
    return cast("dict[str, Json]", change_json(change))
