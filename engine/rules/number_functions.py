"""FEEL's functions of numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any, Final

from engine.rules.arithmetic import DECIMAL
from engine.rules.declaring import Builtin, builtin
from engine.rules.feel_types import FeelType
from engine.rules.values import Work, YearsMonths

_BOOLEAN, _NUMBER = FeelType.BOOLEAN, FeelType.NUMBER
_LARGEST_SCALE: Final = 6111


def _rounded(way: str) -> Callable[..., Decimal | None]:
    def run(_: Work, number: Decimal, scale: Decimal | None) -> Decimal | None:
        places = int(scale or 0)
        if abs(places) > _LARGEST_SCALE:
            return None
        if -number.as_tuple().exponent <= places:  # type: ignore[operator]
            return number
        if number.adjusted() + 1 + places > 34:
            return None
        return number.quantize(Decimal(1).scaleb(-places), rounding=way, context=DECIMAL) + 0

    return run


def _absolute(_: Work, number: Any) -> Any:
    if isinstance(number, YearsMonths):
        return YearsMonths(abs(number.months))
    return abs(number) if not isinstance(number, bool | str) and hasattr(number, "__abs__") else None


def _modulo(_: Work, dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """dividend - divisor * floor(dividend / divisor): the sign is that of the divisor."""
    if not divisor or dividend.adjusted() - divisor.adjusted() > 33:
        return None
    rest = DECIMAL.remainder(dividend, divisor)
    return DECIMAL.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


def _is_odd(_: Work, number: Decimal) -> bool | None:
    return DECIMAL.remainder(DECIMAL.abs(number), Decimal(2)) == 1 if number.adjusted() < 34 else False


def _is_even(_: Work, number: Decimal) -> bool | None:
    return DECIMAL.remainder(number, Decimal(2)) == 0 if number.adjusted() < 34 else True


def _number(_: Work, text: str, grouping: str | None, decimal: str | None) -> Decimal | None:
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ",", ".") or (decimal or ".") == grouping:
        return None
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(decimal, ".") if decimal else plain
    digits = plain.lstrip("+-").replace(".", "", 1).replace("e", "", 1).replace("E", "", 1).replace("-", "", 1).replace("+", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(plain) > 100:
        return None
    return DECIMAL.create_decimal(plain)


FUNCTIONS: Final[tuple[Builtin, ...]] = (
    builtin("decimal(n: number, scale: number)", _NUMBER, _rounded(ROUND_HALF_EVEN)),
    builtin("floor(n: number, scale?: number)", _NUMBER, _rounded(ROUND_FLOOR)),
    builtin("ceiling(n: number, scale?: number)", _NUMBER, _rounded(ROUND_CEILING)),
    builtin("round up(n: number, scale: number)", _NUMBER, _rounded(ROUND_UP)),
    builtin("round down(n: number, scale: number)", _NUMBER, _rounded(ROUND_DOWN)),
    builtin("round half up(n: number, scale: number)", _NUMBER, _rounded(ROUND_HALF_UP)),
    builtin("round half down(n: number, scale: number)", _NUMBER, _rounded(ROUND_HALF_DOWN)),
    builtin("abs(n: Any)", None, _absolute),
    builtin("modulo(dividend: number, divisor: number)", _NUMBER, _modulo),
    builtin("sqrt(number: number)", _NUMBER, lambda _, number: DECIMAL.sqrt(number)),
    builtin("log(number: number)", _NUMBER, lambda _, number: DECIMAL.ln(number) if number > 0 else None),
    builtin("exp(number: number)", _NUMBER, lambda _, number: DECIMAL.exp(number)),
    builtin("odd(number: number)", _BOOLEAN, _is_odd),
    builtin("even(number: number)", _BOOLEAN, _is_even),
    builtin("number(from: string, grouping separator??: string, decimal separator??: string)", _NUMBER, _number),
    builtin("number(from: number)", _NUMBER, lambda _, number: number),
)
