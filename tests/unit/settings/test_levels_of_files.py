"""`levels:` of packs and files: what is shipped is whole, and a project's own take their place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pmo_sync.model.problem import Problem
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings.folder import Project, load_short

Loaded = Callable[..., Project]
Problems = Callable[..., tuple[Problem, ...]]
OWN = """standards:
  - {id: A-1, title: Has an owner, level: item, severity: major, require: {owner: present}}
"""
LEVELS = "levels:\n  - {name: known, means: Owners are known., at_least: 80%, standards: [A-1, HYG-03]}\n"
BOTH = "version: 1\nstandards: {packs: [core], files: [own.yaml, levels.yaml]}\n"


def test_the_shipped_levels_are_whole(loaded: Loaded) -> None:
    project = loaded()
    assert [level.name for level in project.levels] == ["bronze", "silver", "gold"]
    on = {one.id for one in parse(project.standards, StandardsOptions(), custom={}) if one.enabled}
    for level in project.levels:
        assert level.means
        assert 0.5 <= level.at_least <= 1
        assert set(level.standards) <= on, "a level asks for what is on"


def test_a_file_alone_has_the_levels_of_the_pack(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Summary\n")
    assert [level.name for level in load_short(tmp_path / "a.csv").levels] == ["bronze", "silver", "gold"]


def test_own_levels_take_the_place_of_those_of_the_packs(loaded: Loaded) -> None:
    project = loaded(BOTH, own=OWN, levels=LEVELS)
    assert [(level.name, level.standards, level.at_least) for level in project.levels] == [
        ("known", ("A-1", "HYG-03"), 0.8)
    ]
    assert any(source.node.get("id") is not None for source in project.standards)


def test_without_levels_there_are_none(loaded: Loaded) -> None:
    assert loaded("version: 1\nstandards: {packs: [], files: [own.yaml]}\n", own=OWN).levels == ()


def test_a_misspelt_key_and_an_unknown_standard_are_told_with_their_places(problems: Problems) -> None:
    (typo,) = problems(BOTH, own=OWN, levels=LEVELS.replace("levels:", "level:"))
    assert (str(typo.source), typo.hint) == ("levels.yaml:1:1", "did you mean `levels`?")
    (far,) = problems(BOTH, own=OWN, levels=LEVELS.replace("HYG-03", "RSK-01"))
    assert far.hint == "it is in the pack `risk`: add that to `standards.packs`"
    assert str(far.source) == "levels.yaml:2:77"
