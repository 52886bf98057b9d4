import json
from dataclasses import replace

from pmo_sync.model.figure_names import ITEM_FIGURES, NODE_FIGURES, NOT_BUILT
from pmo_sync.report import csv, markdown
from pmo_sync.report import json as report_json
from pmo_sync.report.view import CheckView, FigureValue, ItemRow, Outside


def test_the_contract(view: CheckView) -> None:
    document = json.loads(report_json.check(view))
    assert list(document)[:6] == ["schema_version", "run", "status_date", "complete", "trackers", "summary"]
    assert document["schema_version"] == 1
    assert document["run"] is None
    assert document["status_date"] == "2026-11-23"
    assert document["trackers"] == [
        {
            "name": "bank",
            "complete": True,
            "items": 4,
            "snapshot": "s1",
            "pulled_at": "2026-11-23T06:12:00Z",
            "requests": 5,
            "problems": [],
        }
    ]
    assert document["summary"] == {
        "pass": 1890,
        "fail": {"critical": 1, "major": 2, "minor": 1, "info": 0},
        "unknown": 2,
        "n/a": 240,
        "waived": 1,
        "baselined": 0,
    }
    assert "items" not in document


def test_a_finding(view: CheckView) -> None:
    found = json.loads(report_json.check(view))["findings"][1]
    assert found == {
        "standard": "BNK-01",
        "title": "Title of BNK-01",
        "severity": "major",
        "verdict": "fail",
        "level": "item",
        "tracker": "bank",
        "id": "100",
        "key": "PAY-12",
        "path": ["Digital Bank", "Payments", "PAY"],
        "message": "PAY-12 has no target date",
        "fix": "Set it.",
        "evidence": {"phase": "doing", "due": None, "start": "2026-11-02", "estimate_hours": 40},
        "url": "https://bank.example.net/browse/PAY-12",
        "flag": "pmo-no-due-date",
        "mode": "controlling",
        "waiver": None,
        "baselined": False,
        "since": "2026-11-20",
    }


def test_a_waiver_stands_beside_the_verdict(view: CheckView) -> None:
    found = json.loads(report_json.check(view))["findings"][0]
    assert found["verdict"] == "fail"
    assert found["waiver"] == {
        "until": "2026-11-26",
        "reason": "supplier is late",
        "approver": "the PMO lead",
        "owner": None,
    }


def test_every_figure_by_name_and_those_not_built_say_so(view: CheckView) -> None:
    node = json.loads(report_json.check(view))["nodes"][2]
    assert set(node["figures"]) == set(NODE_FIGURES)
    assert node["figures"]["cpi"] == {"value": None, "used": 0, "missing": 0, "basis": NOT_BUILT}
    assert node["figures"]["due"] == {"value": "2026-11-27", "used": 2, "missing": 0, "basis": "max"}
    assert node["rag"] == {"reported": None, "computed": None, "why": ["overdue_share"], "says": "12 %"}
    assert node["compliance"]["passed"] == 10


def test_whole_hours_have_no_fraction_and_shares_have_one(view: CheckView) -> None:
    text = report_json.check(view)
    assert '"value": 64,' in text
    assert '"value": 0.625,' in text


def test_item_figures_when_asked_for(view: CheckView) -> None:
    figures = dict.fromkeys(ITEM_FIGURES, FigureValue(None, 0, 0, NOT_BUILT))
    figures["critical"] = FigureValue(True, 0, 0, "network")
    document = json.loads(report_json.check(replace(view, items=(ItemRow("bank", "3", "PAY-3", figures),))))
    item = document["items"][0]
    assert (item["tracker"], item["id"], item["key"]) == ("bank", "3", "PAY-3")
    assert item["figures"]["critical"] == {"value": True, "basis": "network"}
    assert item["figures"]["total_float"] == {"value": None, "basis": NOT_BUILT}


def test_json_lines_are_the_findings(view: CheckView) -> None:
    lines = report_json.check_lines(view).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(report_json.check(view))["findings"]


def test_same_view_same_bytes(view: CheckView) -> None:
    assert report_json.check(view) == report_json.check(replace(view))


def test_hostile_titles_cannot_leave_a_json_string(view: CheckView) -> None:
    evil = replace(view.findings[1], message="\x9b2J\u202e\x1b[31m")
    text = report_json.check(replace(view, findings=(evil,)))
    assert not {"\x9b", "\u202e", "\x1b"} & set(text)
    assert json.loads(text)["findings"][0]["message"] == "\x9b2J\u202e\x1b[31m"


def test_csv_has_a_line_per_finding(view: CheckView) -> None:
    lines = csv.findings(view.findings).splitlines()
    assert len(lines) == 1 + len(view.findings)
    assert lines[0].startswith('"severity","verdict","standard"')
    assert '"Digital Bank/Payments/PAY"' in lines[1]
    assert '"2026-11-26"' in lines[1]


def test_markdown_shows_counts_nodes_and_findings(view: CheckView) -> None:
    text = markdown.check(view, everything=False)
    assert text.startswith("## Standards, 2026-11-23\n")
    assert "| Digital Bank/Payments/PAY |" in text
    assert "| major | BNK-01 | PAY-12 | PAY-12 has no target date | Set it. |" in text
    assert "\x1b" not in text


def test_a_narrowed_page_has_what_is_outside_beside_its_summary(view: CheckView) -> None:
    assert "outside" not in json.loads(report_json.check(view))
    narrow = replace(view, outside=Outside("this branch", view.summary))
    document = json.loads(report_json.check(narrow))
    assert document["outside"] == document["summary"]
    assert "Outside this branch: 1 critical, 2 major, 1 minor" in markdown.check(narrow, everything=False)
