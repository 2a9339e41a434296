"""Turns what somebody handed in into clean typed values, or says everything that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.errors import Fault, Invalid
from forms.definition import Field, Form, FormGroup
from forms.fields import FIELD_TYPES, FieldFault
from forms.structure import is_shallow, missing_words, structural_faults, tidied

_DEEPEST = 3  # form → rows → row → several codes
_MOST_KEYS = 400
_IN_ROW = re.compile(r"([a-z][a-z0-9_]*)\[([0-9]+)\](?:\.(.*))?", re.DOTALL)


def clean(form: Form, raw: Mapping[str, object], *, officer_ids: Collection[str] | None) -> dict[str, object]:
    """The typed values of every field of the form, None where nothing was answered.

    raw: JSON-like values by field key; officer_ids: the officers that may be named, None to check only the shape.
    Values are date, aware datetime (Asia/Shanghai), Decimal, int, bool, str, list[str] or list[dict]. Raises Invalid
    (form.invalid) that lists every Fault, in the order of the form.
    """
    if not isinstance(raw, Mapping) or len(raw) > _MOST_KEYS or not is_shallow(raw, _DEEPEST):
        raise _invalid(form, [Fault("", "form.wrong_type", "提交的内容不是这张表单的结构。")])
    given = tidied(form.fields, raw)
    found: dict[str, Fault] = {}
    for fault in structural_faults(form, given):
        found.setdefault(fault.where, fault)  # what was found first: a wrong type before a wrong choice
    faults = list(found.values())
    values = _Scope(form.fields, given, "", faults, frozenset(found), officer_ids).values()
    if faults:
        by_place = {fault.where: fault for fault in faults}  # what was found last about a field says most
        raise _invalid(form, [_with_row(form, fault) for fault in sorted(by_place.values(), key=_order(form))])
    return values


def to_plain(values: Mapping[str, object]) -> dict[str, Any]:
    """Clean values as JSON: dates and times in ISO 8601, money and decimals as strings."""
    return {key: _plain(value) for key, value in values.items()}


def from_plain(form: Form, plain: Mapping[str, object]) -> dict[str, object]:
    """What to_plain wrote, typed again; a field that was not stored is None. Raises Invalid (form.stored_values)."""
    try:
        return _typed(form.fields, plain)
    except (FieldFault, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Invalid("form.stored_values", f"“{form.title}”已保存的内容与表单不符。") from error


class _Scope:
    """The answers of one level (the form, or one row): parses them, then applies what the schema cannot say."""

    def __init__(self, fields: Iterable[Field], given: Mapping[str, object], prefix: str, faults: list[Fault],
                 structural: frozenset[str], officer_ids: Collection[str] | None) -> None:
        self.fields = tuple(fields)
        self.given = given
        self.prefix = prefix
        self.faults = faults
        self.structural = structural
        self.officer_ids = officer_ids
        self.broken: set[str] = set()

    def values(self) -> dict[str, object]:
        """Typed values by key; what is wrong goes into faults."""
        typed = {field.key: self._parsed(field) for field in self.fields}
        for field in self.fields:
            self._check(field, typed)
        return typed

    def _parsed(self, field: Field) -> object:
        path = self.prefix + field.key
        value = self.given.get(field.key)
        if path in self.structural:
            self.broken.add(field.key)
            return None
        if value is None:
            return None
        if isinstance(field, FormGroup) and isinstance(value, list):
            return [self._row(field, row, f"{path}[{place}]") for place, row in enumerate(value)]
        try:
            typed = FIELD_TYPES[field.type].typed(field, value)
            self._known_officers(field, typed)
        except FieldFault as fault:
            self._fault(field, fault.code, f"{fault.message}。")
            self.broken.add(field.key)
            return None
        return typed

    def _row(self, group: FormGroup, row: object, path: str) -> dict[str, object]:
        if not isinstance(row, Mapping):
            return {}
        return _Scope(group.fields, row, f"{path}.", self.faults, self.structural, self.officer_ids).values()

    def _known_officers(self, field: Field, typed: object) -> None:
        if self.officer_ids is None or field.type not in ("officer", "officers"):
            return
        named = typed if isinstance(typed, list) else [typed]
        if any(officer not in self.officer_ids for officer in named):
            raise FieldFault("form.unknown_officer", "不在可以选择的执法人员之内")

    def _check(self, field: Field, typed: Mapping[str, object]) -> None:
        answered = self.given.get(field.key) is not None
        if field.shown_when and not field.shown_when.names & self.broken and not field.shown_when.holds(typed):
            if answered:
                self._fault(field, "form.hidden_field", "在当前情形下不应填写，请清空。")
            return
        conditional = field.required if field.shown_when else False
        if field.required_when and not field.required_when.names & self.broken:
            conditional = field.required_when.holds(typed)
        if conditional and not answered and not self._controls_broken(field):
            self._fault(field, "form.missing", f"{missing_words(field)}。")
        self._compare(field, typed)

    def _controls_broken(self, field: Field) -> bool:
        return bool(field.shown_when and field.shown_when.names & self.broken)

    def _compare(self, field: Field, typed: Mapping[str, object]) -> None:
        mine: Any = typed[field.key]
        if mine is None:
            return
        floor: Any = typed.get(field.not_below)
        if floor is not None and mine < floor:
            word = "早于" if isinstance(mine, date) else "小于"
            self._fault(field, "form.below", f"不得{word}“{self._label(field.not_below)}”。")
        if field.differs_from and mine == typed.get(field.differs_from):
            self._fault(field, "form.same_value", f"不得与“{self._label(field.differs_from)}”相同。")

    def _label(self, key: str) -> str:
        return next(field.label for field in self.fields if field.key == key)

    def _fault(self, field: Field, code: str, message: str) -> None:
        self.faults.append(Fault(self.prefix + field.key, code, f"“{field.label}”{message}"))


def _plain(value: object) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return to_plain(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _typed(fields: Iterable[Field], plain: Mapping[str, Any]) -> dict[str, object]:
    typed: dict[str, object] = {}
    for field in fields:
        value = plain.get(field.key)
        if value is None:
            typed[field.key] = None
        elif isinstance(field, FormGroup):
            typed[field.key] = [_typed(field.fields, row) for row in value]
        else:
            kind = FIELD_TYPES[field.type]
            typed[field.key] = kind.typed(field, kind.clean(value))
    return typed


def _order(form: Form) -> Callable[[Fault], tuple[int, int, int]]:
    """A sort key that puts faults in the order of the form, strangers first."""
    places: dict[str, int] = {}
    for place, field in enumerate(form.fields):
        places[field.key] = place
        if isinstance(field, FormGroup):
            places.update({f"{field.key}.{inner.key}": at for at, inner in enumerate(field.fields)})

    def key(fault: Fault) -> tuple[int, int, int]:
        row = _IN_ROW.fullmatch(fault.where)
        if row is None:
            return places.get(fault.where, -1), -1, -1
        return places.get(row[1], -1), int(row[2]), places.get(f"{row[1]}.{row[3]}", -1)

    return key


def _with_row(form: Form, fault: Fault) -> Fault:
    """The fault with a message that says in which row it lies, counted from 1 as people do."""
    row = _IN_ROW.fullmatch(fault.where)
    group = next((field for field in form.fields if row and field.key == row[1]), None)
    if row is None or group is None:
        return fault
    return replace(fault, message=f"“{group.label}”第{int(row[2]) + 1}行：{fault.message}")


def _invalid(form: Form, faults: Iterable[Fault]) -> Invalid:
    every = tuple(faults)
    return Invalid("form.invalid", f"“{form.title}”有{len(every)}处填写不符合要求，请逐项改正。", faults=every)
