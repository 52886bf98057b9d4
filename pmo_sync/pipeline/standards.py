"""The standards of a project folder, read and compiled against its settings."""

from __future__ import annotations

from collections.abc import Sequence

from pmo_sync.model.past import Approval
from pmo_sync.model.problem import ConfigurationError, Problem, Texts, suggestion
from pmo_sync.pipeline.context import Context
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.standard import Standard, fingerprint
from pmo_sync.settings.approve import approve as record
from pmo_sync.settings.files import Reading
from pmo_sync.settings.folder import Project
from pmo_sync.settings.packs import pack_names, packs_folder, read_packs


def load_standards(project: Project) -> tuple[Standard, ...]:
    """Every standard of the chosen packs and files with overrides applied, the ones that are off among them.

    Raises ConfigurationError with every mistake, shown in its file.
    """
    return parse(project.standards, project.settings.standards, custom=project.custom, texts=project.texts)


def shipped() -> tuple[Standard, ...]:
    """Every standard of every shipped pack as it is written, pack by pack."""
    reading = Reading(packs_folder())
    sources = read_packs([(name, None) for name in pack_names()], reading)
    return parse(sources, StandardsOptions(packs=pack_names()), custom={}, texts=Texts(reading.lines))


def standard(project: Project, id_: str, *, or_else: Sequence[str] = ()) -> Standard:
    """One standard by id. Raises ConfigurationError for an unknown one, with the nearest ids and names of `or_else`."""
    loaded = {one.id: one for one in load_standards(project)}
    if id_ not in loaded:
        near = suggestion(id_, [*loaded, *or_else]) or "pmo-sync rules list shows them all"
        raise ConfigurationError([Problem("unknown-standard", f"no loaded standard has the id `{id_}`", hint=near)])
    return loaded[id_]


def is_on(one: Standard) -> bool:
    """True for a standard that judges somewhere: it is on, or an override switches it on for a part."""
    return one.enabled or any(variant.standard.enabled for variant in one.variants)


def approve(context: Context, ids: Sequence[str], by: str) -> tuple[Approval, ...]:
    """Records the yes to the present content of each standard; once is enough, a second yes changes nothing.

    Raises ConfigurationError for an unknown standard, and then none is recorded; UsageError when the file cannot be
    written.
    """
    contents = {id_: fingerprint(standard(context.project, id_)) for id_ in ids}
    for id_, content in contents.items():
        record(context.project, id_, content, by, context.status_date)
    return tuple(Approval(id_, content, by, context.status_date) for id_, content in contents.items())
