"""Relations by counting: for each relation and condition three counters, once for all standards that use it.

n counts the relatives, t those for whom the condition is true, u those for whom it is unknown. Every quantifier
derives from them (`rules.compile`), and "no children" and "children that cannot be seen" stay different.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pmo_sync.model.duration import Duration
from pmo_sync.model.frames import U32
from pmo_sync.rules.ancestry import along_parents
from pmo_sync.rules.columns import ENDS, RELATIONS
from pmo_sync.rules.compile import Clause, Compiler
from pmo_sync.rules.condition import Condition, Frame
from pmo_sync.rules.edges import Route, route
from pmo_sync.rules.moves import staged_moves
from pmo_sync.rules.subjects import Subjects
from pmo_sync.rules.view import View

_UPWARD: Final = frozenset({"parent", "ancestors"})
"""Relations whose relatives are known to be there, seen or not."""
_ANY_NUMBER: Final = 2**30
_BY_LINKS: Final = frozenset({"links", "predecessors", "successors"})
_RELATIVES: Final = "relatives"


@dataclass(frozen=True, slots=True)
class Request:
    """One relation and condition from one frame: where its counters go, and how deep its own conditions nest."""

    name: str
    relation: str
    frame: Frame
    inner: tuple[tuple[Frame, Clause], ...]  # by frame of the relatives
    depth: int


@dataclass(slots=True)
class Tallies:
    """Collects what is asked for while conditions are compiled, then stages all counters at once."""

    subjects: Subjects
    requests: dict[tuple[Frame, str, Condition], Request] = field(default_factory=dict)
    _routes: dict[tuple[Frame, str, Frame], Route] = field(default_factory=dict)
    _staged: set[str] = field(default_factory=set)

    @property
    def item_view(self) -> View:
        """The view of items, for the ends of links."""
        return self.subjects.views[Frame.ITEM]

    def counter(self, frame: Frame, relation: str, inner: Condition) -> str:
        """Name under which the counters of this relation and condition will stand on the frame."""
        key = (frame, relation, inner)
        if key not in self.requests:
            self.requests[key] = self._request(frame, relation, inner)
        return self.requests[key].name

    def moves(self, frame: Frame, column: str, within: Duration | None) -> str | None:
        """Name of the staged number of changes of a column within a duration before today, or ever; None where no
        history of it is known at all.
        """
        return staged_moves(self.subjects, frame, column, within)

    def _request(self, frame: Frame, relation: str, inner: Condition) -> Request:
        compiler = Compiler(self.subjects.clock, self)
        subject = self.subjects.views[frame].under("s.")
        clauses = tuple(
            (reached, compiler.clause(inner, self.subjects.views[reached].under("r."), subject))
            for reached in RELATIONS[relation][frame]
        )
        used = {name for _, clause in clauses for name in clause.needs}
        nested = [one.depth for one in self.requests.values() if any(f".{one.name}." in f".{name}" for name in used)]
        return Request(f"#{len(self.requests)}", relation, frame, clauses, 1 + max(nested, default=0))

    def route(self, frame: Frame, relation: str, reached: Frame) -> Route:
        """The pairs of a relation to relatives of one frame, made once."""
        key = (frame, relation, reached)
        if key not in self._routes:
            self._routes[key] = route(self.subjects.portfolio, frame, relation, reached)
        return self._routes[key]

    def stage(self) -> None:
        """Puts `.n`, `.t` and `.u` of everything asked for on the frames; innermost conditions first."""
        groups: dict[tuple[int, Frame, str], list[Request]] = defaultdict(list)
        for request in self.requests.values():
            if request.name not in self._staged:
                groups[request.depth, request.frame, request.relation].append(request)
                self._staged.add(request.name)
        for (_, frame, relation), requests in sorted(groups.items(), key=lambda pair: pair[0]):
            counted = self._count(frame, relation, requests)
            if relation not in _UPWARD:
                counted = self._with_unread(frame, counted)
            self.subjects.stage(frame, self._observable(frame, relation, counted))

    def _count(self, frame: Frame, relation: str, requests: list[Request]) -> list[pl.Series]:
        zeros = pl.zeros(self.subjects.frames[frame].height, dtype=U32, eager=True)
        totals: dict[str, pl.Series] = {}
        for number, reached in enumerate(RELATIONS[relation][frame]):
            asked = [(one.name, one.inner[number][1]) for one in requests]
            by_parents = relation == "ancestors" and reached is frame
            chained = [(name, clause) for name, clause in asked if by_parents and _is_alone(clause)]
            paired = [(name, clause) for name, clause in asked if not (by_parents and _is_alone(clause))]
            counted = self._along(frame, chained) if chained else []
            if paired:
                counts = self._counts(frame, self.route(frame, relation, reached), paired)
                rows = counts.drop_in_place("s")
                scattered = {one.name: zeros.clone().scatter(rows, one) for one in counts}
                relatives = scattered.pop(_RELATIVES)  # whatever is asked of them: one column for all
                counted += [relatives.alias(f"{name}.n") for name, _ in paired]
                counted += [series.alias(name) for name, series in scattered.items()]
            totals |= {one.name: totals[one.name] + one if one.name in totals else one for one in counted}
        names = [f"{one.name}.{counter}" for one in requests for counter in ("n", "t", "u")]
        return [totals.get(name, zeros).alias(name) for name in names]

    def _with_unread(self, frame: Frame, counters: list[pl.Series]) -> list[pl.Series]:
        """Where relatives may be missing nobody knows how many there are, and any number of them may be unknown:
        what the seen ones prove stays true, everything else is unknown.
        """
        unread = self.subjects.partly_read(frame)
        if not unread.any():
            return counters
        least = {".n": pl.lit(None, dtype=U32), ".u": pl.lit(_ANY_NUMBER, dtype=U32)}
        return (
            pl.DataFrame([unread.alias("unread"), *counters])
            .select(
                pl.when("unread").then(least[one.name[-2:]]).otherwise(pl.col(one.name)).alias(one.name)
                if one.name[-2:] in least
                else pl.col(one.name)
                for one in counters
            )
            .get_columns()
        )

    def _along(self, frame: Frame, clauses: list[tuple[str, Clause]]) -> list[pl.Series]:
        """Ancestors of whom a condition asks for their own columns alone are counted without pairs."""
        rows = self.subjects.frames[frame]
        names = sorted({name for _, clause in clauses for name in clause.needs})
        relatives = rows.select("level", *(pl.col(name.removeprefix("r.")).alias(name) for name in names))
        everyone = pl.col("level").is_not_null()
        answers = relatives.select(pl.when(everyone).then(clause.expr).alias(name) for name, clause in clauses)
        known = rows["parent_known"].fill_null(True) if frame is Frame.ITEM else pl.repeat(False, len(rows), eager=True)
        return along_parents(rows["parent"], known, answers)

    def _counts(self, frame: Frame, route: Route, clauses: list[tuple[str, Clause]]) -> pl.DataFrame:
        names = {name for _, clause in clauses for name in clause.needs}
        seen = pl.lit(True) if route.frame is Frame.LINK else pl.col("r").is_not_null()
        asked = [pl.when(seen).then(clause.expr).alias(name) for name, clause in clauses]
        counters = [pl.len().cast(U32).alias(_RELATIVES)]
        counters += [pl.col(name).sum().cast(U32).alias(f"{name}.t") for name, _ in clauses]
        counters += [pl.col(name).null_count().cast(U32).alias(f"{name}.u") for name, _ in clauses]
        parts = (self._widened(frame, route, pairs, names) for pairs in route.parts())
        counted = [part.lazy().select("s", *asked).group_by("s").agg(counters).collect() for part in parts]
        return pl.concat(counted)

    def _widened(self, frame: Frame, route: Route, pairs: pl.DataFrame, names: set[str]) -> pl.DataFrame:
        """The pairs with what conditions read: `s.` of the subject, `r.` of the relative, `o.` of the end of a link."""
        columns = self.subjects.gathered(frame, pairs["s"], "s.", names)
        if route.frame is Frame.LINK:
            links = self.subjects.frames[Frame.LINK]
            of_links = [name for name in sorted(names) if name.startswith("r.") and name not in pairs.columns]
            columns += [links[name.removeprefix("r.")].gather(pairs["r"]).alias(name) for name in of_links]
            for end, prefix in ENDS.items():
                row = pairs["o.item"] if end == "other" else links[f"{prefix}item"].gather(pairs["r"])
                columns += self.subjects.gathered(Frame.ITEM, row, prefix, names)
                columns += [row.alias(f"{prefix}item")] if f"{prefix}item" in names - set(pairs.columns) else []
        else:
            columns += self.subjects.gathered(route.frame, pairs["r"], "r.", names)
        return pairs.with_columns(columns)

    def _observable(self, frame: Frame, relation: str, counters: list[pl.Series]) -> list[pl.Series]:
        """Null counters where the relation cannot be observed: links of a node that is no item, and hidden links."""
        subject = self.subjects.frames[frame]
        visibility = self.subjects.portfolio.item_visibility
        blind = pl.lit(False)
        if relation in _BY_LINKS and frame is Frame.NODE:
            blind = pl.col("item").is_null()
        if relation in _BY_LINKS and "links" in visibility.nowhere:
            blind = pl.lit(True)
        elif relation in _BY_LINKS and frame is Frame.ITEM and visibility.hidden.get("links"):
            blind = pl.col("scope").is_in(sorted(visibility.hidden["links"]))
        if blind.meta.is_literal():
            if not pl.select(blind).item():
                return counters
            return [pl.Series(one.name, [None] * len(one), dtype=one.dtype) for one in counters]
        mask = subject.select(blind.alias("blind")).to_series()
        frame_of = pl.DataFrame(counters)
        return frame_of.select(pl.when(~mask).then(pl.col(one.name)).alias(one.name) for one in counters).get_columns()


def _is_alone(clause: Clause) -> bool:
    """True when a condition on relatives reads nothing of the subject."""
    return not any(name.startswith("s.") for name in clause.needs)
