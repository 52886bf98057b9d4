"""Values between Jira and our normal form: what is read back is what was meant, and no text becomes more than text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_sync.connectors.jira import adf
from pmo_sync.connectors.jira.values import Form, UnfitError, fit, form_of, lacking, loose, stands, wire
from pmo_sync.model.change import Value

PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes:"
HOSTILE = "{code}rm{code} [~ann] !http://x.example/a.png! {panel}\n\n[link|javascript:x] \\{not} * # |x|"


@pytest.mark.parametrize(
    ("kind", "items", "custom", "form"),
    [
        ("string", None, "textfield", Form.LINE),
        ("string", None, "url", Form.LINE),
        ("string", None, "textarea", Form.TEXT),
        ("string", None, "readonlyfield", Form.OTHER),
        ("number", None, "float", Form.NUMBER),
        ("date", None, "datepicker", Form.DAY),
        ("datetime", None, "datetime", Form.TIME),
        ("option", None, "select", Form.OPTION),
        ("option", None, "radiobuttons", Form.OPTION),
        ("array", "option", "multiselect", Form.OPTIONS),
        ("array", "option", "multicheckboxes", Form.OPTIONS),
        ("array", "string", "labels", Form.WORDS),
        ("array", "user", "multiuserpicker", Form.OTHER),
        ("user", None, "userpicker", Form.OTHER),
        ("option-with-child", None, "cascadingselect", Form.OTHER),
        ("any", None, None, Form.OTHER),
        (None, None, None, Form.OTHER),
    ],
)
def test_the_schema_says_what_a_field_holds(
    kind: str | None, items: str | None, custom: str | None, form: Form
) -> None:
    assert form_of("customfield_1", kind, items, custom and PLUGIN + custom) is form


@pytest.mark.parametrize("custom", ["gh-epic-label", "gh-epic-link", "gh-sprint"])
def test_fields_of_boards_and_of_jira_itself_are_not_for_us(custom: str) -> None:
    assert form_of("customfield_1", "string", None, f"com.pyxis.greenhopper.jira:{custom}") is Form.OTHER
    assert form_of("summary", "string", None, None) is Form.OTHER
    assert form_of("labels", "array", "string", None) is Form.OTHER
    with pytest.raises(UnfitError, match="cannot be written by this version"):
        fit("x", Form.OTHER)


@pytest.mark.parametrize(
    ("raw", "form", "value"),
    [
        (None, Form.LINE, None),
        ("", Form.LINE, None),
        ("  a ", Form.LINE, "a"),
        (5.0, Form.NUMBER, "5"),
        (88.5, Form.NUMBER, "88.5"),
        (1e-7, Form.NUMBER, "0.0000001"),
        (1e-25, Form.NUMBER, "0"),
        (1e21, Form.NUMBER, "1000000000000000000000"),
        (-0.0, Form.NUMBER, "0"),
        ("2026-11-23", Form.DAY, "2026-11-23"),
        ("2026-11-21T22:36:32.000+0530", Form.TIME, "2026-11-21T17:06:32Z"),
        ({"value": "Amber", "id": "1"}, Form.OPTION, "Amber"),
        ([{"value": "b"}, {"value": "a"}], Form.OPTIONS, ("a", "b")),
        ([], Form.OPTIONS, None),
        (["b", "a", "b"], Form.WORDS, ("a", "b")),
        ({"displayName": "ann", "key": "JIRAUSER1"}, Form.OTHER, "ann"),
        ({"strange": 1}, Form.OPTION, None),
        (True, Form.NUMBER, None),
    ],
)
def test_what_stands(raw: object, form: Form, value: Value) -> None:
    assert stands(raw, form) == value


@pytest.mark.parametrize(
    ("value", "form", "sent", "stands_as"),
    [
        ("Amber", Form.LINE, "Amber", "Amber"),
        ("two\nlines", Form.LINE, "two lines", "two lines"),
        (("b", "a"), Form.LINE, "b, a", "b, a"),
        ("88.50", Form.NUMBER, 88.5, "88.5"),
        ("5.00", Form.NUMBER, 5, "5"),
        ("1e22", Form.NUMBER, 1e22, "10000000000000000000000"),
        ("2026-11-23", Form.DAY, "2026-11-23", "2026-11-23"),
        ("2026-11-23T10:00:00Z", Form.TIME, "2026-11-23T10:00:00.000+0000", "2026-11-23T10:00:00Z"),
        ("2026-11-23T10:00:00+05:30", Form.TIME, "2026-11-23T04:30:00.000+0000", "2026-11-23T04:30:00Z"),
        ("Amber", Form.OPTION, {"value": "Amber"}, "Amber"),
        (("Amber",), Form.OPTION, {"value": "Amber"}, "Amber"),
        (("b", "a"), Form.OPTIONS, [{"value": "a"}, {"value": "b"}], ("a", "b")),
        ("a", Form.OPTIONS, [{"value": "a"}], ("a",)),
        (("b", "a"), Form.WORDS, ["a", "b"], ("a", "b")),
        (None, Form.NUMBER, None, None),
        ((), Form.OPTIONS, None, None),
    ],
)
def test_what_is_sent_and_what_will_stand(value: Value, form: Form, sent: object, stands_as: Value) -> None:
    will = fit(value, form)
    assert will == stands_as
    assert wire(will, form, documents=True) == sent
    assert json.dumps(wire(will, form, documents=True)) == json.dumps(sent)


@pytest.mark.parametrize(
    ("value", "form", "why"),
    [
        ("x" * 256, Form.LINE, "255"),
        ("x" * 32_768, Form.TEXT, "32767"),
        ("none", Form.NUMBER, "numbers"),
        ("nan", Form.NUMBER, "numbers"),
        ("inf", Form.NUMBER, "numbers"),
        ("2026-13-01", Form.DAY, "dates"),
        ("20261101", Form.DAY, "dates"),
        (("2026-11-01",), Form.DAY, "dates"),
        ("2026-11-01", Form.TIME, "zone"),
        (("a", "b"), Form.OPTION, "one option"),
        (("a b",), Form.WORDS, "blanks"),
        (("x" * 256,), Form.WORDS, "255"),
    ],
)
def test_what_does_not_fit_is_said_and_never_cut(value: Value, form: Form, why: str) -> None:
    with pytest.raises(UnfitError, match=why):
        fit(value, form)
    assert loose(value, form) is not None


@given(st.one_of(st.text(), st.text(alphabet="a \n{}[]!\\|~*-_")))
def test_no_text_becomes_more_than_text_and_all_of_it_comes_back(text: str) -> None:
    for documents in (True, False):
        try:
            will = fit(text, Form.TEXT)
        except UnfitError:
            return
        assert stands(wire(will, Form.TEXT, documents=documents), Form.TEXT, documents=documents) == will
        assert loose(will, Form.TEXT) == will


def test_a_document_holds_paragraphs_breaks_and_texts_only() -> None:
    kinds: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            kinds.add(node["type"])
            assert set(node) <= {"type", "version", "content", "text"}
            for child in node.get("content", []):
                walk(child)

    hostile = HOSTILE + '\n"}]},{"type":"mention"'
    document = adf.document(hostile)
    walk(document)
    assert kinds == {"doc", "paragraph", "hardBreak", "text"}
    assert adf.plain(json.loads(json.dumps(document))) == hostile


def test_markup_is_escaped_where_texts_are_markup() -> None:
    sent = wire(fit(HOSTILE, Form.TEXT), Form.TEXT, documents=False)
    assert isinstance(sent, str)
    assert "\\{code\\}" in sent
    assert "\\[~ann\\]" in sent
    assert "\\!http" in sent
    for mark in "{[!":
        assert all(sent[at - 1] == "\\" for at, letter in enumerate(sent) if letter == mark)


def test_the_words_of_any_document() -> None:
    document = {
        "type": "doc",
        "content": [
            {"type": "heading", "content": [{"type": "text", "text": "Why"}]},
            {
                "type": "bulletList",
                "content": [
                    {
                        "type": "listItem",
                        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "a"}]}],
                    },
                    {
                        "type": "listItem",
                        "content": [
                            {
                                "type": "paragraph",
                                "content": [
                                    {"type": "mention", "attrs": {"id": "1", "text": "@ann"}},
                                    {"type": "text", "text": " says"},
                                    {"type": "hardBreak"},
                                    {"type": "inlineCard", "attrs": {"url": "https://x.example"}},
                                ],
                            }
                        ],
                    },
                ],
            },
            {"type": "media", "attrs": {"id": "secret"}},
            "no node",
            {"type": "text", "text": 7},
        ],
    }
    assert adf.plain(document).split() == ["Why", "a", "@ann", "says", "https://x.example"]
    assert adf.plain(document).startswith("Why\n\na\n@ann says\nhttps://x.example")
    assert adf.plain(None) == ""


def test_a_document_without_a_bottom_is_cut() -> None:
    node: object = {"type": "text", "text": "deep"}
    for _ in range(5000):
        node = {"type": "blockquote", "content": [node]}
    assert adf.plain(node) == ""


def test_a_field_of_flags_is_its_words_in_texts_and_lists() -> None:
    for form, raw in ((Form.LINE, "stale, no-owner"), (Form.WORDS, ["stale", "no-owner"])):
        assert stands(raw, form, flags=True) == ("no-owner", "stale")
        will = fit(("stale", "no-owner"), form, flags=True)
        assert will == ("no-owner", "stale")
        assert stands(wire(will, form, documents=True), form, flags=True) == will
    with pytest.raises(UnfitError, match="255"):
        fit(tuple(f"{number:060}" for number in range(9)), Form.LINE, flags=True)


def test_which_options_a_field_lacks() -> None:
    assert lacking(("Amber", "Red"), Form.OPTIONS, ["Red", "amber"]) == ("Amber",)
    assert lacking("Red", Form.OPTION, ["Red"]) == ()
    assert lacking("Red", Form.LINE, []) == ()
    assert lacking(None, Form.OPTION, []) == ()
