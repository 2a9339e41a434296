"""A model checker for what clients saw: it looks for one order of all requests that explains every answer and the journal.

The model is the law of a case's steps, nothing more: a work item may be completed while it is open; that closes it, opens what the
answer says and counts the revision up by one. The order must respect time: what was answered before another request was sent comes
before it (linearizability, after Wing and Gong). The journal is the last read: it must list exactly the steps of the order found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OK, CONFLICT, UNKNOWN = "ok", "conflict", "unknown"
NEVER = math.inf


@dataclass(frozen=True)
class Op:
    """One request under one key: when it was first sent, when it was answered (NEVER), and what the answer was.

    outcome UNKNOWN: nobody knows whether it had its effect; revision and opened are those of its receipt, if there is one.
    """

    key: str
    item: int
    sent: float
    answered: float
    outcome: str
    revision: int = 0
    opened: tuple[int, ...] = ()


@dataclass(frozen=True)
class State:
    """Of one case: its revision, its open work items and the keys of the steps done, in order."""

    revision: int
    open: frozenset[int]
    done: tuple[str, ...] = ()


def after(state: State, op: Op, *, effect: bool) -> State | None:
    """The state after a request took place here; None when its answer could not have been given here."""
    if not effect:
        return state if op.outcome == UNKNOWN or (op.outcome == CONFLICT and op.item not in state.open) else None
    if op.outcome == CONFLICT or op.item not in state.open or op.revision != state.revision + 1:
        return None
    return State(op.revision, state.open - {op.item} | set(op.opened), (*state.done, op.key))


def explained(ops: Sequence[Op], first: State, journal: Sequence[str]) -> bool:
    """Whether the history of one case has an order that every answer and the journal (keys, in order) agree with."""
    if len({op.key for op in ops}) != len(ops):
        raise ValueError("a key is one request, however often it was sent")
    ordered = sorted(ops, key=lambda op: op.sent)
    everything = (1 << len(ordered)) - 1
    known = tuple(journal)
    seen: set[tuple[int, State]] = set()
    waiting = [(0, first)]
    while waiting:
        taken, state = waiting.pop()
        if (taken, state) in seen:
            continue
        seen.add((taken, state))
        if taken == everything:
            if state.done == known:
                return True
            continue
        for number in _candidates(ordered, taken):
            op = ordered[number]
            for effect in (False, True):
                reached = after(state, op, effect=effect)
                if reached is not None and known[: len(reached.done)] == reached.done:
                    waiting.append((taken | 1 << number, reached))
    return False


def _candidates(ordered: Sequence[Op], taken: int) -> list[int]:
    """Requests that may come next: sent before any of those that are left was answered."""
    left = [number for number in range(len(ordered)) if not taken >> number & 1]
    earliest = min(ordered[number].answered for number in left)
    return [number for number in left if ordered[number].sent <= earliest]


def unexplained(cases: Mapping[int, tuple[Sequence[Op], State, Sequence[str]]]) -> list[int]:
    """The cases whose history has no explanation."""
    return [case for case, (ops, first, journal) in cases.items() if not explained(ops, first, journal)]
