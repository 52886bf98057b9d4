"""What `check` said of one tracker, with the names that only that tracker has put into the names of the set.

Nothing else is touched: no number is rounded, no list is sorted, no key is dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.parity.item_set import Item, items

TRACKER: Final = "tracker"
_OWN_OF_A_PULL: Final = ("snapshot", "pulled_at", "requests")


@dataclass(frozen=True, slots=True)
class Names:
    """How a tracker is called and calls its items: all that may differ between the outputs of two of them."""

    tracker: str
    url: str
    identity: Callable[[int], str]
    key: Callable[[Item], str]


def normalised(output: str, names: Names) -> str:
    """The output as text, line by line, with names, ids, keys, addresses and what is of one pull replaced.

    Every item is called by its title, marked so that no text of a person can be taken for it.
    """
    content = json.loads(output)
    for tracker in content["trackers"]:
        for name in _OWN_OF_A_PULL:
            assert tracker[name] is not None, f"{name} is empty"
            tracker[name] = f"<{name}>"
    return json.dumps(_replaced(content, _Replacing(names)), ensure_ascii=False, indent=1)


class _Replacing:
    """The words of one tracker, and what the set calls them."""

    def __init__(self, names: Names) -> None:
        self.tracker = names.tracker
        called = {item.number: f"⟦{item.number} {item.title}⟧" for item in items()}
        self.ids = {names.identity(number): f"id of {title}" for number, title in called.items()}
        keys = {names.key(item): called[item.number] for item in items()}
        self._keys: Mapping[str, str] = keys
        self._any_key = re.compile(rf"(?<![\\w#-])(?:{'|'.join(map(re.escape, keys))})(?!\\w)")
        self._address = re.compile(re.escape(names.url) + r"\S*")

    def text(self, value: str) -> str:
        """A text without the tracker's own addresses and keys."""
        value = self._address.sub("<url>", value)
        return self._any_key.sub(lambda found: self._keys[found[0]], value)


def _replaced(value: Any, words: _Replacing) -> Any:
    if isinstance(value, list):
        return [_replaced(one, words) for one in value]
    if isinstance(value, str):
        return words.text(value)
    if not isinstance(value, dict):
        return value
    found = {name: _replaced(one, words) for name, one in value.items()}
    if isinstance(value.get("tracker"), str):
        assert value["tracker"] == words.tracker
        found["tracker"] = TRACKER
    if isinstance(value.get("id"), str):
        found["id"] = words.ids[value["id"]]
    if value.get("name") == words.tracker:
        found["name"] = TRACKER
    return found
