"""A change of standards over kept snapshots: who, from when to when, how noisy; and against a slow hand count."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_sync.cli import root
from pmo_sync.errors import UsageError
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.pipeline import write
from pmo_sync.pipeline.compared import Compared, Pair, compare
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.occasions import kept, occasions
from pmo_sync.pipeline.pull import pull
from pmo_sync.pipeline.replay import Occasion, Replay, replay
from pmo_sync.pipeline.spells import FLAGGED, Spells
from pmo_sync.plan.flags import candidates
from tests.unit.pipeline.conftest import row, write_lines

Open = Callable[..., Context]
LARGE = """
standards:
  - id: BIG-01
    title: Work is small
    level: item
    severity: major
    values: {most: 40}
    require: {estimate_hours: {lte: {value: most}}}
    flag: too-big
"""
CHOICE = "standards: {packs: [], files: [own.yaml]}\n"
DAYS = (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 20))


@pytest.fixture
def past(folder: Path, opened: Open) -> Open:
    """A folder with one snapshot a day of DAYS: what each task of the bank was estimated at on each of them."""
    hours = {"2": (30, 50, 50, 70), "3": (70, 70, 10, 70), "4": (10, 10, 10, 10), "5": (45, 45, 45, 45)}
    for number, day in enumerate(DAYS):
        rows = [row(id_, "PAY", estimate_hours=of[number]) for id_, of in hours.items()]
        write_lines(folder, "bank", [row("1", "PAY", key="HOME", estimate_hours=None), *rows])
        write_lines(folder, "plant", [row("7", "WEB", estimate_hours=60)])
        pull(opened(CHOICE, standards=LARGE, today=day))
    return opened


def _replayed(context: Context, compared: Compared, **narrow: date) -> Replay:
    days = kept(context, **narrow).days
    return replay(occasions(context, days, compared.differing), compared.differing, context.project)


def test_who_and_from_when_to_when(past: Open) -> None:
    context = past(CHOICE, standards=LARGE)
    compared = compare(context.project, ("BIG-01",), changes=("most=60",))
    found = _replayed(context, compared)
    (one,) = found.standards
    assert found.days == DAYS
    assert one.before is not None
    assert one.after is not None
    # By hand, above 40: 2 from October on, 3 twice, 5 and 7 always. Above 60: 2 in the end, 3 twice.
    assert (one.before.flagged, one.before.now, one.before.returned) == (4, 4, 1)
    assert (one.after.flagged, one.after.now, one.after.returned) == (2, 2, 1)
    assert (one.new, one.gone, one.other_dates) == (0, 2, 1)
    rows = {each["id"]: each for each in one.changed.iter_rows(named=True)}
    assert set(rows) == {"2", "5", "7"}
    assert (rows["2"]["before_since"], rows["2"]["before_until"]) == (DAYS[1], None)
    assert (rows["2"]["after_since"], rows["2"]["after_until"]) == (DAYS[3], None)
    assert rows["7"]["path"] == "Group/Core/WEB"
    assert rows["7"]["after_spells"] == 0
    # Days: 61 and 0 of PAY-3, 50 of PAY-2, 80 of PAY-5 and WEB-7.
    assert one.before.median_days == 61
    assert one.before.per_month == round(2 / (80 / (365.25 / 12)), 1)


def test_of_a_day_the_last_snapshot_counts(folder: Path, past: Open) -> None:
    write_lines(folder, "bank", [row("1", "PAY", key="HOME", estimate_hours=None), row("5", "PAY", estimate_hours=5)])
    context = past(CHOICE, standards=LARGE, hour=18)
    pull(context)
    found = kept(context)
    assert len(found.days) == len(DAYS)
    assert found.passed_over == 2
    compared = compare(context.project, ("BIG-01",), changes=("most=44",))
    (one,) = _replayed(context, compared, since=DAYS[3]).standards
    assert one.before is not None
    assert (one.before.flagged, one.before.per_month) == (1, None)


def _with_a_day_not_read_whole(context: Context, asked: tuple[Pair, ...]) -> Iterator[Occasion]:
    """The days; on the third nothing of the bank was read."""
    for number, occasion in enumerate(occasions(context, kept(context).days, asked)):
        bank, *others = occasion.snapshots
        partly = replace(bank, manifest=replace(bank.manifest, complete=False), items=bank.items.head(0))
        yield replace(occasion, snapshots=(partly, *others)) if number == 2 else occasion


def test_no_flag_ends_where_a_tracker_was_not_read_whole(past: Open) -> None:
    context = past(CHOICE, standards=LARGE)
    asked = compare(context.project, ("BIG-01",), changes=("most=44",)).differing
    found = replay(_with_a_day_not_read_whole(context, asked), asked, context.project)
    (one,) = found.standards
    assert found.partly == (DAYS[2],)
    assert one.before is not None
    assert one.before.returned == 0


def test_what_was_not_read_begins_no_new_wait_for_its_flag(past: Open) -> None:
    context = past(CHOICE, standards=LARGE.replace("flag: too-big", "flag: too-big\n    for: 25 days"))
    asked = compare(context.project, ("BIG-01",), changes=("for=0 days",)).differing
    (one,) = replay(_with_a_day_not_read_whole(context, asked), asked, context.project).standards
    (five,) = one.changed.filter(id="5").iter_rows(named=True)
    assert (five["before_since"], five["before_until"], five["before_spells"]) == (DAYS[1], None, 1)


def test_a_column_that_an_old_snapshot_lacks_is_unknown_there(folder: Path, past: Open) -> None:
    text = LARGE.replace("estimate_hours: {lte: {value: most}}", "points: {lte: {value: most}}")
    bank = [row("2", "PAY", points=50, estimate_hours=1), row("1", "PAY", key="HOME", points=1, estimate_hours=1)]
    write_lines(folder, "bank", bank)
    write_lines(folder, "plant", [row("7", "WEB", points=1, estimate_hours=1)])
    context = past(CHOICE, standards=text, hour=20)
    pull(context)
    found = _replayed(context, compare(context.project, ("BIG-01",), changes=("most=20",)))
    (one,) = found.standards
    assert one.before is not None
    assert one.before.flagged == 1
    assert one.before.unknown == 18
    assert {(lack.column, lack.tracker, lack.days) for lack in found.lacks} == {
        ("points", "bank", 3),
        ("points", "plant", 3),
    }


def test_for_holds_back_what_is_not_ripe(past: Open) -> None:
    context = past(CHOICE, standards=LARGE.replace("flag: too-big", "flag: too-big\n    for: 25 days"))
    compared = compare(context.project, ("BIG-01",), changes=("for=0 days",))
    (one,) = _replayed(context, compared).standards
    rows = {each["id"]: each for each in one.changed.iter_rows(named=True)}
    assert rows["5"]["before_since"] == DAYS[1]
    assert rows["5"]["after_since"] == DAYS[0]
    assert rows["3"]["before_spells"] == 1  # the second time it had no 25 days


WAIVERS = """waivers:
  - {standard: BIG-01, scope: {item: PAY-5}, reason: r, approver: a, until: 2026-10-15}
  - {standard: BIG-01, scope: {item: PAY-3}, reason: r, approver: a, until: 2026-12-31}
  - {standard: BIG-01, scope: {project: WEB}, reason: r, approver: a, until: 2026-10-01}
