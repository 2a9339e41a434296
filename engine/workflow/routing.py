"""Going back in a procedure without losing or doubling a token.

A step can only be taken back to, never jumped to: the place must have been completed by this very case, and everything that
was done because of it falls: its own branch, all branches of a split after it, and what followed a join at which it had
met the others. What the others had brought to that join waits there again. The case then stands as if what fell had never
been done, which `tests/workflow/test_routing_walks.py` holds against a replay of what still stands.

Which steps were done and where they came from is told by the caller's rows (`engine/workflow/lineage.py`), so the tree may
forget what is finished. Of `Running` this needs `_workflow` (unfinished tasks, each with its parent; `tasks`, `subprocesses`,
`create_subprocess`), `unmark`, `settle` and `reload`; nothing else here or above knows the tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask, SequentialMultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

from engine.errors import Conflict
from engine.workflow.instances import Running
from engine.workflow.joins import ParallelJoin
from engine.workflow.lineage import FROM, Arrival, Origin, PastStep, arrivals_left, falls, following, joins_taken
from engine.workflow.standing import containers, find_task, loops, origin_at, parts, subtree, tokens, whole_of

PREDICTING = TaskState.NOT_FINISHED_MASK


@dataclass(frozen=True)
class TakenBack:
    """What going back did: ids of the steps that fell, of the tasks that waited and wait no more, and of the one that waits again."""

    steps: frozenset[str]
    waited: frozenset[str]
    opened: str


def origin_of(running: Running, task_id: str) -> Origin:
    """Where the token of a waiting step or operation comes from."""
    return origin_at(find_task(running, task_id))


def level_of(running: Running, task_id: str) -> tuple[tuple[str, str], ...]:
    """The activities within which a waiting step lies, outermost first, as (task id, node id)."""
    return tuple((str(each.id), str(each.task_spec.name)) for each in reversed(list(containers(running, find_task(running, task_id)))))


def waiting_after(running: Running, steps: Sequence[PastStep], task_id: str) -> frozenset[str]:
    """Ids of the waiting steps and operations that would fall if a completed step were taken back."""
    fallen = following(steps, task_id)
    return frozenset(str(task.id) for task in tokens(running) if task.task_spec.manual and falls(origin_at(task), fallen))


def take_back(running: Running, steps: Sequence[PastStep], task_id: str) -> TakenBack:
    """Let a completed step wait again, under a new task id; all that followed from it falls. Conflict if it cannot.

    steps: all steps of the case that still stand, done or waiting, in the order in which they were opened.
    """
    target = next((step for step in steps if step.task_id == task_id), None)
    if target is None or running.completed:
        raise Conflict("routing.not_completed", "该环节没有办结，或者程序已经终结，不能退回到该环节")
    require_open_instances(running, target)
    fallen = following(steps, task_id)
    _require_same_version(running, steps, fallen, target)
    standing = list(tokens(running))
    gone = [task for task in standing if falls(origin_at(task), fallen)]
    origins = [step.origin for step in steps if step.task_id in fallen] + [origin_at(task) for task in (*gone, *loops(running))]
    waited = frozenset(str(task.id) for task in gone if task.task_spec.manual)
    kept = {str(each.id) for task in standing if task not in gone for each in containers(running, task)}
    kept.update(identifier for identifier, _ in target.level)
    _remove(running, gone, kept)
    _forget_finished(running, fallen, {target.task_id, *(identifier for identifier, _ in target.level)})
    level = _open_level(running, target)
    opened = _place_step(level, target)
    for arrival in arrivals_left(origins, fallen):
        _place_arrival(running, arrival)
    _let_one_wait(running)
    _forget_in_loops(running, fallen)
    running.unmark({(step.procedure, step.node) for step in steps if step.task_id in fallen}
                   - {(step.procedure, step.node) for step in steps if step.task_id not in fallen})
    running.reload()
    running.settle()
    return TakenBack(fallen, waited, opened)


def _require_same_version(running: Running, steps: Sequence[PastStep], fallen: frozenset[str], target: PastStep) -> None:
    """After a move to another version nobody goes back to what it lacks, nor to before a join that now waits for other branches."""
    workflow = running._workflow
    known = {spec.name: spec for spec in (workflow.spec, *workflow.subprocess_specs.values())}
    scopes = {task for spec in known.values() for task in spec.task_specs}
    origins = [step.origin for step in steps if step.task_id in fallen] + [origin_at(task) for task in (*tokens(running), *loops(running))]
    joins = {(one.name, frozenset(way.name for way in one.inputs)) for spec in known.values() for one in spec.task_specs.values()}
    missing = {target.node, *(name for _, name in target.level)} - scopes
    if missing or any((name, frozenset(ways)) not in joins for name, ways in joins_taken(origins, fallen)):
        raise Conflict("routing.other_version", "案件已经迁移到新版流程，该环节或者它之后的汇合在新版中已经不同，不能退回到该环节")


def stop(running: Running) -> frozenset[str]:
    """End the whole procedure where it stands; the ids of the steps and operations that waited are returned."""
    waited = frozenset(found.task_id for found in (*running.open_steps(), *running.open_operations()))
    workflow = running._workflow
    for part in parts(running):
        for task in list(part.tasks.values()):
            if task.state & PREDICTING:
                task._set_state(TaskState.CANCELLED)
        part.completed = True
    workflow.success = False
    running.reload()
    return waited


def _remove(running: Running, gone: Sequence[Any], kept: set[str]) -> None:
    """Take tokens out of the tree, and the activities within which nothing is left."""
    empty = [
        task for part in parts(running) for task in part.tasks.values()
        if isinstance(task.task_spec, SubWorkflowTask | LoopTask) and task.state == TaskState.STARTED and str(task.id) not in kept
    ]
    for task in (*gone, *empty):
        if task.id in task.workflow.tasks:
            whole = whole_of(task)
            if isinstance(whole.parent.task_spec, LoopTask) and whole.triggered:
                _forget_instance(whole)
            _cut(running, whole)


def _cut(running: Running, task: Any) -> None:
    for inner in list(subtree(task)):
        _drop_called(running, inner)
    task.workflow._remove_task(task.id)


def _drop_called(running: Running, task: Any) -> None:
    part = running._workflow.subprocesses.pop(task.id, None)
    for inner in () if part is None else list(part.tasks.values()):
        _drop_called(running, inner)


def require_open_instances(running: Running, target: PastStep) -> None:
    """Conflict for one of several who have all acted: their results were brought together, and went on as one.

    Opening one of them again would let him act with the others' results before him, where the law wants each to judge for himself
    (行政处罚法 第五十七条第二款); so all act again, from the step before.
    """
    started = {str(task.id) for part in parts(running) for task in part.tasks.values() if task.state == TaskState.STARTED}
    specs = running._workflow.spec.task_specs
    for identifier, name in target.level:
        spec = specs[name]
        if isinstance(spec, LoopTask) and identifier not in started:
            raise Conflict(
                "routing.instances_done",
                "多人分别办理的环节已经全部办结，各人的结果已经合并；单独重开一人的，不再是独立办理。请退回到它之前的环节，由各人重新办理",
                article="行政处罚法 第五十七条第二款",
            )
        if isinstance(spec, SubWorkflowTask):
            specs = running._workflow.subprocess_specs[spec.spec].task_specs


def _open_level(running: Running, target: PastStep) -> Any:
    """The part in which the step lies; activities that have ended since are opened again under their own ids."""
    part = running._workflow
    for identifier, name in target.level:
        known = next((task for task in part.tasks.values() if str(task.id) == identifier), None)
        spec = part.spec.task_specs[name]
        if isinstance(spec, LoopTask):
            continue
        if known is not None and known.state == TaskState.STARTED and known.id in running._workflow.subprocesses:
            part = running._workflow.subprocesses[known.id]
            continue
        part = _open_again(running, part, spec, identifier, known, target.origin)
    return part


def _open_again(running: Running, part: Any, spec: Any, identifier: str, known: Any, origin: Origin) -> Any:
    root = part.task_tree
    if known is not None and known.triggered and isinstance(known.parent.task_spec, LoopTask):
        known.parent.internal_data["merged"].remove(identifier)
        _drop_called(running, known)
        known._drop_children(force=True)
        known._set_state(TaskState.STARTED)
        caller = known
    else:
        if known is not None:
            _cut(running, whole_of(known))
        caller = _put(part, spec, TaskState.STARTED, origin, type(root.id)(identifier))
    caller.task_spec._predict(caller, mask=PREDICTING)
    inner = running._workflow.create_subprocess(caller, spec.spec)
    inner.task_tree._drop_children(force=True)
    inner.task_tree._set_state(TaskState.COMPLETED)
    return inner


def _place_step(part: Any, target: PastStep) -> str:
    spec = part.spec.task_specs[target.node]
    old = next((task for task in part.tasks.values() if str(task.id) == target.task_id), None)
    if old is not None and old.triggered and isinstance(old.parent.task_spec, LoopTask):
        fresh = _again_in_loop(old)
    else:
        fresh = _put(part, spec, TaskState.FUTURE, target.origin)
    fresh.task_spec._predict(fresh, mask=PREDICTING)
    fresh.task_spec._update(fresh)
    fresh.data = {**fresh.data, FROM: dict(target.origin)}  # not what it inherited where it hangs now
    return str(fresh.id)


def _again_in_loop(old: Any) -> Any:
    parent = old.parent
    if str(old.id) in parent.internal_data.get("merged", ()):
        parent.internal_data["merged"].remove(str(old.id))
    fresh = type(old)(old.workflow, old.task_spec, parent, state=TaskState.FUTURE)
    fresh.triggered, fresh.data = True, dict(old.data)
    fresh.internal_data = {key: value for key, value in old.internal_data.items() if key in ("key_or_index", "item", "iteration")}
    old.workflow._remove_task(old.id)
    return fresh


def _forget_in_loops(running: Running, fallen: frozenset[str]) -> None:
    """A multi-instance task gathers what its instances have done; what fell is not part of it."""
    for task in loops(running):
        standing = {key: met for key, met in origin_at(task).items() if not falls({key: met}, fallen)}
        task.data = {**task.data, FROM: standing}


def _forget_finished(running: Running, fallen: frozenset[str], again: set[str]) -> None:
    """The finished instances of a sequence that fall are still to come, all but the one (again) that is opened again now."""
    for loop in loops(running):
        if not isinstance(loop.task_spec, SequentialMultiInstanceTask):
            continue
        for instance in reversed(list(loop.children)):  # the last first, so that those to come stay in their order
            done = instance.triggered and instance.state == TaskState.COMPLETED and str(instance.id) not in again
            if done and falls(instance.data.get(FROM, {}), fallen):
                loop.internal_data["merged"].remove(str(instance.id))
                _forget_instance(instance)
                _cut(running, instance)


def _forget_instance(instance: Any) -> None:
    """A later instance of a sequence that falls is still to come."""
    book = instance.parent.internal_data
    if isinstance(instance.parent.task_spec, SequentialMultiInstanceTask):
        if "current" in book:
            book["current"] -= 1
        if "remaining" in book:
            book["remaining"] = [instance.internal_data.get("key_or_index", instance.internal_data.get("item")), *book["remaining"]]


def _let_one_wait(running: Running) -> None:
    """Of those that have arrived at a join only one waits, the library's way; where that one fell, another takes its place."""
    arrived: dict[tuple[int, str], list[Any]] = {}
    for task in tokens(running):
        if isinstance(task.task_spec, ParallelJoin):
            arrived.setdefault((id(task.workflow), task.task_spec.name), []).append(task)
    for tasks in arrived.values():
        if all(task.state == TaskState.CANCELLED for task in tasks):
            tasks[-1]._set_state(TaskState.WAITING)
            tasks[-1].task_spec._predict(tasks[-1], mask=PREDICTING)


