"""The pages for people: complete, paged, found by label, and harmless whatever a title, label or link says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from pmo_sync.sandbox.loading import Loader
from pmo_sync.sandbox.pages import HEADERS, PER_PAGE, Page, page
from pmo_sync.sandbox.records import Entry, Flavour, Item, RemoteLink
from pmo_sync.sandbox.seed import Seed, SeedAccount, SeedField, SeedIssue, SeedLink, SeedProject, SeedStatus, SeedType
from pmo_sync.sandbox.store import Store, milliseconds

NOW = datetime(2026, 11, 23, 6, 12, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>" {{ 7 * 7 }}'


def seeded(number: int, **given: object) -> SeedIssue:
    plain = SeedIssue("PAY", "Story", f"Title {number}", NOW, NOW, "Open", id=number, key=f"PAY-{number}")
    return replace(plain, **given)  # type: ignore[arg-type]


@pytest.fixture
def store() -> Iterator[Store]:
    kept = Store(None, Flavour.CLOUD, lambda: NOW)
    with kept.writing() as batch:
        Loader(kept, "UTC", batch).load(
            Seed(
                accounts=[
                    SeedAccount("ann@bank.example", "Ann"),
                    SeedAccount("otto@bank.example", "Otto", active=False),
                ],
                projects=[SeedProject("PAY", "Instant <b>payments</b>", category="Payments")],
                types=[SeedType("Story")],
                statuses=[SeedStatus("Open", "new")],
                fields=[SeedField("Budget", "number"), SeedField("Empty", "text")],
                issues=[
                    seeded(
                        1, labels=("pmo-action", "pmo-no-owner"), assignee="ann@bank.example", fields={"Budget": 12.5}
                    ),
                    seeded(
                        2, summary=HOSTILE, labels=("<i>x</i>",), assignee="otto@bank.example", estimate_seconds=5400
                    ),
                    *(seeded(number) for number in range(3, 2 * PER_PAGE + 3)),
                ],
                links=[SeedLink("Blocks", "PAY-1", "PAY-2")],
            )
        )
    yield kept
    kept.close()


def shown(store: Store, path: str, **query: str) -> Page:
    found = page(store, path, query)
    assert found is not None
    return found


class Elements(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def panel(store: Store, key: str, **given: object) -> None:
    """A web link on an issue, as it was posted."""
    issue = store.issues[store.keys[key]]
    link = RemoteLink(1, "pmo-sync:demo:bank:1", {"object": given})
    with store.writing() as batch:
        batch.issues[issue.id] = replace(issue, remote_links=(link,))


def test_the_first_page_has_projects_labels_and_a_page_of_issues(store: Store) -> None:
    html = shown(store, "/").html
    found = Elements(html)
    assert "Instant <b>payments</b>" in found.text
    assert "pmo-no-owner · 1" in found.text
    assert found.text.count("Title ") == PER_PAGE - 1  # the second has another title
    assert 'href="/browse/PAY-1"' in html
    assert "Page 1 of 3" in found.text


def test_a_key_is_never_broken_over_two_lines(store: Store) -> None:
    html = shown(store, "/issues/", jql="labels = pmo-action").html
    keys = [given for _, given in Elements(html).elements if (given.get("href") or "").startswith("/browse/")]
    assert keys
    assert all(given.get("class") == "key" for given in keys)
    assert ".key { white-space: nowrap; }" in html


def test_the_last_page_holds_the_rest_and_a_page_that_is_not_there_is_the_last(store: Store) -> None:
    for number in ("3", "99", "0007"):
        assert Elements(shown(store, "/", page=number).html).text.count("Title ") == 2
    for nonsense in ("", "x", "-1", "1" * 40):
        assert shown(store, "/", page=nonsense).status == 200


@pytest.mark.parametrize(
    "jql", ["labels = pmo-no-owner", 'labels="PMO-no-owner" ORDER BY key', "labels = 'pmo-no-owner'"]
)
def test_the_address_of_a_panel_finds_the_flagged_items(store: Store, jql: str) -> None:
    found = Elements(shown(store, "/issues/", jql=jql).html)
    assert "1 issue\n" in found.text
    assert "Title 1" in found.text
    assert "Title 3" not in found.text


def test_a_query_that_the_pages_do_not_know_says_so_and_lists_nothing(store: Store) -> None:
    text = Elements(shown(store, "/issues/", jql="assignee = ann").html).text
    assert "only finds labels" in text
    assert "0 issues" in text


def test_a_project_has_a_list_of_its_own(store: Store) -> None:
    assert "102 issues" in Elements(shown(store, "/", project="pay").html).text
    assert "0 issues" in Elements(shown(store, "/", project="NONE").html).text


def test_the_page_of_an_issue_shows_its_words_fields_panel_and_links(store: Store) -> None:
    panel(store, "PAY-1", title="PMO standards: 6 of 8 met", summary="no owner", url="http://127.0.0.1:1/issues/?jql=x")
    found = Elements(shown(store, "/browse/pay-1").html)
    for words in (
        "Title 1",
        "Open",
        "Ann",
        "pmo-action",
        "12.5",
        "PMO standards: 6 of 8 met",
        "no owner",
        "blocks",
        "PAY-2",
    ):
        assert words in found.text
    assert "Empty" not in found.text
    assert "2026-11-23 06:12 UTC" in found.text
    assert ("a", {"href": "http://127.0.0.1:1/issues/?jql=x", "rel": "noreferrer"}) in found.elements
    assert "panel resolved" not in str(found.elements)
    assert "is blocked by" in Elements(shown(store, "/browse/PAY-2").html).text


def test_a_resolved_panel_is_struck_through(store: Store) -> None:
    panel(store, "PAY-1", title="PMO standards: all met", url="https://pmo.example", status={"resolved": True})
    assert 'class="panel resolved"' in shown(store, "/browse/PAY-1").html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//[", "", 7, None])
def test_a_link_that_is_no_address_of_the_web_is_text(store: Store, url: object) -> None:
    panel(store, "PAY-1", title="Click me", url=url)
    found = Elements(shown(store, "/browse/PAY-1").html)
    assert "Click me" in found.text
    assert all((attributes.get("href") or "/").startswith("/") for _, attributes in found.elements)


def test_history_is_the_newest_first_with_who_and_from_to(store: Store) -> None:
    issue = store.issues[store.keys["PAY-1"]]
    made = [
        Entry(
            1,
            milliseconds(NOW),
            str(issue.values["assignee"]),
            (Item("status", "status", False, "1", "To do", "2", "Open"),),
        ),
        Entry(
            2,
            milliseconds(NOW + timedelta(days=1)),
            "gone",
            (Item("labels", "labels", False, None, None, None, HOSTILE),),
        ),
    ]
    with store.writing() as batch:
        batch.issues[issue.id] = replace(issue, history=tuple(made))
    found = Elements(shown(store, "/browse/PAY-1").html)
    history = found.text.partition("History")[2]
    assert history.index("2026-11-24 06:12 UTC") < history.index("2026-11-23 06:12 UTC")
    assert all(words in found.text for words in ("gone", "To do", HOSTILE))


@pytest.mark.parametrize("path", ["/", "/browse/PAY-2", "/browse/PAY-1", "/issues/"])
def test_hostile_text_stays_text(store: Store, path: str) -> None:
    panel(store, "PAY-1", title=HOSTILE, summary=HOSTILE, url="https://x.example/<script>")
    html = shown(store, path).html
    found = Elements(html)
    assert {tag for tag, _ in found.elements}.isdisjoint({"script", "img", "i", "b", "iframe", "object"})
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
    assert HOSTILE in found.text


def test_what_is_not_there_is_a_page_that_says_so(store: Store) -> None:
    found = shown(store, "/browse/<b>NONE-1")
    assert (found.status, "The issue <b>NONE-1" in Elements(found.html).text) == (404, True)
    assert page(store, "/rest/api/3/myself", {}) is None


def test_nothing_may_run_or_be_loaded() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script" not in policy
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
