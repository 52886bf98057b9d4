"""Promises of what an item is in a snapshot: words, texts, times, people, links, identity."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from pmo_sync.connectors.base import Needs
from pmo_sync.errors import UsageError
from pmo_sync.model.snapshot import Snapshot
from tests.conformance.harness import BORN, CHANCE, EVERYTHING, Item, World

HOSTILE = (
    "Zeichen «ß» ☂ 倉庫 🏦",
    "שלום עולם",
    "<b>Ledger</b> & 'co' \"x\"",
    "=SUM(A1:A2)",
    "-- ; DROP TABLE items",
    "{key} %s ${HOME} {{macro}} #1",
    "e\u0301 and é",
    "a" * 250,
)


def row(snapshot: Snapshot, number: str) -> dict[str, Any]:
    return snapshot.items.filter(pl.col("id") == number).row(0, named=True)


def hidden(snapshot: Snapshot, number: str) -> list[str]:
    scope = row(snapshot, number)["scope"]
    found: list[str] = snapshot.scopes.filter(pl.col("scope") == scope).row(0, named=True)["hidden"]
    return found


class Reading:
    """Items, one by one."""

    def test_titles_come_as_they_stand_whatever_is_in_them(self, world: World) -> None:
        made = world.make(*(Item(title) for title in HOSTILE))
        snapshot = world.pull()
        assert [row(snapshot, number)["title"] for number in made] == list(HOSTILE)

    def test_32767_characters_of_text_are_read_whole(self, world: World) -> None:
        text = ("Öl ☂ 🏦 " * 5000)[:32_767].strip()
        (number,) = world.make(Item("long", description=text))
        assert row(world.pull(), number)["description"] == text

    def test_line_ends_of_any_kind_are_the_same_text(self, world: World) -> None:
        one, other = world.make(Item("dos", description="a\r\nb"), Item("unix", description="a\nb"))
        snapshot = world.pull()
        found = [row(snapshot, number)["description"].replace("\r\n", "\n") for number in (one, other)]
        assert found == ["a\nb", "a\nb"]

    def test_a_date_is_a_day_and_no_moment(self, world: World) -> None:
        (number,) = world.make(Item("due", due=date(2026, 12, 31)))
        assert row(world.pull(), number)["due"] == date(2026, 12, 31)

    @pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles"])
    def test_a_moment_is_the_same_in_every_time_zone_of_our_account(self, world: World, zone: str) -> None:
        world.zone(zone)
        (number,) = world.make(Item("born", due=date(2026, 12, 31)))
        found = row(world.pull(), number)
        assert found["created"] == BORN
        assert found["due"] == date(2026, 12, 31)

    def test_a_moment_is_kept_in_utc(self, world: World) -> None:
        (number,) = world.make(Item("born"))
        found = row(world.pull(), number)
        assert found["created"] == BORN
        assert str(found["created"].tzinfo) in ("UTC", "zoneinfo.ZoneInfo(key='UTC')")

    def test_empty_is_known_and_not_visible_is_hidden(self, world: World) -> None:
        seen, unseen = world.make(Item("here"), Item("there", place=1))
        snapshot = world.pull()
        assert row(snapshot, seen)[CHANCE] is None
        assert CHANCE not in hidden(snapshot, seen)
        assert CHANCE in hidden(snapshot, unseen)
        assert "due" not in hidden(snapshot, seen)

    def test_types_are_told_by_the_words_that_the_settings_map(self, world: World) -> None:
        (number,) = world.make(Item("work"))
        assert row(world.pull(), number)["kind"] == "task"

    def test_a_word_that_nothing_maps_is_unknown_and_counted(self, world: World) -> None:
        known, unknown, other = world.make(Item("a"), Item("b"), Item("c"))
        world.edit(known, colour="Green")
        world.edit(unknown, colour="Amber")
        world.edit(other, colour="Amber")
        values = {"response": {"Green": "avoid"}}
        snapshot = world.pull(fields={"response": "RAG"}, values=values)
        assert [row(snapshot, number)["response"] for number in (known, unknown)] == ["avoid", None]
        assert ("response", "Amber", 2) in snapshot.manifest.unmapped

    def test_done_is_told_in_any_language(self, world: World) -> None:
        made = world.make(Item("open"), Item("shut", done=True))
        snapshot = world.pull()
        assert [row(snapshot, number)["phase"] == "done" for number in made] == [False, True]

    def test_closed_items_are_read_too(self, world: World) -> None:
        (number,) = world.make(Item("shut", done=True))
        assert set(world.pull().items.get_column("id")) == {number}

    def test_a_parent_is_told_by_its_id(self, world: World) -> None:
        (above,) = world.make(Item("above"))
        (below,) = world.make(Item("below", parent=above))
        found = row(world.pull(), below)
        assert (found["parent_id"], found["parent_known"]) == (above, True)

    def test_a_parent_that_is_not_read_is_known_to_be_there(self, world: World) -> None:
        (above,) = world.make(Item("above", place=2))
        (below,) = world.make(Item("below", parent=above))
        snapshot = world.pull()
        found = row(snapshot, below)
        assert found["parent_known"]
        assert above not in set(snapshot.items.get_column("id"))

    def test_an_item_without_a_parent_has_none(self, world: World) -> None:
        (number,) = world.make(Item("alone"))
        found = row(world.pull(), number)
        assert (found["parent_id"], found["parent_known"]) == (None, False)

    def test_a_link_seen_from_both_ends_is_one_row_in_its_direction(self, world: World) -> None:
        first, then = world.make(Item("first"), Item("then"))
        world.link(first, then)
        links = world.pull().links.select("source_id", "target_id", "type").rows()
        assert links == [(first, then, "FS")]

    def test_a_person_is_an_account_that_the_words_of_people_lead_to(self, world: World) -> None:
        owned, free = world.make(Item("mine", owned=True), Item("nobody's"))
        word = world.word
        snapshot = world.pull(Needs(EVERYTHING.columns, people=frozenset({word, "nobody.here"})))
        owner = row(snapshot, owned)["owner"]
        assert owner is not None
        assert row(snapshot, free)["owner"] is None
        assert (owner, word) in snapshot.accounts.select("account", "word").rows()
        assert "nobody.here" not in set(snapshot.accounts.get_column("word"))

    def test_a_key_that_is_renamed_is_the_same_item(self, world: World) -> None:
        (number,) = world.make(Item("stays"))
        before = row(world.pull(), number)
        world.rename(number)
        after = row(world.pull(), number)
        assert after["id"] == before["id"]
        assert after["title"] == "stays"
        assert world.kind == "redmine" or after["key"] != before["key"]

    def test_an_item_that_is_moved_is_the_same_item_in_another_project(self, world: World) -> None:
        (number,) = world.make(Item("travels"))
        before = row(world.pull(), number)
        world.move(number)
        after = row(world.pull(), number)
        assert after["id"] == before["id"]
        assert after["project_id"] != before["project_id"]

    def test_an_item_that_is_deleted_is_not_in_the_next_snapshot(self, world: World) -> None:
        kept, gone = world.make(Item("kept"), Item("gone"))
        world.delete(gone)
        snapshot = world.pull()
        assert set(snapshot.items.get_column("id")) == {kept}
        assert snapshot.manifest.complete

    def test_a_project_that_is_put_away_takes_nothing_else_along(self, world: World) -> None:
        kept, _ = world.make(Item("kept"), Item("away", place=1))
        world.archive()
        assert kept in set(world.pull().items.get_column("id"))

    def test_the_same_data_gives_the_same_bytes(self, world: World) -> None:
        made = world.make(Item("a", owned=True), Item("b", due=date(2026, 12, 1)), Item("c", place=1))
        world.link(made[0], made[1])
        one, other = world.pull(), world.pull()
        for name in ("items", "scopes", "projects", "links", "marks", "accounts"):
            frames = [getattr(snapshot, name) for snapshot in (one, other)]
            assert frames[0].serialize() == frames[1].serialize(), name

    def test_what_is_not_asked_for_is_not_kept(self, world: World) -> None:
        (number,) = world.make(Item("secretive", description="not to be stored"))
        snapshot = world.pull(Needs(frozenset({"due"})))
        assert "description" not in row(snapshot, number)
        assert "description" not in snapshot.manifest.columns

    def test_a_field_that_does_not_exist_is_named_with_the_nearest_that_does(self, world: World) -> None:
        world.make(Item("one"))
        with pytest.raises(UsageError) as caught:
            world.pull(write={"fields": {"health": "RAGG"}})
        said = f"{caught.value} {caught.value.advice}"
        assert "RAGG" in said
        assert '"RAG"' in said or "RAG?" in said or "“RAG”" in said
