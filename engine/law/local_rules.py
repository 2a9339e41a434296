"""What the law leaves to a province, a domain or an agency: typed, with the strict reading as the default.

A package makes its choices in [settings]; none of them is a branch in the code. The table is local_rules.toml, shown to
departments in docs/packages.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.errors import Fault, Invalid
from engine.law.penalties import Thresholds

LOWER, HIGHER = "lower", "higher"
ELSEWHERE = frozenset({"limits"})  # [settings.limits] are lengths of time limits, see engine/law/scopes.py
_LARGEST = 10**12
_TABLE = Path(__file__).with_name("local_rules.toml")


@dataclass(frozen=True)
class Choice:
    """One open choice: its key in [settings], what it is, its strict default, and the article that leaves it open.

    stricter: which way a number binds the agency more or favours the party; least: nothing below it is lawful.
    """

    key: str
    label: str
    default: str | int | bool
    article: str
    stricter: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0
    examples: str = ""


@dataclass(frozen=True)
class LocalRules:
    """Every open choice as one package has made it; amounts in yuan. local_rules.toml says what each field means.

    articles: the rule on which the package rests a choice of its own, by the key of the choice.
    """

    hearing_fine_person: Decimal = Decimal(10000)
    hearing_fine_organisation: Decimal = Decimal(100000)
    hearing_fine_included: bool = True
    sole_trader_counts_as_person: bool = True
    collective_discussion_fine: Decimal = Decimal(100000)
    panel_minimum: int = 3
    defence_window_working_days: int = 5
    withdrawal_decided_by: str = "head"
    electronic_arrival: str = "recipient_system"
    surcharge_on_unpaid: bool = True
    surcharge_cap_per_instalment: bool = True
    limitation_found_by: str = "filing"
    articles: Mapping[str, str] = field(default_factory=dict)

    def thresholds(self) -> Thresholds:
        """The amounts from which a hearing is due or a case is major (行政处罚法 第五十七条、第六十三条)."""
        return Thresholds(
            hearing_fine_person=self.hearing_fine_person, hearing_fine_organisation=self.hearing_fine_organisation,
            sole_trader_counts_as_person=self.sole_trader_counts_as_person, included=self.hearing_fine_included,
            collective_discussion_fine=self.collective_discussion_fine,
        )

    def article(self, key: str) -> str:
        """The rule on which a choice rests: the package's own, else that of the table."""
        return self.articles.get(key) or load_choices()[key].article


@cache
def load_choices() -> Mapping[str, Choice]:
    """The open choices by key, in the order of the table."""
    rows = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["choice"]
    return MappingProxyType({row["key"]: Choice(**{**row, "choices": tuple(row.get("choices", ()))}) for row in rows})


def read_local_rules(settings: Mapping[str, Any]) -> LocalRules:
    """The choices of a package's [settings]; what it leaves out keeps the strict default. Invalid lists every fault.

    A value stands alone, or with the rule that allows it: { value = 5, article = "…第十七条第二款" }.
    """
    if faults := check_settings(settings):
        raise Invalid(faults[0].code, faults[0].message, faults=tuple(faults))
    strict = LocalRules()
    values: dict[str, Any] = {
        key: Decimal(_value(given)) if isinstance(getattr(strict, key), Decimal) else _value(given)
        for key, given in _choices(settings).items()
    }
    return LocalRules(**values, articles={key: text for key, given in _choices(settings).items() if (text := _article(given))})


def check_settings(settings: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with [settings]: unknown keys, values of a wrong kind, laxer values without an article of their own.

    A local rule fills what the law leaves open; it does not take away what the law grants (行政处罚法 第四条、第三十八条).
    """
    faults = []
    for key, given in _choices(settings).items():
        choice = load_choices().get(key)
        if choice is None:
            faults.append(_fault(key, "unknown", f"[settings] 中没有“{key}”这一项"))
            continue
        where = f"[settings] 的“{key}”（{choice.label}）"
        if isinstance(given, Mapping) and set(given) != {"value", "article"}:
            faults.append(_fault(key, "shape", f'{where}应当写成一个值，或者 {{ value = 值, article = "条文" }}'))
        elif wrong := _wrong(choice, _value(given)):
            faults.append(_fault(key, "kind", f"{where}{wrong}"))
        elif _laxer(choice, _value(given)) and not _article(given):
            message = f"{where}比默认值 {str(choice.default).lower()} 宽，应当写明允许这样做的条文（默认值依据：{choice.article}）"
            faults.append(_fault(key, "laxer", message))
    return faults


def _choices(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: given for key, given in settings.items() if key not in ELSEWHERE}


def _value(given: Any) -> Any:
    return given["value"] if isinstance(given, Mapping) else given


def _article(given: Any) -> str:
    return str(given["article"]).strip() if isinstance(given, Mapping) else ""


def _wrong(choice: Choice, value: Any) -> str:
    if choice.choices:
        return "" if value in choice.choices else f"只能是 {'、'.join(choice.choices)}"
    if isinstance(choice.default, bool):
        return "" if isinstance(value, bool) else "应当是 true 或者 false"
    if isinstance(value, bool) or not isinstance(value, int):
        return "应当是整数"
    return "" if choice.least <= value <= _LARGEST else f"不得小于 {choice.least}，也不得大得不合常理"


def _laxer(choice: Choice, value: Any) -> bool:
    if not choice.stricter:
        return False
    return bool(value > choice.default if choice.stricter == LOWER else value < choice.default)


def _fault(key: str, code: str, message: str) -> Fault:
    return Fault(f"package.toml [settings] {key}", f"settings.{code}", message)
