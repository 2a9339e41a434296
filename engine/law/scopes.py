"""Which of several time limits holds for a case: the nearest one, a department's own length only where it is stricter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from engine.errors import Fault, Invalid, Unlawful
from engine.law.deadlines import stated_amount
from engine.law.explaining import UNITS
from engine.law.time_limits import EXTERNAL, NATIONAL, TimeLimit, load_limits, load_places

ORDER: Final = ("item", "domain", "city", "prefecture", "province")
_ARTICLE = re.compile(r"第[一二三四五六七八九十百零]+条")


@dataclass(frozen=True)
class Scope:
    """Where and for what a case is handled: item code, domain, and the places as limits name them (guangdong, aba …)."""

    item: str = ""
    domain: str = ""
    city: str = ""
    prefecture: str = ""
    province: str = ""

    def names(self) -> tuple[str, ...]:
        """The scopes that hold here, the nearest first: item, domain, city, prefecture, province, national."""
        near = [f"{kind}:{getattr(self, kind)}" for kind in ORDER if getattr(self, kind)]
        return (*near, NATIONAL)

    @staticmethod
    def of(domain: str, region_code: str, item: str = "") -> Scope:
        """The scope of an agency's domain and administrative division (GB/T 2260) and of an enforcement item."""
        found = {"item": item, "domain": domain}
        for code, name in load_places().items():
            if region_code.startswith(code):
                kind, _, place = name.partition(":")
                found[kind] = place
        return Scope(**found)


@dataclass(frozen=True)
class OwnLength:
    """A length that a scope sets for itself: subject of the limit, in which scope, and the article that allows it, if any."""

    subject: str
    scope: str
    amount: int
    unit: str = ""
    basis: str = ""


def limits_for(
    scope: Scope, settings: Mapping[str, Any] | None = None, own: Iterable[OwnLength] = (),
    limits: Mapping[str, TimeLimit] | None = None,
) -> Mapping[str, TimeLimit]:
    """The limits that hold in a scope, by their subject: the nearest row each, read as the settings say.

    settings: a package's [settings.limits]: another reading of a doubtful rule by its name, or an own length by subject,
    alone or as { value = 15, unit = "calendar_day", article = "…第三十条" }; check_limit_settings says what is wrong with it.
    A length of settings that is laxer than the row that holds here leaves the row as it is.
    own: lengths of items, cities, provinces …; the nearest wins, and against the row only from as near or nearer.
    Raises Unlawful for one of them that is laxer than the row, unless it cites an article of a law, regulation or rule.
    """
    names, chosen = scope.names(), settings or {}
    rank = {name: position for position, name in enumerate((*names, EXTERNAL))}
    found: dict[str, TimeLimit] = {}
    for limit in (load_limits() if limits is None else limits).values():
        nearest = found.get(limit.subject)
        if limit.scope in rank and (nearest is None or rank[limit.scope] < rank[nearest.scope]):
            found[limit.subject] = limit
    found = {subject: _granted(read_by(limit, chosen), names) for subject, limit in found.items()}
    stated, settled = [each for each in own if each.scope in rank], set[str]()
    for length in sorted(stated, key=lambda each: rank[each.scope]):  # the nearest comes first, and then stands in the way
        row = found.get(length.subject)
        if row is None:
            raise Invalid("deadline.subject", f"没有“{length.subject}”这个期限", subject=length.subject)
        if rank[length.scope] <= rank[row.scope] and length.subject not in settled:
            settled.add(length.subject)
            found[length.subject] = _shortened(row, length)
    for subject in chosen.keys() & found.keys():
        with suppress(Unlawful):
            found[subject] = _shortened(found[subject], _own_length(subject, names[0], chosen[subject]))
    return MappingProxyType(found)


def read_by(limit: TimeLimit, settings: Mapping[str, Any]) -> TimeLimit:
    """A limit as the settings read what is doubtful in it; without a setting as it stands."""
    for reading in limit.readings:
        if settings.get(reading.setting) == reading.value:
            limit = replace(limit, **reading.changes)
    return limit


def check_limit_settings(settings: Any) -> list[Fault]:
    """What is wrong with a package's [settings.limits]: unknown keys, wrong values, lengths laxer than the law allows."""
    if not isinstance(settings, Mapping):
        return [Fault("package.toml [settings.limits]", "settings.limit", "[settings.limits] 应当是一张表")]
    readings = {each.setting: each.value for limit in load_limits().values() for each in limit.readings}
    faults = []
    for key, given in settings.items():
        rows = [limit for limit in load_limits().values() if limit.subject == key]
        wrong = ""
        if key in readings:
            if given != readings[key] and not (isinstance(readings[key], bool) and given is False):
                wrong = f"只能是 {str(readings[key]).lower()}，或者不写"
        elif not rows:
            wrong = "既不是期限编号，也不是存疑规定的设置"
        else:
            refused = [_refusal(row, key, given) for row in rows]
            wrong = refused[0] if all(refused) else ""
        if wrong:
            message = f"[settings.limits] 的“{key}”：{wrong}"
            faults.append(Fault(f"package.toml [settings.limits] {key}", "settings.limit", message))
    return faults


def _refusal(row: TimeLimit, subject: str, given: Any) -> str:
    try:
        _shortened(row, _own_length(subject, row.scope, given))
    except (Invalid, Unlawful) as refused:
        article = refused.facts.get("article", "")
        return f"{refused.message}（{article}）" if article else refused.message
    return ""


def _own_length(subject: str, scope: str, given: Any) -> OwnLength:
    """A package's own length: a number, or a number with its unit and the article that allows it."""
    told = given if isinstance(given, Mapping) else {"value": given}
    amount = told.get("value")
    if isinstance(amount, bool) or not isinstance(amount, int) or not set(told) <= {"value", "unit", "article"}:
        raise Invalid("deadline.setting", f'“{subject}”应当写成一个整数，或者 {{ value = 整数, article = "条文" }}', subject=subject)
    return OwnLength(subject, scope, amount, str(told.get("unit", "")), str(told.get("article", "")))


def _granted(limit: TimeLimit, names: tuple[str, ...]) -> TimeLimit:
    """A limit without the suspensions and extensions that only another scope's rule grants (行政处罚法 第六十条)."""
    if limit.granted_in in ("", *names):
        return limit
    return replace(limit, suspensions=(), extensions=())


def _shortened(row: TimeLimit, own: OwnLength) -> TimeLimit:
    """A row with a scope's own length. What cites an article may be laxer, and may count in another unit."""
    if _ARTICLE.search(own.basis):
        unit = own.unit or row.unit
        if unit not in UNITS or own.amount < 1:
            raise Invalid("deadline.unit", f"“{row.name}”自定的期限{own.amount}（{unit}）有误")
        return replace(row, amount=own.amount, unit=unit, basis=f"{own.basis}; {row.basis}", scope=own.scope)
    if own.unit not in ("", row.unit):
        raise Invalid("deadline.unit", f"“{row.name}”没有引用条文，不能改变计算单位", limit=row.id)
    return replace(row, amount=stated_amount(row, own.amount), scope=own.scope)