def _place_arrival(running: Running, arrival: Arrival) -> None:
    part = running._workflow
    if arrival.level:
        part = next(each for caller, each in running._workflow.subprocesses.items() if str(caller) == arrival.level)
    root, specs = part.task_tree, part.spec.task_specs
    way = type(root)(part, specs[arrival.through], root, state=TaskState.COMPLETED)
    way.data = {FROM: dict(arrival.origin)}
    if isinstance(way.task_spec, ParallelJoin):
        way.internal_data["joined"] = str(way.id)  # it stands for a join that has fired
    for other in list(part.tasks.values()):  # the library lets only one of those that have arrived wait
        if other.task_spec is specs[arrival.join] and other.state == TaskState.WAITING:
            other.cancel()
    waiting = type(root)(part, specs[arrival.join], way, state=TaskState.WAITING)
    waiting.task_spec._predict(waiting, mask=PREDICTING)


def _put(part: Any, spec: Any, state: int, origin: Origin, identifier: Any = None) -> Any:
    """A new task below the root of its part, with the limits on its border if it has any."""
    above, kind = part.task_tree, type(part.task_tree)
    border = next((one for one in spec.inputs if isinstance(one, BoundaryEventSplit)), None)
    if border is not None:
        above = kind(part, border, above, state=TaskState.COMPLETED)
        above.data = {FROM: dict(origin)}  # a token that leaves over the border came this way too
        for output in border.outputs:
            if output is not spec:
                event = kind(part, output, above, state=TaskState.WAITING)
                event.data = {FROM: dict(origin)}
                event.task_spec._predict(event, mask=PREDICTING)
    return kind(part, spec, above, state=state, id=identifier)
