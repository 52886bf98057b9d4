"""What `doctor` says where something is wrong: every line has a way out."""

from __future__ import annotations

import pytest

from pmo_sync.errors import IncompleteError
from pmo_sync.pipeline import doctor as module
from pmo_sync.pipeline.context import Context
from pmo_sync.pipeline.doctor import PORTFOLIO, doctor
from tests.unit.pipeline.conftest import Open

ODD = """\
standards: {packs: [], files: [own.yaml], first_run: apply}
risk_appetite: [{scope: {project: Nobody}, money: 1}]
people: {ann: {plant: nobody}}
"""


def test_every_notice_has_a_way_out(opened: Open) -> None:
    found = doctor(opened(ODD))
    wrong = [line for line in found[PORTFOLIO] if line.ok is False]
    assert {"appetite-unused", "person-unknown"} <= {line.subject for line in wrong}
    assert [line.text for lines in found.values() for line in lines if line.ok is False and not line.remedy] == []


def test_a_tracker_that_cannot_be_reached_has_a_way_out(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(_: Context, name: str) -> None:
        raise IncompleteError(f"{name} cannot be reached")

    monkeypatch.setattr(module, "contact", dead)
    (line,) = doctor(opened())["plant"]
    assert (line.ok, line.text, line.remedy) == (False, "plant cannot be reached", "look at trackers.plant in pmo.yaml")
