"""A restart after every step changes nothing: over every shipped procedure, and with the rows of a real database between."""

from __future__ import annotations

import os
import random
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import integers, randoms, sampled_from

from engine.errors import Conflict
from engine.workflow import instances
from engine.workflow.blueprints import Blueprint, blueprint, portrait
from engine.workflow.instances import Running, WorkflowInstance
from processes.bundles import Bundle, make_bundle
from processes.host import Host
from processes.manifest import find_package
from processes.overlay import resolve
from tests.builders import a_case

EXAMPLES = 300 if os.environ.get("ZHIFA_PROVE") == "full" else 8
WORDS = ("FILE", "RETURN", "AGREE", "", "interview", "site_inspection", "collect_documents", "order_correction")


@cache
def national() -> Bundle:
    return make_bundle(resolve(find_package("national").name))


@cache
def plan_of(top: str) -> Blueprint:
    from processes.bundles import fact_types
    return blueprint(national().procedures, top, fact_types(national().manifest))


class Restarting(RuleBasedStateMachine):
    """Two hosts of one case take the same steps; one of them is written down and read back after every single one."""

    @initialize(top=sampled_from(sorted(national().procedures)), case=integers(1, 10**9))
    def begin(self, top: str, case: int) -> None:
        self.plan = plan_of(top)
        self.before = portrait(self.plan.specification, self.plan.called)
        row = {"case_id": case, "procedure": top, "facts": national().initial_facts(), "revision": 0}
        self.staying, self.restarting = (Running(WorkflowInstance(**row), self.plan) for _ in range(2))
        for live in (self.staying, self.restarting):
            live.settle()

    @precondition(lambda self: hasattr(self, "plan") and (self.staying.open_steps() or self.staying.open_operations()))
    @rule(chance=randoms())
    def step(self, chance: random.Random) -> None:
        facts = {name: chance.random() < 0.5 if isinstance(value, bool) else chance.choice(WORDS)
                 for name, value in self.staying.facts.items() if isinstance(value, bool | str)}
        waiting = [found.task_id for found in (*self.staying.open_steps(), *self.staying.open_operations())]
        chosen = chance.choice(waiting)
        for live in (self.staying, self.restarting):
            live.facts.update(facts)
            live.complete(chosen)
        self.restart()

    @precondition(lambda self: hasattr(self, "plan") and self.staying.waiting_limits())
    @rule(chance=randoms())
    def limit(self, chance: random.Random) -> None:
        chosen = chance.choice([found.task_id for found in self.staying.waiting_limits()])
        for live in (self.staying, self.restarting):
            live.limit_reached(next(found for found in live.waiting_limits() if found.task_id == chosen))
        self.restart()

    @precondition(lambda self: hasattr(self, "plan") and not self.staying.open_steps() and not self.staying.open_operations())
    @rule()
    def ended(self) -> None:
        assert self.staying.completed
        self.restart()

    def restart(self) -> None:
        row = self.restarting.instance
        row.facts = dict(self.restarting.facts)
        self.restarting = Running(row, self.plan, self.restarting.state())

    @invariant()
    def both_stand_at_the_same_place(self) -> None:
        if not hasattr(self, "plan"):
            return
        assert seen(self.staying) == seen(self.restarting)
        assert portrait(self.plan.specification, self.plan.called) == self.before


def seen(live: Running) -> tuple[Any, ...]:
    return (
        live.open_steps(), live.open_operations(), live.waiting_limits(), live.visited(), live.ended_at(), live.completed,
        live.state(),
    )


TestRestarting = Restarting.TestCase
TestRestarting.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=30, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def test_the_rows_of_a_database_are_all_that_a_case_needs(host: Host) -> None:
    """Nothing of a case is kept in memory: with the parsed packages thrown away too, it stands where it stood."""
    case = a_case(host)
    for _ in range(6):
        case.take()
    host.bundles._bundles.clear()
    with host.database.reading() as session:
        live = instances.load(session, case.case_id, host.bundle(session, live_digest(session, case.case_id)).blueprints["ordinary"])
        assert sorted(found.node.id for found in live.open_steps()) == case.open_steps()


def live_digest(session: Any, case_id: int) -> str:
    return str(instances.find(session, case_id).release_digest)


def test_a_state_of_another_form_is_refused_in_words() -> None:
    plan = plan_of("service")
    with pytest.raises(Exception, match=r"case\.state_form"):
        Running(WorkflowInstance(case_id=1, procedure="service", facts={}), plan, b'{"root": 1}')


def test_a_stale_copy_cannot_be_stored(host: Host) -> None:
    case = a_case(host).until("verify_clue")
    with host.database.reading() as session:
        instance = instances.find(session, case.case_id)
        digest = instance.release_digest
        stale = instances.load(session, case.case_id, host.bundle(session, digest).blueprints["ordinary"])
    case.take()
    with pytest.raises(Conflict, match=r"case\.moved_on"), host.database.writing() as session:
        instances.save(session, stale)
