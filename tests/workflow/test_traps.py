"""What the library gets silently wrong, shown on the library itself, and that our host does not inherit it."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from SpiffWorkflow.util.task import TaskState

from engine.workflow import codec
from engine.workflow.blueprints import portrait
from engine.workflow.instances import WorkflowInstance
from engine.workflow.specs import build
from processes.host import Host
from processes.running import complete_step, let_time_pass
from tests.builders import a_case
from tests.workflow.drawing import NAMESPACES, Drawing
from tests.workflow.walking import CASE, Ours, Stock, complete, marking, procedures, specifications, steps, tasks

CHANCE = random.Random(1)  # noqa: S311 - chance, not secrets
READY = TaskState.READY


def file_of(drawing: Drawing) -> dict[str, bytes]:
    text = f'<bpmn:process id="top" isExecutable="true">{"".join(drawing.parts)}</bpmn:process>'
    return {"top": f"<bpmn:definitions {NAMESPACES}>{text}</bpmn:definitions>".encode()}


def many(sequential: bool) -> dict[str, bytes]:
    """A step that three people take, each for himself."""
    drawing = Drawing(random.Random(2 if sequential else 0))  # noqa: S311 - chance, not secrets
    end = drawing.node("end", "endEvent")
    loop = (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><bpmn:loopCardinality>3'
        "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    )
    found = drawing.node("many", "userTask", loop)
    drawing.flow(found, end)
    drawing.flow(drawing.node("start", "startEvent"), found)
    return file_of(drawing)


def a_block_in_a_loop() -> dict[str, bytes]:
    """Two branches that meet, and a way back to before they part while fact a holds."""
    drawing = Drawing(CHANCE)
    end, back = drawing.node("end", "endEvent"), drawing.fresh("gate")
    again = drawing.gateway("exclusiveGateway", [(back, "a"), (end, "")])
    join = drawing.gateway("parallelGateway", [(again, "")])
    branches = [(drawing._task(join, 0), ""), (drawing._task(join, 0), "")]
    split = drawing.gateway("parallelGateway", branches)
    drawing.parts.append(f'<bpmn:exclusiveGateway id="{back}" name="{back}"></bpmn:exclusiveGateway>')
    drawing.flow(back, split)
    drawing.flow(drawing.node("start", "startEvent"), back)
    return file_of(drawing)


def test_state_is_bytes_in_a_fixed_order(host: Host) -> None:
    """A JSONB column reorders keys and lost the data of ready tasks: the state is no JSON column at all."""
    assert WorkflowInstance.__table__.c.state.type.python_type is bytes
    case = a_case(host)
    with host.database.reading() as session:
        state = session.query(WorkflowInstance.state).filter_by(case_id=case.case_id).scalar()
    reordered = json.dumps(json.loads(state), sort_keys=True).encode()
    assert isinstance(state, bytes)
    assert state != reordered


@pytest.mark.parametrize("sequential", [False, True], ids=["at once", "one after another"])
def test_instances_of_a_step_survive_a_restart_over_shared_specifications(sequential: bool) -> None:
    found, facts = procedures(many(sequential)), dict[str, bool]()
    shared = specifications(found)
    first, second = Ours(shared, facts), Ours(shared, facts)
    for _ in range(3):
        for ours in (first, second):
            ours.restart()
            complete(ours, steps(ours)[0], 0)
    assert first.tree.completed
    assert second.tree.completed


def test_a_cached_specification_as_the_parser_makes_it_forgets_the_instances() -> None:
    """Why `make_sharable` is there: the library connects a loop with its instances only while it creates them."""
    found = procedures(many(sequential=False))
    ours = Ours(specifications(found), {})
    ours.specifications = build(found, "top")
    ours.restart()
    for _ in range(3):
        complete(ours, steps(ours)[0], 0)
    assert not steps(ours)
    assert not ours.tree.completed, "the library has learnt it"


def test_no_case_changes_what_all_cases_share() -> None:
    found = procedures(a_block_in_a_loop())
    shared = specifications(found)
    before = portrait(*shared)
    for seed in range(5):
        ours, chance = Ours(shared, {"a": False}), random.Random(seed)  # noqa: S311 - chance, not secrets
        while waiting := steps(ours):
            complete(ours, chance.choice(waiting), 0)
    assert portrait(*shared) == before


def test_a_join_in_a_loop_waits_for_both_branches_in_every_round() -> None:
    """The library's own join fires as soon as the second branch comes, in the second round; `ParallelJoin` does not, on any tree."""
    facts = {"a": True}
    stock, ours = Stock(procedures(a_block_in_a_loop()), facts), Ours(specifications(procedures(a_block_in_a_loop())), facts)
    for host in (stock, ours):
        first, second = steps(host)
        for step in (first, second, second):
            complete(host, step, 0)
    assert max(marking(stock).values()) == max(marking(ours).values()) == 1
    assert steps(ours) == [steps(ours)[0]]


