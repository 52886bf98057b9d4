"""`make docs`: the generated pages and the outputs in the README, from the code and the shipped files.

A test runs the same functions and fails when a page is not what they give.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click
from click.testing import CliRunner

from pmo_sync.cli import root
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.figure_names import ITEM_FIGURES, NODE_FIGURES
from pmo_sync.model.source import Entries, Fields, Leaf, plain
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.report.escape import markdown
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.rules.phrases import sentence
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.files import Reading
from pmo_sync.settings.packs import pack_names, packs_folder, read_packs

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "ten-standards.md"
STATUS_DATE = date(2026, 11, 23)
WIDTH = "100"
CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
"""When the reader's own pull was."""
DAY = re.compile(r" \(\d{4}-\d\d-\d\d\)")
"""What a moment is on the status date, which means nothing on a page."""
PORT = re.compile(r"http://127\.0\.0\.1:\d+")
SECONDS = re.compile(r"(?m)^((?:Pulled|Checked|Wrote|Again) .*?) +\d+\.\d s$")
"""With the clock, all of an output that is not of the status date."""
BLOCK = re.compile(r"<!-- run: (?P<command>.+?) -->\n.*?<!-- end -->", re.DOTALL)


def output(command: str, scratch: Path) -> str:
    """What a command prints for the fixed status date, as in a terminal without colour; all but the demo itself in the
    folder that the demo wrote.
    """
    words = shlex.split(command)
    folder = scratch / "pmo-demo"
    place = ["-C", "."] if words[0] != "demo" else ["--into", folder.name]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pmo_sync",
            *words,
            *place,
            "--status-date",
            STATUS_DATE.isoformat(),
            "--format",
            "table",
        ],
        cwd=scratch if words[0] == "demo" else folder,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
    )
    return "\n".join(line.rstrip() for line in _normal(done.stdout + done.stderr).splitlines()).strip("\n")


def _normal(printed: str) -> str:
    """The output without what differs from run to run: the clock, the port, how long it took."""
    printed = PORT.sub("http://127.0.0.1:40613", CLOCK.sub(f"{STATUS_DATE} 06:00 UTC", printed))
    return SECONDS.sub(r"\1", printed)


def readme(text: str) -> str:
    """A page with every output block made anew; its first block is the demo, which writes the folder of the others."""
    with tempfile.TemporaryDirectory() as scratch:

        def block(match: re.Match[str]) -> str:
            command = match["command"]
            printed = output(command, Path(scratch))
            return f"<!-- run: {command} -->\n```\n$ pmo-sync {command}\n{printed}\n```\n<!-- end -->"

        return BLOCK.sub(block, text)


STEP = re.compile(
    r"<!-- (?P<how>file|add): (?P<path>\S+) -->\n```\w+\n(?P<content>.*?)```"
    r"|<!-- mend: (?P<mended>\S+)\n(?P<old>.*?)\n(?P<new>.*?)\n-->"
    r"|(?P<console>```console\n.*?```)",
    re.DOTALL,
)
"""A file of a tutorial, what is added to its end, a line of it that is mended, and commands with what they print."""


def played(text: str) -> str:
    """A tutorial with every output made anew: its files are written and its commands run, in order, in a new folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "bank"
        folder.mkdir()
        return STEP.sub(lambda match: _step(match, folder), text)


def _step(match: re.Match[str], folder: Path) -> str:
    if match["console"]:
        commands = [line[2:] for line in match["console"].splitlines() if line.startswith("$ ")]
        shown = [f"$ {command}\n{_said(command, folder)}".rstrip() for command in commands]
        return "```console\n" + "\n\n".join(shown) + "\n```"
    path = folder / (match["path"] or match["mended"])
    path.parent.mkdir(exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() and match["how"] != "file" else ""
    if match["mended"]:
        after = before.replace(match["old"], match["new"])
    else:
        after = f"{before}\n{match['content']}" if before else match["content"]
    path.write_text(after, encoding="utf-8")
    return match[0]


def _said(command: str, folder: Path) -> str:
    """What one command prints there, with the day of the reader's clock as the status date."""
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command.replace("pmo-sync", "pmo_sync", 1)), "--format", "table"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
    )
    printed = _normal(done.stdout + done.stderr).replace(datetime.now(UTC).date().isoformat(), STATUS_DATE.isoformat())
    return "\n".join(line.rstrip() for line in printed.splitlines())


