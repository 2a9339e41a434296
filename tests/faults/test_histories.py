"""The model checker accepts what may happen and rejects every planted wrong history: otherwise its silence would prove nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.faults.histories import CONFLICT, NEVER, OK, UNKNOWN, Op, State, explained
from tests.faults.proof import FULL, record

FIRST = State(0, frozenset({1}))
A = Op("a", 1, 0, 2, OK, 1, (2,))
B = Op("b", 2, 3, 5, OK, 2, (3,))
BESIDE = Op("c", 1, 1, 4, CONFLICT)
ROUNDS = 2000 if FULL else 100


@pytest.mark.parametrize(("ops", "journal"), [
    ([], ""),
    ([A, B, BESIDE], "ab"),
    ([replace(A, answered=NEVER, outcome=UNKNOWN), B], "ab"),  # the answer was lost, the effect was not
    ([Op("a", 1, 0, NEVER, UNKNOWN)], ""),  # neither
    ([A, replace(B, sent=1)], "ab"),  # at the same time
    ([A, B, Op("d", 1, 0.5, 9, CONFLICT)], "ab"),
    ([replace(A, opened=(2, 3)), replace(B, opened=()), Op("d", 3, 3, 5, OK, 3)], "abd"),
])
def test_what_may_happen_is_accepted(ops: list[Op], journal: str) -> None:
    assert explained(ops, FIRST, journal)


@pytest.mark.parametrize(("ops", "journal", "what"), [
    ([A, B], "a", "an acknowledged step is lost"),
    ([A, B], "aab", "a step is doubled"),
    ([A, B], "ba", "the journal has another order than time"),
    ([A], "ax", "a step that nobody asked for"),
    ([A, Op("c", 1, 3, 4, OK, 2)], "ac", "two officers completed one item"),
    ([A, replace(BESIDE, sent=0, answered=0.5), replace(A, key="x", item=9)], "a", "an item that was never open"),
    ([Op("c", 1, 0, 1, CONFLICT)], "", "a conflict about an item that was open all the time"),
    ([Op("c", 1, 0, 1, CONFLICT), replace(A, sent=2, answered=3)], "a", "a conflict with what came only later"),
    ([A, replace(B, revision=3)], "ab", "a revision was skipped"),
    ([A, replace(B, revision=1)], "ab", "two steps with one revision"),
    ([BESIDE, A, replace(B, outcome=CONFLICT)], "ab", "refused, yet it had its effect"),
    ([replace(A, answered=NEVER, outcome=UNKNOWN), replace(A, key="r", sent=3, answered=4)], "ar", "a retry under a new key did it twice"),
])
def test_a_planted_wrong_history_is_rejected(ops: list[Op], journal: str, what: str) -> None:
    assert not explained(ops, FIRST, journal), what


def drawn(chance: random.Random) -> tuple[list[Op], list[str]]:
    """A true history: requests of several clients at a case that really happens, step after step."""
    ops, journal, state, now = list[Op](), list[str](), FIRST, 0.0
    for number in range(chance.randint(5, 25)):
        now += 1
        item = chance.choice([*sorted(state.open), chance.randint(1, 1 + len(journal))])
        sent, answered = now - chance.random() * 3, now + chance.random() * 3
        op = Op(f"k{number}", item, sent, answered, CONFLICT)
        if item in state.open:
            op = replace(op, outcome=OK, revision=state.revision + 1, opened=(100 + number,))
            state = State(op.revision, state.open - {item} | set(op.opened), (*state.done, op.key))
            journal.append(op.key)
        elif chance.random() < 0.3:
            op = replace(op, outcome=UNKNOWN)
        ops.append(replace(op, outcome=UNKNOWN, answered=NEVER) if chance.random() < 0.1 and op.outcome != CONFLICT else op)
    return ops, journal


def test_true_histories_are_accepted_and_spoilt_ones_rejected() -> None:
    chance, spoilt = random.Random(21), 0  # noqa: S311 - chance, not secrets
    for _ in range(ROUNDS):
        ops, journal = drawn(chance)
        assert explained(ops, FIRST, journal)
        done = [number for number, op in enumerate(ops) if op.outcome == OK]
        if not done:
            continue
        victim, name = chance.choice(done), chance.randrange(3)
        key = ops[victim].key
        if name == 0:
            wrong = [ops, [one for one in journal if one != key]]
        elif name == 1:
            wrong = [ops, [*journal, key]]
        else:
            wrong = [[*ops[:victim], replace(ops[victim], outcome=CONFLICT), *ops[victim + 1:]], journal]
        assert not explained(wrong[0], FIRST, wrong[1]), (name, ops, journal)  # type: ignore[arg-type]
        spoilt += 1
    record("T21", "the checker itself", what=f"{ROUNDS} true histories accepted, spoilt ones rejected", faults=spoilt, acknowledged=ROUNDS)
