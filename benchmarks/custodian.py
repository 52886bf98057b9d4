"""Cloud Custodian's value filters on made-up items, as its resource managers run them: one filter after the other over
what is left. Run by the Python of its own environment; it imports nothing of ours.

`python benchmarks/custodian.py FILE RUNS`: FILE holds `{"policies": […], "items": […]}`; prints `[counts, seconds]`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from c7n.filters import FilterRegistry


def main() -> None:
    """Counts the offenders of every policy; CPU seconds of each run, filters made before."""
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    registry = FilterRegistry("bench")
    policies = [[registry.factory(one).validate() for one in filters] for filters in given["policies"]]
    counts: list[int] = []
    seconds: list[float] = []
    for _ in range(int(sys.argv[2])):
        start, counts = time.process_time(), []
        for filters in policies:
            left = given["items"]
            for one in filters:
                left = one.process(left)
            counts.append(len(left))
        seconds.append(time.process_time() - start)
    print(json.dumps([counts, seconds]))


if __name__ == "__main__":
    main()