def test_task_data_is_not_shared_and_not_lost() -> None:
    """Parallel branches that append to one list lose an item, nested writes change the past: facts are not task data."""
    ours = Ours(specifications(procedures(a_block_in_a_loop())), {"a": False})
    assert all(task.data == {} for task in tasks(ours, TaskState.ANY_MASK))


def test_an_overdue_limit_acts_before_a_late_completion(host: Host) -> None:
    case = a_case(host).until("register_defence")
    item = next(item for item in case.open_items() if item.step == "register_defence")
    assert item.due_at is not None
    case.clock.set(item.due_at + timedelta(days=1))
    with pytest.raises(Exception, match=r"step\.not_open"):
        complete_step(host, item.id, "YJWH0101", {"statement": True, "hearing_requested": False})
    assert "register_defence" not in case.open_steps()
    assert let_time_pass(host, case.case_id) == 0


def test_the_tree_knows_no_time() -> None:
    """The library's timers use a fixed offset and wrong months: ours are instants in rows, and a tree never asks a clock."""
    ours = Ours(specifications(procedures(a_block_in_a_loop())), {})
    changes = [task.last_state_change for task in tasks(ours, TaskState.ANY_MASK)]
    assert all(isinstance(change, int) and change < 1000 for change in changes)
    assert str(datetime.now().year) not in codec.encode(ours.tree).decode()  # noqa: DTZ005 - only the digits


def test_a_long_case_is_not_taken_for_finished() -> None:
    """Below depth 1000 the library overlooks what is ready, and its parallel joins recurse to their death."""
    facts = {"a": True}
    ours = Ours(specifications(procedures(a_block_in_a_loop())), facts)
    for _ in range(2500):
        complete(ours, steps(ours)[0], 0)
    assert not ours.tree.is_completed()
    assert sum(len(part.tasks) for part in ours.parts()) < 20
    facts["a"] = False
    while waiting := steps(ours):
        complete(ours, waiting[0], 0)
    assert ours.tree.is_completed()
    assert ours.tree.completed


def test_the_library_takes_a_long_case_for_finished() -> None:
    ours = Ours(specifications(procedures(a_block_in_a_loop())), {})
    stock: Any = Stock(procedures(a_block_in_a_loop()), {})
    task = stock.tree.task_tree
    for _ in range(1100):
        task._set_state(TaskState.COMPLETED)
        task = task._add_child(task.task_spec, TaskState.FUTURE)
    task._set_state(READY)
    for other in list(stock.tree.tasks.values()):
        if other is not task and not other.state & TaskState.FINISHED_MASK:
            other._state = TaskState.CANCELLED
    assert stock.tree.is_completed(), "the library has learnt it"
    assert not ours.tree.is_completed()
    assert codec.decode(codec.encode(ours.tree), CASE, *ours.specifications, ours.engine).is_completed() is False
