"""One snapshot of an earlier one and what has changed since. Pure.

For items whose `updated` moved with every edit the result is what a whole pull would have shown. What an earlier
snapshot has and the later one does not is never taken for gone: a whole pull tells of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeAlias

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.change import TargetKind
from pmo_sync.model.frames import Marks
from pmo_sync.model.snapshot import Manifest, Snapshot

PARENT_REF: Final = "parent_ref"
"""Of items, beside PULLED: what the tracker calls a parent that was not read, by id or key; else null."""
LINK_ID: Final = "id"
"""Of links, beside RAW_LINKS: the tracker's own number of the link."""
_CATEGORY: Final = "project_category"
_MOST_WORDS: Final = 20

_Place: TypeAlias = tuple[str | None, str | None]


def unlike(previous: Snapshot, delta: Snapshot) -> str | None:
    """Why the two cannot be made one, and everything has to be read; None where they can."""
    if previous.manifest.account != delta.manifest.account:
        return "another account sees other items"
    before, now = previous.items.schema, delta.items.schema
    if any(before.get(name) != dtype for name, dtype in now.items()):
        return "the tracker has other fields"
    if PARENT_REF not in before or LINK_ID not in previous.links.columns:
        return "the earlier snapshot does not tell what its items hang under"
    if delta.manifest.complete and _other_projects(previous, delta):
        return "a project was renamed, closed or cannot be seen any more"
    if _less_shown(previous, delta):
        return "fields are hidden that could be seen"
    return None


def merged(previous: Snapshot, delta: Snapshot) -> Snapshot:
    """The snapshot that both make; raises nothing for two that `unlike` has nothing against.

    An item that `delta` has is as it is there. It is whole where both are.
    """
    new = delta.items
    changed = new.select("id")
    kept = previous.items.join(changed, on="id", how="anti")
    items = pl.concat([_hung(kept, new), _filled(new, previous.items)])
    items, scopes = _scoped(_placed(items, kept.height, previous, delta), previous, delta)
    remembered = delta.remembered
    if delta.manifest.noted:
        remembered = _marks(previous.remembered, delta.remembered, changed)
    return Snapshot(
        _manifest(previous, delta, items),
        items,
        scopes,
        projects=_projects(previous, delta),
        links=_links(previous, delta, changed),
        changes=_changes(previous, delta, changed),
        marks=_marks(previous.marks, delta.marks, changed),
        remembered=remembered,
        sprints=_sprints(previous, delta),
        accounts=pl.concat([one.accounts.select(frames.ACCOUNTS.keys()) for one in (previous, delta)])
        .unique()
        .sort(frames.ACCOUNTS.keys()),
    )


def _other_projects(previous: Snapshot, delta: Snapshot) -> bool:
    """Whether a project of items that are kept is not there any more, or not as it was."""
    kept = previous.items.join(delta.items, on="id", how="anti").select(id="project_id").unique()
    names = [
        name
        for name in ("key", "closed", _CATEGORY)
        if {name} <= {*previous.projects.columns} & {*delta.projects.columns}
    ]
    same = previous.projects.join(delta.projects, on=["id", *names], how="semi", nulls_equal=True)
    return not kept.join(same, on="id", how="anti").is_empty()


def _less_shown(previous: Snapshot, delta: Snapshot) -> bool:
    """Whether a scope hides something that it showed."""
    before = _hidden(previous)
    absent = _absent(previous, delta)
    return any(not names | absent <= before.get(place, names | absent) for place, names in _hidden(delta).items())


def _hidden(snapshot: Snapshot) -> dict[_Place, frozenset[str]]:
    found: dict[_Place, frozenset[str]] = {}
    for project, type_, names in snapshot.scopes.select("project_id", "issue_type", "hidden").iter_rows():
        hidden = frozenset(names or ())
        found[project, type_] = found.get((project, type_), hidden) & hidden
    return found


def _absent(previous: Snapshot, delta: Snapshot) -> frozenset[str]:
    """Columns of items of which the later pull met no field at all."""
    return frozenset(previous.items.columns).difference(delta.items.columns) & set(previous.manifest.columns)


def _filled(new: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    """The rows with every column of the other frame, in its order."""
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in like.schema.items() if name not in new.columns]
    return new.with_columns(missing).select(like.columns)


