"""Writes what was prepared: new versions, the rows of today, and one journal entry that covers them all."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine import journal
from engine.clock import legal_time
from engine.errors import Conflict, Invalid
from engine.registers.administrators import Gate
from engine.registers.current import postpone, project
from engine.registers.definitions import Definition, definition_of
from engine.registers.preparing import Prepared, Submitted, prepare
from engine.registers.row_checks import Faults, Terms
from engine.registers.versions import AT_ONCE, Record, RegisterVersion, chosen, content_digest, history, newest

RECORDED = "registers.recorded"
LISTED = 20  # records that a journal entry names one by one; of more it keeps the digest over all


@dataclass(frozen=True)
class Written:
    """How many records a writing added and changed, how many said the same already, and its journal batch."""

    added: int
    changed: int
    unchanged: int
    batch: str


def write(
    session: Session, definition: Definition, prepared: Iterable[Prepared], *, actor: str, at: datetime, reason: str,
    facts: Mapping[str, Any] | None = None,
) -> Written:
    """Append the changed ones as new versions, bring today's rows up to date and journal it (chain 0); nothing for no change."""
    batch, today = uuid.uuid4().hex, legal_time(at).date()
    rolling, added, changed, unchanged = hashlib.sha256(), 0, 0, 0
    named: list[dict[str, Any]] = []
    source = iter(prepared)
    while part := list(islice(source, AT_ONCE)):
        new = [each for each in part if each.changed]
        unchanged += len(part) - len(new)
        if not new:
            continue
        added += sum(not each.known for each in new)
        changed += sum(each.known for each in new)
        for each in new:
            rolling.update(seal_line(each.key, each.version, each.valid_from, each.digest))
        named += [{"key": each.key, "version": each.version} for each in new[:LISTED - len(named)]]
        _append(session, definition.name, new, actor, at, reason, batch)
        keys = sorted({each.key for each in new})
        project(session, definition.name, keys, today)
        postpone(session, definition.name, _later(new, today))
    if added or changed:
        journal.append(session, None, RECORDED, actor, at, {
            **(facts or {}), "register": definition.name, "title": definition.title, "reason": reason, "batch": batch,
            "added": added, "changed": changed, "rows": named, "digest": rolling.hexdigest(),
        })
    return Written(added, changed, unchanged, batch)


def record(
    session: Session, register: str, values: Mapping[str, object], *, actor: str, at: datetime, reason: str,
    day: date | None = None, origin: str = "", gate: Gate | None = None,
) -> Record:
    """Record one entry: a new one, a change from a day on (valid_from, else `day`, else today) or a correction.

    Raises Invalid naming each column, Conflict when somebody else recorded the same entry at the same moment.
    """
    definition, faults = definition_of(session, register), Faults()
    if day is not None:
        values = {"valid_from": day, **values}
    terms = Terms(day or legal_time(at).date(), origin, gate)
    ready = list(prepare(session, definition, [Submitted(definition.title, values)], terms, faults))
    if faults.count:
        raise Invalid(
            faults.kept[0].code, "；".join(f"{each.where}：{each.message}" for each in faults.kept), faults=tuple(faults.kept)
        )
    write(session, definition, ready, actor=actor, at=at, reason=reason)
    found = newest(session, register, ready[0].key)
    if found is None:
        raise Conflict("registers.moved_on", f"“{definition.title}”的记录“{ready[0].key}”没有写入")
    return found


def change(
    session: Session, register: str, key: str, changes: Mapping[str, object], *, actor: str, at: datetime, reason: str,
    day: date | None = None, origin: str = "", gate: Gate | None = None,
) -> Record:
    """Record a change of single columns of an entry from a day on; the others stay as they are on that day.

    Versions that start later and still said the same in a changed column get the change as well: it must not be undone by
    what was recorded beforehand.
    """
    stated = changes.get("valid_from") or day
    start = stated if isinstance(stated, date) else legal_time(at).date()
    versions = history(session, register, key)
    held = chosen(versions, start) or (versions[-1] if versions and not versions[-1].ended else None)
    if held is None:
        raise Invalid("registers.no_record", f"登记簿中没有主键为“{key[:60]}”的记录")
    how: dict[str, Any] = {"actor": actor, "at": at, "reason": reason, "origin": origin, "gate": gate}
    found = record(session, register, {**held.data, **_term(held), **changes}, day=day, **how)
    for later in _later_versions(versions, start):
        carried = {
            name: value for name, value in changes.items() if name in later.data and later.data[name] == held.data.get(name)
        }
        if carried:
            values = {**later.data, **_term(later), **carried, "valid_from": later.valid_from}
            record(session, register, values, **how)
    return found


