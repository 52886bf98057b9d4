"""A plan as a file: JSON as the contract has it, and back, with a digest that tells whether it is still the same plan.

The digest covers `changes`, `held`, `guards` and `preconditions`; never when the plan was made or what it may cost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Final, TypeAlias

import msgspec

from pmo_sync.errors import UsageError
from pmo_sync.model.change import (
    AddLabel,
    Change,
    Guard,
    Held,
    HeldReason,
    Plan,
    Precondition,
    PutLink,
    RemoveLabel,
    SetField,
    Target,
    TargetKind,
    Value,
    WebLink,
)
from pmo_sync.model.mark import FIELD, LABEL, LINK

SCHEMA_VERSION: Final = 1
_AGAIN: Final = "make a new plan: pmo-sync plan -o FILE"

Json: TypeAlias = dict[str, object]
_List: TypeAlias = str | list[str] | None


class _Change(msgspec.Struct):
    tracker: str
    id: str
    key: str
    op: str
    because: list[str]
    target: TargetKind = TargetKind.ITEM
    label: str = ""
    field: str = ""
    before: _List = None
    after: _List = None
    name: str = ""
    link: WebLink | None = None


class _Held(msgspec.Struct):
    tracker: str
    id: str
    key: str
    reason: HeldReason
    target: TargetKind = TargetKind.ITEM
    label: str | None = None
    link: str | None = None
    field: str | None = None
    observed: _List = None
    wanted: _List = None
    because: list[str] = []


class _Precondition(msgspec.Struct):
    tracker: str
    id: str
    updated: str | None
    target: TargetKind = TargetKind.ITEM


class _Guard(msgspec.Struct):
    name: str
    message: str
    causes: list[str]


class _Expected(msgspec.Struct):
    requests: int
    mails: int
    suppressed: tuple[str, ...] = ()


class _Plan(msgspec.Struct):
    digest: str
    made_at: datetime
    status_date: date
    snapshots: dict[str, str]
    changes: list[_Change]
    held: list[_Held]
    preconditions: list[_Precondition]
    guards: list[_Guard]
    expected: _Expected
    previewed: dict[str, str] = {}


class _Head(msgspec.Struct):
    schema_version: int


def digest(plan: Plan) -> str:
    """`sha256:…` over what the plan would do and why. `plan.digest` itself, its dates and costs do not count."""
    content = msgspec.json.encode(_content(plan), order="deterministic")
    return "sha256:" + hashlib.sha256(content).hexdigest()


def encode(plan: Plan) -> bytes:
    """The plan as the contract's JSON, indented, ending with a new line; equal plans give equal bytes."""
    content = _content(plan)
    document: Json = {
        "schema_version": SCHEMA_VERSION,
        "digest": plan.digest,
        "made_at": plan.made_at,
        "status_date": plan.status_date,
        "snapshots": dict(sorted(plan.snapshots.items())),
        "changes": content["changes"],
        "held": content["held"],
        "preconditions": content["preconditions"],
        "guards": content["guards"],
        "expected": _expected(plan),
        "previewed": dict(sorted(plan.previewed.items())),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def decode(data: bytes, *, name: str = "the file") -> Plan:
    """The plan that a file holds.

    Raises UsageError when it is no plan, was made by a newer version, or was changed since it was made.
    """
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.schema_version != SCHEMA_VERSION:
            raise UsageError(
                f"{name} is a plan in version {head.schema_version} of its format; this version reads {SCHEMA_VERSION}",
                advice=_AGAIN,
            )
        wire = msgspec.json.decode(data, type=_Plan)
        plan = _plan(wire)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} is not a plan of pmo-sync: {error}", advice=_AGAIN) from None
    if digest(plan) != plan.digest:
        raise UsageError(f"{name} was changed after the plan was made: its digest does not fit", advice=_AGAIN)
    return plan


def _expected(plan: Plan) -> Json:
    expected: Json = {"requests": plan.expected_requests, "mails": plan.expected_mails}
    return expected | ({"suppressed": list(plan.silent)} if plan.silent else {})


