"""FEEL's functions of lists; each element visited is paid for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, Final

from engine.rules.arithmetic import DECIMAL, combine
from engine.rules.comparing import belongs, same
from engine.rules.declaring import Builtin, builtin
from engine.rules.feel_types import ORDERED, FeelType
from engine.rules.values import Function, Scope, Work

_BOOLEAN, _NUMBER, _LIST = FeelType.BOOLEAN, FeelType.NUMBER, FeelType.LIST
Items = tuple[Any, ...]


def _extreme(choose: Callable[[Items], Any]) -> Callable[[Work, Items], Any]:
    def run(work: Work, items: Items) -> Any:
        work.spend(len(items))
        kinds = {each.__class__ for each in items}
        return choose(items) if len(kinds) == 1 and kinds <= ORDERED else None

    return run


def _numbers(items: Items) -> bool:
    return bool(items) and all(each.__class__ is Decimal for each in items)


def _sum(work: Work, items: Items) -> Any:
    work.spend(len(items))
    if not items:
        return None
    total = items[0]
    for each in items[1:]:
        total = combine("+", total, each)
    return None if total.__class__ in (str, bool) else total if len(items) > 1 or total.__class__ in ORDERED else None


def _product(work: Work, items: Items) -> Decimal | None:
    work.spend(len(items))
    if not _numbers(items):
        return None
    total = Decimal(1)
    for each in items:
        total = DECIMAL.multiply(total, each)
    return total


def _mean(work: Work, items: Items) -> Any:
    return combine("/", _sum(work, items), Decimal(len(items))) if items else None


def _median(work: Work, items: Items) -> Decimal | None:
    work.spend(len(items))
    if not _numbers(items):
        return None
    row, middle = sorted(items), len(items) // 2
    return row[middle] if len(row) % 2 else DECIMAL.divide(DECIMAL.add(row[middle - 1], row[middle]), Decimal(2))


def _deviation(work: Work, items: Items) -> Decimal | None:
    work.spend(len(items))
    if not _numbers(items) or len(items) < 2:
        return None
    mean = _mean(work, items)
    squares = _sum(work, tuple(DECIMAL.power(DECIMAL.subtract(each, mean), Decimal(2)) for each in items))
    return DECIMAL.sqrt(DECIMAL.divide(squares, Decimal(len(items) - 1)))


def _mode(work: Work, items: Items) -> Items | None:
    if not items:
        return ()
    if not _numbers(items):
        return None
    counts = Counter(items)
    most = max(counts.values())
    return work.make(tuple(sorted(each for each, count in counts.items() if count == most)))


def _all(_: Work, items: Items) -> bool | None:
    return False if any(each is False for each in items) else True if all(each is True for each in items) else None


def _any(_: Work, items: Items) -> bool | None:
    return True if any(each is True for each in items) else False if all(each is False for each in items) else None


def _place(items: Items, position: Decimal) -> int | None:
    """The index of a position counted from 1, or from the end when negative; None outside the list."""
    if position != int(position) or not 1 <= abs(position) <= len(items):
        return None
    return int(position) - 1 if position > 0 else len(items) + int(position)


def _sublist(work: Work, items: Items, start: Decimal, length: Decimal | None) -> Items | None:
    begin = _place(items, start)
    if begin is None or (length is not None and not 0 <= length <= len(items) - begin):
        return None
    return work.make(items[begin:] if length is None else items[begin : begin + int(length)])


def _insert(work: Work, items: Items, position: Decimal, item: Any) -> Items | None:
    if position == len(items) + 1:
        return work.make((*items, item))
    place = _place(items, position)
    return None if place is None else work.make((*items[:place], item, *items[place:]))


def _remove(work: Work, items: Items, position: Decimal) -> Items | None:
    place = _place(items, position)
    return None if place is None else work.make((*items[:place], *items[place + 1 :]))


def _replace_at(work: Work, items: Items, position: Decimal, item: Any) -> Items | None:
    place = _place(items, position)
    return None if place is None else work.make((*items[:place], item, *items[place + 1 :]))


def _replace_where(work: Work, items: Items, match: Function, item: Any) -> Items | None:
    answers = [match.call(work, (each, item)) for each in items]
    if any(answer.__class__ is not bool for answer in answers):
        return None
    return work.make(tuple(item if answer else each for each, answer in zip(items, answers, strict=True)))


def _index_of(work: Work, items: Items, match: Any) -> Items:
    work.spend(len(items))
    return work.make(tuple(Decimal(place) for place, each in enumerate(items, 1) if same(each, match, work) is True))


def _distinct(work: Work, items: Items) -> Items:
    kept: list[Any] = []
    for each in items:
        work.spend(1 + len(kept))
        if not any(same(each, other, work) is True for other in kept):
            kept.append(each)
    return work.make(tuple(kept))


def _concatenate(work: Work, lists: Items) -> Items | None:
    if None in lists:
        return None
    return work.make(tuple(each for part in lists for each in (part if part.__class__ is tuple else (part,))))


def _flatten(work: Work, items: Items) -> Items:
    flat: list[Any] = []
    todo = list(reversed(items))
    while todo:
        work.spend()
        each = todo.pop()
        if each.__class__ is tuple:
            todo += reversed(each)
        else:
            flat.append(each)
    return work.make(tuple(flat))


def _sort(work: Work, items: Items, precedes: Function | None) -> Items | None:
    if precedes is None:
        kinds = {each.__class__ for each in items}
        return work.make(tuple(sorted(items))) if len(kinds) <= 1 and kinds <= ORDERED else None

    def order(one: Any, other: Any) -> int:
        return -1 if precedes.call(work, (one, other)) is True else int(precedes.call(work, (other, one)) is True)

    return work.make(tuple(sorted(items, key=cmp_to_key(order))))


def _append(work: Work, parts: Items) -> Items | None:
    return None if parts[0] is None else work.make((*(parts[0] if parts[0].__class__ is tuple else (parts[0],)), *parts[1:]))


FUNCTIONS: Final[tuple[Builtin, ...]] = (
    builtin("min(list*: Any)", None, _extreme(min)),
    builtin("max(list*: Any)", None, _extreme(max)),
    builtin("sum(list*: Any)", None, _sum),
    builtin("product(list*: Any)", _NUMBER, _product),
    builtin("mean(list*: Any)", None, _mean),
    builtin("median(list*: Any)", _NUMBER, _median),
    builtin("stddev(list*: Any)", _NUMBER, _deviation),
    builtin("mode(list*: Any)", _LIST, _mode),
    builtin("all(list*: Any)", _BOOLEAN, _all),
    builtin("any(list*: Any)", _BOOLEAN, _any),
    builtin("count(list: list)", _NUMBER, lambda _, items: len(items)),
    builtin("list contains(list: list, element: Any)", _BOOLEAN, lambda work, items, each: belongs(each, items, Scope({}, work))),
    builtin("sublist(list: list, start position: number, length?: number)", _LIST, _sublist),
    builtin("insert before(list: list, position: number, newItem: Any)", _LIST, _insert),
    builtin("remove(list: list, position: number)", _LIST, _remove),
    builtin("list replace(list: list, position: number, newItem: Any)", _LIST, _replace_at),
    builtin("list replace(list: list, match: function, newItem: Any)", _LIST, _replace_where),
    builtin("reverse(list: list)", _LIST, lambda work, items: work.make(items[::-1])),
    builtin("index of(list: list, match: Any)", _LIST, _index_of),
    builtin("distinct values(list: list)", _LIST, _distinct),
    builtin("flatten(list: list)", _LIST, _flatten),
    builtin("sort(list: list, precedes?: function)", _LIST, _sort),
    builtin("concatenate(list**: Any)", _LIST, _concatenate),
    builtin("union(list**: Any)", _LIST, lambda work, lists: None if None in lists else _distinct(work, _concatenate(work, lists) or ())),
    builtin("append(list**: Any)", _LIST, _append),
)
