"""The law's table against the shipped package: everything holds, and each rule is broken by a change that it is there for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench.mutants import Drawing
from bench.oracle import ready, structural
from engine.errors import PackageFault
from engine.verifier.exploring import Bounds
from engine.verifier.replaying import replay
from engine.verifier.verdicts import Verdict
from processes.invariants import FILE, faults, hold_against_law, law_of, warnings
from processes.overlay import resolve


@pytest.fixture(scope="module")
def national() -> dict[str, bytes]:
    return resolve("national")


def replaced(contents: Mapping[str, bytes], procedure: str, old: str, new: str) -> dict[str, bytes]:
    path = f"procedures/{procedure}.bpmn" if "." not in procedure else procedure
    text = contents[path].decode()
    assert old in text
    return {**contents, path: text.replace(old, new, 1).encode()}


def without(contents: Mapping[str, bytes], procedure: str, step: str) -> dict[str, bytes]:
    drawing = Drawing(contents, procedure)
    drawing.remove(step)
    return dict(drawing.done(step, "", "").contents)


def refused(contents: Mapping[str, bytes], *tops: str) -> dict[str, Verdict]:
    """The rules for which a package is refused; tops: only these procedures are looked at."""
    return {each.id: each for each in hold_against_law(only(contents, *tops) if tops else contents) if each.refuses}


def only(contents: Mapping[str, bytes], *tops: str) -> dict[str, bytes]:
    """A package with some of its procedures only."""
    head, *sections = contents["package.toml"].decode().split("[procedures.")
    kept = "".join(f"[procedures.{each}" for each in sections if each.partition("]")[0] in tops)
    return {**contents, "package.toml": (head + kept).encode()}


@pytest.mark.rule("INV-A01")
def test_the_national_package_keeps_every_invariant(national: dict[str, bytes]) -> None:
    found = hold_against_law(national)
    assert [each.plain() for each in found if each.outcome != "holds"] == []
    assert {each.procedure for each in found} == {"ordinary", "fast_track", "summary", ""}
    assert len({each.id for each in found}) > 60
    assert warnings(found) == []


WEAKENED = [
    pytest.param("decision", ">major<", ">major and overcharged<", "INV-P17", marks=pytest.mark.rule("INV-P17")),
    pytest.param("review", ">legal_review_required<", ">legal_review_required and hearing_right<", "INV-P08",
                 marks=pytest.mark.rule("INV-P08")),
    pytest.param("notice", ">hearing_requested and hearing_right<", ">hearing_requested and not(hearing_right)<", "INV-P13",
                 marks=pytest.mark.rule("INV-P13")),
    pytest.param("notice", ">window_closed<", ">window_closed or hearing_requested<", "INV-P11b"),
    pytest.param("notice", ">new_statement<", ">new_statement and real_name<", "INV-P12", marks=pytest.mark.rule("INV-P12")),
    pytest.param("decision", ">overcharged<", ">overcharged and major<", "INV-P34", marks=pytest.mark.rule("INV-P34")),
    pytest.param("execution", ">publish<", ">publish or paid<", "INV-A19b"),
    pytest.param("fast_track", ">emergency_ok<", ">not(emergency_ok)<", "INV-F01b"),
    pytest.param("summary", '>spot_outcome = "ON_THE_SPOT"<', '>spot_outcome != "NO_PENALTY"<', "INV-S01b", marks=pytest.mark.rule("INV-S01")),
    pytest.param("summary", ">spot_statement<", ">spot_statement and real_name<", "INV-S05c"),
    pytest.param("summary", ">spot_refused<", ">spot_refused and real_name<", "INV-S06c"),
    pytest.param("spot_execution", ">spot_collected<", ">not(spot_collected)<", "INV-S11"),
    pytest.param("spot_execution", ">paid<", ">paid or publish<", "INV-S13"),
]


@pytest.mark.parametrize(("procedure", "old", "new", "rule"), WEAKENED)
def test_a_weakened_guard_is_refused_and_its_path_runs(
    national: dict[str, bytes], procedure: str, old: str, new: str, rule: str
) -> None:
    contents = replaced(national, procedure, old, new)
    found = refused(contents, {"fast_track": "fast_track", "summary": "summary", "spot_execution": "summary"}.get(procedure, "ordinary"))
    assert rule in found
    verdict, made = found[rule], ready(contents)
    run = replay(made.plans[verdict.procedure], made.initial, verdict.path)
    assert run.complete, run.missing
    assert run.taken[-1] == (verdict.path[-1].procedure, verdict.path[-1].id)
    assert verdict.article in verdict.sentence


TAKEN_OUT = [
    pytest.param("decision", "give_notice", "INV-P10", marks=pytest.mark.rule("INV-P10")),
    pytest.param("decision", "decision_approval", "INV-P18", marks=pytest.mark.rule("INV-P18")),
    pytest.param("notice", "review_after_hearing", "INV-P09", marks=pytest.mark.rule("INV-P09")),
    pytest.param("evidence", "evidence_review", "INV-P04", marks=pytest.mark.rule("INV-P04")),
    pytest.param("evidence", "investigation_report", "INV-P06", marks=pytest.mark.rule("INV-P06")),
    pytest.param("ordinary", "serve_decision", "INV-P19", marks=pytest.mark.rule("INV-P19")),
    pytest.param("ordinary", "serve_decision", "INV-P20", marks=pytest.mark.rule("INV-P20")),
    pytest.param("execution", "publicity_approve", "INV-P21", marks=pytest.mark.rule("INV-P21")),
    pytest.param("execution", "publicity_approve", "INV-A19", marks=pytest.mark.rule("INV-A19")),
    pytest.param("execution", "archive_case", "INV-P23b", marks=pytest.mark.rule("INV-P23")),
    pytest.param("notice", "issue_notice", "INV-A16e"),
    pytest.param("notice", "serve_notice", "INV-P10b"),
    pytest.param("summary", "spot_opening", "INV-S03", marks=pytest.mark.rule("INV-S03")),
    pytest.param("summary", "spot_notice", "INV-S05", marks=pytest.mark.rule("INV-S05")),
    pytest.param("summary", "spot_defence", "INV-S05b", marks=pytest.mark.rule("INV-S05")),
    pytest.param("summary", "spot_delivery", "INV-S06", marks=pytest.mark.rule("INV-S06")),
    pytest.param("summary", "issue_decision", "INV-S06b"),
    pytest.param("summary", "carry_out", "INV-S07", marks=pytest.mark.rule("INV-S07")),
    pytest.param("spot_execution", "spot_filing", "INV-S07"),
    pytest.param("spot_execution", "spot_materials", "INV-S07c"),
    pytest.param("spot_execution", "receive_fine", "INV-S12"),
    pytest.param("spot_execution", "deposit_fine", "INV-S12b"),
    pytest.param("spot_execution", "publicity_approve", "INV-A19"),
]


@pytest.mark.parametrize(("procedure", "step", "rule"), TAKEN_OUT)
def test_a_statutory_step_cannot_be_taken_out(national: dict[str, bytes], procedure: str, step: str, rule: str) -> None:
    assert rule in refused(without(national, procedure, step), "summary" if procedure in ("summary", "spot_execution") else "ordinary")


@pytest.mark.rule("INV-S01")
@pytest.mark.rule("INV-S04")
def test_nothing_is_decided_on_the_spot_without_evidence_and_the_check(national: dict[str, bytes]) -> None:
    open_gate = replaced(national, "summary", '>spot_outcome = "ON_THE_SPOT"<', '>spot_outcome != "CONVERT"<')
    found = refused(replaced(open_gate, "summary", 'operation="cases.establish_on_the_spot"', 'operation="cases.confirm_address"'), "summary")
    assert {"INV-S01", "INV-S04"} <= set(found)


@pytest.mark.rule("INV-S08")
def test_a_case_that_is_not_for_the_spot_can_always_become_an_ordinary_one(national: dict[str, bytes]) -> None:
    lost = replaced(national, "summary", 'calledElement="ordinary"', 'calledElement="evidence"')
    assert "INV-S08" in refused(lost, "summary")


@pytest.mark.rule("INV-P07")
def test_no_second_round_without_a_review(national: dict[str, bytes]) -> None:
    """A bypass of the review is harmless at first, because nobody has agreed yet; after a return the old answer lets it pass."""
    drawing = Drawing(national, "review")
    drawing.flow("is_legal_review_due", "merge_reviews", "real_name")
    found = refused(drawing.done("", "", "").contents, "ordinary")
    assert "INV-P07" in found
    assert [step.id for step in found["INV-P07"].path].count("investigation_report") == 2


@pytest.mark.rule("INV-P11")
def test_no_decision_without_a_window(national: dict[str, bytes]) -> None:
    assert "INV-P11" in refused(replaced(national, "notice", 'sourceRef="serve_notice" targetRef="merge_window"',
                                         'sourceRef="serve_notice" targetRef="merge_closed"'), "ordinary")


@pytest.mark.rule("INV-F01")
def test_no_merged_approval_without_looking_for_the_emergency(national: dict[str, bytes]) -> None:
    assert "INV-F01" in refused(replaced(without(national, "fast_track", "check_emergency"), "fast_track", ">emergency_ok<",
                                         ">not(emergency_ok)<"))


def test_a_step_that_only_looks_like_the_notice_does_not_count(national: dict[str, bytes]) -> None:
    fake = replaced(national, "notice", 'operation="cases.give_notice"', 'operation="cases.confirm_address"')
    assert {"INV-P10"} <= set(refused(fake, "ordinary"))
    unmarked = replaced(national, "decision", 'tag="DECISION" ', "")
    assert set(refused(unmarked)) == {"INV-A09d"}


@pytest.mark.rule("INV-A06")
def test_no_way_back_from_the_decision(national: dict[str, bytes]) -> None:
    source = 'sourceRef="seal_decision" targetRef='
    back = replaced(national, "decision", f'{source}"end_decided"', f'{source}"merge_notice"')
    assert "INV-A06" in refused(back, "ordinary")


STANDING = [
    pytest.param("review", "<bpmn:flowNodeRef>legal_review</bpmn:flowNodeRef>", "", "bpmn.role"),
    pytest.param("notice", 'ref="TL_HEARING_REQUEST"', 'ref="TL_CLOSE"', "law.INV-A11b"),
]


@pytest.mark.parametrize(("path", "old", "new", "code"), STANDING)
def test_lanes_limits_and_settings(national: dict[str, bytes], path: str, old: str, new: str, code: str) -> None:
    contents = replaced(national, path, old, new)
    found = structural(contents) or faults(hold_against_law(contents))
    assert code in {fault.code for fault in found}


@pytest.mark.rule("INV-A08")
def test_investigators_never_review(national: dict[str, bytes]) -> None:
    text = national["procedures/review.bpmn"].decode()
    contents = {**national, "procedures/review.bpmn": text.replace('id="lane_legal_reviewer"', 'id="lane_lead_officer"').encode()}
    assert {"INV-A08", "INV-A08b"} <= set(refused(contents, "ordinary"))


def test_a_package_may_add_rules_but_not_touch_the_national_ones(national: dict[str, bytes]) -> None:
    own = '[[invariants]]\nid = "OWN-1"\narticle = "本机关规定"\nlevel = "block"\ntext = "x"\nkind = "absent"\nthen = ["HEARING"]\n'
    labels = '[labels]\nHEARING = { name = "举行听证", operations = ["cases.record_hearing"] }\n'
    stricter = {**national, FILE: (labels + own).encode()}
    assert "OWN-1" in refused(stricter, "ordinary")
    assert "INV-P10" in {each.id for each in law_of(stricter)[0].invariants}
    for weaker in (
        labels + own.replace("OWN-1", "INV-P10"), labels.replace("cases.record_hearing", "cases.check_item"),
        '[effects]\n"cases.give_notice" = {}\n', labels + own.replace('"absent"', '"sometimes"'),
    ):
        with pytest.raises(PackageFault) as caught:
            law_of({**national, FILE: weaker.encode()})
        assert caught.value.code.startswith("invariants.")


def test_what_could_not_be_explored_is_refused_as_unproved(national: dict[str, bytes]) -> None:
    found = hold_against_law(only(national, "ordinary"), bounds=Bounds(states=30, seconds=60))
    assert {each.outcome for each in found} == {"holds", "unknown"}  # the shape alone proves some, and steps need no runs
    told = [fault for fault in faults(found) if "不能证明" in fault.message]
    assert told
    assert all("上限" in fault.message for fault in told)


def test_a_deadlock_in_the_composed_package_is_told_with_its_path(national: dict[str, bytes]) -> None:
    """A choice that leads into a parallel join: each file for itself looks well, the whole stands still."""
    stuck = replaced(national, "execution", '<bpmn:parallelGateway id="split">',
                     '<bpmn:exclusiveGateway id="split" default="flow_split__merge_payment">')
    stuck = replaced(stuck, "execution", "</bpmn:parallelGateway>", "</bpmn:exclusiveGateway>")
    condition = "<bpmn:conditionExpression>real_name</bpmn:conditionExpression></bpmn:sequenceFlow>"
    flow = 'sourceRef="split" targetRef="merge_publicity"'
    stuck = replaced(stuck, "execution", f"{flow} />", f"{flow}>{condition}")
    found = refused(stuck, "ordinary")["INV-A01"]
    assert "再也不能前进" in found.sentence
    assert found.where == "procedures/execution.bpmn#join"
    made = ready(stuck)
    run = replay(made.plans[found.procedure], made.initial, found.path)
    assert run.complete, run.missing
    assert not [*run.running.open_steps(), *run.running.open_operations()]
    assert not run.running.completed
