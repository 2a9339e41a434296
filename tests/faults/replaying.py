"""Replay: the state in which a case must be by its journal alone, to be held against the state that is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import journal
from engine.cases.cases import find_case
from engine.cases.submissions import submissions
from engine.journal import JournalEntry
from engine.receipts import Receipt
from engine.workflow import instances
from engine.workflow.instances import Running
from engine.workflow.tasks import DONE, OPEN, items_of_case
from processes.host import Host

STEPS = ("step.completed", "limit.reached")


def replayed(host: Host, session: Session, case_id: int) -> Running:
    """The procedure from its beginning, moved on by every act that the journal tells of, in its order."""
    case = find_case(session, case_id)
    bundle = host.bundle(session, case.release_digest)
    live = instances.begin(case_id, case.release_digest, bundle.blueprints[case.procedure], bundle.initial_facts())
    for entry in journal.entries(session, case_id):
        facts = entry.read_facts()
        if entry.act not in STEPS:
            continue
        live.facts.update({key: after for key, (_, after) in facts.get("effects", {}).get("facts", {}).items()})
        if entry.act == "limit.reached":
            live.limit_reached(next(one for one in live.waiting_limits() if one.node.limits[0] == facts["limit"]))
        else:
            live.complete(next(one.task_id for one in live.open_steps() if one.node.id == facts["step"]))
    return live


def faults_of(host: Host, case_ids: Iterable[int]) -> list[str]:
    """Every disagreement between journal, procedure, work items, submissions and receipts of these cases."""
    found: list[str] = []
    with host.database.reading() as session:
        for case_id in case_ids:
            found += [f"{case_id}: {link.reason}" for link in journal.verify(session, case_id)[1]]
            found += _differences(host, session, case_id)
    return found


def _differences(host: Host, session: Session, case_id: int) -> list[str]:
    entries = [entry for entry in journal.entries(session, case_id) if entry.act in STEPS]
    replay = replayed(host, session, case_id)
    stored = instances.load(session, case_id, replay.plan)
    items = items_of_case(session, case_id)
    done = [entry.read_facts()["task"] for entry in entries if entry.act == "step.completed"]
    pairs: dict[str, tuple[object, object]] = {
        "open steps": (_open(replay), _open(stored)),
        "waiting limits": (len(replay.waiting_limits()), len(stored.waiting_limits())),
        "facts": (replay.facts, stored.facts),
        "ended": (replay.completed, stored.completed),
        "open items": (sorted(one.task_id for one in items if one.state == OPEN), sorted(one.task_id for one in stored.open_steps())),
        "closed items": (sorted(one.task_id for one in items if one.state == DONE), sorted(done)),
        "submissions": (len(submissions(session, case_id)), len(done)),
        # opening a case stores it once before its first step
        "revision": (stored.instance.revision, len(entries) + 1),
        "receipts": (sorted(_receipts(session, case_id)), sorted(_keys(entries))),
    }
    return [f"{case_id}: {what}: {one!r} is not {other!r}" for what, (one, other) in pairs.items() if one != other]


def _open(live: Running) -> list[str]:
    return sorted(one.node.id for one in live.open_steps())


def _keys(entries: Sequence[JournalEntry]) -> list[str]:
    values = [entry.read_facts()["values"] for entry in entries if entry.act == "step.completed"]
    return [one["note"] for one in values if one["note"].isascii()]


def _receipts(session: Session, case_id: int) -> list[str]:
    rows = session.scalars(select(Receipt))
    return [row.key for row in rows if row.answer.get("case_id") == case_id]
