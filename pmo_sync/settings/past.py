"""waivers.yaml, approvals.yaml and baseline.yaml: what people have said yes to, with a date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator

from pmo_sync.model.options import DateText, Options, Scope, Text
from pmo_sync.model.past import Accepted, Approval, Waiver
from pmo_sync.model.problem import Problem
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.settings.validate import validate


class WaiverEntry(Options):
    """One waiver. `until` is inclusive."""

    standard: Text
    scope: Scope
    reason: Text
    owner: Text | None = None
    approver: Text
    until: DateText


class WaiverFile(Options):
    """waivers.yaml."""

    waivers: tuple[WaiverEntry, ...] = ()


def _fingerprint(text: str) -> str:
    if not re.fullmatch("sha256:[0-9a-f]+", text):
        raise ValueError("this is no fingerprint; let `pmo-sync rules approve ID --by WHO` write the entry")
    return text


class ApprovalEntry(Options):
    """The yes to one content of one standard."""

    standard: Text
    fingerprint: Annotated[Text, AfterValidator(_fingerprint)]
    by: Text
    on: DateText


class ApprovalFile(Options):
    """approvals.yaml."""

    approvals: tuple[ApprovalEntry, ...] = ()


class BatchEntry(Options):
    """What was accepted on one day. `items`: standard → tracker → id → words for people;
    `nodes`: standard → paths as text.
    """

    accepted: DateText
    reason: Text | None = None
    nodes: dict[Text, tuple[Text, ...]] = {}
    items: dict[Text, dict[Text, dict[Text, Text | None]]] = {}


class BaselineFile(Options):
    """baseline.yaml."""

    baseline: tuple[BatchEntry, ...] = ()


_NOTHING: Final = "name whom it is for: portfolio, programme, project, item or tracker"


def read_waivers(tree: Node, file: str) -> tuple[tuple[Waiver, ...], tuple[Problem, ...]]:
    """The waivers of a tree, in the order of the file, or what is wrong with them."""
    options, problems = validate(WaiverFile, tree, file)
    nodes = entries(tree, "waivers")
    nameless = tuple(
        Problem("wrong-value", "the scope of this waiver is empty, so it would cover everything", at.source, _NOTHING)
        for at in (node.get("scope") for node in nodes)
        if isinstance(at, Fields) and not at.entries
    )
    if options is None or nameless:
        return (), (*problems, *nameless)
    made = (
        Waiver(entry.standard, entry.scope, entry.reason, entry.approver, entry.until, entry.owner, node.source)
        for entry, node in zip(options.waivers, nodes, strict=True)
    )
    return tuple(made), ()


def read_approvals(tree: Node, file: str) -> tuple[tuple[Approval, ...], tuple[Problem, ...]]:
    """The approvals of a tree, in the order of the file, or what is wrong with them."""
    options, problems = validate(ApprovalFile, tree, file)
    if options is None:
        return (), problems
    return tuple(Approval(entry.standard, entry.fingerprint, entry.by, entry.on) for entry in options.approvals), ()


def read_baseline(tree: Node, file: str) -> tuple[tuple[Accepted, ...], tuple[Problem, ...]]:
    """The accepted failures of a tree, in the order of the file, or what is wrong with them."""
    options, problems = validate(BaselineFile, tree, file)
    if options is None:
        return (), problems
    found = [one for node in entries(tree, "baseline") for one in _accepted(node)]
    return tuple(found), ()


def _accepted(batch: Fields) -> Iterator[Accepted]:
    on, reason = _text(batch.get("accepted")), _text(batch.get("reason"))
    day = date.fromisoformat(on or "")
    for standard, paths in _pairs(batch.get("nodes")):
        for leaf in paths.items if isinstance(paths, Entries) else ():
            yield Accepted(standard, "", _text(leaf) or "", day, None, reason, leaf.source)
    for standard, trackers in _pairs(batch.get("items")):
        for tracker, ids in _pairs(trackers):
            for key, leaf in ids if isinstance(ids, Fields) else ():
                yield Accepted(standard, tracker, str(key.value), day, _text(leaf), reason, key.source)


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    for key, value in node if isinstance(node, Fields) else ():
        yield str(key.value), value


def _text(node: Node | None) -> str | None:
    return str(node.value) if isinstance(node, Leaf) and node.value is not None else None


def entries(tree: Node, name: str) -> list[Fields]:
    """The mappings in the list under a key; what is none of them is left to the validation."""
    node = tree.get(name) if isinstance(tree, Fields) else None
    return [item for item in node.items if isinstance(item, Fields)] if isinstance(node, Entries) else []


def text_of(tree: Node | None, *names: str) -> Leaf | None:
    """The text under nested keys; None where there is none."""
    for name in names:
        tree = tree.get(name) if isinstance(tree, Fields) else None
    return tree if isinstance(tree, Leaf) and isinstance(tree.value, str) else None
