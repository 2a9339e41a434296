"""The verifier speaks of what runs: random runs of the engine never break what it says holds, and its paths run in the engine."""

from __future__ import annotations

import ast
import inspect
import os
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.generated import generated_package
from bench.oracle import ready
from bench.walks import Run, breaks_the_law, walk
from engine.cases import deciding, investigation
from engine.rules.conditions import compile_condition
from engine.verifier.invariants import CONDITION, Invariant
from engine.verifier.meaning import DOCUMENT, Law, has_label
from engine.verifier.replaying import replay
from engine.verifier.verdicts import Verdict
from engine.workflow.instances import Blueprint
from engine.workflow.parsing import Node
from processes import operating, running
from processes.host import OPERATIONS
from processes.invariants import hold_against_law, national_law
from processes.manifest import read_manifest
from processes.overlay import resolve
from tests.builders import EMERGENCY, ORDINARY, a_case, host_in

FULL = os.environ.get("ZHIFA_PROVE") == "full"
WALKS, GENERATED = (200, 200) if FULL else (5, 6)


KINDS: Mapping[type, str] = {bool: "boolean", str: "string", int: "number"}


@pytest.fixture(scope="module")
def national() -> dict[str, bytes]:
    return resolve("national")


@pytest.fixture(scope="module")
def law() -> Law:
    return national_law()[0]


def labels(node: Node, run_documents: frozenset[str], facts: Mapping[str, Any], plan: Blueprint, law: Law, host: Node | None) -> frozenset[str]:
    """The labels of a step that was taken, worked out from the run alone."""
    found = {key for key, label in law.labels.items() if has_label(node, label, host) and true(label.when, facts, plan)}
    return frozenset(found | {DOCUMENT + kind for kind in run_documents})


def true(text: str, facts: Mapping[str, Any], plan: Blueprint) -> bool:
    types = {name: KINDS[value.__class__] for name, value in facts.items()}
    return not text or compile_condition(text, types).evaluate(facts)


def broken_by(run: Run, invariant: Invariant, plan: Blueprint, law: Law) -> bool:
    owed = False
    for event in run.events:
        node = event.node
        host = plan.procedures[node.procedure].nodes.get(node.attached_to) if node.attached_to else None
        seen = labels(node, event.documents, event.facts, plan, law, host)
        if seen & invariant.judged:
            seen |= {CONDITION + text for text in invariant.conditions if true(text, event.facts, plan)}
        owed, broken = invariant.step(owed, seen)
        if broken and invariant.kind != "possible":
            return True
    return invariant.at_the_end and owed and run.ended


@pytest.mark.parametrize("top", ["ordinary", "fast_track", "summary"])
def test_random_runs_of_the_shipped_procedures_keep_what_the_verifier_says_holds(top: str, national: dict[str, bytes], law: Law) -> None:
    holding = {verdict.id for verdict in hold_against_law(national) if verdict.procedure == top and verdict.outcome == "holds"}
    assert len(holding) > 40
    made, chance = ready(national), random.Random(top)  # noqa: S311 - chance, not secrets
    decided = 0
    for _ in range(WALKS):
        run = walk(made.plans[top], made.initial, law.effects, chance)
        assert not run.stuck
        assert breaks_the_law(run) == []
        decided += any(event.node.operation in ("cases.decide", "cases.decide_on_the_spot") for event in run.events)
        assert [each.id for each in law.invariants if each.id in holding and broken_by(run, each, made.plans[top], law)] == []
    assert decided > WALKS // 2


def test_random_runs_of_generated_procedures_keep_it_too_and_their_counterexamples_run(law: Law) -> None:
    replayed = 0
    for seed in range(GENERATED):
        contents = generated_package(40 + seed % 60, seed % 4, seed)
        if seed % 2:  # leave a statutory step out, or take its answer for granted
            text = contents["procedures/generated.bpmn"].decode()
            spoilt = text.replace('operation="cases.review_evidence"', 'operation="cases.confirm_address"') if seed % 4 == 1 else \
                text.replace('kind="DOC-35"', 'kind="DOC-36"')
            contents["procedures/generated.bpmn"] = spoilt.encode()
        verdicts = hold_against_law(contents)
        made = ready(contents)
        plan = made.plans["generated"]
        holding = [each for each in law.invariants if any(v.id == each.id and v.outcome == "holds" for v in verdicts)]
        broken = [each for each in verdicts if each.outcome == "violated" and each.path]
        assert bool(broken) == bool(seed % 2)
        for verdict in broken:
            replayed += replays(verdict, plan, made.initial)
        for _ in range(3):
            run = walk(plan, made.initial, law.effects, random.Random(seed))  # noqa: S311 - chance, not secrets
            assert [each.id for each in holding if broken_by(run, each, plan, law)] == []
    assert replayed >= GENERATED // 2


def replays(verdict: Verdict, plan: Blueprint, initial: dict[str, Any]) -> bool:
    found = replay(plan, initial, verdict.path)
    assert found.complete, (verdict.id, found.missing)
    return True


@pytest.mark.parametrize("name", [ORDINARY, EMERGENCY] if FULL else [EMERGENCY])
def test_real_operations_write_only_the_facts_that_the_table_says(name: str, law: Law, pattern: Path, tmp_path: Any, monkeypatch: Any) -> None:
    """The sample cases with all safeguards and forms: each operation's real outcome lies within its declared effects."""
    seen: list[tuple[str, str, object]] = []
    original = operating.keep

    def keep(act: Any, live: Any, outcome: Any) -> None:
        node = next(each for part in live.plan.procedures.values() for each in part.nodes.values() if each.id == act.step)
        seen.extend((node.operation, fact, value) for fact, value in outcome.facts.items())
        original(act, live, outcome)

    for caller in (operating, running):
        monkeypatch.setattr(caller, "keep", keep)
    shutil.copytree(pattern, tmp_path / "installation")
    host = host_in(tmp_path / "installation")
    a_case(host, name).until("")
    host.close()
    assert len({operation for operation, _, _ in seen}) > 10
    for operation, fact, value in seen:
        declared = law.effects[operation].get(fact)
        assert declared in ("any", "maybe") or value in declared, (operation, fact, value)  # type: ignore[operator]


def test_the_table_names_every_fact_that_the_code_of_an_operation_can_set(law: Law, national: dict[str, bytes]) -> None:
    """Read off the source: the keys of every dict that an operation (or what it calls) gives as facts."""
    facts = set(read_manifest(national).facts)
    assert set(OPERATIONS) == set(law.effects)
    helpers = {"cases.report": investigation.assess, "cases.discuss": deciding.discuss}
    for name, operation in OPERATIONS.items():
        if operation.run is None:
            continue
        written: set[str] = set()
        for function in (operation.run, *([helpers[name]] if name in helpers else [])):
            for node in ast.walk(ast.parse(inspect.getsource(function))):
                if isinstance(node, ast.Dict):
                    written |= {key.value for key in node.keys if isinstance(key, ast.Constant) and key.value in facts}
        assert written <= set(law.effects[name]), name