def _content(plan: Plan) -> Json:
    return {
        "changes": [change_json(change) for change in plan.changes],
        "held": [held_json(held) for held in plan.held],
        "preconditions": [_place(one.target, key=False) | {"updated": one.updated} for one in plan.preconditions],
        "guards": [{"name": one.name, "message": one.message, "causes": list(one.causes)} for one in plan.guards],
    }


def change_json(change: Change) -> Json:
    """One change as the contract has it."""
    because = {"because": list(change.because)}
    match change:
        case AddLabel():
            return _place(change.target) | {"op": "add_label", "label": change.label} | because
        case RemoveLabel():
            return _place(change.target) | {"op": "remove_label", "label": change.label} | because
        case SetField():
            values = {"field": change.field, "before": change.before, "after": change.after}
            return _place(change.target) | {"op": "set_field"} | values | because
        case PutLink():
            link = {"name": change.name, "link": asdict(change.link)}
            return _place(change.target) | {"op": "put_link"} | link | because


def held_json(held: Held) -> Json:
    """One held mark as the contract has it: a label or link by its name, a field with what stands and what we want."""
    found = _place(held.target)
    if held.channel in {LABEL, LINK}:
        found |= {held.channel: held.name}
        found |= {word: value for word, value in (("observed", held.observed), ("wanted", held.wanted)) if value}
    else:
        found |= {"field": held.name, "observed": held.observed, "wanted": held.wanted}
    found |= {"reason": held.reason.value}
    return found | ({"because": list(held.because)} if held.because else {})


def _place(target: Target, *, key: bool = True) -> Json:
    place: Json = {"tracker": target.tracker}
    if target.kind is not TargetKind.ITEM:
        place["target"] = target.kind.value
    place["id"] = target.id
    return place | {"key": target.key} if key else place


def _plan(wire: _Plan) -> Plan:
    changes = tuple(_change(change) for change in wire.changes)
    keys = {(one.target.tracker, one.target.kind, one.target.id): one.target for one in changes}
    return Plan(
        digest=wire.digest,
        made_at=wire.made_at,
        status_date=wire.status_date,
        snapshots=wire.snapshots,
        changes=changes,
        held=tuple(_held(held) for held in wire.held),
        preconditions=tuple(_precondition(one, keys) for one in wire.preconditions),
        guards=tuple(Guard(one.name, one.message, tuple(one.causes)) for one in wire.guards),
        expected_requests=wire.expected.requests,
        expected_mails=wire.expected.mails,
        previewed=wire.previewed,
        silent=wire.expected.suppressed,
    )


def _change(wire: _Change) -> Change:
    target, because = Target(wire.tracker, wire.target, wire.id, wire.key), tuple(wire.because)
    if wire.op == "add_label":
        return AddLabel(target, wire.label, because)
    if wire.op == "remove_label":
        return RemoveLabel(target, wire.label, because)
    if wire.op == "set_field":
        return SetField(target, wire.field, _value(wire.before), _value(wire.after), because)
    if wire.op == "put_link" and wire.link is not None:
        return PutLink(target, wire.name, wire.link, because)
    raise msgspec.ValidationError(f'a change "{wire.op}" is not known to this version')


def _held(wire: _Held) -> Held:
    places = ((LABEL, wire.label), (LINK, wire.link), (FIELD, wire.field or ""))
    channel, name = next((channel, name) for channel, name in places if name is not None)
    target = Target(wire.tracker, wire.target, wire.id, wire.key)
    values = _value(wire.observed), _value(wire.wanted)
    return Held(target, channel, name, *values, wire.reason, tuple(wire.because))


def _precondition(wire: _Precondition, known: Mapping[tuple[str, TargetKind, str], Target]) -> Precondition:
    place = (wire.tracker, wire.target, wire.id)
    return Precondition(known.get(place, Target(wire.tracker, wire.target, wire.id, wire.id)), wire.updated)


def _value(value: _List) -> Value:
    return tuple(value) if isinstance(value, list) else value
