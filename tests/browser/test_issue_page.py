"""What a person sees: label, panel and history on the page of a flagged issue, and hostile text as text."""

from __future__ import annotations

import re
import struct
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from pmo_sync.sandbox import Sandbox
from tests.browser.conftest import Visit

HOSTILE: Final = (
    "</title><script>document.title='OWNED'</script><img src=x onerror=\"document.title='OWNED'\">"
    "<svg onload=alert(1)><iframe src=javascript:alert(2)>{{ 7 * 7 }}"
)
FOREIGN: Final = frozenset({"script", "img", "svg", "iframe", "object", "embed", "form", "link"})


class Document(HTMLParser):
    """What a browser made of a page: the names of its elements, its title, and its text without style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.title = ""
        self.text = ""
        self._inside: str = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.elements.append(tag)
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the name of the base class
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside != "style":
            self.text += data


def test_the_page_of_a_flagged_issue_shows_labels_panel_and_history(shown: Sandbox, visit: Visit) -> None:
    html = visit(f"{shown.url}/browse/PAY-18")
    document = Document(html)
    for words in (
        "pmo-action",
        "pmo-no-owner",
        "pmo-overdue",
        "PMO standards: 2 of 4 met",
        "no owner; overdue",
        "PMO Writer",
    ):
        assert words in document.text
    assert re.search(r'<div class="panel"', html)
    assert "labels" in document.text.partition("History")[2]


def test_the_panel_leads_to_the_items_with_that_flag(shown: Sandbox, visit: Visit) -> None:
    (panel,) = shown.issue("PAY-18").remote_links
    body = panel.body["object"]
    assert isinstance(body, dict)
    path = str(body["url"]).partition("/issues/")[2]
    document = Document(visit(f"{shown.url}/issues/{path}"))
    assert "PAY-18" in document.text
    assert "PAY-13" not in document.text


def test_a_picture_of_the_page_can_be_taken(shown: Sandbox, visit: Visit, tmp_path: Path) -> None:
    picture = tmp_path / "issue.png"
    visit(f"{shown.url}/browse/PAY-18", picture)
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert struct.unpack(">II", head[16:24]) == (1100, 1400)
    assert picture.stat().st_size > 20_000  # an empty page is far smaller


@pytest.mark.parametrize("path", ["/browse/PAY-20", "/?project=PAY"])
def test_a_hostile_title_stays_text(shown: Sandbox, visit: Visit, path: str) -> None:
    shown.person("ann@bank.example").set("PAY-20", "summary", HOSTILE)
    document = Document(visit(f"{shown.url}{path}"))
    assert HOSTILE in document.text
    assert document.title != "OWNED"
    assert FOREIGN.isdisjoint(document.elements)
