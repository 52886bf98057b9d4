"""Every mutant of every shipped standard is killed by a case of that standard, or says the same by construction."""

from __future__ import annotations

from collections import Counter

import pytest

from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.files import Reading
from pmo_sync.settings.packs import pack_names, packs_folder, read_packs
from tests.soak.conftest import Say
from tests.standards.mutation import mutants
from tests.standards.survival import EQUIVALENT, survivors

pytestmark = pytest.mark.soak


def test_every_mutant_of_the_shipped_packs_is_killed_by_a_case(figure: Say) -> None:
    reading = Reading(packs_folder())
    made: Counter[str] = Counter()
    alive: set[tuple[str, str]] = set()
    for source in read_packs([(name, None) for name in pack_names()], reading):
        (standard,) = parse([source], StandardsOptions(), custom={})
        changed = mutants(source, {})
        made[standard.id] = len(changed)
        alive |= {(one.standard, one.change) for one in survivors(standard, changed)}
    assert reading.problems == []
    figure(
        "mutants of the packs", f"{made.total()} of {len(made)} standards; {len(alive)} say the same, none else lives"
    )
    assert min(made.values()) > 1
    assert alive == EQUIVALENT.keys()
