"""Checks rows for a register one by one and says what each would change; writes nothing.

Everything that enters a register comes through here: a sheet of a hundred thousand rows, the set-up file, one edited record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from engine.database import to_json
from engine.errors import Fault
from engine.registers.administrators import Gate
from engine.registers.checks import findings
from engine.registers.current import holder_of
from engine.registers.definitions import KEY_MARK, TERMS, VALID_FROM, VALID_TO, Definition
from engine.registers.fields import Field
from engine.registers.lookup import Lookup
from engine.registers.versions import AT_ONCE, Record, chosen, content_digest, versions_of

MOST_FAULTS = 1000  # faults that are kept with their text; beyond that they are only counted
LONGEST_KEY = 160


@dataclass(frozen=True)
class Submitted:
    """A row as somebody hands it in: where it stands (第 3 行) and its raw values by column key."""

    where: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Terms:
    """Under what terms rows are handed in.

    day: from when they are valid unless they say so themselves; origin: the source system for a synchronisation, else empty;
    gate: the administrator's scope, None for the set-up.
    """

    day: date
    origin: str = ""
    gate: Gate | None = None


@dataclass
class Faults:
    """The faults found so far; count goes on when the list is full."""

    count: int = 0
    kept: list[Fault] = field(default_factory=list)

    def add(self, where: str, code: str, message: str) -> None:
        """Note one fault."""
        self.count += 1
        if len(self.kept) < MOST_FAULTS:
            self.kept.append(Fault(where, code, message))


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
    source, seen = iter(rows), _Seen()
    while part := list(islice(source, AT_ONCE)):
        read = [(row.where, values) for row in part if (values := _read(definition, row, faults)) is not None]
        keyed = [(where, _key(definition, values, where, faults), values) for where, values in read]
        known = versions_of(session, definition.name, {key for _, key, _ in keyed if key})
        missing = _missing_references(definition, [values for _, _, values in keyed], lookup)
        taken = _taken(session, definition, [values for _, _, values in keyed])
        for where, key, values in keyed:
            count = faults.count
            if not key:
                continue
            begins, ends, ended = _period(definition, values, terms, where, faults)
            before = known.get(key, [])
            data = {each.key: values[each.key] for each in definition.fields}
            _check_source(definition, data, before, terms, where, faults)
            if seen.again(key, begins):
                faults.add(where, "registers.twice", f"主键“{key}”在文件中重复出现")
            if ended and not before:
                faults.add(where, "registers.nothing_to_end", f"没有主键为“{key}”的记录，无从终止")
            if not ended:
                _check_references(definition, data, missing, lookup, where, faults)
                for column, code, message in findings(definition, data, begins, lookup):
                    faults.add(_cell(definition, where, column), code, message)
                _check_unique(definition, data, key, taken, seen, where, faults)
            if terms.gate:
                _check_scope(definition, data, ended, before, terms.gate, lookup, where, faults)
            if faults.count == count:
                lookup.remember(definition.name, key, data)
                yield _prepared(definition, key, data, before, (begins, ends, ended), seen)


class _Seen:
    """What stood in the rows before, as digests: eight bytes each, whatever the length of the keys."""

    def __init__(self) -> None:
        self._rows: set[int] = set()
        self._values: set[int] = set()
        self._versions: dict[str, int] = {}

    def again(self, key: str, begins: date) -> bool:
        return self._add(self._rows, f"{key}\n{begins}")

    def value_again(self, field: str, value: str) -> bool:
        return self._add(self._values, f"{field}\n{value}")

    def versions(self, key: str) -> int:
        """How many versions of this key stood in the rows, this one included; only repeated keys are counted."""
        first = not self._add(self._rows, key)
        if first:
            return 1
        self._versions[key] = self._versions.get(key, 1) + 1
        return self._versions[key]

    @staticmethod
    def _add(kept: set[int], text: str) -> bool:
        mark = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
        if mark in kept:
            return True
        kept.add(mark)
        return False


def _read(definition: Definition, row: Submitted, faults: Faults) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    count = faults.count
    ending = _ends(row)
    for each in (*definition.fields, *TERMS):
        try:
            values[each.key] = each.read(row.values.get(each.key))
        except ValueError as error:
            faults.add(_cell(definition, row.where, each.key), f"registers.{each.kind}", str(error))
            continue
        if each.required and values[each.key] in (None, "", []) and (not ending or each.key in definition.key):
            faults.add(_cell(definition, row.where, each.key), "registers.required", "必须填写")
    return values if faults.count == count else None


def _ends(row: Submitted) -> bool:
    return row.values.get("ended") is True or str(row.values.get("ended", "")).strip() == "是"


def _key(definition: Definition, values: Mapping[str, Any], where: str, faults: Faults) -> str:
    for part in definition.key:
        column = definition.column(part)
        if KEY_MARK in str(values[part]) and not (column.kind == "reference" and len(definition.key) == 1):
            faults.add(_cell(definition, where, part), "registers.key", f"不得含有“{KEY_MARK}”")
            return ""
    key = definition.key_of(values)
    if len(key) > LONGEST_KEY:
        faults.add(_cell(definition, where, definition.key[0]), "registers.key", f"主键超过{LONGEST_KEY}字")
        return ""
    return key


def _period(
    definition: Definition, values: Mapping[str, Any], terms: Terms, where: str, faults: Faults
) -> tuple[date, date | None, bool]:
    begins, ends = values["valid_from"], values["valid_to"]
    if definition.starts and begins is None:
        faults.add(_cell(definition, where, VALID_FROM.key), "registers.required", "必须填写")
    if definition.dated and ends is None and not values["ended"]:
        faults.add(_cell(definition, where, VALID_TO.key), "registers.required", "必须填写")
    begins = begins or terms.day
    if ends is not None and ends < begins:
        faults.add(_cell(definition, where, VALID_TO.key), "registers.period", "失效日期早于生效日期")
    if definition.name == "holding" and values["kind"] == "ENTRUSTED" and ends is None and not values["ended"]:
        message = "委托书应当载明委托的期限（行政处罚法 第二十条第二款）"
        faults.add(_cell(definition, where, VALID_TO.key), "holding.term", message)
    return begins, ends, bool(values["ended"])


def _check_source(
    definition: Definition, data: dict[str, Any], before: list[Record], terms: Terms, where: str, faults: Faults
) -> None:
    """Fields that the source system of a synchronised record owns are not edited here (粤府〔2023〕73号 第十三条第二项)."""
    if "source" not in data:
        return
    source = before[-1].data["source"] if before else ""
    stated, data["source"] = data["source"], terms.origin or source
    if stated and stated != data["source"]:
        faults.add(_cell(definition, where, "source"), "registers.source", "来源系统由平台填写，应当留空或者与现有的一致")
    if source and terms.origin != source:
        for column in definition.fields:
            if column.owned and data[column.key] != before[-1].data.get(column.key):
                message = f"本栏由“{source}”维护，应当在来源系统调整，不得在本地修改（粤府〔2023〕73号 第十三条第二项、第五十三条）"
                faults.add(_cell(definition, where, column.key), "registers.source_owned", message)


def _references(column: Field, value: Any) -> list[str]:
    if column.kind == "references":
        return list(value)
    return [value] if column.kind == "reference" and value else []


def _missing_references(
    definition: Definition, rows: list[dict[str, Any]], lookup: Lookup
) -> dict[str, set[str]]:
    missing: dict[str, set[str]] = {}
    for column in definition.fields:
        wanted = {key for values in rows for key in _references(column, values[column.key])}
        if wanted:
            missing[column.key] = lookup.missing(column.register, wanted)
    return missing


def _check_references(
    definition: Definition, data: Mapping[str, Any], missing: Mapping[str, set[str]], lookup: Lookup, where: str, faults: Faults
) -> None:
    for column in definition.fields:
        for key in _references(column, data[column.key]):
            if key in missing.get(column.key, ()) and key in lookup.missing(column.register, [key]):
                message = f"“{key[:60]}”不在登记簿中，应当先登记（同一文件中排在本行之前）"
                faults.add(_cell(definition, where, column.key), "registers.reference", message)


def _taken(session: Session, definition: Definition, rows: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    taken: dict[tuple[str, str], str] = {}
    for column in definition.fields:
        values = [values[column.key] for values in rows if values[column.key]] if column.unique else []
        if values:
            taken |= {(column.key, value): key for value, key in holder_of(session, column.key, values).items()}
    return taken


def _check_unique(
    definition: Definition, data: Mapping[str, Any], key: str, taken: Mapping[tuple[str, str], str], seen: _Seen, where: str,
    faults: Faults,
) -> None:
    for column in definition.fields:
        if column.unique and (value := data[column.key]):
            holder = taken.get((column.key, value), key)
            if holder != key or seen.value_again(column.key, value):
                message = f"“{value}”已经属于“{holder}”" if holder != key else f"“{value}”在文件中重复出现"
                faults.add(_cell(definition, where, column.key), "registers.unique", message)


def _check_scope(
    definition: Definition, data: Mapping[str, Any], ended: bool, before: list[Record], gate: Gate, lookup: Lookup, where: str,
    faults: Faults,
) -> None:
    for held in [*([] if ended else [data]), *([before[-1].data] if before else [])]:
        if refusal := gate.refusal(definition, held, lookup):
            faults.add(where, "registers.scope", refusal)
            return


def _prepared(
    definition: Definition, key: str, data: Mapping[str, Any], before: list[Record], period: tuple[date, date | None, bool],
    seen: _Seen,
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


def _cell(definition: Definition, where: str, column: str) -> str:
    return f"{where}“{definition.column(column).title}”"