def _hung(kept: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """The kept items, hung under a parent that was not known before."""
    names = pl.concat([new.select(ref="id", found="id"), new.select(ref="key", found="id")]).unique("ref", keep="any")
    found = kept.join(names.drop_nulls(), left_on=PARENT_REF, right_on="ref", how="left", maintain_order="left")
    own = pl.col("found") == pl.col("id")
    return found.with_columns(
        parent_id=pl.coalesce("parent_id", pl.when(~own).then("found")),
        parent_ref=pl.when(pl.col("found").is_null()).then(PARENT_REF),
    ).drop("found")


def _placed(items: pl.DataFrame, kept: int, previous: Snapshot, delta: Snapshot) -> pl.DataFrame:
    """The items, the first `kept` of which are of the earlier snapshot, with the project and type of their scope."""
    parts = []
    for snapshot, part in ((previous, items.head(kept)), (delta, items.tail(-kept) if kept else items)):
        places = snapshot.scopes.select("scope", _project="project_id", _type="issue_type")
        parts.append(part.join(places, on="scope", how="left", maintain_order="left"))
    return pl.concat(parts).sort(pl.col("id").str.len_bytes(), "id")


def _scoped(items: pl.DataFrame, previous: Snapshot, delta: Snapshot) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The items with their scopes numbered anew, and these scopes: whatever any of their items shows is visible."""
    before, now, absent = _hidden(previous), _hidden(delta), _absent(previous, delta)
    places: list[_Place] = sorted(
        items.select("_project", "_type").unique().iter_rows(), key=lambda place: (place[0] or "", place[1] or "")
    )
    hidden = []
    for place in places:
        later = now[place] | absent if place in now else before[place]
        hidden.append(sorted(before.get(place, later) & later))
    scopes = pl.DataFrame(
        {
            "scope": range(len(places)),
            "project_id": [project for project, _ in places],
            "issue_type": [type_ for _, type_ in places],
            "complete": [previous.manifest.complete and delta.manifest.complete] * len(places),
            "hidden": hidden,
        },
        schema=dict(frames.SCOPES),
    )
    numbers = scopes.select("scope", _project="project_id", _type="issue_type")
    columns = [name for name in items.columns if name not in ("_project", "_type")]
    there = items.drop("scope").join(
        numbers, on=["_project", "_type"], how="left", nulls_equal=True, maintain_order="left"
    )
    return there.select(columns), scopes


def _projects(previous: Snapshot, delta: Snapshot) -> pl.DataFrame:
    """The projects of the delta, which knows them all; where it does not, also those of before, none of them whole."""
    if delta.manifest.complete:
        return delta.projects
    lost = previous.projects.join(delta.projects, on="id", how="anti")
    both = pl.concat([delta.projects, lost], how="diagonal_relaxed").sort(pl.col("id").str.len_bytes(), "id")
    return both.with_columns(complete=pl.lit(value=False))


def _links(previous: Snapshot, delta: Snapshot, changed: pl.DataFrame) -> pl.DataFrame:
    """The links that the changed items show, and of the others those that no changed item has an end of."""
    ends = changed["id"].implode()
    touched = pl.col("source_id").is_in(ends).fill_null(value=False) | pl.col("target_id").is_in(ends).fill_null(
        value=False
    )
    new = delta.links.filter(touched)
    kept = previous.links.filter(~touched).join(new, on=LINK_ID, how="anti")
    both = pl.concat([kept.select(new.columns), new])
    return both.sort(pl.col(LINK_ID).str.len_bytes(), LINK_ID)


def _sprints(previous: Snapshot, delta: Snapshot) -> pl.DataFrame:
    """What the delta tells of a sprint, and of the others what was told before."""
    kept = previous.sprints.join(delta.sprints, on=["id", "project_id"], how="anti")
    now = delta.sprints.unique("id", keep="any").drop("project_id")
    newer = kept.select("id", "project_id").join(now, on="id").select(kept.columns)
    older = kept.join(now, on="id", how="anti")
    return pl.concat([older, newer, delta.sprints.select(kept.columns)]).sort("id", "project_id")


def _marks(before: Marks, now: Marks, changed: pl.DataFrame) -> Marks:
    """Per target: of items that changed, and of projects, as the delta has them."""
    of_items = pl.col("target_kind") == TargetKind.ITEM.value
    kept = before.filter(of_items).join(changed, left_on="target_id", right_on="id", how="anti")
    both = pl.concat([kept.select(frames.MARKS.keys()), now.select(frames.MARKS.keys())])
    return Marks(both.sort("target_kind", "target_id", "channel", "name"))


def _changes(previous: Snapshot, delta: Snapshot, changed: pl.DataFrame) -> pl.DataFrame:
    kept = previous.changes.join(changed, on="id", how="anti")
    both = pl.concat([kept.select(frames.RAW_CHANGES.keys()), delta.changes.select(frames.RAW_CHANGES.keys())])
    return both.sort(pl.col("id").str.len_bytes(), "id", "at", maintain_order=True)


def _manifest(previous: Snapshot, delta: Snapshot, items: pl.DataFrame) -> Manifest:
    before, now = previous.manifest, delta.manifest
    read = set(delta.items["project_id"])
    silent = {one for one in before.silent_projects if one not in read} | set(now.silent_projects)
    return replace(
        now,
        columns=tuple(sorted({*before.columns, *now.columns})),
        silent_projects=tuple(sorted(silent, key=lambda one: (len(one), one))),
        unmapped=_unmapped(before.unmapped, now.unmapped, items),
        full_at=before.full_at,
        basis=before.basis,
    )


def _unmapped(
    before: Iterable[tuple[str, str, int]], now: Iterable[tuple[str, str, int]], items: pl.DataFrame
) -> tuple[tuple[str, str, int], ...]:
    """Words that nothing maps: statuses counted anew; of others, which items do not keep, the larger count."""
    counts: dict[tuple[str, str], int] = {}
    for column, word, number in (*before, *now):
        if column != "phase":
            counts[column, word] = max(number, counts.get((column, word), 0))
    if {"status", "phase"} <= set(items.columns):
        lost = items.filter(pl.col("status").is_not_null() & pl.col("phase").is_null())
        tally = lost["status"].value_counts(name="n").sort(["n", "status"], descending=[True, False])
        counts |= {("phase", word[:80]): number for word, number in tally.head(_MOST_WORDS).iter_rows()}
    return tuple(sorted((column, word, number) for (column, word), number in counts.items()))
