"""What the connectors take for granted of a tracker and `doctor` looks at on a real one, in one table.

docs/reference/conformance.md prints it, and a test holds the two and the looks themselves together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pmo_sync.connectors.base import Probe

CLOUD: Final = "jira-cloud"
DATA_CENTER: Final = "jira-dc"
REDMINE: Final = "redmine"
_JIRA: Final = (CLOUD, DATA_CENTER)


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing taken for granted.

    Attributes:
        id: `jira.order`: whose it is, and the subject of the line that doctor prints.
        kinds: the kinds of tracker, as pmo.yaml names them.
        assumed: what is taken for granted.
        look: how doctor looks; it only reads.
        remedy: what to do where it does not hold.
        vital: whether runs would be wrong, or without an end, where it does not hold.
    """

    id: str
    kinds: tuple[str, ...]
    assumed: str
    look: str
    remedy: str
    vital: bool = False

    @property
    def subject(self) -> str:
        """The second half of its id."""
        return self.id.partition(".")[2]

    def holds(self, text: str) -> Probe:
        """The line that says so."""
        return Probe(self.subject, ok=True, text=text)

    def broken(self, text: str) -> Probe:
        """The line that says that it does not hold, with the remedy."""
        return Probe(self.subject, ok=False if self.vital else None, text=text, remedy=self.remedy)

    def unseen(self, why: str) -> Probe:
        """The line for what could not be looked at."""
        return Probe(self.subject, ok=None, text=why)


ASSUMPTIONS: Final = (
    Assumption(
        "jira.version",
        (DATA_CENTER,),
        "Data Center is 10.3 or later",
        "the version that serverInfo tells",
        "try a run on a copy of it first, and plan its update: older ones get no security fixes any more",
    ),
    Assumption(
        "jira.order",
        _JIRA,
        "a search in the order of ids gives pages that follow on one another",
        "two pages of five issues, on Data Center with one issue in both",
        "run doctor again; if it stays, have the search index rebuilt (System > Indexing)",
    ),
    Assumption(
        "jira.pages",
        _JIRA,
        "a page holds as many issues as it says it may, or all that are left",
        "one page of ids, as many as are ever asked for",
        "runs go on by what comes and count it; if they end incomplete, lower limits.connections",
    ),
    Assumption(
        "jira.changes",
        _JIRA,
        "a search for what changed since a moment finds an issue that changed then, in whole minutes of our zone",
        "the newest change is searched for from its own minute, and from an hour later",
        "check the time zone in the profile of our account; until then pull with --full",
        vital=True,
    ),
    Assumption(
        "jira.index",
        _JIRA,
        "the search shows an edit within pull.overlap",
        "the three issues that changed last, by search and by id",
        "wait some minutes and run doctor again; if it stays, have the search index rebuilt, or raise pull.overlap",
    ),
    Assumption(
        "jira.history",
        _JIRA,
        "the history of an issue can be read",
        "that of the issue that changed last",
        "standards on the last change by a person, or on time in a status, find nothing; give Browse Projects there",
    ),
    Assumption(
        "jira.notes",
        _JIRA,
        "entity properties of issues can be read",
        "the names of those of the issue that changed last",
        "without them a lost ledger cannot be told from a person's edit: ask whether an app or a proxy blocks them",
    ),
    Assumption(
        "jira.web-links",
        _JIRA,
        "web links of issues can be read",
        "those of the issue that changed last",
        "switch write.link off, or ask an administrator for Issue linking (Issue features)",
    ),
    Assumption(
        "jira.link-words",
        _JIRA,
        "kinds of links have their English names, or those of the known Gantt add-ons",
        "the list of kinds of links",
        "other kinds tie two issues and mean nothing more: rename the kind that means `blocks`, or live with it",
    ),
    Assumption(
        "jira.counts",
        (CLOUD,),
        "issues can be counted without being read",
        "one count of the scope",
        "nothing is lost: where counts are missing, lists are read in one part",
    ),
    Assumption(
        "jira.times",
        _JIRA,
        "moments are told with their zone, and none is later than the clock of the server",
        "the newest change beside the server's clock",
        "have the clocks of the server's machines set; until then pull with --full",
        vital=True,
    ),
    Assumption(
        "redmine.version",
        (REDMINE,),
        "Redmine is 5.0 or later: a status says whether it is closed",
        "the statuses of the first page of issues",
        "update Redmine; before 5.0 closed items cannot be told from open ones without `phases`",
    ),
    Assumption(
        "redmine.filters",
        (REDMINE,),
        "the filter by the moment of the last change is obeyed",
        "the issues that change in the year 2100: there are none",
        "ask whether a plug-in or a proxy drops filters; until then pull with --full",
        vital=True,
    ),
    Assumption(
        "redmine.changes",
        (REDMINE,),
        "a search for what changed since a moment finds an issue that changed in that second, in any zone",
        "the newest change is searched for from its own second",
        "the zone of the server was changed, perhaps: pull with --full",
        vital=True,
    ),
    Assumption(
        "redmine.pages",
        (REDMINE,),
        "a page holds 100 issues, or all that are left",
        "the first page of issues",
        "runs go on by what comes and count it; have the server's limit set back to 100, it is faster",
    ),
    Assumption(
        "redmine.order",
        (REDMINE,),
        "lists come in the order of ids where that is asked for",
        "two pages of three issues with one in both",
        "run doctor again; if it stays, ask whether a plug-in changes the order of lists",
    ),
    Assumption(
        "redmine.history",
        (REDMINE,),
        "the history of an issue can be read",
        "that of the issue that changed last",
        "standards on the last change by a person, or on time in a status, find nothing; give View issues there",
    ),
    Assumption(
        "redmine.relations",
        (REDMINE,),
        "relations come along with lists",
        "the first page of issues",
        "nothing is known of dependencies: ask whether a plug-in or a proxy shortens answers",
    ),
    Assumption(
        "redmine.times",
        (REDMINE,),
        "moments are told in UTC, and none is in the future",
        "the newest change beside the server's clock, or ours where it tells none",
        "set the clock and the zone of the server, and ours; times that were stored in another zone are shifted",
        vital=True,
    ),
)
"""Everything that doctor compares a site with."""

_BY_ID: Final = {one.id: one for one in ASSUMPTIONS}


def assumption(name: str) -> Assumption:
    """The one of that id. Raises KeyError for any other."""
    return _BY_ID[name]
