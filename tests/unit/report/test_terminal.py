import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from pmo_sync.model.finding import Finding
from pmo_sync.model.words import Severity
from pmo_sync.report import terminal
from pmo_sync.report.style import Style
from pmo_sync.report.tree import tree
from pmo_sync.report.view import CheckView, Outside

PAGE = """\
Digital Bank / Payments / PAY                                                 mode: controlling
    ✗ major     RSK-01   PAY carries 3 high risks
  PAY-40  [2JEvil [bold]title second line
    ✗ critical  BNK-01   PAY-40 has no target date
  PAY-12  Card tokenisation
    ✗ major     BNK-01   PAY-12 has no target date
    ✗ minor     HYG-07   components are empty
    ◷ waived    DEP-01   waits for PAY-31 · until 2026-11-26, approved by the PMO lead; expires in 3 days
    ? unknown   HYG-10   PAY-31 and 1 more: it cannot be told whether this holds: Title of HYG-10

              Data says  Standards  Progress  Due         Items
Digital Bank  ◐ amber         48 %         @  @               4
  Payments    no data         48 %     62 %*  @               4
    PAY       no data         48 %         @  2026-11-27      4
* rests on less than half of its inputs

1 critical · 2 major · 1 minor · 1 waived · 2 unknown · 1,890 pass · 240 n/a · 2 of 4 items without an open failure
Compliance 48 % (with waivers 77 %) · Data: bank 4 items (pulled 2026-11-23 06:12 UTC) · complete
Explain a standard:  pmo-sync explain BNK-01 --item PAY-12
""".replace("@", "\N{EN DASH}")


def test_the_whole_page(view: CheckView) -> None:
    assert terminal.check(view, Style(), everything=True) == PAGE


def test_on_a_pipe_one_line_per_finding_with_four_fields(findings: tuple[Finding, ...]) -> None:
    lines = terminal.lines(findings).splitlines()
    assert len(lines) == len(findings)
    assert lines[1] == "major\tBNK-01\tPAY-12\tPAY-12 has no target date"
    assert lines[2] == "major\tRSK-01\tDigital Bank/Payments/PAY\tPAY carries 3 high risks"
    assert [line.split("\t")[0] for line in lines[3:4] + lines[:1]] == ["unknown", "waived"]
    assert all(line.count("\t") == 3 for line in lines)


def test_a_hostile_message_stays_one_record(finding: Callable[..., Finding]) -> None:
    hostile = finding("BNK-01", Severity.MAJOR, "PAY\t-1", "a\tb\nc\x1b[31m\x9b2J")
    assert terminal.lines([hostile]) == "major\tBNK-01\tPAY -1\ta b c[31m2J\n"


def test_colour_changes_the_look_and_never_the_words(view: CheckView) -> None:
    coloured = terminal.check(view, Style(colour=True), everything=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == PAGE


def test_a_long_list_is_capped_and_says_how_many_are_left(view: CheckView, finding: Callable[..., Finding]) -> None:
    many = tuple(finding("BNK-01", Severity.MAJOR, f"PAY-{number:03}", "no date") for number in range(2000))
    page = terminal.check(replace(view, findings=many), Style(), everything=False)
    assert page.count("✗") == terminal.LIMIT
    assert "… 1,950 more: --all, or --format csv" in page
    whole = terminal.check(replace(view, findings=many), Style(), everything=True)
    assert whole.count("✗") == 2000
    assert "more:" not in whole


def test_the_rows_shown_and_the_rows_left_add_up_over_paths(view: CheckView, finding: Callable[..., Finding]) -> None:
    many = tuple(
        replace(finding("BNK-01", Severity.MAJOR, f"K-{path}-{number}", "no date"), path=("P", f"{path:02}"))
        for path in range(30)
        for number in range(3)
    )
    page = terminal.check(replace(view, findings=many), Style(), everything=False)
    assert page.count("✗") == terminal.LIMIT
    assert f"… {90 - terminal.LIMIT} more" in page


def test_incomplete_is_the_last_line_and_names_the_cause(view: CheckView) -> None:
    tracker = replace(view.trackers[0], complete=False, problems=("project PAY: timeout.",))
    page = terminal.check(replace(view, complete=False, trackers=(tracker,)), Style(), everything=True)
    last = page.splitlines()[-1]
    assert last.startswith("INCOMPLETE: bank not read whole (project PAY: timeout).")


def test_a_problem_that_names_its_tracker_does_not_name_it_twice(view: CheckView) -> None:
    tracker = replace(view.trackers[0], complete=False, problems=("bank: the issues could not be read whole",))
    assert terminal.causes([tracker]) == "bank not read whole (the issues could not be read whole)"


def test_verbose_tells_the_fix(view: CheckView) -> None:
    page = terminal.check(view, Style(), everything=True, verbose=True)
    assert "fix: Set it." in page
    assert "https://bank.example.net/browse/PAY-12" in page


def test_nothing_found(view: CheckView) -> None:
    page = terminal.check(
        replace(view, findings=(), summary=replace(view.summary, failed={}, waived=0, unknown=0)),
        Style(),
        everything=False,
    )
    assert "no failures · 1,890 pass" in page
    assert "Explain" not in page


@pytest.mark.parametrize(("limit", "left"), [(2, "… 1 more node"), (None, None)])
def test_the_tree_is_capped_too(view: CheckView, limit: int | None, left: str | None) -> None:
    text = tree(view.nodes, Style(), limit=limit)
    assert ("more node" in text) == (left is not None)


def test_no_tree_without_nodes() -> None:
    assert tree((), Style(), limit=None) == ""


def test_without_failures_a_page_says_only_what_was_read(view: CheckView) -> None:
    clean = replace(view.summary, failed={}, waived=0, unknown=0)
    assert terminal.counts(clean, whole=False).startswith("no failures in what was read · ")
    assert terminal.counts(replace(clean, items=0), whole=False).startswith("nothing was judged · ")
    assert terminal.counts(replace(clean, items=0)).startswith("there are no items · "), "missing is never green"


def test_an_item_whose_failure_is_accepted_has_no_open_one(view: CheckView) -> None:
    assert terminal.counts(replace(view.summary, waived=0, baselined=0)).endswith(" without a failure")
    assert terminal.counts(replace(view.summary, waived=0, baselined=1)).endswith(" without an open failure")


def test_what_is_outside_of_a_narrowed_page_is_one_line(view: CheckView) -> None:
    narrow = replace(view, outside=Outside("this branch", view.summary))
    lines = terminal.check(narrow, Style(), everything=False).splitlines()
    assert lines[-3] == "Outside this branch: 1 critical, 2 major, 1 minor"
    assert lines[-2].startswith("Compliance of Digital Bank 48 %")
    nothing = replace(view.summary, failed={})
    assert terminal.outside(Outside("these items", nothing)) == "Outside these items: no failures"


def test_a_key_of_two_trackers_is_asked_for_with_its_tracker(view: CheckView) -> None:
    page = terminal.check(replace(view, ambiguous=frozenset({"PAY-12"})), Style(), everything=True)
    assert "pmo-sync explain BNK-01 --item PAY-12 --tracker bank\n" in page


def test_incomplete_counts_the_nodes_that_lack_something(view: CheckView) -> None:
    nodes = tuple(replace(node, complete=number > 0) for number, node in enumerate(view.nodes))
    assert (terminal.incomplete(replace(view, complete=False, nodes=nodes)) or "").endswith(
        " 1 of 3 nodes not read whole."
    )
    alone = terminal.incomplete(replace(view, complete=False, nodes=nodes[:1]))
    assert alone == "INCOMPLETE: a source was not read whole."
