"""What a mutant really is: told by its runs in the engine and by a hand-written reading of the lanes and limits."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.mutants import BREAKING, NEUTRAL, Mutant
from bench.walks import breaks_the_law, endless, follow, walk
from engine.errors import Fault, PackageFault
from engine.law.time_limits import load_limits
from engine.verifier.verdicts import Verdict
from engine.workflow import lint
from engine.workflow.instances import Blueprint, blueprint
from engine.workflow.parsing import Procedure, read_procedure
from processes.bundles import INITIAL, fact_types, files_under
from processes.host import OPERATIONS
from processes.invariants import hold_against_law
from processes.manifest import read_manifest

INVESTIGATING = {"cases.collect_evidence", "cases.report"}
JUDGING = {"cases.review_evidence", "cases.record_review", "cases.record_hearing", "cases.discuss", "cases.approve_decision"}
HEADS = {"agency_head", "agency_chief"}
LANES = {
    "cases.record_hearing": {"hearing_chair"}, "cases.approve_filing": HEADS, "cases.approve_combined": HEADS,
    "cases.approve_decision": HEADS, "cases.approve_publicity": HEADS, "cases.approve_closing": HEADS, "cases.discuss": HEADS,
}
LIMITS = {
    "cases.report": {"TL_PEN_DECISION"}, "cases.give_notice": {"TL_PEN_DECISION"}, "cases.approve_decision": {"TL_PEN_DECISION"},
    "cases.decide": {"TL_PEN_DECISION"}, "cases.register_defence": {"TL_DEFENCE_WINDOW", "TL_HEARING_REQUEST"},
    "cases.record_service": {"TL_PEN_SERVICE"}, "cases.approve_publicity": {"TL_PUBLISH_DECISION"}, "cases.record_payment": {"TL_PAY"},
}


@dataclass(frozen=True)
class Judged:
    """A mutant with what was said of it: refused (and by which rules), and the evidence that it breaks the law."""

    mutant: Mutant
    refused: bool
    rules: tuple[str, ...]
    evidence: tuple[str, ...]
    breaking: bool
    replayed: int
    unreplayed: tuple[str, ...]
    walks: int

    @property
    def cell(self) -> str:
        """Where it stands in the confusion matrix."""
        return ("refused " if self.refused else "accepted ") + (BREAKING if self.breaking else NEUTRAL)


@dataclass(frozen=True)
class Ready:
    """A package's files made ready to run, without its forms and documents."""

    procedures: Mapping[str, Procedure]
    plans: Mapping[str, Blueprint]
    initial: dict[str, Any]


def ready(contents: Mapping[str, bytes]) -> Ready:
    """The procedures of a package as the engine runs them; PackageFault when it cannot."""
    manifest = read_manifest(contents)
    procedures = {
        stem: read_procedure(data, f"procedures/{stem}.bpmn") for stem, data in files_under(contents, "procedures", ".bpmn").items()
    }
    plans = {top: blueprint(procedures, top, fact_types(manifest)) for top in manifest.procedures}
    return Ready(procedures, plans, {name: INITIAL[kind] for name, kind in manifest.facts.items()})


def structural(contents: Mapping[str, bytes]) -> list[Fault]:
    """What the form of the drawings alone forbids."""
    manifest = read_manifest(contents)
    procedures = {
        stem: read_procedure(data, stem) for stem, data in files_under(contents, "procedures", ".bpmn").items()
    }
    return lint.check_procedures(
        procedures, fact_types(manifest), forms=files_under(contents, "forms", ".toml"),
        documents=files_under(contents, "templates", ".toml"), operations=OPERATIONS, limits=load_limits(),
    )


