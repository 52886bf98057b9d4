"""A project folder as a whole: all its files, and what they say of each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pmo_sync.connectors.options import ExportOptions
from pmo_sync.errors import UsageError
from pmo_sync.model.options import Scope
from pmo_sync.model.past import Approval, Waiver
from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.model.source import Source
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.settings.folder import Project, find, load, load_short
from pmo_sync.settings.yaml import MAX_BYTES
from pmo_sync.structure.options import ByField, ByProjectCategory

Problems = Callable[..., tuple[Problem, ...]]
Loaded = Callable[..., Project]

TRACKERS = """\
version: 1
trackers:
  bank: {kind: export, path: bank.jsonl}
  plant:
    kind: redmine
    url: https://redmine.example.net
    fields:
      budget: Budget
      reg_date: {field: Regulator date, type: date}
"""
STANDARD = "standards:\n  - {id: OWN-01, title: T, level: item, severity: major, require: {owner: present}}\n"
WAIVER = "waivers:\n  - {standard: HYG-01, scope: {item: A-1}, reason: r, approver: a, until: 2026-12-20}\n"


def short(problem: Problem) -> tuple[str, str | None]:
    return problem.code, str(problem.source) if problem.source else None


def test_a_small_project_has_the_defaults(loaded: Loaded) -> None:
    project = loaded("version: 1\n")
    assert project.settings.standards.packs == ("core",)
    assert {source.pack for source in project.standards} == {"core"}
    assert (project.waivers, project.approvals, project.custom) == ((), (), {})
    assert project.name == project.folder.name
    assert not project.short


def test_the_example_of_the_contract_loads_unchanged() -> None:
    example = Path(__file__).parents[4] / "shared" / "design" / "example"
    if not example.is_dir():
        pytest.skip("the design documents' example is not beside this checkout")
    project = load(example)
    assert project.name == "Digital Bank"
    assert {source.pack for source in project.standards} == {"core", "status", "risk", None}
    assert project.custom == {"reg_date": ColumnType.DATE}
    assert [waiver.standard for waiver in project.waivers] == ["BNK-01", "BNK-03"]
    assert project.origins["trackers.bank.url"] == Source("pmo.yaml", 14, 10)
    on, off = (project.settings.standards.override[name][0] for name in ("HYG-08", "HYG-06"))
    assert (on.on, on.only, on.keys["values"]) == (None, Scope(programme="Onboarding"), {"quiet": "15 working days"})
    assert on.node is not None
    assert on.node.source == Source("pmo.yaml", 99, 13)
    assert (off.on, off.keys, off.node) == (False, {}, None)


def test_the_commented_example_of_the_package_loads(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "config" / "pmo-sync.yaml"
    (tmp_path / "pmo.yaml").write_bytes(shipped.read_bytes())
    assert load(tmp_path).settings.trackers


def test_a_folder_without_pmo_yaml_a_file_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path, part in (
        (tmp_path, "there is no pmo.yaml"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "no", "no folder"),
    ):
        with pytest.raises(ConfigurationError, match=part) as caught:
            load(path)
        assert caught.value.problems[0].hint


def test_find_goes_up_to_the_nearest_pmo_yaml(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pmo.yaml").write_text("version: 1\n")
    assert find(inner) == tmp_path.resolve()


def test_find_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no pmo\.yaml in") as caught:
        find(tmp_path)
    assert caught.value.advice is not None
    assert "-C DIR" in caught.value.advice


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        (b"version: 1\nmode: caf\xe9\n", "encoding", 2, 10),
        (b"version: 1\n" + b"# x\n" * (3_000_000 // 4), "too-large", 1, 1),
        (b"version: 1\n\tmode: x\n", "yaml", 2, 1),
        (b"\xff\xfev\x00e\x00", "encoding", 1, 1),
        (b"version: 1\x00\n", "control-character", 1, 11),
    ],
)
def test_a_file_that_cannot_be_read(problems: Problems, content: bytes, code: str, line: int, column: int) -> None:
    assert short(problems(content)[0]) == (code, f"pmo.yaml:{line}:{column}")


def test_an_empty_pmo_yaml_lacks_its_version(problems: Problems) -> None:
    assert [problem.message for problem in problems("")] == ["pmo.yaml lacks `version`"]


def test_a_file_of_windows_loads_with_the_same_places(loaded: Loaded) -> None:
    project = loaded("\ufeffversion: 1\r\nstages: [a]\r\n")
    assert project.origins["stages"] == Source("pmo.yaml", 2, 9)
    assert project.texts.lines["pmo.yaml"][1] == "stages: [a]"


def test_the_mistakes_of_all_files_come_at_once(problems: Problems) -> None:
    found = problems(
        "version: 1\ntme_zone: UTC\nstandards: {files: [standards/*.yaml]}\n",
        standards__a="standards:\n  - {id: A-1\n",
        standards__b="standrads: []\n",
        waivers="waivers:\n  - {standard: HYG-01}\n",
        approvals="approvals:\n  - {standard: HYG-01}\n",
    )
    assert {(problem.code, problem.source.file) for problem in found if problem.source} == {
        ("unknown-key", "pmo.yaml"),
        ("yaml", "standards/a.yaml"),
        ("unknown-key", "standards/b.yaml"),
        ("missing-key", "waivers.yaml"),
        ("missing-key", "approvals.yaml"),
    }


def test_the_error_keeps_the_lines_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text("version: 1\nmdoe: x\n")
    (tmp_path / "waivers.yaml").write_text("waivers: 5\n")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    assert caught.value.texts.lines["pmo.yaml"][1] == "mdoe: x"
    assert caught.value.texts.lines["waivers.yaml"][0] == "waivers: 5"


@pytest.mark.parametrize(
    ("lines", "code", "column", "hint"),
    [
        ("structure: {project: [{tracker: bnk, by: project}]}", "unknown-tracker", 33, "did you mean `bank`?"),
        ("structure: {programme: [{tracker: x, by: project}]}", "unknown-tracker", 35, "known: `bank`, `plant`"),
        (
            "structure: {homes: [{level: project, tracker: bnk, issue_type: T}]}",
            "unknown-tracker",
            47,
            "did you mean `bank`?",
        ),
        (
            "structure: {overrides: [{item: A-1, tracker: plnt, project: P}]}",
            "unknown-tracker",
            46,
            "did you mean `plant`?",
        ),
        ("modes: [{tracker: bnk, mode: supportive}]", "unknown-tracker", 19, "did you mean `bank`?"),
        ("risk_appetite: [{scope: {tracker: bnk}, money: 1}]", "unknown-tracker", 35, "did you mean `bank`?"),
        ("risk_appetite: [{tracker: bnk, money: 1}]", "unknown-tracker", 27, "did you mean `bank`?"),
        ("standards: {override: {core: {only: {tracker: bnk}}}}", "unknown-tracker", 47, "did you mean `bank`?"),
        ("people: {ann: {bnk: a1}}", "unknown-tracker", 16, "did you mean `bank`?"),
        (
            "people: {ann: {bank: a1, plant: 7}, ben: {plant: '7'}}",
            "two-persons",
            50,
            "an account is one person's: take one of the two out",
        ),
        (
            "structure: {project: [{tracker: bank, by: field, field: projct}]}",
            "unknown-column",
            57,
            "did you mean `project`",
        ),
        ("tables: [{file: x.csv, level: item, key: cost_cod}]", "unknown-column", 42, "did you mean `cost_code`"),
        (
            "tables: [{file: x.csv, level: item, key: id, columns: {budgt: B}}]",
            "unknown-column",
            56,
            "did you mean `budget`",
        ),
        (
            "rollup: {progress: {basis: custom, field: weigt}}",
            "unknown-column",
            43,
            "did you mean `weight`",
        ),
        ("modes: [{standard: HYG-1, mode: supportive}]", "unknown-standard", 20, "did you mean `HYG-1"),
        ("modes: [{pack: cor, mode: supportive}]", "unknown-standard", 16, "did you mean `core`"),
        ("standards: {override: {HYG-99: off}}", "unknown-standard", 24, "did you mean `HYG-0"),
        ("standards: {override: {RSK-01: off}}", "unknown-standard", 24, "it is in the pack `risk`"),
        ("standards: {packs: [cor]}", "unknown-pack", 21, "did you mean `core` or `closure`?"),
        ("standards: {packs: [core, zzz]}", "unknown-pack", 27, "shipped are: "),
        ("standards: {files: [missing.yaml]}", "no-file", 21, "mend the name"),
    ],
)
def test_a_name_that_means_nothing(problems: Problems, lines: str, code: str, column: int, hint: str) -> None:
    (problem,) = problems(TRACKERS + lines + "\n")
    assert short(problem) == (code, f"pmo.yaml:10:{column}")
    assert problem.hint is not None
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("entry", "code", "column", "part"),
    [
        ("fields: {budgt: Budget}", "unknown-column", 14, "did you mean `budget`?"),
        ("fields: {zzzz: X}", "unknown-column", 14, "write `zzzz: {field: …, type: date}`"),
        ("fields: {start: {field: Begin, type: date}}", "column", 14, "write `start: Begin` alone"),
        ("fields: {Reg Date: {field: X, type: date}}", "column", 14, "small letters"),
        ("fields: {phase: Status}", "column", 14, "phases come from `phases`"),
        ("values: {reported_rg: {x: green}}", "unknown-column", 14, "did you mean `reported_rag`"),
        ("values: {reported_rag: {Gelb: ambr}}", "unknown-word", 35, "did you mean `amber`"),
        ("values: {health: {Gelb: ambr}}", "unknown-word", 29, "did you mean `amber`"),
        ("values: {probability: {Low: little}}", "wrong-type", 33, "a percentage such as `30%`"),
        ("values: {on_hold: {Ja: ja}}", "wrong-type", 28, "write true or false"),
        ("values: {decision: {from: stats, Approved: approved}}", "unknown-column", 31, "did you mean `status`"),
        ("write: {fields: {helth: PMO health}}", "unknown-figure", 22, "did you mean `health`"),
        ("write: {fields: {progres: P}}", "unknown-figure", 22, "did you mean `progress`"),
    ],
)
def test_a_column_word_or_figure_that_is_none(
    problems: Problems, entry: str, code: str, column: int, part: str
) -> None:
    (problem,) = problems(f"version: 1\ntrackers:\n  t:\n    kind: export\n    path: x\n    {entry}\n")
    assert short(problem) == (code, f"pmo.yaml:6:{column}")
    assert problem.hint is not None
    assert part in problem.hint


def test_shares_words_and_own_columns_are_taken_in_values(loaded: Loaded) -> None:
    pmo = (
        TRACKERS + "    values: {probability: {Low: 10%, High: 0.7}, fields.reg_date: {x: y}, mandatory: {Ja: true}}\n"
    )
    assert loaded(pmo).settings.trackers["plant"].values["probability"] == {"Low": "10%", "High": 0.7}


def test_one_own_column_has_one_type(problems: Problems) -> None:
    (problem,) = problems(TRACKERS.replace("path: bank.jsonl}", "path: b, fields: {reg_date: {field: R, type: text}}}"))
    assert short(problem) == ("column", "pmo.yaml:9:47")
    assert problem.message == "`reg_date` is date here and text in another tracker"


def test_own_columns_of_all_trackers_are_known(loaded: Loaded) -> None:
    assert loaded(TRACKERS).custom == {"reg_date": ColumnType.DATE}


def test_numbers_stand_for_ids_and_none_for_nothing(loaded: Loaded) -> None:
    project = loaded(
        TRACKERS.replace("budget: Budget", "budget: 15")
        + "    write: {flags: none}\n    limits: {writes_per_hour: none}\n"
    )
    plant = project.settings.trackers["plant"]
    assert (plant.fields["budget"], plant.write.flags, plant.limits.writes_per_hour) == ("15", None, None)


def test_the_short_form_of_state(loaded: Loaded) -> None:
    state = loaded("version: 1\nstate: elsewhere\n").settings.state
    assert (state.dir, str(state.keep.ledger)) == ("elsewhere", "7 years")


@pytest.mark.parametrize("entry", ["{programme: P, money: 5, high: 2}", "{scope: {programme: P}, money: 5, high: 2}"])
def test_the_scope_of_an_appetite_stands_beside_or_below(loaded: Loaded, entry: str) -> None:
    (appetite,) = loaded(f"version: 1\nrisk_appetite: [{entry}]\n").settings.risk_appetite
    assert (appetite.scope, appetite.money, appetite.high) == (Scope(programme="P"), 5, 2)


def test_overrides_of_every_form(loaded: Loaded) -> None:
    project = loaded(
        "version: 1\nstandards:\n  override:\n    core: on\n    HYG-01: off\n"
        "    HYG-02: {severity: minor, enabled: false}\n"
        "    HYG-03: [{severity: info, only: {programme: P}}, off]\n"
    )
    override = project.settings.standards.override
    assert [(entry.on, entry.keys) for entry in override["core"]] == [(True, {})]
    assert [(entry.on, entry.keys) for entry in override["HYG-01"]] == [(False, {})]
    assert [(entry.on, entry.keys) for entry in override["HYG-02"]] == [(False, {"severity": "minor"})]
    first, second = override["HYG-03"]
    assert (first.on, first.keys, first.only.programme) == (None, {"severity": "info"}, "P")
    assert first.node is not None
    assert first.node.key("severity") is not None
    assert (second.on, second.node) == (False, None)


def test_standards_of_files_follow_the_packs_sorted_by_name(loaded: Loaded) -> None:
    project = loaded(
        "version: 1\nstandards: {packs: [], files: [standards/*.yaml, more.yaml, none/*.yaml]}\n",
        standards__b=STANDARD.replace("OWN-01", "OWN-03"),
        standards__a=STANDARD,
        more=STANDARD.replace("OWN-01", "OWN-02"),
    )
    assert [(source.file, source.pack, source.node.source.line) for source in project.standards] == [
        ("standards/a.yaml", None, 2),
        ("standards/b.yaml", None, 2),
        ("more.yaml", None, 2),
    ]


def test_a_file_that_two_patterns_match_is_read_once(loaded: Loaded) -> None:
    project = loaded(
        "version: 1\nstandards: {packs: [], files: ['*/a.yaml', standards/a.yaml]}\n", standards__a=STANDARD
    )
    assert len(project.standards) == 1


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        ("standrads: []\n", "unknown-key", 1, 1),
        ("standards: []\nversion: 1\n", "unknown-key", 2, 1),
        ("standards: {id: X}\n", "wrong-type", 1, 12),
        ("standards: [x]\n", "wrong-type", 1, 13),
        ("- id: X\n", "wrong-type", 1, 1),
        ("standards:\n  - id: A\n    id: B\n", "duplicate-key", 3, 5),
    ],
)
def test_a_file_of_standards_that_is_none(problems: Problems, content: str, code: str, line: int, column: int) -> None:
    (problem,) = problems("version: 1\nstandards: {files: [s.yaml]}\n", s=content)
    assert short(problem) == (code, f"s.yaml:{line}:{column}")


@pytest.mark.parametrize("content", ["", "standards:\n", "standards: []\n", "# nothing yet\n"])
def test_an_empty_file_of_standards_is_no_mistake(loaded: Loaded, content: str) -> None:
    assert loaded("version: 1\nstandards: {packs: [], files: [s.yaml]}\n", s=content).standards == ()


def test_waivers_and_approvals_as_values(loaded: Loaded) -> None:
    project = loaded(
        "version: 1\n",
        waivers=WAIVER,
        approvals="approvals: [{standard: OLD-1, fingerprint: 'sha256:ab12', by: head of PMO, on: 2026-11-21}]\n",
    )
    assert project.waivers == (
        Waiver("HYG-01", Scope(item="A-1"), "r", "a", date(2026, 12, 20), None, Source("waivers.yaml", 2, 5)),
    )
    assert project.approvals == (Approval("OLD-1", "sha256:ab12", "head of PMO", date(2026, 11, 21)),)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ((", until: 2026-12-20", ""), "missing-key", "`waivers[0]` lacks `until`"),
        (("reason: r, ", ""), "missing-key", "`waivers[0]` lacks `reason`"),
        (("approver: a, ", ""), "missing-key", "`waivers[0]` lacks `approver`"),
        (("scope: {item: A-1}, ", ""), "missing-key", "`waivers[0]` lacks `scope`"),
        (("reason: r", "reason: ''"), "wrong-value", "`waivers[0].reason` is an empty text"),
        (("approver: a", "approver: "), "missing-key", "`waivers[0]` lacks `approver`"),
        (("2026-12-20", "2026-02-30"), "wrong-value", "`waivers[0].until`: `2026-02-30` is not a date"),
        (("2026-12-20", "soon"), "wrong-value", "`waivers[0].until`: `soon` is not a date"),
        (("HYG-01", "HYG-0"), "unknown-standard", "a waiver names `HYG-0`, and no such standard or pack is loaded"),
        (("{item: A-1}", "{}"), "wrong-value", "the scope of this waiver is empty, so it would cover everything"),
        (("{item: A-1}", "{itm: A-1}"), "unknown-key", "`itm` is not a setting of `waivers[0].scope`"),
        (("{item: A-1}", "{tracker: x}"), "unknown-tracker", "`x` is not a tracker of pmo.yaml"),
        (("reason: r", "reson: r"), "unknown-key", "`reson` is not a setting of `waivers[0]`"),
        (("waivers:", "wavers:"), "unknown-key", "`wavers` is not a setting of waivers.yaml"),
    ],
)
def test_a_waiver_that_cannot_count(problems: Problems, change: tuple[str, str], code: str, message: str) -> None:
    (problem,) = problems("version: 1\n", waivers=WAIVER.replace(*change))
    assert (problem.code, problem.message) == (code, message)
    assert problem.source is not None
    assert problem.source.file == "waivers.yaml"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{standard: A, fingerprint: 'md5:1', by: x, on: 2026-01-01}", "wrong-value"),
        ("{standard: A, fingerprint: 'sha256:ab', by: x, on: 2026-1-1}", "wrong-value"),
        ("{standard: A, fingerprint: 'sha256:ab', by: x, onn: 2026-01-01}", "unknown-key"),
        ("{standard: A, fingerprint: 'sha256:ab', on: 2026-01-01}", "missing-key"),
    ],
)
def test_an_approval_that_cannot_count(problems: Problems, entry: str, code: str) -> None:
    (problem,) = problems("version: 1\n", approvals=f"approvals: [{entry}]\n")
    assert problem.code == code


def test_other_names_for_waivers_and_approvals(loaded: Loaded) -> None:
    project = loaded("version: 1\nwaivers: past/w.yaml\n", past__w=WAIVER)
    assert [waiver.source for waiver in project.waivers] == [Source("past/w.yaml", 2, 5)]


def test_literal_secrets_are_masked_in_the_lines_that_errors_show(tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text(
        "version: 1\ntrackers:\n  a:\n    kind: redmine\n    url: https://me:hunter22@x.example\n"
        "    token: abcsecret123\n    tokn: othersecret\n    api_key: third-secret  # abcsecret123\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    lines = caught.value.texts.lines["pmo.yaml"]
    assert lines[5] == "    token: ************"
    shown = "\n".join(lines) + str(caught.value)
    assert not any(secret in shown for secret in ("hunter22", "abcsecret123", "othersecret", "third-secret"))
    assert len(lines[4]) == len("    url: https://me:hunter22@x.example")


def test_a_secret_is_masked_where_the_file_is_no_yaml_at_all(tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text("version: 1\ntrackers: {a: {token: abcsecret123, url: [}\n")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    assert caught.value.texts.lines["pmo.yaml"][1] == "trackers: {a: {token: ************, url: [}"


def test_the_short_form_needs_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text("")
    project = load_short(file)
    assert (project.name, list(project.settings.trackers), project.short) == ("items", ["items"], True)
    tracker = project.settings.trackers["items"]
    assert isinstance(tracker, ExportOptions)
    assert Path(tracker.path) == file.resolve()
    assert {source.pack for source in project.standards} == {"core"}
    assert project.settings.structure.programme == (
        ByField(tracker="items", by="field", field="programme"),
        ByProjectCategory(tracker="items", by="project_category"),
    )
    assert project.settings.structure.project == (ByField(tracker="items", by="field", field="project"),)


def test_the_short_form_with_standards_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "my items (1).jsonl").write_text("")
    (tmp_path / "s.yaml").write_text(STANDARD)
    project = load_short(tmp_path / "my items (1).jsonl", [tmp_path / "s.yaml"])
    assert [source.pack for source in project.standards] == [None]
    assert list(project.settings.trackers) == ["my items (1)"]


def test_the_short_form_tells_all_mistakes(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("standards: {}\nx: 1\n")
    with pytest.raises(ConfigurationError) as caught:
        load_short(tmp_path / "no.jsonl", [tmp_path / "s.yaml", tmp_path / "no.yaml"])
    assert sorted(problem.code for problem in caught.value.problems) == [
        "no-file",
        "no-file",
        "unknown-key",
        "wrong-type",
    ]


def test_a_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os = pytest.importorskip("os")
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "waivers.yaml")
    (tmp_path / "pmo.yaml").write_text("version: 1\n")
    with pytest.raises(ConfigurationError, match="no ordinary file"):
        load(tmp_path)


def test_the_limit_is_on_bytes(tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text("version: 1\n#" + "é" * (MAX_BYTES // 2))
    with pytest.raises(ConfigurationError, match="larger than 2 MB"):
        load(tmp_path)
