"""Move running cases to another release of their package, one transaction each, and back while nothing more was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from engine import journal
from engine.cases.cases import find_case
from engine.errors import Conflict, Invalid, ZhifaError
from engine.registers.agencies import find_officer
from engine.workflow import instances
from engine.workflow.moves import CaseMigration, fit_items, give_back, moves_of, swap
from processes.host import Host
from processes.migration_plans import CasePlan, Planner
from processes.refusals import journal_refusal, patiently

MOVED, REVERTED, REFUSED, OVERTAKEN = "moved", "reverted", "refused", "overtaken"
WORDS = {MOVED: "已迁移", REVERTED: "已撤回", REFUSED: "未迁移", OVERTAKEN: "案件刚刚由他人办理，未迁移，请再次运行"}


@dataclass(frozen=True)
class Result:
    """What became of one case: its number, one of WORDS, and why."""

    case_id: int
    number: str
    outcome: str
    message: str = ""


def apply_all(
    host: Host, found: Planner, cases: Iterable[int], officer_id: str, reason: str, stop: Callable[[], bool] = lambda: False
) -> Iterator[Result]:
    """Move cases one after the other until told to stop; what is left can be moved later in the same way."""
    return _each(cases, lambda case_id: apply(host, found, case_id, officer_id, reason), stop)


def revert_all(
    host: Host, cases: Iterable[int], to_digest: str, officer_id: str, reason: str, stop: Callable[[], bool] = lambda: False
) -> Iterator[Result]:
    """Take moves to a release back one after the other until told to stop."""
    return _each(cases, lambda case_id: revert(host, case_id, officer_id, reason, to_digest=to_digest), stop)


def apply(host: Host, found: Planner, case_id: int, officer_id: str, reason: str) -> Result:
    """Move one case: tried out on a copy first, then stored where its revision is still the one that was tried out.

    A refusal by the plan is journalled; a case that somebody else was faster with is left to him.
    """
    _require_reason(reason)
    with host.database.reading() as session:
        plan = found.plan(session, case_id)
    try:
        return patiently(lambda: _store(host, found, plan, officer_id, reason))
    except Conflict as conflict:
        if conflict.code != "case.moved_on":
            raise
        return Result(case_id, plan.number, OVERTAKEN, conflict.message)
    except Invalid as refusal:
        facts = {"from": found.before.digest, "to": found.after.digest, "reason": reason}
        journal_refusal(host, case_id, "case.migration_refused", officer_id, host.clock.now(), refusal, facts)
        return Result(case_id, plan.number, REFUSED, refusal.message)


def revert(host: Host, case_id: int, officer_id: str, reason: str, *, to_digest: str = "") -> Result:
    """Take back the last move of a case; Conflict when anything was done in its procedure since, Invalid when there is none.

    to_digest: the release to which it must have been moved. The tree stands again as it stood, byte for byte.
    """
    _require_reason(reason)
    try:
        return patiently(lambda: _restore(host, case_id, officer_id, reason, to_digest))
    except ZhifaError as refusal:
        journal_refusal(host, case_id, "case.migration_revert_refused", officer_id, host.clock.now(), refusal, {"reason": reason})
        raise


def _each(cases: Iterable[int], act: Callable[[int], Result], stop: Callable[[], bool]) -> Iterator[Result]:
    for case_id in cases:
        if stop():
            return
        try:
            yield act(case_id)
        except ZhifaError as refusal:  # of one case; the others go on
            yield Result(case_id, str(case_id), REFUSED, refusal.message)


def _store(host: Host, found: Planner, plan: CasePlan, officer_id: str, reason: str) -> Result:
    if plan.moved is None:
        raise Invalid("migration.refused", "；".join(one.message for one in plan.verdict.hindrances))
    now, moved = host.clock.now(), plan.moved
    with host.database.writing() as session:
        officer, case = find_officer(session, officer_id), find_case(session, plan.case_id)
        instance = instances.load(session, case.id, found.old.blueprints[case.procedure]).instance
        if instance.revision != plan.revision or instance.release_digest != found.before.digest:
            raise Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化")
        before, facts = instance.state, dict(instance.facts)
        swap(session, instance, case, found.after.digest, moved.instance.state, dict(moved.facts))
        items = fit_items(session, moved, case)
        told = {"steps": [list(pair) for pair in plan.verdict.moved], "notes": list(plan.verdict.notes), "mapping": found.renaming.as_facts()}
        session.add(CaseMigration(
            case_id=case.id, from_digest=found.before.digest, to_digest=found.after.digest, undoes=None, moved_at=now, moved_by=officer.id,
            reason=reason, revision=instance.revision, plan=told, items=items, facts_before=facts, state_before=before,
        ))
        journal.append(session, case.id, "case.migrated", officer.id, now, {
            "from": found.before.digest, "to": found.after.digest, "versions": [found.before.version, found.after.version],
            "reason": reason, **told, "items": items, "revision": instance.revision,
            "state_before": sha256(before).hexdigest(), "state_after": sha256(instance.state).hexdigest(),
        })
    return Result(plan.case_id, plan.number, MOVED)


def _restore(host: Host, case_id: int, officer_id: str, reason: str, to_digest: str) -> Result:
    now = host.clock.now()
    with host.database.writing() as session:
        officer, case = find_officer(session, officer_id), find_case(session, case_id)
        last = _last_move(session, case_id, to_digest)
        old = host.bundle(session, last.from_digest).blueprints[case.procedure]
        instance = instances.find(session, case_id)
        if instance.revision != last.revision or instance.release_digest != last.to_digest:
            raise Conflict("migration.moved_on", "迁移之后案件又有新的办理，不能撤回迁移")
        moved_state, moved_facts = instance.state, dict(instance.facts)
        swap(session, instance, case, last.from_digest, last.state_before, dict(last.facts_before))
        running = instances.resume(instance, old)
        give_back(session, last.items)
        items = fit_items(session, running, case)
        session.add(CaseMigration(
            case_id=case.id, from_digest=last.to_digest, to_digest=last.from_digest, undoes=last.id, moved_at=now, moved_by=officer.id,
            reason=reason, revision=instance.revision, plan={}, items=items, facts_before=moved_facts,
            state_before=moved_state,
        ))
        journal.append(session, case.id, "case.migration_reverted", officer.id, now, {
            "from": last.to_digest, "to": last.from_digest, "reason": reason, "migrated_at": last.moved_at, "items": items,
            "revision": instance.revision, "state_before": sha256(moved_state).hexdigest(), "state_after": sha256(instance.state).hexdigest(),
        })
        return Result(case_id, case.number, REVERTED)


def _last_move(session: Session, case_id: int, to_digest: str) -> CaseMigration:
    moves = moves_of(session, case_id)
    if not moves or moves[-1].undoes is not None or to_digest not in ("", moves[-1].to_digest):
        raise Invalid("migration.none", "案件没有可以撤回的迁移")
    return moves[-1]


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("migration.reason", "迁移在办案件或者撤回迁移，应当写明理由")
