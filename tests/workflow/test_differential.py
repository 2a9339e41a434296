"""Our lean tree decides what the library decides, over thousands of random procedures, with a restart after every step."""

from __future__ import annotations

import os
import random

import pytest
from SpiffWorkflow.util.task import TaskState

from engine.workflow.blueprints import portrait
from tests.workflow.drawing import KINDS, draw
from tests.workflow.walking import Ours, Stock, marking, name_of, procedures, specifications, steps, take_a_step, tasks

WALKS = 3000 if os.environ.get("ZHIFA_PROVE") == "full" else 150
LONGEST = 80
# The library fires a join too early in the second round of a loop (tests/workflow/test_traps.py), so the two hosts are
# compared without joins inside loops; with them, ours is held against what a token may do.
WITHOUT_LOOPS = tuple(kind for kind in KINDS if kind != "loop")
WITHOUT_JOINS = tuple(kind for kind in KINDS if kind not in ("parallel", "inclusive"))


@pytest.mark.parametrize("kinds", [WITHOUT_LOOPS, WITHOUT_JOINS], ids=["without loops", "without joins"])
def test_both_hosts_wait_for_the_same(kinds: tuple[str, ...]) -> None:
    walked = 0
    for seed in range(WALKS):
        found, facts = procedures(draw(seed, kinds=kinds)), dict[str, bool]()
        shared = specifications(found)
        before = portrait(*shared)
        stock, ours = Stock(found, facts), Ours(shared, facts)
        chance = random.Random(seed)  # noqa: S311 - chance, not secrets
        for _ in range(LONGEST):
            assert marking(stock) == marking(ours), f"seed {seed}"
            if not steps(stock):
                break
            take_a_step(chance, facts, stock, ours)
            ours.restart()
            walked += 1
        assert stock.tree.completed == ours.tree.completed
        assert ours.tree.passed == {name_of(task) for task in tasks(stock, TaskState.COMPLETED)}, f"seed {seed}"
        assert portrait(*shared) == before, "a case has changed what all cases share"
    print(f"{WALKS} procedures, {walked} steps, the same states on both hosts")


def test_a_join_in_a_loop_neither_doubles_nor_sticks() -> None:
    for seed in range(WALKS):
        found, facts = procedures(draw(seed, kinds=("task", "loop", "loop", "parallel", "inclusive", "choice", "border"))), dict[str, bool]()
        ours = Ours(specifications(found), facts)
        chance = random.Random(seed)  # noqa: S311 - chance, not secrets
        for _ in range(600):
            assert max(marking(ours).values(), default=1) == 1, f"seed {seed}: a token was doubled"
            if not steps(ours):
                break
            take_a_step(chance, facts, ours)
            ours.restart()
        assert ours.tree.completed, f"seed {seed} is stuck at {marking(ours)}"
