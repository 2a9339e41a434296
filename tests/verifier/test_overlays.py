"""Packages laid over the national one that try to be unlawful in subtle ways are refused, with article and path."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.mutants import Drawing
from engine.errors import Fault
from processes.checks import check_package
from processes.invariants import faults, hold_against_law
from processes.manifest import find_package, read_contents
from processes.overlay import resolve

MANIFEST = 'name = "{name}"\ntitle = "{title}"\nversion = "2026.1"\nextends = "national"\n'


def overlay(shelf: Path, name: str, files: dict[str, bytes], *, whole: bool = False) -> list[Fault]:
    """The faults of a package that holds only what differs from the national one; whole: with forms and templates."""
    folder = shelf / name
    manifest = read_contents(find_package("national"))["package.toml"].decode()
    own = MANIFEST.format(name=name, title="地方流程包") + manifest.split('extends = ""')[1]
    for path, data in {"package.toml": own.encode(), **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    contents = resolve(name, (shelf,))
    return check_package(contents) if whole else faults(hold_against_law(contents))


@pytest.mark.rule("INV-P08")
def test_a_city_that_moves_legal_review_behind_the_decision_in_one_branch(tmp_path: Path) -> None:
    """Only where nobody asks for a refund: the review before the notice becomes an ordinary one, the legal one comes last."""
    national = read_contents(find_package("national"))
    review = Drawing(national, "review")
    flow = next(each for each in review.flows() if each.get("targetRef") == "legal_review")
    flow[0].text = "legal_review_required and overcharged"
    decision = Drawing(national, "decision")
    decision.add("callActivity", "late_review", "make_decision", name="补充法制审核", calledElement="late_review")
    sealed = decision.leaving("seal_decision")[0]
    sealed.set("targetRef", "late_review")
    decision.flow("late_review", "end_decided")
    late = Drawing(national, "review")
    late.process.set("id", "late_review")
    late_flow = next(each for each in late.flows() if each.get("targetRef") == "legal_review")
    late_flow[0].text = "legal_review_required and not(overcharged)"
    files = {
        "procedures/review.bpmn": dict(review.done("", "", "").contents)["procedures/review.bpmn"],
        "procedures/decision.bpmn": dict(decision.done("", "", "").contents)["procedures/decision.bpmn"],
        "procedures/late_review.bpmn": dict(late.done("", "", "").contents)["procedures/review.bpmn"],
    }
    found = overlay(tmp_path, "city", files)
    told = [fault for fault in found if fault.code == "law.INV-P08"]
    assert told
    assert "行政处罚法 第五十八条" in told[0].message
    assert "→" in told[0].message
    assert "其间没有法制审核" in told[0].message


@pytest.mark.rule("INV-P15")
def test_a_department_that_shortens_the_statement_window(tmp_path: Path) -> None:
    text = read_contents(find_package("national"))["package.toml"].decode()
    shorter = text.replace("[settings]", "[settings]\ndefence_window_working_days = 3", 1).replace(
        'name = "national"', 'name = "department"').replace('extends = ""', 'extends = "national"')
    found = overlay(tmp_path, "department", {"package.toml": shorter.encode()})
    assert [(fault.code, fault.where) for fault in found] == [("law.INV-P15", "package.toml")]
    assert "第五十七条" in found[0].message


@pytest.mark.rule("INV-P15")
def test_a_department_that_shortens_the_time_for_asking_for_a_hearing(tmp_path: Path) -> None:
    text = read_contents(find_package("national"))["package.toml"].decode()
    shorter = text.replace('name = "national"', 'name = "department"').replace('extends = ""', 'extends = "national"').replace(
        "[facts]", "[settings.limits]\nTL_HEARING_REQUEST = 3\n\n[facts]", 1)
    found = overlay(tmp_path, "department", {"package.toml": shorter.encode()}, whole=True)
    assert len(found) == 1
    assert "TL_HEARING_REQUEST" in found[0].where + found[0].message
    assert "第" in found[0].message
    assert "条" in found[0].message


@pytest.mark.rule("INV-P15")
def test_a_department_that_lets_another_limit_end_the_window(tmp_path: Path) -> None:
    """The border event keeps its name, but it now fires with a limit that may be over before the window is."""
    notice = read_contents(find_package("national"))["procedures/notice.bpmn"].decode()
    border = notice[notice.index('<bpmn:boundaryEvent id="window_expired"'):]
    changed = notice.replace(border, border.replace("TL_DEFENCE_WINDOW", "TL_CASE_REVIEW", 1))
    found = overlay(tmp_path, "department", {"procedures/notice.bpmn": changed.encode()})
    assert {"law.INV-P11b"} <= {fault.code for fault in found}
    assert all("行政处罚法" in fault.message for fault in found)


def test_a_lawful_overlay_is_accepted(tmp_path: Path) -> None:
    evidence = Drawing(read_contents(find_package("national")), "evidence")
    evidence.node("choose_act").set("name", "选择本部门的调查措施")
    files = {"procedures/evidence.bpmn": dict(evidence.done("", "", "").contents)["procedures/evidence.bpmn"]}
    assert overlay(tmp_path, "department", files) == []
