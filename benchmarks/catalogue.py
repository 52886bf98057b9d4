"""The standards of the benchmarks: forty of the shipped catalogue, and thirty-five that read columns alone, each of
which Cloud Custodian's value filters can say too.
"""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.portfolio import TODAY
from pmo_sync.rules.condition import relates
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import OverrideEntry, StandardsOptions
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.files import Reading
from pmo_sync.settings.packs import pack_names, packs_folder, read_file, read_packs

IDS = (
    *("HYG-01", "HYG-02", "HYG-03", "HYG-04", "HYG-05", "HYG-06", "HYG-07", "HYG-08", "HYG-09", "HYG-11", "HYG-12"),
    *("GOV-09", "GOV-11", "RSK-01", "RSK-02", "RSK-03", "RSK-07", "RSK-08", "CHG-01", "CHG-02", "CHG-03"),
    *("BEN-01", "BEN-03", "DEP-02", "DEP-03", "DEP-04", "DEP-05", "SCH-02", "SCH-03", "SCH-04", "SCH-05"),
    *("SCH-08", "SCH-09", "SCH-10", "SCH-11", "SCH-17", "SCH-20", "STA-01", "EVM-05", "EVM-10"),
)
"""All but three judge items or shares of them; 21 read columns alone, eleven read relations, eight are shares."""
_PRESENT = (
    *("requested_by", "description", "start", "due", "estimate_hours", "remaining_hours", "spent_hours"),
    *("priority", "duration_working_days", "last_review"),
)
EPOCH = date(1970, 1, 1)

Filter = dict[str, object]
_LIVE: Filter = {"key": "phase", "op": "in", "value": ["todo", "doing"]}


def chosen() -> tuple[Standard, ...]:
    """The forty, all switched on, with no fewer than eight on relations and four shares among them."""
    names = pack_names()
    on = {name: (OverrideEntry(on=True),) for name in IDS}
    sources = read_packs([(name, None) for name in names], Reading(packs_folder()))
    loaded = parse(sources, StandardsOptions(packs=names, override=on), custom={})
    found = tuple(one for one in loaded if one.id in IDS)
    assert len(found) == len(IDS) == 40
    assert sum(one.share is not None for one in found) >= 4
    related = [one for one in found if one.share is None and any(relates(part) for part in one.conditions)]
    assert len(related) >= 8
    return found


def by_columns() -> tuple[Standard, ...]:
    """The thirty-five in the language of standards."""
    entries = [
        {
            "id": f"COL-{number:02}",
            "title": f"Benchmark {number}",
            "level": "item",
            "severity": "minor",
            "flag": f"col-{number}",
            "applies_to": applies,
            "require": require,
        }
        for number, (applies, require, _) in enumerate(pairs(), start=1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "columns.yaml"
        path.write_text(json.dumps({"standards": entries}), "utf-8")  # JSON is YAML
        return parse(read_file(path, Reading(Path(folder))), StandardsOptions(packs=()), custom={})


def policies() -> list[list[Filter]]:
    """The same thirty-five as Cloud Custodian has them: filters that all have to match what offends."""
    return [[{"type": "value", **one} for one in filters] for _, _, filters in pairs()]


def _day(day: date) -> int:
    return (day - EPOCH).days


def pairs() -> list[tuple[Filter, Filter, list[Filter]]]:
    """(applies_to, require, filters of an offender): 10 presence, 8 date, 6 staleness, 6 status, 5 numeric.

    The peer is spared the arithmetic: days are numbers, and working days without change are a column.
    """
    return [*_presence(), *_dates(), *_staleness(), *_states(), *_numbers()]


def _presence() -> list[tuple[Filter, Filter, list[Filter]]]:
    live: Filter = {"phase": ["todo", "doing"]}
    absent: list[Filter] = [{"key": name, "value": "absent"} for name in _PRESENT]
    names = _PRESENT
    return [(live, {name: "present"}, [_LIVE, lacking]) for name, lacking in zip(names, absent, strict=True)]


def _dates() -> list[tuple[Filter, Filter, list[Filter]]]:
    found: list[tuple[Filter, Filter, list[Filter]]] = []
    for name, back in (("due", 0), ("due", 14), ("start", 0), ("start", 30), ("response_due", 0), ("own_due", 0)):
        limit = TODAY - timedelta(days=back)
        late = {"key": name, "op": "lt", "value": _day(limit)}
        applies: Filter = {"phase": ["todo", "doing"], name: "present"}
        found.append((applies, {name: {"on_or_after": limit.isoformat()}}, [_LIVE, late]))
    for name, other in (("start", "due"), ("due", "baseline_finish")):
        both: Filter = {"phase": ["todo", "doing"], name: "present", other: "present"}
        seen: list[Filter] = [{"key": one, "value": "present"} for one in (name, other)]
        after: Filter = {"key": name, "op": "gt", "value": other, "value_type": "expr"}
        found.append((both, {name: {"on_or_before": {"column": other}}}, [_LIVE, *seen, after]))
    return found


def _staleness() -> list[tuple[Filter, Filter, list[Filter]]]:
    found: list[tuple[Filter, Filter, list[Filter]]] = []
    for phase, limit in (("doing", 5), ("doing", 10), ("doing", 20), ("todo", 10), ("todo", 20), ("todo", 30)):
        filters: list[Filter] = [
            {"key": "phase", "value": phase},
            {"key": "on_hold", "value": False},
            {"key": "quiet_working_days", "op": "gt", "value": limit},
        ]
        applies: Filter = {"phase": phase, "on_hold": False}
        found.append((applies, {"quiet_working_days": {"lte": limit}}, filters))
    return found


def _states() -> list[tuple[Filter, Filter, list[Filter]]]:
    found: list[tuple[Filter, Filter, list[Filter]]] = []
    for kind, name, words in (
        ("task", "priority", ["High", "Medium"]),
        ("milestone", "priority", ["High"]),
        ("risk", "response", ["reduce"]),
        ("change", "decision", ["approved"]),
        ("risk", "band", ["low", "medium"]),
        ("task", "constraint", ["SNET"]),
    ):
        applies: Filter = {"all": [{"kind": kind}, {"phase": ["todo", "doing"], name: "present"}]}
        filters: list[Filter] = [
            {"key": "kind", "value": kind},
            _LIVE,
            {"key": name, "value": "present"},
            {"key": name, "op": "not-in", "value": words},
        ]
        found.append((applies, {name: words}, filters))
    return found


def _numbers() -> list[tuple[Filter, Filter, list[Filter]]]:
    found: list[tuple[Filter, Filter, list[Filter]]] = []
    for name, limit in (("estimate_hours", 24), ("duration_working_days", 44), ("points", 3), ("probability", 0.5)):
        filters: list[Filter] = [_LIVE, {"key": name, "op": "gt", "value": limit}]
        found.append(({"phase": ["todo", "doing"], name: "present"}, {name: {"lte": limit}}, filters))
    over: Filter = {"key": "spent_hours", "op": "gt", "value": "estimate_hours", "value_type": "expr"}
    both: Filter = {"phase": ["todo", "doing"], "spent_hours": "present", "estimate_hours": "present"}
    found.append((both, {"spent_hours": {"lte": {"column": "estimate_hours"}}}, [_LIVE, over]))
    return found
