"""FEEL's functions of contexts, the conversion of values to text, and negation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from engine.rules.declaring import Builtin, builtin
from engine.rules.feel_types import FeelType
from engine.rules.temporal import format_temporal
from engine.rules.values import LONGEST_LIST, Function, Range, Work

_BOOLEAN, _STRING, _LIST, _CONTEXT = FeelType.BOOLEAN, FeelType.STRING, FeelType.LIST, FeelType.CONTEXT
Context = dict[str, Any]


def _paid(work: Work, context: Context) -> Context:
    work.spend(1 + len(context))
    return context


def _entries(work: Work, context: Context) -> tuple[Any, ...]:
    work.spend(2 * len(context))
    return work.make(tuple({"key": key, "value": value} for key, value in context.items()))


def _from_entries(work: Work, entries: tuple[Any, ...]) -> Context | None:
    made: Context = {}
    for entry in entries:
        if entry.__class__ is not dict or not entry.keys() >= {"key", "value"} or entry["key"].__class__ is not str:
            return None
        if entry["key"] in made:
            return None
        made[entry["key"]] = entry["value"]
    return _paid(work, made)


def _put(work: Work, context: Context, key: str, value: Any) -> Context:
    return _paid(work, {**context, key: value})


def _put_deep(work: Work, context: Context, keys: tuple[Any, ...], value: Any) -> Context | None:
    if not keys or any(key.__class__ is not str for key in keys) or len(keys) > 20:
        return None
    if len(keys) == 1:
        return _put(work, context, keys[0], value)
    inner = context.get(keys[0])
    if inner.__class__ is not dict:
        return None
    changed = _put_deep(work, inner, keys[1:], value)
    return None if changed is None else _put(work, context, keys[0], changed)


def _merge(work: Work, contexts: tuple[Any, ...]) -> Context | None:
    made: Context = {}
    for each in contexts:
        if each.__class__ is not dict:
            return None
        made.update(_paid(work, each))
        work.spend(len(made) // LONGEST_LIST * LONGEST_LIST)
    return _paid(work, made)


def text_of(work: Work, value: Any) -> str | None:
    """A value as text, as FEEL's string() has it; null of null."""
    return None if value is None else work.write(value if value.__class__ is str else _written(work, value))


def _written(work: Work, value: Any) -> str:
    work.spend()
    if value is None or value.__class__ is bool:
        return {None: "null", True: "true", False: "false"}[value]
    if value.__class__ is str:
        return '"' + work.write(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Decimal):
        return work.write(format(value, "f"))
    if value.__class__ is tuple:
        return work.write(f"[{', '.join(_written(work, each) for each in value)}]")
    if value.__class__ is dict:
        return work.write("{" + ", ".join(f"{key}: {_written(work, each)}" for key, each in value.items()) + "}")
    if isinstance(value, Range):
        low = "" if value.low is None else _written(work, value.low)
        high = "" if value.high is None else _written(work, value.high)
        return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"
    return f"function({', '.join(value.parameters)})" if isinstance(value, Function) else format_temporal(value)


FUNCTIONS: Final[tuple[Builtin, ...]] = (
    builtin("not(negand: boolean)", _BOOLEAN, lambda _, negand: not negand),
    builtin("string(from: Any)", _STRING, text_of),
    builtin("get value(m: context, key: string)", None, lambda _, context, key: context.get(key)),
    builtin("get entries(m: context)", _LIST, _entries),
    builtin("context(entries: list)", _CONTEXT, _from_entries),
    builtin("context put(context: context, key: string, value: Any)", _CONTEXT, _put),
    builtin("context put(context: context, keys: list, value: Any)", _CONTEXT, _put_deep),
    builtin("context merge(contexts: list)", _CONTEXT, _merge),
)
