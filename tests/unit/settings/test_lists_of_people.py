"""Entries are put into waivers.yaml and baseline.yaml, and taken out, and all that people wrote there stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_sync.errors import UsageError
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Accepted, Waiver
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.settings import yaml
from pmo_sync.settings.baseline import accept, forget
from pmo_sync.settings.folder import Project, load
from pmo_sync.settings.past import read_baseline, read_waivers
from pmo_sync.settings.waive import tidy, waive

Loaded = Callable[..., Project]
DAY = date(2026, 12, 20)
NEW = Waiver("HYG-01", Scope(tracker="bank", item="PAY-1"), "vendor: late #1", "head of PMO", DAY, "ann")
BANK = "version: 1\ntrackers:\n  bank: {kind: export, path: a.csv}\n"
LINES = """  - standard: HYG-01
    scope: {item: PAY-1, tracker: bank}
    reason: "vendor: late #1"
    owner: ann
    approver: head of PMO
    until: 2026-12-20
"""
OLD = "{standard: HYG-02, scope: {item: A-1}, reason: r, approver: a, until: 2026-11-30}"
FLOW = (
    '{standard: HYG-01, scope: {item: PAY-1, tracker: bank}, reason: "vendor: late #1", '
    "owner: ann, approver: head of PMO, until: 2026-12-20}"
)
LONG = """waivers:
  - standard: HYG-02
    scope: {item: A-1}
    approver: a
    until: 2026-11-30
    reason: >
      first line

      # this is text
      and a last
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"waivers:\n{LINES}"),
        ("# ours\nwaivers:\n", f"# ours\nwaivers:\n{LINES}"),
        ("waivers: [] # none\n", None),
        (f"waivers:\n  - {OLD}\n# end\n", f"waivers:\n  - {OLD}\n{LINES}# end\n"),
        (f"waivers: [{OLD}]\n", f"waivers: [{OLD}, {FLOW}]\n"),
        (f"{LONG}\n# the end\n", f"{LONG}{LINES}\n# the end\n"),
    ],
)
def test_a_waiver_is_added_and_the_rest_stays(loaded: Loaded, before: str, after: str | None) -> None:
    project = loaded(BANK, waivers=before)
    assert waive(project, NEW)
    text = (project.folder / "waivers.yaml").read_text()
    assert after is None or text == after
    assert load(project.folder).waivers[-1] == replace(NEW, source=load(project.folder).waivers[-1].source)
    assert not waive(project, NEW), "an equal one stands there"
    assert (project.folder / "waivers.yaml").read_text() == text


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(reason=HOSTILE, name=HOSTILE)
def test_no_text_breaks_out_of_its_place(tmp_path: Path, reason: str, name: str) -> None:
    (tmp_path / "pmo.yaml").write_text(BANK)
    path = tmp_path / "waivers.yaml"
    path.write_text(f"waivers:\n  - {OLD}\n")
    project = load(tmp_path)
    try:
        asked = tidy(Waiver("HYG-01", Scope(programme=name.strip() or "x"), reason, "a", DAY))
        waive(project, asked)
    except UsageError:
        assert path.read_text() == f"waivers:\n  - {OLD}\n"
        return
    waivers, problems = read_waivers(yaml.parse(path.read_text(), "w"), "w")
    assert (len(waivers), problems) == (2, ())
    assert replace(waivers[1], source=None) == asked


