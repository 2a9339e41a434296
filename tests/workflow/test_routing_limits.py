"""Going back past a limit that has run out, and within several who act in turn: found by the walks, kept as single cases."""

from __future__ import annotations

from tests.workflow.test_routing_walks import at_the_block, opened, standing


def test_a_limit_that_ran_out_is_undone_with_what_was_before_it_and_waits_again() -> None:
    walk = at_the_block(("sequence", ["step", "limited", "step"]))
    first = walk.running.open_steps()[0].task_id
    walk.complete(first)
    walk.run_out(next(iter(walk.limits())))
    assert not walk.limits()
    walk.go_back(first)
    assert len(opened(walk)) == sum(standing(walk.running).values()) == 1
    walk.complete(walk.running.open_steps()[0].task_id)
    assert len(walk.limits()) == 1


def test_a_limit_of_a_step_that_was_taken_back_falls_with_what_was_before_it() -> None:
    walk = at_the_block("limited")
    before, limited = walk.done[0][0], walk.running.open_steps()[0].task_id
    walk.complete(limited)
    walk.go_back(limited)
    walk.run_out(next(iter(walk.limits())))
    walk.go_back(before)
    assert sum(standing(walk.running).values()) == 1


def test_one_of_a_sequence_is_taken_back_and_the_later_ones_are_still_to_come() -> None:
    walk = at_the_block("in_turn")
    for _ in range(2):
        walk.complete(walk.running.open_steps()[0].task_id)
    walk.go_back(walk.done[-2][0])
    for _ in range(3):
        assert [found.node.kind for found in walk.running.open_steps()] == ["userTask"]
        assert next(iter(opened(walk))).startswith("in_turn")
        walk.complete(walk.running.open_steps()[0].task_id)
    assert not next(iter(opened(walk))).startswith("in_turn")
