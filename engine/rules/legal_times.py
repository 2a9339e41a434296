"""Moments of rules that departments write: without a written zone they are in the legal time zone (Asia/Shanghai)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from engine.clock import LEGAL_TIME_ZONE, at_legal_midnight
from engine.rules.feel_types import FeelType, Part, Values


def legal(value: Any) -> Any:
    """A moment without zone in the legal time zone; any other value as it is."""
    return value.replace(tzinfo=LEGAL_TIME_ZONE) if isinstance(value, datetime) and value.tzinfo is None else value


def in_legal_time(part: Part, arguments: Sequence[Part]) -> Part:
    """The call of date and time(…): a date becomes its legal midnight, a text without zone is read as legal time."""
    run, first = part.run, arguments[0].run if len(arguments) == 1 else None

    def moment(values: Values) -> Any:
        given = None if first is None else first(values)
        if isinstance(given, date) and not isinstance(given, datetime):
            return at_legal_midnight(given)
        return legal(run(values))

    return Part(FeelType.MOMENT, moment)
