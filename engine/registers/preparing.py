"""Checks rows for a register one by one and says what each would change; writes nothing.

Everything that enters a register comes through here: a sheet of a hundred thousand rows, the set-up file, one edited record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from engine.database import to_json
from engine.registers.checks import findings
from engine.registers.definitions import KEY_MARK, TERMS, Definition
from engine.registers.lookup import Lookup
from engine.registers.row_checks import (
    Faults,
    Place,
    Seen,
    Terms,
    check_references,
    check_scope,
    check_source,
    check_unique,
    missing_references,
    period_of,
    taken_values,
)
from engine.registers.versions import AT_ONCE, Record, chosen, content_digest, versions_of

LONGEST_KEY = 160


@dataclass(frozen=True)
class Submitted:
    """A row as somebody hands it in: where it stands (第 3 行) and its raw values by column key."""

    where: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Prepared:
    """A row that may be written; changed is False when the register says the same already."""

    key: str
    version: int
    subject: str | None
    valid_from: date
    valid_to: date | None
    ended: bool
    data: Mapping[str, Any]
    text: str
    digest: str
    known: bool
    changed: bool


def prepare(
    session: Session, definition: Definition, rows: Iterable[Submitted], terms: Terms, faults: Faults
) -> Iterator[Prepared]:
    """Check rows in their order and yield those without a fault; the faults of the others are added to `faults`."""
    lookup = Lookup(session)
    source, seen = iter(rows), Seen()
    while part := list(islice(source, AT_ONCE)):
        places = [(Place(definition, row.where, faults), row) for row in part]
        read = [(place, values) for place, row in places if (values := _read(definition, row, place)) is not None]
        keyed = [(place, _key(definition, values, place), values) for place, values in read]
        known = versions_of(session, definition.name, {key for _, key, _ in keyed if key})
        missing = missing_references(definition, [values for _, _, values in keyed], lookup)
        taken = taken_values(session, definition, [values for _, _, values in keyed])
        for place, key, values in keyed:
            count = faults.count
            if not key:
                continue
            begins, ends, ended = period_of(definition, values, terms, place)
            before = known.get(key, [])
            data = {each.key: values[each.key] for each in definition.fields}
            check_source(definition, data, ended, before, terms, place)
            if seen.again(key, begins):
                place.add_row("registers.twice", f"主键“{key}”在文件中重复出现")
            if ended and not before:
                place.add_row("registers.nothing_to_end", f"没有主键为“{key}”的记录，无从终止")
            if not ended:
                check_references(definition, data, missing, lookup, place)
                for column, code, message in findings(definition, data, begins, lookup):
                    place.add(column, code, message)
                check_unique(definition, data, key, taken, seen, place)
            if terms.gate and faults.count == count:
                check_scope(definition, data, ended, before, terms.gate, lookup, place)
            if faults.count == count:
                lookup.remember(definition.name, key, data)
                yield _prepared(definition, key, data, before, (begins, ends, ended), seen)


def _read(definition: Definition, row: Submitted, place: Place) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    count = place.faults.count
    ending = row.values.get("ended") in (True, "是", "true", "1")
    for each in (*definition.fields, *TERMS):
        try:
            values[each.key] = each.read(row.values.get(each.key))
        except ValueError as error:
            place.add(each.key, f"registers.{each.kind}", str(error))
            continue
        if each.required and values[each.key] in (None, "", []) and (not ending or each.key in definition.key):
            place.add(each.key, "registers.required", "必须填写")
    return values if place.faults.count == count else None


def _key(definition: Definition, values: Mapping[str, Any], place: Place) -> str:
    for part in definition.key:
        column = definition.column(part)
        if KEY_MARK in str(values[part]) and not (column.kind == "reference" and len(definition.key) == 1):
            place.add(part, "registers.key", f"不得含有“{KEY_MARK}”")
            return ""
    key = definition.key_of(values)
    if len(key) > LONGEST_KEY:
        place.add(definition.key[0], "registers.key", f"主键超过{LONGEST_KEY}字")
        return ""
    return key


def _prepared(
    definition: Definition, key: str, data: Mapping[str, Any], before: list[Record], period: tuple[date, date | None, bool],
    seen: Seen,
) -> Prepared:
    begins, ends, ended = period
    text = to_json(data, canonical=True)
    subject = definition.subject_of(data)
    digest = content_digest(definition.name, key, subject, ends, ended, text)
    started = [each for each in before if each.valid_from <= begins]
    held = max(started, key=lambda each: (each.valid_from, each.version), default=None)
    same = held is not None and held.digest == digest
    version = (before[-1].version if before else 0) + (0 if same else seen.versions(key))
    return Prepared(
        key=key, version=version, subject=subject, valid_from=begins, valid_to=ends, ended=ended, data=data, text=text,
        digest=digest, known=chosen(before, begins) is not None, changed=not same,
    )