"""


def test_a_waived_failure_is_not_flagged_until_its_waiver_has_run_out(folder: Path, past: Open) -> None:
    (folder / "waivers.yaml").write_text(WAIVERS)
    context = past(CHOICE, standards=LARGE)
    asked = compare(context.project, ("BIG-01",)).differing
    (one,) = _replayed(context, compare(context.project, ("BIG-01",))).standards
    rows = {each["id"]: (each["after_since"], each["after_until"]) for each in one.changed.iter_rows(named=True)}
    assert rows == {"2": (DAYS[1], None), "5": (DAYS[2], None), "7": (DAYS[2], None)}
    assert one.after is not None
    assert (one.after.flagged, one.after.waived) == (3, 2 + 3 + 2)
    for occasion in occasions(context, kept(context).days, asked):  # and so says the run of each of the days
        run = evaluate(past(CHOICE, standards=LARGE, today=occasion.day), occasion.snapshots)
        flagged = candidates(write.plan_inputs(context, run)).join(run.portfolio.items.select("item", "id"), on="item")
        assert set(flagged["id"]) == {id_ for id_, (since, _) in rows.items() if since <= occasion.day}


def test_a_waiver_counts_on_both_sides(folder: Path, past: Open) -> None:
    waived = "waivers: [{standard: BIG-01, scope: {item: PAY-2}, reason: r, approver: a, until: 2026-12-31}]\n"
    (folder / "waivers.yaml").write_text(waived)
    context = past(CHOICE, standards=LARGE)
    (one,) = _replayed(context, compare(context.project, ("BIG-01",), changes=("most=60",))).standards
    assert one.before is not None
    assert one.after is not None
    assert (one.before.waived, one.after.waived) == (3, 1)
    assert (one.new, one.gone, one.other_dates) == (0, 2, 0)


def test_the_wait_for_a_flag_goes_on_under_a_waiver(folder: Path, past: Open) -> None:
    (folder / "waivers.yaml").write_text(WAIVERS)
    context = past(CHOICE, standards=LARGE.replace("flag: too-big", "flag: too-big\n    for: 25 days"))
    (one,) = _replayed(context, compare(context.project, ("BIG-01",))).standards
    (five,) = one.changed.filter(id="5").iter_rows(named=True)
    assert five["after_since"] == DAYS[2]


def test_figures_that_count_waivers_see_them(folder: Path, past: Open) -> None:
    (folder / "waivers.yaml").write_text(WAIVERS)
    old = LARGE + (
        "  - {id: OLD-01, title: No waiver has run out, level: item, severity: minor, flag: ran-out,"
        " require: {waivers_expired: {lte: 0}}}\n"
    )
    context = past(CHOICE, standards=old)
    (one,) = _replayed(context, compare(context.project, ("OLD-01",))).standards
    rows = {each["id"]: each["after_since"] for each in one.changed.iter_rows(named=True)}
    assert rows == {"5": DAYS[2], "7": DAYS[2]}


def test_another_folder_and_another_file(past: Open, tmp_path: Path) -> None:
    context = past(CHOICE, standards=LARGE)
    other = tmp_path / "other"
    other.mkdir()
    (other / "own.yaml").write_text(LARGE.replace("most: 40", "most: 60"))
    for against in (other, other / "own.yaml"):
        compared = compare(context.project, against=against)
        assert [pair.id for pair in compared.differing] == ["BIG-01"]
        (one,) = _replayed(context, compared).standards
        assert (one.new, one.gone, one.other_dates) == (2, 0, 1)
    (other / "pmo.yaml").write_text("version: 1\nstandards: {packs: [], files: [own.yaml]}\n")
    assert compare(context.project, against=other).differing[0].before is not None


def test_without_anything_said_the_overrides_are_replayed(past: Open) -> None:
    context = past(
        "standards: {packs: [], files: [own.yaml], override: {BIG-01: {values: {most: 60}}}}\n", standards=LARGE
    )
    compared = compare(context.project)
    (one,) = _replayed(context, compared).standards
    assert (one.new, one.gone) == (0, 2)
    again = compare(context.project, ("BIG-01",), changes=("severity=minor", "most=65"))
    assert again.differing[0].after is not None
    assert again.differing[0].after.severity.value == "minor"
    assert again.differing[0].after.values[0].text == "65"


def test_a_new_standard_is_compared_with_nothing(past: Open) -> None:
    context = past(CHOICE, standards=LARGE)
    assert not compare(context.project).differing
    (one,) = _replayed(context, compare(context.project, ("BIG-01",))).standards
    assert one.before is None
    assert one.new == 4


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (("moost=3",), "did you mean `most`"),
        (("most",), "NAME=VALUE"),
        (("most=[1",), "not YAML"),
        (("id=X",), "cannot be overridden"),
        (("most=!!python/object:os.system 1",), "tag"),
    ],
)
def test_a_change_that_cannot_be_read(past: Open, changes: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        compare(past(CHOICE, standards=LARGE).project, ("BIG-01",), changes=changes)
    error = caught.value
    hints = [str(one.hint) for one in error.problems] if isinstance(error, ConfigurationError) else []
    assert told in " ".join([error.message, *hints])


def _run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(root.command, ["rules", "diff", "-C", str(folder), *words], standalone_mode=False)


def test_the_command_line(folder: Path, past: Open, tmp_path: Path) -> None:
    past(CHOICE, standards=LARGE)
    page = _run(folder, "BIG-01", "--set", "most=60", "--format", "table")
    assert page.return_value == 0
    assert "values.most: 40 → 60" in page.stdout
    assert "2 no longer flagged · 1 flagged on other dates" in page.stdout
    assert "- PAY-5  Work" not in page.stdout
    as_data = json.loads(_run(folder, "--standard", "BIG-01", "--set", "most=60", "--format", "json").stdout)
    (standard,) = as_data["standards"]
    assert standard["before"] == {
        "flagged": 4, "now": 4, "per_month": 0.8, "median_days": 61.0, "returned": 1, "waived": 0, "unknown": 4,
    }  # fmt: skip
    assert [each["key"] for each in standard["subjects"]] == ["PAY-5", "WEB-7", "PAY-2"]
    assert standard["where"] == [{"path": "Group/Core", "new": 0, "gone": 2}]
    out = tmp_path / "diff.csv"
    assert _run(folder, "BIG-01", "--set", "most=60", "-o", str(out)).return_value == 0
    assert out.read_text().splitlines()[1].startswith('"BIG-01","gone","item","bank","5","PAY-5",')
    assert "## BIG-01" in _run(folder, "BIG-01", "--set", "most=60", "--format", "md").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--set", "most=60"), "one has to be named"),
        (("BIG-01", "--set", "most=40"), "nothing to replay"),
        (("BIG-02",), "did you mean `BIG-01`"),
        (("BIG-01", "--since", "2027-01-01"), "2026-09-01 to 2026-11-20"),
        (("BIG-01", "--set", "most=1", "--against", "."), "do not go together"),
        ((), "nothing to replay"),
    ],
)
def test_what_cannot_be_replayed_is_told(folder: Path, past: Open, words: tuple[str, ...], told: str) -> None:
    past(CHOICE, standards=LARGE)
    found = _run(folder, *words)
    assert found.return_value == 2
    assert told in found.stderr


_DAY = st.tuples(st.frozensets(st.sampled_from("abcd")), st.booleans())


@settings(max_examples=60)
@given(st.lists(_DAY, min_size=1, max_size=8))
def test_spells_against_a_walk_by_hand(days: list[tuple[frozenset[str], bool]]) -> None:
    spells = Spells()
    expected: dict[str, list[list[date | None]]] = {}
    for number, (flagged, whole) in enumerate(days):
        today = date(2026, 1, 1 + number)
        rows = [dict.fromkeys(FLAGGED, "t") | {"id": each} for each in sorted(flagged)]
        unseen = frozenset() if whole else frozenset({"t"})
        spells.take(today, pl.DataFrame(rows, schema=dict(FLAGGED)), unseen)
        for each in "abcd":
            mine = expected.setdefault(each, [])
            standing = bool(mine) and mine[-1][1] is None
            if each in flagged and not standing:
                mine.append([today, None])
            elif each not in flagged and standing and whole:
                mine[-1][1] = today
    found = spells.all()
    for each, mine in expected.items():
        assert [list(one) for one in found.filter(id=each).select("since", "until").iter_rows()] == mine


def test_days_are_those_of_the_time_zone(past: Open) -> None:
    context = past("time_zone: Pacific/Auckland\n" + CHOICE, standards=LARGE)
    first = datetime(2026, 9, 1, 9, tzinfo=UTC).date()
    assert kept(context).days[0].day == first
