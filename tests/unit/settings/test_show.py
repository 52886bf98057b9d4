from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pmo_sync.settings.folder import Project, load
from pmo_sync.settings.options import Settings
from pmo_sync.settings.show import LATER, LATER_NOTE, Row, rows

Loaded = Callable[..., Project]

PMO = """\
version: 1
currency: GBP
trackers:
  plant:
    kind: redmine
    url: https://redmine.example.net
    token: ${PLANT_KEY}
  bank: {kind: jira-cloud, url: "https://bank.example.net"}
standards:
  override:
    HYG-08: {values: {quiet: 15 working days}, only: {programme: P}}
    HYG-06: off
    HYG-01: [{severity: info}, off]
risk_appetite:
  - {programme: P, money: 5}
state: elsewhere
"""


@pytest.fixture
def shown(loaded: Loaded) -> dict[str, Row]:
    return {row.key: row for row in rows(loaded(PMO))}


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("version", 1, 1),
        ("currency", "GBP", 2),
        ("trackers.plant.kind", "redmine", 5),
        ("trackers.plant.token", "${PLANT_KEY}", 7),
        ("standards.override.HYG-08.values.quiet", "15 working days", 11),
        ("standards.override.HYG-08.only.programme", "P", 11),
        ("standards.override.HYG-06", "off", 12),
        ("standards.override.HYG-01[0].severity", "info", 13),
        ("risk_appetite[0].scope.programme", "P", 15),
        ("risk_appetite[0].money", 5.0, 15),
        ("state.dir", "elsewhere", 16),
    ],
)
def test_a_setting_of_the_file_names_its_line(shown: dict[str, Row], key: str, value: object, line: int) -> None:
    assert shown[key].value == value
    assert shown[key].origin_text == f"pmo.yaml:{line}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("time_zone", "UTC"),
        ("standards.packs", ["core"]),
        ("rollup.min_coverage", 0.7),
        ("trackers.plant.proxy", "env"),
        ("state.keep.ledger", "7 years"),
        ("modes", []),
    ],
)
def test_a_default_is_called_one(shown: dict[str, Row], key: str, value: object) -> None:
    assert (shown[key].value, shown[key].origin, shown[key].origin_text) == (value, None, "default")


def test_what_nothing_reads_yet_says_so(shown: dict[str, Row]) -> None:
    assert shown["pull.overlap"].note is None
    assert shown["pull.full_every"].note is None
    assert shown["trackers.plant.write.comment"].note == LATER_NOTE
    assert shown["links.waiver"].note == LATER_NOTE
    assert shown["owner_id"].note is None
    assert shown["links.standards"].note is None
    assert shown["trackers.plant.write.link"].note is None
    assert shown["trackers.plant.limits.writes_per_run"].note == LATER_NOTE
    assert shown["currency"].note is None
    assert shown["guards.max_mails"].note is None
    assert shown["trackers.plant.write.on_conflict"].note is None
    assert shown["trackers.plant.write.take_over"].note is None
    assert shown["trackers.plant.kind"].note is None
    assert shown["trackers.bank.kind"].note is None


def test_every_key_that_is_called_later_is_a_key(shown: dict[str, Row]) -> None:
    keys = {key.replace("trackers.bank.", "trackers.*.") for key in shown}
    heads = {".".join(key.split(".")[:n]).partition("[")[0] for key in keys for n in range(1, key.count(".") + 2)}
    assert heads >= LATER


def test_every_setting_is_shown_at_least_once(shown: dict[str, Row]) -> None:
    assert {key.partition(".")[0].partition("[")[0] for key in shown} == set(Settings.model_fields)
    assert len({*shown}) == len(shown)


def test_all_that_the_example_sets_is_shown_with_its_place() -> None:
    example = Path(__file__).parents[4] / "shared" / "design" / "example"
    if not example.is_dir():
        pytest.skip("the design documents' example is not beside this checkout")
    project = load(example)
    told = {row.origin for row in rows(project) if row.origin is not None}
    scalars = {place for key, place in project.origins.items() if _is_leaf(project, key)}
    assert scalars <= told


def _is_leaf(project: Project, key: str) -> bool:
    """Whether nothing is written below a key, and it is no entry of a list, which is shown as one value."""
    return not key.endswith("]") and not any(other.startswith((f"{key}.", f"{key}[")) for other in project.origins)
