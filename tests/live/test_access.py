"""Who may not: a sentence that says what to grant, exit 4, and nothing written that was not allowed."""

from __future__ import annotations

import json
import re

import pytest

from pmo_sync.connectors.assumptions import ASSUMPTIONS, REDMINE
from tests.live.bed import expected, oracle
from tests.live.bed.redmine import KEYS, Bed
from tests.live.conftest import FEW, NewFolder, Run, only

pytestmark = pytest.mark.live


def _says(run: Run, *patterns: str) -> None:
    for pattern in patterns:
        assert re.search(pattern, run.out + run.err, re.IGNORECASE), f"nothing like {pattern!r} in\n{run}"


def _untouched(bed: Bed, run: Run, mark: int) -> None:
    assert bed.writes_since(mark) == [], str(run)


@pytest.mark.parametrize("command", [("sync",), ("plan",), ("check",), ("pull",)], ids=lambda words: words[0])
def test_a_wrong_key_is_exit_4_and_never_an_empty_tracker(
    bed: Bed, new_folder: NewFolder, command: tuple[str, ...]
) -> None:
    mark = bed.mark()
    run = new_folder().run(*command, key="f" * 40)
    assert run.code == 4, str(run)
    _says(run, "plant", "key|token")
    _untouched(bed, run, mark)


def test_the_key_of_a_locked_account_is_exit_4(bed: Bed, new_folder: NewFolder) -> None:
    mark = bed.mark()
    run = new_folder().run("sync", key=KEYS["left"])
    assert run.code == 4, str(run)
    _says(run, "plant", "key|token|account")
    _untouched(bed, run, mark)


def test_the_key_of_another_account_is_exit_4_and_both_are_named(bed: Bed, new_folder: NewFolder) -> None:
    mark = bed.mark()
    run = new_folder().run("sync", key=KEYS["editor"])
    assert run.code == 4, str(run)
    _says(run, "pmo-editor", "pmo-bot")
    _untouched(bed, run, mark)


def test_rest_switched_off_is_exit_4_and_says_where_to_switch_it_on(bed: Bed, new_folder: NewFolder) -> None:
    bed.set_setting("rest_api_enabled", "0")
    mark = bed.mark()
    run = new_folder().run("sync")
    assert run.code == 4, str(run)
    _says(run, "REST")
    _untouched(bed, run, mark)


def test_a_key_that_is_not_set_is_exit_2_and_named(bed: Bed, new_folder: NewFolder) -> None:
    mark = bed.mark()
    run = new_folder().run("sync", key=None)
    assert run.code == 2, str(run)
    _says(run, "PLANT_KEY")
    _untouched(bed, run, mark)


def test_a_reader_may_check_but_sync_is_exit_4_and_says_what_to_grant(bed: Bed, new_folder: NewFolder) -> None:
    folder = new_folder(user="pmo-reader")
    check = folder.run("check", "--fail-on", "never", key=KEYS["reader"])
    assert check.code == 0, str(check)
    before, theirs, entries = oracle.ours(bed), oracle.theirs(bed), oracle.journal_count(bed)
    mark = bed.mark()
    run = folder.run("sync", key=KEYS["reader"])
    assert run.code == 4, str(run)
    assert bed.writes_since(mark) == [], "what our roles do not permit is not even tried"
    _says(run, "edit[_ ]issues", "edit[_ ]project", "payments")
    assert oracle.ours(bed) == before
    assert oracle.theirs(bed) == theirs
    assert oracle.journal_count(bed) == entries


def test_without_edit_project_flags_are_written_and_summaries_are_reported(bed: Bed, new_folder: NewFolder) -> None:
    wanted = expected.flagged(bed, FEW)
    before = oracle.ours(bed)
    run = new_folder(user="pmo-editor").run("sync", key=KEYS["editor"])
    assert run.code == 4, str(run)
    _says(run, "edit[_ ]project", "payments")
    after = oracle.ours(bed)
    assert {place[1]: value for place, value in after.items() if place not in before} == wanted
    assert before.items() <= after.items()


def test_a_project_that_we_are_no_member_of_is_told_and_stops_nothing_else(bed: Bed, new_folder: NewFolder) -> None:
    assert expected.flagged(bed, {"open-to-all"}), "there must be something to flag"
    wanted, before = expected.flagged(bed, FEW), oracle.ours(bed)
    run = new_folder(scope=only(*FEW, "open-to-all")).run("sync")
    assert run.code == 4, str(run)
    _says(run, "Open to all", "edit[_ ]issues")
    written = {place[1]: value for place, value in oracle.ours(bed).items() if place not in before}
    assert {id_: flags for id_, flags in written.items() if id_ not in FEW} == wanted


@pytest.mark.parametrize(
    ("account", "missing"),
    [("bot", ()), ("editor", ("edit[_ ]project",)), ("reader", ("edit[_ ]issues", "edit[_ ]project"))],
)
def test_doctor_says_what_to_grant_and_writes_nothing(
    bed: Bed, new_folder: NewFolder, account: str, missing: tuple[str, ...]
) -> None:
    mark = bed.mark()
    run = new_folder(user=f"pmo-{account}").run("doctor", key=KEYS[account])
    _says(run, *missing)
    assert run.code in ((0,) if not missing else (0, 4)), str(run)
    _untouched(bed, run, mark)


def test_a_real_redmine_is_as_doctor_assumes(bed: Bed, new_folder: NewFolder) -> None:
    mark = bed.mark()
    run = new_folder().run("doctor", "--format", "json")
    assert run.code == 0, str(run)
    lines = {one["subject"]: one for one in json.loads(run.out)["probes"]}
    assumed = [one.subject for one in ASSUMPTIONS if REDMINE in one.kinds]
    assert "our clock" in lines["times"]["text"]  # this server tells no time, and was planted with edits of later today
    assert [lines[one] for one in assumed if lines[one]["ok"] is not True and one != "times"] == []
    _untouched(bed, run, mark)


def test_a_flag_that_the_list_lacks_is_told_and_stops_nothing_else(bed: Bed, new_folder: NewFolder) -> None:
    without = "replace(possible_values, '- overdue' || char(10), '')"
    bed.execute(f"UPDATE custom_fields SET possible_values = {without} WHERE name = ?", "PMO compliance")  # noqa: S608
    wanted = expected.flagged(bed, FEW)
    before = oracle.ours(bed)
    run = new_folder().run("sync")
    assert run.code == 3, str(run)
    _says(run, "overdue", "PMO compliance")
    after = oracle.ours(bed)
    written = {place[1]: value for place, value in after.items() if place not in before and place[0] == "issue"}
    assert written == {id_: flags for id_, flags in wanted.items() if "overdue" not in flags}
    assert {place[1] for place in after if place[2] == "PMO health"} >= set(FEW)
