"""One standard as a page for people and as a document for machines."""

from __future__ import annotations

from collections.abc import Iterator

from pmo_sync.report.escape import clean, pad
from pmo_sync.report.json import Json
from pmo_sync.report.style import Style
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.phrases import sentence
from pmo_sync.rules.standard import Standard, fingerprint
from pmo_sync.rules.waiting import waiting

_LABEL = 12


def head(standard: Standard, style: Style) -> str:
    """`BNK-01 · Work in delivery has a target date   major`, and where it stands."""
    title = style.bold(f"{clean(standard.id)} · {clean(standard.title)}")
    facts = [style.severity(standard.severity.value, standard.severity)]
    if standard.mode is not None:
        facts.append(standard.mode.value)
    if not standard.enabled:
        facts.append("off")
    return f"{title}   {' · '.join(facts)}\n  {style.dim(clean(str(standard.place)))}\n"


def page(standard: Standard, clock: Clock, style: Style) -> str:
    """Everything the standard says, its conditions as sentences for the status date."""
    lines = [f"{pad(label, _LABEL)}{clean(text)}" for label, text in _facts(standard, clock)]
    for variant in standard.variants:
        only = "; ".join(
            ", ".join(f"{level} {name}" for level, name in scope.model_dump(exclude_none=True).items())
            for scope in variant.scopes
        )
        lines.append(style.bold(f"In {clean(only)}:"))
        lines.extend(f"  {pad(label, _LABEL)}{clean(text)}" for label, text in _judges(variant.standard, clock))
    return head(standard, style) + "\n" + "".join(f"{line}\n" for line in lines)


def _facts(standard: Standard, clock: Clock) -> Iterator[tuple[str, str]]:
    for label, text in (("Why", standard.why), ("Source", standard.reference)):
        if text:
            yield label, text
    yield (
        "Judges",
        (f"each {standard.subject.value.replace('_', ' ')}, reported at " if standard.subject else "")
        + ", ".join(level.value for level in standard.levels)
        + (f" of kind {', '.join(kind.value for kind in standard.kinds)}" if standard.kinds else ""),
    )
    yield from _judges(standard, clock)
    for each in waiting(standard):
        yield "Waits for", each
    if standard.hold_for is not None:
        yield "Flag after", str(standard.hold_for)
    if standard.marks_items:
        yield "Flag", standard.flag
    if standard.fix:
        yield "Fix", standard.fix
    if standard.waiver.max_age is not None:
        yield "Waiver", f"at most {standard.waiver.max_age}"
    yield "Cases", f"{len(standard.cases)}: run them with pmo-sync rules test {standard.id}"


def _judges(standard: Standard, clock: Clock) -> Iterator[tuple[str, str]]:
    """What decides the verdict."""
    yield "Applies to", sentence(standard.applies_to, clock)
    if standard.require is not None:
        yield "Requires", sentence(standard.require, clock)
    yield from counting(standard, clock)
    if standard.unless is not None:
        yield "Unless", sentence(standard.unless, clock)
    for escalation in standard.escalations:
        yield "Severity", f"{escalation.to.value} when {sentence(escalation.when, clock)}"
    if standard.values:
        yield "Values", ", ".join(f"{value.name} = {value.text}" for value in standard.values)


def counting(standard: Standard, clock: Clock) -> Iterator[tuple[str, str]]:
    """Of a share standard: whom it counts, who of them offends, and above which share it fails."""
    if standard.share is not None:
        exempt = f", but for {' and '.join(standard.share.exempt)}" if standard.share.exempt else ""
        yield "Counts", f"{standard.share.of} with {sentence(standard.share.among, clock)}{exempt}"
        yield "Offends", sentence(standard.share.where, clock)
    if standard.limit is not None:
        warn = standard.limit.warn_above
        lower = "" if warn is None else f", one severity lower above {warn * 100:.10g} %"
        yield "Fails", f"above {standard.limit.fail_above * 100:.10g} %{lower}"


def standard_json(standard: Standard, clock: Clock) -> dict[str, Json]:
    """The same for machines. Conditions are given as sentences; the YAML is the source of truth."""
    return {
        "id": standard.id,
        "title": standard.title,
        "why": standard.why,
        "source": standard.reference,
        "pack": standard.pack,
        "file": str(standard.place),
        "level": [level.value for level in standard.levels],
        "kinds": [kind.value for kind in standard.kinds],
        "subject": None if standard.subject is None else standard.subject.value,
        "waits_for": list(waiting(standard)),
        "severity": standard.severity.value,
        "enabled": standard.enabled,
        "mode": None if standard.mode is None else standard.mode.value,
        "values": {value.name: value.text for value in standard.values},
        "applies_to": sentence(standard.applies_to, clock),
        "require": None if standard.require is None else sentence(standard.require, clock),
        "unless": None if standard.unless is None else sentence(standard.unless, clock),
        "flag": standard.flag if standard.marks_items else None,
        "fix": standard.fix,
        "fingerprint": fingerprint(standard),
        "cases": len(standard.cases),
    }
