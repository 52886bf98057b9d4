"""The table of connectors: one line each. Only `pipeline` imports the modules it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pmo_sync.connectors.options import (
    ExportOptions,
    JiraCloudOptions,
    JiraDataCenterOptions,
    RedmineOptions,
    TrackerOptions,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One connector: the class of its options, and the module that has `connect(name, options, surroundings)`."""

    options: type[TrackerOptions]
    module: str


CONNECTORS: Final[dict[str, Entry]] = {
    "jira-cloud": Entry(JiraCloudOptions, "pmo_sync.connectors.jira_cloud"),
    "jira-dc": Entry(JiraDataCenterOptions, "pmo_sync.connectors.jira_dc"),
    "redmine": Entry(RedmineOptions, "pmo_sync.connectors.redmine"),
    "export": Entry(ExportOptions, "pmo_sync.connectors.export"),
}