def end(
    session: Session, register: str, key: str, *, actor: str, at: datetime, reason: str, day: date | None = None,
    origin: str = "", gate: Gate | None = None,
) -> Record:
    """End an entry from a day on, with what was recorded for later days; what it said before stays readable."""
    start = day or legal_time(at).date()
    versions = history(session, register, key)
    how: dict[str, Any] = {"actor": actor, "at": at, "reason": reason, "origin": origin, "gate": gate}
    for later in _later_versions(versions, start):
        record(session, register, {**later.data, "ended": True, "valid_from": later.valid_from}, **how)
    return change(session, register, key, {"ended": True, "valid_to": None, "valid_from": start}, **how)


def _later_versions(versions: Iterable[Record], start: date) -> list[Record]:
    """What holds from each later start on, the ended ones left out."""
    starts = sorted({each.valid_from for each in versions if each.valid_from > start})
    return [found for found in (chosen(versions, each) for each in starts) if found]


def _term(held: Record) -> dict[str, object]:
    return {} if held.valid_to is None else {"valid_to": held.valid_to}


def broken_batches(session: Session) -> tuple[int, list[str]]:
    """Recompute every row: how many were read, and what does not agree with the journal (阿坝州实施办法 第三十一条、第四十七条)."""
    held, count = RegisterVersion, 0
    sums: dict[str, Any] = {}
    query = select(held.register, held.key, held.version, held.valid_from, held.valid_to, held.ended, held.subject, held.data,
                   held.digest, held.batch).order_by(held.id)
    problems = []
    for row in session.execute(query.execution_options(yield_per=1000)):
        count += 1
        if content_digest(row.register, row.key, row.subject, row.valid_to, row.ended, row.data) != row.digest:
            problems.append(f"{row.register} {row.key} 第{row.version}版：内容与摘要不符")
        rolling = sums.setdefault(row.batch, hashlib.sha256())
        rolling.update(seal_line(row.key, row.version, row.valid_from, row.digest))
    entries = session.scalars(select(journal.JournalEntry).where(journal.JournalEntry.act == RECORDED))
    told = {facts["batch"]: facts for entry in entries for facts in [entry.read_facts()]}
    for batch in sorted(sums.keys() | told.keys()):
        if batch not in told:
            problems.append(f"批次 {batch}：全过程记录中没有这次登记")
        elif batch not in sums or sums[batch].hexdigest() != told[batch]["digest"]:
            problems.append(f"批次 {batch}（{told[batch]['title']}）：行有缺失或者改动")
    return count, problems


def seal_line(key: str, version: int, valid_from: date, digest: str) -> bytes:
    """What a row adds to the digest of its batch."""
    return f"{key}|{version}|{valid_from}|{digest}\n".encode()


def _append(
    session: Session, register: str, new: Iterable[Prepared], actor: str, at: datetime, reason: str, batch: str
) -> None:
    rows = [
        {"register": register, "key": each.key, "version": each.version, "subject": each.subject, "valid_from": each.valid_from,
         "valid_to": each.valid_to, "ended": each.ended, "data": each.text, "digest": each.digest, "recorded_at": at,
         "actor_id": actor, "reason": reason, "batch": batch}
        for each in new
    ]
    try:
        session.execute(insert(RegisterVersion), rows)
    except IntegrityError as error:
        raise Conflict("registers.moved_on", "登记簿刚刚由他人修改，请重新检查后再试") from error


def _later(new: Iterable[Prepared], today: date) -> Iterable[tuple[str, date]]:
    for each in new:
        if each.valid_from > today:
            yield each.key, each.valid_from
        if each.valid_to is not None and each.valid_to >= today:
            yield each.key, each.valid_to + timedelta(days=1)
