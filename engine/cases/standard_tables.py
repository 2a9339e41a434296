"""The decision tables of the discretion standards (裁量基准) in a package: read, and asked what they say about a case."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.errors import Fault, Invalid, PackageFault
from engine.rules.decisions import Decisions, read_decisions

WORDS = frozenset({"standard", "title", "basis", "tier", "statutory"})
TIER_OUTPUTS = ("tier", "row", "low", "high")
RANGE_OUTPUTS = ("low", "high")


@dataclass(frozen=True)
class Assessment:
    """What a standard says about a case: the tier, the row that fits in words, the tier's and the statute's range in yuan."""

    tier: str
    row: str
    low: Decimal
    high: Decimal
    statutory_low: Decimal
    statutory_high: Decimal


@dataclass(frozen=True)
class StandardTable:
    """One standard's tables.

    code: of the standard in the register; tier, statutory: names of the two decisions; factors: what each factor is called.
    """

    code: str
    title: str
    basis: str
    decisions: Decisions
    tier: str
    statutory: str
    factors: Mapping[str, str]

    def needs(self) -> frozenset[str]:
        """The factors that the tables ask for."""
        return frozenset({*self.decisions.inputs(self.tier), *self.decisions.inputs(self.statutory)})

    def assess(self, factors: Mapping[str, Any]) -> Assessment:
        """Tier and ranges for the factors of a case (行政处罚法 第三十四条).

        Invalid when a factor is missing, no row fits, or a range makes no sense.
        """
        if missing := sorted(key for key in self.needs() if factors.get(key) is None):
            named = self.factors.get(missing[0], missing[0])
            raise Invalid("discretion.factor", f"《{self.title}》需要的裁量因素“{named}”没有填写", factors=missing)
        facts = {key: _fact(factors[key]) for key in self.needs()}
        tier = self._decide(self.tier, facts, TIER_OUTPUTS)
        statute = self._decide(self.statutory, facts, RANGE_OUTPUTS)
        return Assessment(
            tier=str(tier["tier"]), row=str(tier["row"]), low=_yuan(tier["low"]), high=_yuan(tier["high"]),
            statutory_low=_yuan(statute["low"]), statutory_high=_yuan(statute["high"]),
        )

    def _decide(self, name: str, facts: Mapping[str, Any], wanted: tuple[str, ...]) -> Mapping[str, Any]:
        result = self.decisions.decide(name, facts)
        if not isinstance(result, Mapping) or any(result.get(key) is None for key in wanted):
            raise Invalid("discretion.no_row", f"《{self.title}》没有适用于本案的条目，请核对裁量因素")
        return result


def read_standard_table(settings: bytes, dmn: bytes, where: str) -> StandardTable:
    """A standard's table out of decisions/<name>.toml and .dmn (where: the path without suffix); PackageFault names faults."""
    try:
        said = tomllib.loads(settings.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _fault(f"{where}.toml", "toml", f"文件 {where}.toml 不是正确的 TOML：{error}") from error
    words = {key: value for key, value in said.items() if key != "factors"}
    factors: Mapping[str, Any] = said["factors"] if isinstance(said.get("factors"), dict) else {}
    texts = [*words.values(), *factors.values()]
    if not factors or words.keys() != WORDS or not all(isinstance(text, str) and text.strip() for text in texts):
        raise _fault(f"{where}.toml", "keys", f"文件 {where}.toml 应当写明且只写明 {'、'.join(sorted(WORDS))} 和 [factors]")
    decisions = read_decisions(dmn, f"{where}.dmn")
    for name in (said["tier"], said["statutory"]):
        if name not in decisions.names:
            raise _fault(f"{where}.toml", "decision", f"文件 {where}.dmn 中没有名为“{name}”的决策")
    table = StandardTable(words["standard"], words["title"], words["basis"], decisions, words["tier"], words["statutory"], factors)
    if unnamed := sorted(table.needs() ^ table.factors.keys()):
        raise _fault(f"{where}.toml", "factors", f"文件 {where}.toml 的 [factors] 与决策表用到的因素不一致：{'、'.join(unnamed)}")
    return table


def _fact(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _yuan(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or not Decimal(value).is_finite() or value < 0:
        raise Invalid("discretion.range", f"裁量基准得出的金额“{value}”不正确")
    return Decimal(value).quantize(Decimal("0.01"))


def _fault(where: str, code: str, message: str) -> PackageFault:
    return PackageFault(f"standard.{code}", message, faults=(Fault(where, f"standard.{code}", message),))
