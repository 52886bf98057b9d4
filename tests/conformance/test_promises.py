"""What every connector promises, each promise tried on each of them. What one cannot meet by its nature: table.py."""

from __future__ import annotations

from pmo_sync.connectors.table import CONNECTORS
from tests.conformance.promises_of_manners import Manners
from tests.conformance.promises_of_pages import Pages
from tests.conformance.promises_of_reading import Reading
from tests.conformance.promises_of_writing import Writing
from tests.conformance.table import CANNOT, HARNESSES, cannot


class TestPromises(Pages, Reading, Writing, Manners):
    """All promises. A connector that is registered without a harness fails below."""


PROMISES = {name for name in dir(TestPromises) if name.startswith("test_")}


def test_every_registered_connector_has_a_harness() -> None:
    assert set(HARNESSES) == set(CONNECTORS)


def test_there_are_at_least_forty_promises() -> None:
    assert len(PROMISES) >= 40


def test_what_a_connector_cannot_meet_is_declared_with_a_reason() -> None:
    for kind, reasons in CANNOT.items():
        assert kind in CONNECTORS
        assert all(len(reason) > 20 for reason in reasons)
        assert set(cannot(kind)) <= PROMISES, "a promise that does not exist"


def test_every_connector_with_a_server_meets_forty_promises() -> None:
    for kind in set(CONNECTORS) - {"export"}:
        assert len(PROMISES - set(cannot(kind))) >= 40
