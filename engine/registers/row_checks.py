"""The checks that every row passes whatever its register: terms of validity, source, references, uniqueness, scope."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import Fault
from engine.registers.administrators import Gate
from engine.registers.current import holder_of
from engine.registers.definitions import VALID_FROM, VALID_TO, Definition
from engine.registers.fields import Field
from engine.registers.lookup import Lookup
from engine.registers.versions import Record

SAME_SOURCE = "粤府〔2023〕73号 第十三条第二项、第五十三条"
MOST_FAULTS = 1000  # faults that are kept with their text; beyond that they are only counted


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
class Place:
    """One row while it is checked: where it stands, and where its faults go."""

    definition: Definition
    where: str
    faults: Faults

    def add(self, column: str, code: str, message: str) -> None:
        """Note a fault of one column (by its key)."""
        self.faults.add(f"{self.where}“{self.definition.column(column).title}”", code, message)

    def add_row(self, code: str, message: str) -> None:
        """Note a fault of the row as a whole."""
        self.faults.add(self.where, code, message)


class Seen:
    """What stood in the rows before, as digests: eight bytes each, whatever the length of the keys."""

    def __init__(self) -> None:
        self._rows: set[int] = set()
        self._values: set[int] = set()
        self._versions: dict[str, int] = {}

    def again(self, key: str, begins: date) -> bool:
        """Whether this key with this day stood there before."""
        return self._add(self._rows, f"{key}\n{begins}")

    def value_again(self, field: str, value: str) -> bool:
        """Whether this value of a unique column stood there before."""
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


def period_of(definition: Definition, values: Mapping[str, Any], terms: Terms, place: Place) -> tuple[date, date | None, bool]:
    """From when and until when a row is valid, and whether it ends the record; an entrustment needs a term (行政处罚法 第二十条)."""
    begins, ends = values["valid_from"], values["valid_to"]
    if definition.starts and begins is None:
        place.add(VALID_FROM.key, "registers.required", "必须填写")
    if definition.dated and ends is None and not values["ended"]:
        place.add(VALID_TO.key, "registers.required", "必须填写")
    begins = begins or terms.day
    if ends is not None and ends < begins:
        place.add(VALID_TO.key, "registers.period", "失效日期早于生效日期")
    if definition.name == "holding" and values["kind"] == "ENTRUSTED" and ends is None and not values["ended"]:
        message = "委托书应当载明委托的期限（行政处罚法 第二十条第二款）"
        place.add(VALID_TO.key, "holding.term", message)
    return begins, ends, bool(values["ended"])


def check_source(
    definition: Definition, data: dict[str, Any], ended: bool, before: list[Record], terms: Terms, place: Place
) -> None:
    """Fields that the source system of a synchronised record owns are not edited here (粤府〔2023〕73号 第十三条第二项)."""
    if "source" not in data:
        return
    source = before[-1].data["source"] if before else ""
    stated, data["source"] = data["source"], terms.origin or source
    if stated and stated != data["source"]:
        place.add("source", "registers.source", "来源系统由平台填写，应当留空或者与现有的一致")
    if source and terms.origin != source and ended:
        place.add_row("registers.source_owned", f"本记录由“{source}”维护，应当在来源系统终止（{SAME_SOURCE}）")
    elif source and terms.origin != source:
        for column in definition.fields:
            if column.owned and data[column.key] != before[-1].data.get(column.key):
                message = f"本栏由“{source}”维护，应当在来源系统调整，不得在本地修改（{SAME_SOURCE}）"
                place.add(column.key, "registers.source_owned", message)


def _references(column: Field, value: Any) -> list[str]:
    if column.kind == "references":
        return list(value)
    return [value] if column.kind == "reference" and value else []


def missing_references(
    definition: Definition, rows: list[dict[str, Any]], lookup: Lookup
) -> dict[str, set[str]]:
    """Per reference column the keys in these rows that were never recorded: one query a column instead of one a row."""
    missing: dict[str, set[str]] = {}
    for column in definition.fields:
        wanted = {key for values in rows for key in _references(column, values[column.key])}
        if wanted:
            missing[column.key] = lookup.missing(column.register, wanted)
    return missing


def check_references(
    definition: Definition, data: Mapping[str, Any], missing: Mapping[str, set[str]], lookup: Lookup, place: Place
) -> None:
    """Every reference points at a record that exists or stands earlier in the same file."""
    for column in definition.fields:
        for key in _references(column, data[column.key]):
            if key in missing.get(column.key, ()) and key in lookup.missing(column.register, [key]):
                message = f"“{key[:60]}”不在登记簿中，应当先登记（同一文件中排在本行之前）"
                place.add(column.key, "registers.reference", message)


def taken_values(session: Session, definition: Definition, rows: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Who holds today the values of unique columns in these rows: (column, value) → key."""
    taken: dict[tuple[str, str], str] = {}
    for column in definition.fields:
        values = [values[column.key] for values in rows if values[column.key]] if column.unique else []
        if values:
            taken |= {(column.key, value): key for value, key in holder_of(session, column.key, values).items()}
    return taken


def check_unique(
    definition: Definition, data: Mapping[str, Any], key: str, taken: Mapping[tuple[str, str], str], seen: Seen, place: Place
) -> None:
    """A value of a unique column belongs to one record (一人一证，证号合一, 粤府〔2023〕73号 第三十八条)."""
    for column in definition.fields:
        if column.unique and (value := data[column.key]):
            holder = taken.get((column.key, value), key)
            if holder != key or seen.value_again(column.key, value):
                message = f"“{value}”已经属于“{holder}”" if holder != key else f"“{value}”在文件中重复出现"
                place.add(column.key, "registers.unique", message)


def check_scope(
    definition: Definition, data: Mapping[str, Any], ended: bool, before: list[Record], gate: Gate, lookup: Lookup, place: Place
) -> None:
    """The administrator may keep the record as it was and as it is to be (四川省行权平台办法 第九条)."""
    for held in [*([] if ended else [data]), *([before[-1].data] if before else [])]:
        if refusal := gate.refusal(definition, held, lookup):
            place.add_row("registers.scope", refusal)
            return