@pytest.mark.parametrize(("reason", "said"), [("  ", "empty"), ("a\x07b", "control character")])
def test_a_text_that_is_none_is_refused(reason: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        tidy(replace(NEW, reason=reason))


def test_two_at_once_lose_none(loaded: Loaded) -> None:
    project = loaded(BANK)
    many = [replace(NEW, until=date(2026, 12, 1 + number)) for number in range(12)]
    threads = [threading.Thread(target=waive, args=(project, one)) for one in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.until for one in load(project.folder).waivers} == {one.until for one in many}


def test_a_linked_file_stays_linked_and_its_target_is_changed(loaded: Loaded, tmp_path: Path) -> None:
    project = loaded(BANK)
    shared = tmp_path / "shared" / "waivers.yaml"
    shared.parent.mkdir()
    shared.write_text(f"waivers:\n  - {OLD}\n")
    link = project.folder / "waivers.yaml"
    link.unlink(missing_ok=True)
    link.symlink_to(shared)
    assert waive(project, NEW)
    assert link.is_symlink()
    assert shared.read_text() == f"waivers:\n  - {OLD}\n{LINES}"


def test_the_mark_of_an_editor_at_the_start_of_a_file_stays(loaded: Loaded) -> None:
    project = loaded(BANK)
    path = project.folder / "waivers.yaml"
    before = f"waivers:\r\n  - {OLD}\r\n".encode("utf-8-sig")
    path.write_bytes(before)
    assert waive(project, NEW)
    assert path.read_bytes() == before + LINES.replace("\n", "\r\n").encode()


def test_a_file_that_is_broken_is_left_alone(loaded: Loaded) -> None:
    project = loaded(BANK)
    (project.folder / "waivers.yaml").write_text("waivers: {\n")
    with pytest.raises(ConfigurationError):
        waive(project, NEW)
    assert (project.folder / "waivers.yaml").read_text() == "waivers: {\n"


# --- baseline -----------------------------------------------------------------------------------------------------

TODAY = date(2026, 11, 23)
DEBT = (
    Accepted("A-2", "bank", "10", TODAY, "PAY-2 Vault", "old tool"),
    Accepted("A-2", "", "Bank/Pay\\/ments", TODAY, None, "old tool"),
    Accepted("A-1", "bank", "9", TODAY, 'PAY-1 "=1+1"', "old tool"),
)
WRITTEN = """baseline:
  - accepted: 2026-11-23
    reason: old tool
    nodes:
      A-2:
        - "Bank/Pay\\\\/ments"
    items:
      A-1:
        bank:
          "9": "PAY-1 \\"=1+1\\""
      A-2:
        bank:
          "10": PAY-2 Vault
"""


def written(project: Project) -> str:
    return (project.folder / "baseline.yaml").read_text()


def test_what_is_accepted_is_sorted_and_reads_back(loaded: Loaded) -> None:
    project = loaded()
    assert len(accept(project, [*DEBT, DEBT[0]])) == 3, "each is accepted once"
    head, _, text = written(project).partition("baseline:")
    assert "baseline:" + text == WRITTEN
    assert all(line.startswith("#") for line in head.splitlines())
    read = load(project.folder).baseline
    assert {replace(one, source=None) for one in read} == set(DEBT)
    assert all(one.source is not None and one.source.file == "baseline.yaml" for one in read)


def test_the_same_debt_in_any_order_gives_the_same_bytes(loaded: Loaded) -> None:
    project = loaded()
    accept(project, DEBT)
    first = written(project)
    (project.folder / "baseline.yaml").unlink()
    accept(project, DEBT[::-1])
    assert written(project) == first


def test_what_is_there_already_is_not_accepted_twice(loaded: Loaded) -> None:
    project = loaded()
    accept(project, DEBT)
    before = written(project)
    assert accept(project, DEBT) == ()
    assert written(project) == before
    more = Accepted("A-1", "bank", "11", date(2026, 12, 1), "PAY-3")
    assert accept(project, [*DEBT, more]) == (more,)
    assert written(project).startswith(before), "a diff shows the new batch alone"


def test_what_is_settled_leaves_with_its_headings_and_comments_stay(loaded: Loaded) -> None:
    project = loaded()
    accept(project, DEBT)
    path = project.folder / "baseline.yaml"
    path.write_text(written(project).replace("    reason", "    # the board knows\n    reason"))
    assert forget(project, DEBT[2:]) != ()
    assert '"9"' not in written(project)
    assert "A-1" not in written(project)
    assert "# the board knows" in written(project)
    assert {one.id for one in load(project.folder).baseline} == {"10", "Bank/Pay\\/ments"}
    forget(project, DEBT)
    assert load(project.folder).baseline == ()
    assert "accepted:" not in written(project)
    accept(project, DEBT)
    assert len(load(project.folder).baseline) == 3


def test_a_baseline_that_somebody_wrote_in_another_way_is_read_and_left_alone(loaded: Loaded) -> None:
    text = 'baseline: [{accepted: 2026-11-01, items: {A-1: {bank: {"9": null, "10": x}}}}]\n'
    project = loaded(baseline=text)
    assert [(one.id, one.text) for one in project.baseline] == [("9", None), ("10", "x")]
    with pytest.raises(UsageError, match="cannot be changed here"):
        forget(project, [replace(DEBT[2])])
    assert written(project) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("baseline:\n  - {items: {}}\n", "accepted"),
        ("baseline:\n  - {accepted: soon}\n", "not a date"),
        ("baseline:\n  - {accepted: 2026-11-01, item: {}}\n", "item"),
        ("baseline:\n  - {accepted: 2026-11-01, items: {A-1: {bank: [9]}}}\n", "bank"),
    ],
)
def test_what_is_wrong_in_a_baseline_is_told_with_its_place(text: str, said: str) -> None:
    found, problems = read_baseline(yaml.parse(text, "baseline.yaml"), "baseline.yaml")
    assert found == ()
    assert any(said in f"{one.message} {one.hint}" and one.source is not None for one in problems), problems


IDS = st.lists(
    st.tuples(st.sampled_from(["A-1", "A-2"]), st.sampled_from(["", "bank", "on"]), HOSTILE.map(str.strip)),
    max_size=8,
    unique=True,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(rows=IDS, keep=st.integers(0, 8))
def test_accept_then_forget_leaves_exactly_the_rest(
    tmp_path: Path, rows: list[tuple[str, str, str]], keep: int
) -> None:
    usable = [row for row in rows if row[2] and yaml.is_harmless(row[2])]
    debt = [Accepted(standard, tracker, id_, TODAY, "words" if tracker else None) for standard, tracker, id_ in usable]
    (tmp_path / "pmo.yaml").write_text("version: 1\n")
    (tmp_path / "baseline.yaml").unlink(missing_ok=True)
    project = load(tmp_path)
    assert set(accept(project, debt)) == set(debt)
    assert set(forget(project, debt[keep:])) == set(debt[keep:])
    assert {replace(one, source=None) for one in load(tmp_path).baseline} == set(debt[:keep])
