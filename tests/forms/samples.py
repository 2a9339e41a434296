"""Forms and answers to test with: the national forms, small forms written on the spot, complete valid answers."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.errors import Fault, Invalid
from forms.definition import Field, Form, FormGroup
from forms.fields import FIELD_TYPES
from forms.schema import load_code_lists, load_form
from forms.validation import clean

SHANGHAI = ZoneInfo("Asia/Shanghai")
NATIONAL = Path(__file__).parents[2] / "processes" / "national"
FORM_IDS = sorted(path.stem for path in (NATIONAL / "forms").glob("*.toml"))
ENTRY_FORMS = sorted(path.stem.lower().replace("-", "_") for path in (NATIONAL / "templates").glob("*.toml"))
LISTS = {"COLOUR": {"RED": "红", "YELLOW": "黄", "GREEN": "绿"}, "OPINION": {"AGREE": "同意", "DISAGREE": "不同意"}}
OFFICERS = ("YJWH0101", "YJWH0102")

_VALUES: dict[str, object] = {
    "text": "滨河路88号", "longtext": "第一行\n第二行", "date": "2026-03-02", "datetime": "2026-03-02T10:15",
    "money": "186000.50", "integer": "3", "decimal": "0.71", "officers": list(OFFICERS),
    "identity_number": "999901198503123512", "credit_code": "91999901MA0WBX001N", "phone": "13900000001",
}


@cache
def code_lists() -> dict[str, dict[str, str]]:
    return load_code_lists((NATIONAL / "labels.toml").read_text(), "labels.toml")


@cache
def national(form_id: str) -> Form:
    return load_form((NATIONAL / "forms" / f"{form_id}.toml").read_text(), f"forms/{form_id}.toml", code_lists())


def a_form(*fields: str) -> Form:
    """A form named sample with these [[field]] tables, each written as its lines."""
    return load_form(a_text(*fields), "forms/sample.toml", LISTS)


def a_text(*fields: str) -> str:
    return "\n".join(['id = "sample"', 'title = "样表"', *(f"[[field]]\n{lines}" for lines in fields)])


def answers(form: Form, *, yes: bool = False, last: bool = False, optional: bool = False) -> dict[str, object]:
    """Valid raw answers: to every question that must be answered, or to every one that is shown (optional)."""
    return _level(form.fields, yes=yes, last=last, optional=optional)


def _level(fields: tuple[Field, ...], *, yes: bool, last: bool, optional: bool) -> dict[str, object]:
    raw: dict[str, object] = {}
    typed: dict[str, object] = dict.fromkeys(field.key for field in fields)
    for field in fields:
        if field.shown_when and not field.shown_when.holds(typed):
            continue
        needed = field.required or (field.required_when is not None and field.required_when.holds(typed))
        if not needed and not optional:
            continue
        if isinstance(field, FormGroup):
            row = _level(field.fields, yes=yes, last=last, optional=optional)
            raw[field.key] = [dict(row) for _ in range(max(1, field.minimum_rows))]
            continue
        raw[field.key] = value = _value(field, yes=yes, last=last)
        kind = FIELD_TYPES[field.type]
        typed[field.key] = kind.typed(field, kind.clean(value))
    return raw


def _value(field: Field, *, yes: bool, last: bool) -> object:
    if field.type == "boolean":
        return field.must or yes
    if field.type == "code":
        return field.choices[-1 if last else 0].code
    if field.type == "codes":
        return [field.choices[-1 if last else 0].code]
    if field.type == "officer":
        return OFFICERS[1] if field.differs_from else OFFICERS[0]
    if field.maximum is not None and field.type == "money":
        return str(field.maximum)
    if field.type in ("integer", "decimal"):
        return _within(field, Decimal(str(_VALUES[field.type])))
    return _VALUES[field.type]


def _within(field: Field, number: Decimal) -> str:
    """The number, or the nearest that the field allows."""
    if field.minimum is not None:
        number = max(number, field.minimum)
    return str(number if field.maximum is None else min(number, field.maximum))


def faults(form: Form, raw: dict[str, object], officer_ids: tuple[str, ...] | None = None) -> tuple[Fault, ...]:
    """What clean() finds wrong; empty when the answers are accepted."""
    try:
        clean(form, raw, officer_ids=officer_ids)
    except Invalid as error:
        assert error.code == "form.invalid"
        assert error.faults
        return error.faults
    return ()


def codes(form: Form, raw: dict[str, object], officer_ids: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
    """The faults as (where, code)."""
    return [(fault.where, fault.code) for fault in faults(form, raw, officer_ids)]
