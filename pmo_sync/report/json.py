"""Machine-readable output, by the contract: the same data give the same bytes, in any terminal harmless."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias

from pmo_sync.model.finding import Evidence, Finding
from pmo_sync.model.past import Waiver
from pmo_sync.model.words import SEVERITIES
from pmo_sync.report.escape import json_text
from pmo_sync.report.formats import Format
from pmo_sync.report.numbers import iso
from pmo_sync.report.pieces import Rows, batches, pieces
from pmo_sync.report.view import CheckView, FigureValue, ItemRow, NodeRow, Summary, TrackerRow
from pmo_sync.rules.levels import Scorecard

SCHEMA_VERSION: Final = 1

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


def document(content: Mapping[str, Json]) -> str:
    """One JSON object over several lines, `schema_version` first, ended by a line feed."""
    return _text({"schema_version": SCHEMA_VERSION, **content}, indent=1) + "\n"


def answer(content: Mapping[str, Json], format_: Format) -> str:
    """The same object as `document`; on one line for JSONL."""
    return line({"schema_version": SCHEMA_VERSION, **content}) if format_ is Format.JSONL else document(content)


def line(content: Mapping[str, Json]) -> str:
    """One JSON object on one line, ended by a line feed."""
    return _text(content, indent=None) + "\n"


def lines(rows: Iterable[Mapping[str, Json]]) -> str:
    """One JSON object per line."""
    return "".join(line(row) for row in rows)


def _text(content: Mapping[str, Json], *, indent: int | None) -> str:
    return json_text(json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent))


def check(view: CheckView) -> str:
    """`check --format json`."""
    return "".join(check_pieces(view))


def check_pieces(view: CheckView) -> Iterator[str]:
    """The same in parts: of a large portfolio it is hundreds of megabytes."""
    content: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "run": view.run,
        "status_date": iso(view.status_date),
        "complete": view.complete,
        "trackers": [_tracker(row) for row in view.trackers],
        "summary": summary(view.summary),
        **({} if view.outside is None else {"outside": summary(view.outside.summary)}),
        "notices": [{"code": notice.code, "text": notice.text, "count": notice.count} for notice in view.notices],
        "findings": Rows(finding(each) for each in view.findings),
        "nodes": Rows(_node(node) for node in view.nodes),
    }
    if view.items is not None:
        content["items"] = Rows(_item(item) for item in view.items)
    return pieces(content)


def check_lines(view: CheckView) -> str:
    """`check --format jsonl`: one finding per line."""
    return "".join(check_line_pieces(view))


def check_line_pieces(view: CheckView) -> Iterator[str]:
    """The same, some lines at a time."""
    return batches(line(finding(each)) for each in view.findings)


def summary(counts: Summary) -> dict[str, Json]:
    """The counts by verdict. `fail` holds open failures; waived and baselined ones stand beside it."""
    return {
        "pass": counts.passed,
        "fail": {severity.value: counts.failed.get(severity, 0) for severity in reversed(SEVERITIES)},
        "unknown": counts.unknown,
        "n/a": counts.not_applicable,
        "waived": counts.waived,
        "baselined": counts.baselined,
    }


def finding(each: Finding) -> dict[str, Json]:
    """One finding as the contract names its keys."""
    return {
        "standard": each.standard,
        "title": each.title,
        "severity": each.severity.value,
        "verdict": each.verdict.word,
        "level": each.level.value,
        "tracker": each.tracker,
        "id": each.id,
        "key": each.key,
        "path": list(each.path),
        "message": each.message,
        "fix": each.fix,
        "evidence": {name: plain(value) for name, value in each.evidence.items()},
        "url": each.url,
        "flag": each.flag,
        "mode": each.mode.value,
        "waiver": None if each.waiver is None else _waiver(each.waiver),
        "baselined": each.baselined,
        "since": None if each.since is None else iso(each.since),
        **({} if each.help is None else {"help": each.help}),
        **({"waits_for": list(each.waits_for)} if each.waits_for else {}),
    }


def plain(value: Evidence) -> Json:
    """A value as JSON has it: dates and times as ISO text, whole floats as they are, lists in their order."""
    if isinstance(value, date | datetime):
        return iso(value)
    if isinstance(value, float):
        return (int(value) if value.is_integer() else value) if math.isfinite(value) else None
    return value


def _waiver(waiver: Waiver) -> dict[str, Json]:
    return {
        "until": iso(waiver.until),
        "reason": waiver.reason,
        "approver": waiver.approver,
        "owner": waiver.owner,
    }


def _tracker(row: TrackerRow) -> dict[str, Json]:
    return {
        "name": row.name,
        "complete": row.complete,
        "items": row.items,
        "snapshot": row.snapshot,
        "pulled_at": iso(row.pulled_at),
        "requests": row.requests,
        "problems": list(row.problems),
    }


def _node(node: NodeRow) -> dict[str, Json]:
    return {
        "path": list(node.path),
        "level": node.level,
        "complete": node.complete,
        "figures": {name: _figure(figure) for name, figure in node.figures.items()},
        "rag": {
            "reported": plain(node.figures["reported_rag"].value),
            "computed": plain(node.figures["computed_rag"].value),
            "why": list(node.why),
            "says": node.says,
        },
        "compliance": {
            "value": node.score.value,
            "with_waivers": node.score.with_waivers,
            "passed": node.score.passed,
            "failed": node.score.failed,
            "unknown": node.score.unknown,
        },
        **({} if node.maturity is None else {"maturity": _maturity(node.maturity)}),
    }


def _maturity(card: Scorecard) -> dict[str, Json]:
    """The level a node has proven; null below the lowest, and where nothing was judged or not all was read."""
    following = card.following
    return {
        "level": card.reached,
        "with_waivers": card.with_waivers,
        "next": None if following is None else following.level.name,
        "missing": [] if following is None else [one.standard for one in following.missing],
    }


def _figure(figure: FigureValue) -> dict[str, Json]:
    return {
        "value": exact_json(figure),
        "used": figure.used,
        "missing": figure.missing,
        "basis": figure.basis,
    }


def exact_json(figure: FigureValue) -> Json:
    """The value of a figure as JSON; numbers are exact already and keep their type."""
    value = figure.value
    return iso(value) if isinstance(value, date | datetime) else value


def _item(item: ItemRow) -> dict[str, Json]:
    return {
        "tracker": item.tracker,
        "id": item.id,
        "key": item.key,
        "figures": {
            name: {"value": exact_json(figure), "basis": figure.basis} for name, figure in item.figures.items()
        },
    }
