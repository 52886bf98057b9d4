"""Links between issues, each once, from predecessor to successor. Pure.

What a link means is told by the name its kind has in an English Jira or in the usual Gantt add-ons; any other kind
ties two issues and means nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import polars as pl

from pmo_sync.connectors.jira.wire import Link, LinkKind
from pmo_sync.model import frames
from pmo_sync.model.merge import LINK_ID
from pmo_sync.model.words import LinkType

TOLD: Final = {LINK_ID: frames.TEXT, "source_id": frames.TEXT, "target_id": frames.TEXT, "type": frames.TEXT}
"""A link as an issue shows it: its own id, predecessor and successor, and what it means."""
_PLAIN: Final = {
    "blocks": LinkType.FS,
    "relates": LinkType.RELATES,
    "duplicate": LinkType.DUPLICATES,
    "duplicates": LinkType.DUPLICATES,
}
_ENDS: Final = re.compile(r"\b(start|finish|end)(?:\s*-?\s*to\s*-?\s*|\s*-\s*)(start|finish|end)\b", re.IGNORECASE)
_SHORT: Final = re.compile(r"(?:^|[\s(\[:])(FS|SS|FF|SF)(?:$|[\s)\]:])")
_LETTER: Final = {"start": "S", "finish": "F", "end": "F"}


def told(issue_id: str, shown: Iterable[Link]) -> list[tuple[str, str, str, str]]:
    """TOLD of the links that an issue shows; one without another end is none."""
    found = []
    for link in shown:
        ends = _ends(issue_id, link)
        if ends is not None:
            found.append((link.id, *ends, meaning(link.type).value))
    return found


def links(told: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """RAW_LINKS of rows of TOLD, with their own id, in the order of its number; of a link that is told twice the last.
    An end that is not among the `known` ids is null.
    """
    if told.is_empty():
        return pl.DataFrame(schema={LINK_ID: frames.TEXT, **frames.RAW_LINKS})
    number = pl.col(LINK_ID).cast(pl.Int64)
    once = told.group_by(number.alias("number"), maintain_order=True).last().sort("number")
    ends = [pl.when(pl.col(end).is_in(known.implode())).then(end).alias(end) for end in ("source_id", "target_id")]
    typed = once.with_columns(*ends, pl.col("type").cast(frames.RAW_LINKS["type"]))
    return typed.with_columns(lag_working_days=pl.lit(None, pl.Int64)).select(LINK_ID, *frames.RAW_LINKS)


def meaning(kind: LinkKind) -> LinkType:
    """What a kind of link says of its two ends."""
    plain = _PLAIN.get(kind.name.strip().lower())
    if plain is not None:
        return plain
    if ends := _ENDS.search(kind.name):
        return LinkType("".join(_LETTER[word.lower()] for word in ends.groups()))
    short = _SHORT.search(kind.name)
    return LinkType(short.group(1)) if short else LinkType.OTHER


def _ends(issue_id: str, link: Link) -> tuple[str, str] | None:
    if link.outward_issue is not None:
        return issue_id, link.outward_issue.id
    if link.inward_issue is not None:
        return link.inward_issue.id, issue_id
    return None
