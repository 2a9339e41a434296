"""The field types: how each is cleaned, described in JSON Schema, and turned into a typed value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from engine.clock import LEGAL_TIME_ZONE
from forms import identifiers, texts
from forms.definition import Field

TEXT_LENGTH = 200
LONGTEXT_LENGTH = 5000
LARGEST_MONEY = Decimal("9999999999999.99")
LARGEST_NUMBER = 10**12
FIRST_YEAR, LAST_YEAR = 1949, 2199

_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DATETIME = (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}"
             r"(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?$")
_MONEY = r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?$"
_INTEGER = r"^-?(0|[1-9][0-9]{0,11})$"
_DECIMAL = r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$"

Schema = dict[str, Any]


class FieldFault(Exception):
    """A single answer is wrong; message completes a sentence that begins with the label."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class FieldType:
    """How one type of field behaves.

    clean: raw → tidied raw; schema: JSON Schema of the tidied value; typed: tidied → typed value or FieldFault;
    pattern_fault: code and message when the pattern or the bounds of the schema are broken;
    feel: the FEEL type under which conditions read it; several: whether the value is a list.
    """

    clean: Callable[[object], object]
    schema: Callable[[Field], Schema]
    typed: Callable[[Field, Any], object]
    pattern_fault: tuple[str, str]
    feel: str = "string"
    several: bool = False


def _text(_: Field, value: str, *, lines: bool = False) -> str:
    if texts.has_bad_characters(value, lines=lines):
        raise FieldFault("form.bad_characters", "含有换行或者不可见的控制字符，请删去后重新填写" if not lines
                         else "含有不可见的控制字符，请删去后重新填写")
    return value


def _longtext(field: Field, value: str) -> str:
    return _text(field, value, lines=True)


def _same(_: Field, value: Any) -> object:
    return value


def _date(_: Field, value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise FieldFault("form.bad_date", "不是日历上存在的日期，请核对年月日") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise FieldFault("form.out_of_range", f"的年份须在{FIRST_YEAR}年至{LAST_YEAR}年之间")
    return day


def _datetime(_: Field, value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise FieldFault("form.bad_datetime", "不是实际存在的日期和时间，请核对年月日时分") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise FieldFault("form.out_of_range", f"的年份须在{FIRST_YEAR}年至{LAST_YEAR}年之间")
    if moment.tzinfo is None:
        return moment.replace(tzinfo=LEGAL_TIME_ZONE)
    return moment.astimezone(LEGAL_TIME_ZONE)


def _number(field: Field, value: object, places: int) -> Decimal:
    number = Decimal(repr(value) if isinstance(value, float) else str(value))
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise FieldFault("form.bad_number", "不是一个确定的数")
    if -exponent > places and number != round(number, places):
        raise FieldFault("form.bad_number", f"最多保留{places}位小数" if places else "须是整数")
    if field.minimum is not None and number < field.minimum:
        raise FieldFault("form.out_of_range", f"不得小于{field.minimum}")
    if field.maximum is not None and number > field.maximum:
        raise FieldFault("form.out_of_range", f"不得大于{field.maximum}")
    return number


def _money(field: Field, value: object) -> Decimal:
    return _number(field, value, 2).quantize(Decimal("0.01"))


def _decimal(field: Field, value: object) -> Decimal:
    return _number(field, value, 6)


def _integer(field: Field, value: object) -> int:
    return int(_number(field, value, 0))


def _identity_number(_: Field, value: str) -> str:
    if not identifiers.identity_number_is_valid(value):
        raise FieldFault("form.bad_identity_number", "的出生日期或者校验码不对，请与证件逐位核对")
    return value


def _credit_code(_: Field, value: str) -> str:
    if not identifiers.credit_code_is_valid(value):
        raise FieldFault("form.bad_credit_code", "的校验码不对，请与营业执照逐位核对")
    return value


def _string(pattern: str, **more: Any) -> Callable[[Field], Schema]:
    return lambda _: {"type": "string", "pattern": pattern, **more}


def _text_schema(default: int) -> Callable[[Field], Schema]:
    return lambda field: {"type": "string", "minLength": 1, "maxLength": field.max_length or default}


def _number_schema(kind: str, pattern: str, least: float, most: float) -> Callable[[Field], Schema]:
    return lambda _: {"type": ["string", kind], "pattern": pattern, "minimum": least, "maximum": most}


def _code_schema(field: Field) -> Schema:
    return {"type": "string", "enum": [choice.code for choice in field.choices]}


def _several(item: Callable[[Field], Schema]) -> Callable[[Field], Schema]:
    return lambda field: {"type": "array", "items": item(field), "uniqueItems": True, "minItems": 1, "maxItems": 50}


def _boolean_schema(field: Field) -> Schema:
    return {"type": "boolean", "const": True} if field.must else {"type": "boolean"}


def _each(clean: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: [clean(one) for one in value] if isinstance(value, list) else value


_BAD_FORMAT = ("form.bad_format", "的格式不对")
_OFFICER_FAULT = ("form.bad_officer", "须是执法证号（8至20位大写字母或者数字）")

FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType({
    "text": FieldType(texts.one_line, _text_schema(TEXT_LENGTH), _text, _BAD_FORMAT),
    "longtext": FieldType(texts.many_lines, _text_schema(LONGTEXT_LENGTH), _longtext, _BAD_FORMAT),
    "boolean": FieldType(texts.truth, _boolean_schema, _same, _BAD_FORMAT, feel="boolean"),
    "date": FieldType(texts.compact, _string(_DATE, format="date"), _date,
                      ("form.bad_date", "须按“2026-03-02”的格式填写日期"), feel="date"),
    "datetime": FieldType(texts.moment, _string(_DATETIME), _datetime,
                          ("form.bad_datetime", "须按“2026-03-02T10:15”的格式填写日期和时间"), feel="date and time"),
    "money": FieldType(texts.amount, _number_schema("number", _MONEY, 0, float(LARGEST_MONEY)), _money,
                       ("form.bad_money", "须是不小于零的金额（元），最多两位小数，例如186000或者186000.50"), feel="number"),
    "integer": FieldType(texts.amount, _number_schema("integer", _INTEGER, -LARGEST_NUMBER, LARGEST_NUMBER), _integer,
                         ("form.bad_number", "须是整数"), feel="number"),
    "decimal": FieldType(texts.amount, _number_schema("number", _DECIMAL, -LARGEST_NUMBER, LARGEST_NUMBER), _decimal,
                         ("form.bad_number", "须是数字，最多六位小数"), feel="number"),
    "code": FieldType(texts.one_line, _code_schema, _same, _BAD_FORMAT),
    "codes": FieldType(_each(texts.one_line), _several(_code_schema), _same, _BAD_FORMAT, feel="list", several=True),
    "officer": FieldType(texts.compact, _string(identifiers.OFFICER), _same, _OFFICER_FAULT),
    "officers": FieldType(_each(texts.compact), _several(_string(identifiers.OFFICER)), _same, _OFFICER_FAULT,
                          feel="list", several=True),
    "identity_number": FieldType(texts.compact, _string(identifiers.IDENTITY_NUMBER), _identity_number,
                                 ("form.bad_identity_number", "须是18位公民身份号码")),
    "credit_code": FieldType(texts.compact, _string(identifiers.CREDIT_CODE), _credit_code,
                             ("form.bad_credit_code", "须是18位统一社会信用代码（不含I、O、S、V、Z）")),
    "phone": FieldType(texts.compact, _string(identifiers.PHONE), _same,
                       ("form.bad_phone", "须是11位手机号码，或者带区号的固定电话，例如0999-6000001")),
})
