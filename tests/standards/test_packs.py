"""Every shipped standard is complete, and its own cases come out as they say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from pmo_sync.model.duration import parse_duration
from pmo_sync.model.options import parse_share
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.model.words import Mode, Verdict
from pmo_sync.rules.cases import CaseResult, run_cases
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.demo import demo_folder
from pmo_sync.settings.files import Reading
from pmo_sync.settings.packs import packs_folder, read_file, read_packs

FAMILIES = {
    "core": {"HYG": 12, "GOV": 11},
    "schedule-dcma14": {"SCH": 20},
    "cost-evm": {"EVM": 10},
    "risk": {"RSK": 8},
    "benefits": {"BEN": 7},
    "change": {"CHG": 5},
    "resources": {"RES": 5},
    "dependencies": {"DEP": 6},
    "strategy": {"STR": 6},
    "status": {"STA": 8},
    "stakeholders": {"STK": 2},
    "closure": {"LES": 4},
    "agile": {"AGI": 4},
}
PACKS = {
    pack: [f"{name}-{n:02}" for name, many in families.items() for n in range(1, many + 1)]
    for pack, families in FAMILIES.items()
}
OFF = {
    *("HYG-05", "HYG-06", "HYG-07", "HYG-10", "GOV-07", "GOV-10"),
    *("SCH-12", "SCH-13", "SCH-14", "SCH-16", "SCH-17", "SCH-18"),
    *("EVM-04", "EVM-06", "EVM-08", "EVM-09"),
    *("RSK-05", "RSK-06", "RSK-07", "RSK-08", "BEN-07", "CHG-05"),
    *("RES-02", "RES-03", "RES-04", "RES-05", "DEP-06"),
    *("STR-02", "STR-03", "STR-04", "STR-05", "STR-06", "STA-04", "STA-06", "STA-07"),
    *("STK-01", "STK-02", "LES-02", "LES-03", "AGI-01", "AGI-02", "AGI-03", "AGI-04"),
}
NO_WAIVER = [
    "HYG-04",
    "GOV-03",
    "GOV-08",
    "GOV-11",
    "SCH-02",
    "SCH-07",
    "SCH-16",
    "SCH-19",
    "EVM-07",
    "BEN-06",
    "BEN-07",
]
NEVER_FAILS = {"DEP-05"}
"""A link is seen, or nobody can tell what is behind it: this one passes or is unknown."""


IDS = [*(id_ for pack in PACKS.values() for id_ in pack), *(f"BNK-{n:02}" for n in range(1, 6))]


@cache
def sources() -> list[StandardSource]:
    reading = Reading(packs_folder())
    found = read_packs([(name, None) for name in PACKS], reading)
    found += read_file(demo_folder() / "standards" / "delivery.yaml", reading)
    assert reading.problems == []
    return found


@cache
def nodes() -> dict[str, Fields]:
    return {str(leaf.value): source.node for source in sources() if isinstance(leaf := source.node.get("id"), Leaf)}


@cache
def shipped() -> dict[str, Standard]:
    """Every standard of the packs and of the demo, by id, read together as a project would."""
    options = StandardsOptions(packs=tuple(PACKS))
    return {one.id: one for one in parse(sources(), options, custom={"reg_date": ColumnType.DATE})}


@cache
def results() -> list[CaseResult]:
    return run_cases(tuple(shipped().values()))


def test_the_packs_hold_the_families_of_the_catalogue() -> None:
    for pack, members in PACKS.items():
        assert [one.id for one in shipped().values() if one.pack == pack] == members
    assert list(shipped()) == list(IDS)


def test_what_is_on_once_its_pack_is_chosen() -> None:
    assert {one.id for one in shipped().values() if not one.enabled} == OFF


def test_standards_on_reported_colours_only_report() -> None:
    assert {one.id for one in shipped().values() if one.mode is Mode.SUPPORTIVE} == {"STA-03", "STA-08"}


@pytest.mark.parametrize("id_", IDS)
def test_a_standard_says_why_from_where_and_how_to_mend_it(id_: str) -> None:
    one = shipped()[id_]
    assert one.why
    assert one.reference
    assert one.fix
    assert one.title[-1] != "."
    wanted = {Verdict.PASS, Verdict.UNKNOWN if id_ in NEVER_FAILS else Verdict.FAIL}
    assert wanted <= {case.verdict for case in one.cases}
    assert one.message or one.share


def literals(node: Node | None) -> Iterator[str]:
    if isinstance(node, Fields):
        for key, inner in node:
            if key.value != "value":  # the name of a value
                yield from literals(inner)
    elif isinstance(node, Entries):
        for inner in node.items:
            yield from literals(inner)
    elif node is not None:
        yield str(node.value)


@pytest.mark.parametrize("id_", IDS)
def test_no_threshold_stands_in_a_condition(id_: str) -> None:
    node = nodes()[id_]
    said = [
        text for part in ("applies_to", "share", "require", "unless", "escalate") for text in literals(node.get(part))
    ]
    numbers = {text for text in said if parse_duration(text) or parse_share(text) is not None or text.isdigit()}
    assert numbers <= {"0", "1", "2", "100%"}  # "above zero", "at least two periods", "not finished" say who is judged


def test_what_marks_items_has_a_flag_in_words_of_its_own() -> None:
    marking = [one for one in shipped().values() if one.marks_items]
    assert len({one.flag for one in marking}) == len(marking) == 62
    for one in marking:
        assert one.flag != one.id.lower(), f"{one.id} has no worded flag"


@pytest.mark.parametrize("id_", [*NO_WAIVER, "BNK-05"])
def test_what_nobody_may_waive_takes_no_waiver(id_: str) -> None:
    age = shipped()[id_].waiver.max_age
    assert age is not None
    assert age.amount == 0


@pytest.mark.parametrize("id_", IDS)
def test_its_cases_come_out_as_they_say(id_: str) -> None:
    wrong = [result for result in results() if result.standard == id_ and not result.passed]
    assert wrong == []
