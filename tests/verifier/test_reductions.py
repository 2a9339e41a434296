"""What makes the verifier fast must not change what it says: reduced, contracted and structural against everything explored."""

from __future__ import annotations

import os
from collections import deque

import pytest

from engine.verifier.checking import HOLDS, check, check_alone
from engine.verifier.exploring import Bounds, Graph, Player, explore
from engine.verifier.invariants import BETWEEN, NEVER, POSSIBLE, PRECEDES, RESPONSE, Invariant
from engine.verifier.nets import Meaning, Net, Semantics
from engine.verifier.reading import read_diagram
from engine.verifier.reducing import contract
from engine.verifier.soundness import DEADLOCK, Soundness, judge
from engine.verifier.structure import Shape
from engine.verifier.stubborn import Stubborn
from engine.verifier.translating import translate
from tests.verifier.chance import drawing, labelled
from tests.verifier.drawing import definitions, process

FULL = os.environ.get("ZHIFA_PROVE") == "full"
DRAWINGS = range(600 if FULL else 18)
A, B, C = (frozenset(label) for label in "ABC")
RULES = (
    Invariant("precedes", "", "block", "", PRECEDES, first=A, then=B),
    Invariant("between", "", "block", "", BETWEEN, after=A, through=B, then=C),
    Invariant("response", "", "block", "", RESPONSE, after=A, then=B),
    Invariant("never", "", "block", "", NEVER, after=B, then=A),
    Invariant("possible", "", "block", "", POSSIBLE, after=A, then=C),
)


def everything(net: Net) -> Graph:
    return explore(Player(net), Bounds(30_000, 20))


def told(result: Soundness) -> tuple[str, set[str], set[str], int]:
    kinds = {flaw.kind for flaw in result.flaws}
    dead = {key for flaw in result.flaws if flaw.kind == "dead element" for key in flaw.elements}
    deadlock = next((len(flaw.path) for flaw in result.flaws if flaw.kind == DEADLOCK), 0)
    return result.verdict, kinds, dead, deadlock


def test_stubborn_sets_find_the_same_flaws_and_equally_short_deadlocks() -> None:
    fewer, unsound = 0, 0
    for seed in DRAWINGS:
        diagram = read_diagram(drawing(seed)[0], "chance")
        net = translate(diagram)
        player, whole = Player(net), everything(net)
        if whole.cut:
            continue
        some = explore(player, Bounds(30_000, 20), Stubborn(net, meetings=True).choose)
        one, other = told(judge(diagram, net, player, whole)), told(judge(diagram, net, player, some))
        # improper completion is a matter of counting ends, which two tokens in one place already tell
        assert (one[0], one[1] - {"improper completion"}, one[2:]) == (other[0], other[1] - {"improper completion"}, other[2:]), seed
        fewer += len(some.states) < len(whole.states)
        unsound += one[0] == "unsound"
    assert fewer > len(DRAWINGS) // 5
    assert unsound > len(DRAWINGS) // 12


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_all_ways_of_checking_an_invariant_agree(rule: Invariant) -> None:
    outcomes = set()
    for seed in DRAWINGS:
        data, tasks = drawing(seed, spoilt=0.05)
        diagram = read_diagram(data, "chance")
        net = translate(diagram, labelled(tasks, seed))
        graph = everything(net)
        if graph.cut or graph.overfull:
            continue
        expected = by_force(net, rule)
        ends = all(flaw.kind != DEADLOCK for flaw in judge(diagram, net, Player(net), graph).flaws)
        outcomes.add(expected)
        assert check(net, graph, rule).outcome == expected, seed
        assert check_alone(net, rule, Bounds(30_000, 20)).outcome == expected, seed
        small = contract(net)
        assert check(small, everything(small), rule).outcome == expected, seed
        assert expected == HOLDS or not Shape(small).proves(rule, ends=ends), seed
        assert expected == HOLDS or not Shape(net).proves(rule, ends=ends), seed
    assert outcomes == {"holds", "violated"}


def by_force(net: Net, rule: Invariant) -> str:
    """Every run remembered by what has happened in it: no automaton, just the set of (state, last A, last B seen first)."""
    player = Player(net)
    start = (player.start(), "")
    seen, todo = {start}, deque([start])
    broken = False
    while todo:
        state, past = todo.popleft()
        enabled = player.enabled(state)
        if not enabled and rule.kind == RESPONSE and past.endswith("a"):
            broken = True
        for number in enabled:
            labels = net.transitions[number].labels
            broken = broken or asked(rule, past, labels)
            for after in player.fire(state, number):
                there = (after, remembered(rule, past, labels))
                if there not in seen:
                    seen.add(there)
                    todo.append(there)
    return "violated" if broken != (rule.kind == POSSIBLE) else "holds"


def asked(rule: Invariant, past: str, labels: frozenset[str]) -> bool:
    if rule.kind == PRECEDES:
        return "B" in labels and "A" not in labels and "a" not in past
    if rule.kind == BETWEEN:
        return "C" in labels and past.endswith("a") and "B" not in labels
    if rule.kind == NEVER:
        return "A" in labels and "b" in past
    return rule.kind == POSSIBLE and "C" in labels and "a" in past


def remembered(rule: Invariant, past: str, labels: frozenset[str]) -> str:
    """The A and B so far, in order, no longer than two: what every rule here can be decided from."""
    if rule.kind in (BETWEEN, RESPONSE):
        return "b" if "B" in labels else "a" if "A" in labels else past
    return "".join(sorted({*past, *(label.lower() for label in labels & {"A", "B"})}))


def test_the_shape_proves_what_cannot_be_explored() -> None:
    branches = 24
    words = " ".join(f"a{i}:task b{i}:task c{i}:task" for i in range(branches))
    flows = " ".join(f"x>a{i} a{i}>b{i} b{i}>c{i} c{i}>y" for i in range(branches))
    data = definitions(process("p", f"s:start x:and {words} y:and z:task e:end", f"s>x {flows} y>z z>e"))
    meanings = {f"{key}{i}": label for i in range(branches) for key, label in (("a", "A"), ("b", "B"))} | {"z": "C"}
    net = translate(read_diagram(data, "wide"), Semantics(meanings={
        key: Meaning(variants=((((),), frozenset(label)),), waits=True) for key, label in meanings.items()
    }))
    assert explore(Player(net), Bounds(3_000, 20)).cut
    assert Shape(net).proves(RULES[1], ends=True)
    assert Shape(net).proves(RULES[0], ends=True)
    assert judge(read_diagram(data, "wide"), net, Player(net), explore(
        Player(net), Bounds(3_000, 20), Stubborn(net, meetings=True).choose)).verdict == "sound"