def vocabulary() -> str:
    """The page of columns and figures."""
    lines = [
        "# The vocabulary",
        "",
        "Generated from `model/vocabulary.py` and `model/figure_names.py` by `make docs`.",
        "These words are used in standards, under `fields:` in pmo.yaml, and as keys of items.jsonl.",
        "",
        "## Columns",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    for column in VOCABULARY.values():
        type_ = " ".join(column.words) if column.words else column.type.value.replace("_", " ")
        lines.append(f"| `{column.name}` | {type_} | {column.meaning} |")
    for title, table in (("Figures of nodes", NODE_FIGURES), ("Figures of items", ITEM_FIGURES)):
        lines += ["", f"## {title}", "", "| figure | concern | type |", "|---|---|---|"]
        lines += [
            f"| `{figure.name}` | {figure.concern} | {figure.type.value.replace('_', ' ')} |"
            for figure in table.values()
        ]
    return "\n".join(lines) + "\n"


def standards() -> str:
    """The page of shipped standards: one table per pack, then each standard under its id, for links to it."""
    reading = Reading(packs_folder())
    sources = read_packs([(name, None) for name in pack_names()], reading)
    shipped = parse(sources, StandardsOptions(packs=pack_names()), custom={}, texts=None)
    written = {str(leaf.value): source.node for source in sources if isinstance(leaf := source.node.get("id"), Leaf)}
    lines = [
        "# The shipped standards",
        "",
        "Generated from `config/standards/` by `make docs`.",
        "A pack is chosen under `standards.packs` in pmo.yaml; what is *off* there is switched on with an override.",
        "A source marked (m) is named from memory: no clause was checked.",
    ]
    for pack in pack_names():
        chosen = [one for one in shipped if one.pack == pack]
        lines += [
            "",
            f"## Pack `{pack}`",
            "",
            "| id | title | judges | severity | on | flag |",
            "|---|---|---|---|---|---|",
        ]
        for one in chosen:
            judges, flag = ", ".join(one.levels), f"`{one.flag}`" if one.marks_items else ""
            on = "on" if one.enabled else "off"
            lines.append(f"| [{one.id}](#{one.id.lower()}) | {one.title} | {judges} | {one.severity} | {on} | {flag} |")
        for one in chosen:
            lines += _entry(one, written[one.id])
    return "\n".join(lines) + "\n"


def _entry(one: Standard, node: Fields) -> list[str]:
    """One standard under its id, which findings link to: what it asks, of whom, why, and its own examples."""
    clock = Clock(STATUS_DATE, Calendar())
    kinds = f" of kind {', '.join(one.kinds)}" if one.kinds else ""
    values = ", ".join(f"{value.name} = {value.text}" for value in one.values)
    waiver = "" if one.waiver.max_age is None else f"at most {one.waiver.max_age}"
    rows = [
        ("judges", ", ".join(one.levels) + kinds),
        ("applies to", sentence(one.applies_to, clock)),
        ("requires", "" if one.require is None else sentence(one.require, clock)),
        ("counts", "" if one.share is None else f"{one.share.of} with {sentence(one.share.among, clock)}"),
        ("offends", "" if one.share is None else sentence(one.share.where, clock)),
        ("unless", "" if one.unless is None else sentence(one.unless, clock)),
        ("worse", "; ".join(f"{each.to} when {sentence(each.when, clock)}" for each in one.escalations)),
        ("values", values),
        ("flag after", "" if one.hold_for is None else str(one.hold_for)),
        ("waiver", waiver),
        ("source", one.reference or ""),
    ]
    lines = ["", f'<a id="{one.id}"></a>', "", f"### {one.id}", "", f"**{one.title}.** {one.why}", ""]
    lines += [f"To mend it: {one.fix}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {markdown(DAY.sub('', text))} |" for name, text in rows if text]
    cases = plain(node.get("cases") or Entries((), node.source))
    lines += ["", "| case | subject |", "|---|---|"]
    return lines + [
        f"| {verdict} | `{_flow(subject).strip('{}') or 'empty'}` |"
        for case in (cases if isinstance(cases, list) else [])
        for verdict, subject in case.items()
    ]


def _flow(value: object) -> str:
    """A plain value as it stands in YAML on one line, without a bar that would end a cell."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case None | bool():
            return json.dumps(value)
        case _:
            return str(value).replace("|", "\\|")


def commands() -> str:
    """The page of commands: the help of each, as the program prints it."""
    lines = ["# Commands", "", "Generated from the program's own help by `make docs`.", ""]
    for names in (("pmo-sync",), *_commands(root.command, ("pmo-sync",))):
        lines += [f"## {' '.join(names)}", "", "```", _help(names), "```", ""]
    return "\n".join(lines)


def _commands(group: click.Command, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(group, click.Group):
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield (*names, name)
            yield from _commands(command, (*names, name))


def _help(names: tuple[str, ...]) -> str:
    found = CliRunner().invoke(root.command, [*names[1:], "--help"], prog_name="pmo-sync", terminal_width=int(WIDTH))
    return "\n".join(line.rstrip() for line in found.output.rstrip().splitlines())


def pages() -> dict[Path, str]:
    """Every generated page: path → text."""
    return {
        ROOT / "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")),
        TUTORIAL: played(TUTORIAL.read_text(encoding="utf-8")),
        ROOT / "docs" / "reference" / "vocabulary.md": vocabulary(),
        ROOT / "docs" / "reference" / "standards.md": standards(),
        ROOT / "docs" / "reference" / "commands.md": commands(),
    }


def main() -> int:
    """Writes the pages; names those that changed."""
    for path, text in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
