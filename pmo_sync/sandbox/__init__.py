"""A small stateful tracker on loopback that speaks Jira's REST: for the demo, for tests, for users' own tests.

It knows nothing of the connectors. What it refuses and what it does not imitate: docs/reference/sandbox.md.
"""

from pmo_sync.sandbox.records import Flavour
from pmo_sync.sandbox.tracker import Sandbox

__all__ = ["Flavour", "Sandbox"]
