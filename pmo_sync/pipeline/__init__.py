"""The order of the steps, and nowhere else: what a command does, from the project folder to the last written mark.

Each function takes a Context and gives data; the command line prints it. This is the one room that reads Past,
loads the connectors' modules, and lets `apply` write.
"""

from pmo_sync.pipeline.context import Context, open_project, status_date
from pmo_sync.pipeline.doctor import doctor
from pmo_sync.pipeline.evaluate import Evaluation, evaluate
from pmo_sync.pipeline.finding import findings
from pmo_sync.pipeline.history import runs
from pmo_sync.pipeline.pull import PullResult, pull, stored
from pmo_sync.pipeline.standards import approve, load_standards
from pmo_sync.pipeline.write import ApplyResult, SyncResult, apply, plan, sync

__all__ = [
    "ApplyResult",
    "Context",
    "Evaluation",
    "PullResult",
    "SyncResult",
    "apply",
    "approve",
    "doctor",
    "evaluate",
    "findings",
    "load_standards",
    "open_project",
    "plan",
    "pull",
    "runs",
    "status_date",
    "stored",
    "sync",
]
