"""What a team sees in its tracker: few worded labels, the worst first, after a grace, and none for accepted debt."""

from __future__ import annotations

from datetime import timedelta

from pmo_sync.model.change import AddLabel, RemoveLabel
from pmo_sync.pipeline import baseline, write
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.pull import pull
from tests.unit.pipeline.conftest import TODAY, Open, row, write_lines

MANY = """
standards:
  - {id: Z-9, title: Has an owner, level: item, severity: critical, flag: no-owner, require: {owner: present}}
  - {id: B-2, title: Has points, level: item, severity: major, flag: no-points, require: {points: present}}
  - {id: A-1, title: Has a due date, level: item, severity: major, flag: no-due-date, require: {due: present}}
  - {id: C-3, title: Has a start, level: item, severity: minor, flag: no-start, require: {start: present}}
"""
GRACE = """
standards:
  - id: HYG-01
    title: Has an owner
    level: item
    severity: major
    flag: no-owner
    for: 2 working days
    require: {owner: present}
"""
SETTINGS = "standards: {packs: [], files: [own.yaml], first_run: apply}\n"
EMPTY = {"due": None, "start": None, "points": None}


def labels(context: Context, key: str) -> list[str]:
    """The labels that the next plan puts on an item."""
    plan = write.plan(context, evaluate(context, pull(context).snapshots))
    return sorted(one.label for one in plan.changes if isinstance(one, AddLabel) and one.target.key == key)


def with_write(context: Context, **options: object) -> Context:
    """The same with other settings for what is written to the tracker `plant`."""
    settings = context.project.settings
    plant = settings.trackers["plant"]
    changed = plant.model_copy(update={"write": plant.write.model_copy(update=options)})
    trackers = {**settings.trackers, "plant": changed}
    object.__setattr__(context.project, "settings", settings.model_copy(update={"trackers": trackers}))
    return context


def test_the_worst_come_first_then_by_id_no_more_than_allowed_and_none_below_the_threshold(opened: Open) -> None:
    folder = opened(standards=MANY).project.folder
    write_lines(folder, "plant", [row("7", "WEB", **EMPTY)])
    assert labels(opened(standards=MANY), "WEB-7") == ["pmo-action", "pmo-no-due-date", "pmo-no-owner", "pmo-no-points"]
    two = with_write(opened(standards=MANY, hour=10), max_flags=2)
    assert labels(two, "WEB-7") == ["pmo-action", "pmo-no-due-date", "pmo-no-owner"]
    one = with_write(opened(standards=MANY, hour=11), flag_from="critical")
    assert labels(one, "WEB-7") == ["pmo-action", "pmo-no-owner"]


def test_a_flag_appears_only_after_the_grace(opened: Open) -> None:
    seen = []
    for day in range(5):  # Friday to Tuesday
        result = write.sync(opened(SETTINGS, standards=GRACE, today=TODAY + timedelta(days=day)))
        seen.append(sum(isinstance(one, AddLabel) and one.label == "pmo-no-owner" for one in result.plan.changes))
    assert seen == [0, 0, 0, 0, 2]


def test_accepted_debt_loses_its_flag_and_what_is_new_gets_one(opened: Open) -> None:
    context = opened(SETTINGS)
    evaluation = evaluate(context, pull(context).snapshots)
    assert len(baseline.create(context, evaluation, reason="before us").accepted) == 2
    write_lines(
        context.project.folder,
        "plant",
        [row("7", "WEB", labels=["pmo-action", "pmo-no-owner"]), row("8", "WEB"), row("9", "WEB", labels=[])],
    )
    later = opened(SETTINGS, hour=10)
    plan = write.plan(later, evaluate(later, pull(later).snapshots))
    put = {(one.target.key, one.label) for one in plan.changes if isinstance(one, AddLabel)}
    taken = {(one.target.key, one.label) for one in plan.changes if isinstance(one, RemoveLabel)}
    assert put == {("WEB-9", "pmo-action"), ("WEB-9", "pmo-no-owner")}
    assert taken == {("WEB-7", "pmo-action"), ("WEB-7", "pmo-no-owner")}


def test_with_the_baseline_pruned_the_flag_is_back_when_it_fails_again(opened: Open) -> None:
    context = opened(SETTINGS)
    folder = context.project.folder
    baseline.create(context, evaluate(context, pull(context).snapshots))
    write_lines(folder, "plant", [row("7", "WEB", owner="ann"), row("8", "WEB")])
    fixed = opened(SETTINGS, hour=10)
    assert [one.id for one, _ in baseline.prune(fixed, evaluate(fixed, pull(fixed).snapshots)).gone] == ["7"]
    write_lines(folder, "plant", [row("7", "WEB"), row("8", "WEB")])
    assert labels(opened(SETTINGS, hour=11), "WEB-7") == ["pmo-action", "pmo-no-owner"]
    assert labels(opened(SETTINGS, hour=12), "WEB-8") == []