def judge(mutant: Mutant, effects: Mapping[str, Mapping[str, Any]], *, walks: int, seed: int = 0) -> Judged:
    """Ask the gate, then look for evidence: random runs, the gate's own paths run again, and lanes and limits read by hand."""
    faults = structural(mutant.contents)
    if faults:
        return _unrunnable(mutant, tuple(sorted({each.code for each in faults})), "图形不合规则")
    try:
        verdicts = [each for each in hold_against_law(mutant.contents) if each.refuses]
        made = ready(mutant.contents)
    except PackageFault as fault:
        return _unrunnable(mutant, (fault.code,), fault.message)
    evidence = standing_breaks(made.procedures, read_manifest(mutant.contents).settings)
    chance, taken = random.Random(seed), 0  # noqa: S311 - chance, not secrets
    visited: set[tuple[str, str]] = set()
    for _ in range(walks):
        for plan in made.plans.values():
            run = walk(plan, made.initial, effects, chance)
            taken += 1
            visited |= {(event.node.procedure, event.node.id) for event in run.events}
            evidence += breaks_the_law(run)
    replayed, unreplayed = _replay(verdicts, made, evidence, effects, chance)
    if not evidence and verdicts and all(verdict.id.startswith("INV-A01b") for verdict in verdicts):
        evidence += _never(verdicts, made, effects, chance, visited)
    breaking = mutant.expected == BREAKING or bool(evidence)
    return Judged(
        mutant, bool(verdicts), tuple(dict.fromkeys(each.id for each in verdicts)), tuple(dict.fromkeys(evidence)), breaking,
        replayed, tuple(unreplayed), taken,
    )


def _unrunnable(mutant: Mutant, rules: tuple[str, ...], why: str) -> Judged:
    return Judged(mutant, refused=True, rules=rules, evidence=(why,), breaking=mutant.expected != NEUTRAL, replayed=0, unreplayed=(), walks=0)


def _replay(
    verdicts: Sequence[Verdict], made: Ready, evidence: list[str], effects: Mapping[str, Mapping[str, Any]], chance: random.Random
) -> tuple[int, list[str]]:
    replayed, unreplayed = 0, list[str]()
    for verdict in verdicts:
        if not verdict.path or verdict.procedure not in made.plans:
            continue
        run = follow(made.plans[verdict.procedure], made.initial, verdict.path)
        plan = made.plans[verdict.procedure]
        said = breaks_the_law(run) if run else []
        if run and not said and verdict.id == "INV-A01" and endless(plan, made.initial, verdict.path, effects, chance):
            said = ["走不到结束"]
        if run and said:
            replayed += 1
            evidence += said
        else:
            unreplayed.append(f"{verdict.id} {verdict.procedure}: {'引擎不走这条路' if run is None else '引擎走了，但没有违法'}")
    return replayed, unreplayed


def _never(
    verdicts: Sequence[Verdict], made: Ready, effects: Mapping[str, Mapping[str, Any]], chance: random.Random,
    visited: set[tuple[str, str]],
) -> list[str]:
    """Steps said to be dead: many more runs do not meet them either."""
    for _ in range(60):
        for plan in made.plans.values():
            visited |= {(each.node.procedure, each.node.id) for each in walk(plan, made.initial, effects, chance).events}
    dead = {(each.where[11:].split(".bpmn#")[0], each.where.split("#")[1]) for each in verdicts}
    return [] if dead & visited else ["永远到不了的环节"]


def standing_breaks(procedures: Mapping[str, Procedure], settings: Mapping[str, Any]) -> list[str]:
    """Lanes, limits and settings against the law, read by hand."""
    nodes = [node for procedure in procedures.values() for node in procedure.nodes.values() if node.kind != "boundaryEvent"]
    said = []
    hands = {node.role for node in nodes if node.operation in INVESTIGATING}
    for node in nodes:
        if node.operation in JUDGING and node.role in hands:
            said.append(f"{node.id} 由办案人员判断")
        if node.operation in LANES and node.role not in LANES[node.operation]:
            said.append(f"{node.id} 的泳道")
        if node.operation == "cases.record_review" and node.role not in (
            {"legal_reviewer"} if "LEGAL_REVIEW" in node.tags else {"case_reviewer", "legal_reviewer"}
        ):
            said.append(f"{node.id} 的泳道")
        if LIMITS.get(node.operation, set()) - set(node.limits):
            said.append(f"{node.id} 的期限")
    if settings.get("defence_window_working_days", 5) < 5 or settings["panel_minimum"] < 2:
        said.append("设置")
    return said
