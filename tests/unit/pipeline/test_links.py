"""Web links from pmo.yaml to the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pmo_sync.model.change import PutLink
from pmo_sync.pipeline.context import Context, open_project
from pmo_sync.pipeline.evaluate import evaluate
from pmo_sync.pipeline.pull import pull
from pmo_sync.pipeline.write import plan
from tests.unit.pipeline.conftest import Open

EXTRA = """\
owner_id: group-pmo
links: {standards: "https://wiki.example.net/standards"}
standards: {packs: [], files: [own.yaml], first_run: apply}
"""
STANDARDS = """
standards:
  - {id: HYG-01, title: Has an owner, level: item, severity: major, flag: no-owner, require: {owner: present}}
  - {id: HYG-02, title: Has a kind, level: item, severity: major, flag: no-kind, require: {kind: present}}
"""


def linking(opened: Open, folder: Path) -> Context:
    """A run in which the plant is a Jira that takes links beside labels."""
    context = opened(EXTRA, standards=STANDARDS)
    settings = folder / "pmo.yaml"
    said = "{kind: export, path: plant.jsonl, write: {labels: true}}"
    jira = "{kind: jira-cloud, url: 'https://plant.example.net', write: {labels: true, link: true}}"
    text = settings.read_text(encoding="utf-8")
    assert said in text
    settings.write_text(text.replace(said, jira), encoding="utf-8")
    return replace(context, project=open_project(folder))


def test_the_settings_and_the_verdicts_reach_the_link(opened: Open, folder: Path) -> None:
    snapshots = pull(opened(EXTRA, standards=STANDARDS)).snapshots
    context = linking(opened, folder)
    changes = plan(context, evaluate(context, snapshots)).changes
    links = [change for change in changes if isinstance(change, PutLink)]
    assert [(one.target.id, one.name) for one in links] == [
        ("7", "pmo-sync:group-pmo:plant:7"),
        ("8", "pmo-sync:group-pmo:plant:8"),
    ]
    assert {(one.link.title, one.link.summary, one.link.url) for one in links} == {
        ("PMO standards: 1 of 2 met", "no owner", "https://wiki.example.net/standards#HYG-01")
    }


def test_verdicts_are_kept_only_where_a_tracker_takes_links(opened: Open, folder: Path) -> None:
    without = opened(EXTRA, standards=STANDARDS)
    snapshots = pull(without).snapshots
    assert evaluate(without, snapshots).judgement.verdicts is None
    assert evaluate(linking(opened, folder), snapshots).judgement.verdicts is not None
