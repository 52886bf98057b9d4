"""The language of standards: from the YAML of packs and files to typed standards, overrides applied.

Every mistake of every standard is found here, before anything is evaluated, and all are raised at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pmo_sync.model.problem import ConfigurationError, Problem, Texts
from pmo_sync.model.source import Leaf
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.rules.columns import Columns
from pmo_sync.rules.entry import read_standard
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.overrides import apply_overrides, check_names
from pmo_sync.rules.reading import Reader, TooManyError
from pmo_sync.rules.standard import Standard, fingerprint, needed_columns, needed_histories, needed_names

__all__ = ["fingerprint", "needed_columns", "needed_histories", "needed_names", "parse"]


def parse(
    sources: Sequence[StandardSource],
    options: StandardsOptions,
    *,
    custom: Mapping[str, ColumnType],
    texts: Texts | None = None,
) -> tuple[Standard, ...]:
    """Every standard of the packs and files, in their order, with the overrides of pmo.yaml applied.

    Standards that are off are among them (`enabled` false): `rules list` shows them, the evaluator leaves them out.

    Args:
        sources: the entries of `standards:`.
        options: the overrides with their places in pmo.yaml, and which packs are chosen.
        custom: names and types of the columns that pmo.yaml declares, without `fields.`.
        texts: lines of the files, for showing the offending one.

    Raises:
        ConfigurationError: with every mistake.
    """
    reader = Reader()
    try:
        standards = _read(reader, sources, options, Columns(custom))
    except TooManyError:
        raise ConfigurationError(dict.fromkeys(reader.problems), texts) from None
    if reader.problems:
        raise ConfigurationError(dict.fromkeys(reader.problems), texts)
    return standards


def _read(
    reader: Reader, sources: Sequence[StandardSource], options: StandardsOptions, columns: Columns
) -> tuple[Standard, ...]:
    read: list[tuple[StandardSource, Standard]] = []
    for source in sources:
        standard = read_standard(reader, source, source.node, columns)
        if standard is not None:
            read.append((source, standard))
    _duplicates(reader, read)
    check_names(reader, options, sources)
    standards = tuple(apply_overrides(reader, source, standard, options, columns) for source, standard in read)
    _flags(reader, standards)
    return standards


def _duplicates(reader: Reader, read: Sequence[tuple[StandardSource, Standard]]) -> None:
    first: dict[str, Standard] = {}
    for source, standard in read:
        earlier = first.setdefault(standard.id, standard)
        if earlier is not standard:
            where = source.node.get("id") or source.node
            reader.wrong(
                where, "duplicate", f"two standards have the id `{standard.id}`: the other is at {earlier.place}"
            )


def _flags(reader: Reader, standards: Sequence[Standard]) -> None:
    """Two standards with one flag could not be told apart on an item."""
    holders: dict[str, Standard] = {}
    for standard in standards:
        for one in (standard, *(variant.standard for variant in standard.variants)):
            if not one.marks_items:
                continue
            holder = holders.setdefault(one.flag, standard)
            if holder.id != standard.id:
                message = f"`{standard.id}` has the flag `{one.flag}`, which is that of `{holder.id}` at {holder.place}"
                place = Leaf(one.flag, standard.place)
                reader.problems.append(Problem("duplicate", message, place.source, "give one of them another `flag`"))
