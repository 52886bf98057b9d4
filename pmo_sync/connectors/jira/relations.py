"""Links between issues, each once, from predecessor to successor. Pure.

What a link means is told by the name its kind has in an English Jira or in the usual Gantt add-ons; any other kind
ties two issues and means nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

import polars as pl

from pmo_sync.connectors.jira.wire import Issue, Link, LinkKind
from pmo_sync.model import frames
from pmo_sync.model.merge import LINK_ID
from pmo_sync.model.words import LinkType

_PLAIN: Final = {
    "blocks": LinkType.FS,
    "relates": LinkType.RELATES,
    "duplicate": LinkType.DUPLICATES,
    "duplicates": LinkType.DUPLICATES,
}
_ENDS: Final = re.compile(r"\b(start|finish|end)(?:\s*-?\s*to\s*-?\s*|\s*-\s*)(start|finish|end)\b", re.IGNORECASE)
_SHORT: Final = re.compile(r"(?:^|[\s(\[:])(FS|SS|FF|SF)(?:$|[\s)\]:])")
_LETTER: Final = {"start": "S", "finish": "F", "end": "F"}


def links(issues: Iterable[Issue], known: AbstractSet[str]) -> pl.DataFrame:
    """RAW_LINKS of all links, with their own id. An end that is not among the `known` ids is null."""
    found: dict[int, tuple[str, str | None, str | None, str, None]] = {}
    for issue in issues:
        for link in issue.links or ():
            ends = _ends(issue, link)
            if ends is not None:
                source, target = (end if end in known else None for end in ends)
                found[int(link.id)] = (link.id, source, target, meaning(link.type).value, None)
    rows = [found[number] for number in sorted(found)]
    return pl.DataFrame(rows, schema={LINK_ID: frames.TEXT, **frames.RAW_LINKS}, orient="row")


def meaning(kind: LinkKind) -> LinkType:
    """What a kind of link says of its two ends."""
    plain = _PLAIN.get(kind.name.strip().lower())
    if plain is not None:
        return plain
    if ends := _ENDS.search(kind.name):
        return LinkType("".join(_LETTER[word.lower()] for word in ends.groups()))
    short = _SHORT.search(kind.name)
    return LinkType(short.group(1)) if short else LinkType.OTHER


def _ends(issue: Issue, link: Link) -> tuple[str, str] | None:
    if link.outward_issue is not None:
        return issue.id, link.outward_issue.id
    if link.inward_issue is not None:
        return link.inward_issue.id, issue.id
    return None
