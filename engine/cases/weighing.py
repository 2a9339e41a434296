"""Weighing (裁量): the tier and range that the standard gives for this case, held against what the officer proposes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from engine.cases.acts import Act
from engine.cases.cases import Case
from engine.cases.parties import known_party
from engine.cases.standard_tables import Assessment, StandardTable
from engine.cases.submissions import Submission
from engine.errors import Unlawful
from engine.law import discretion
from engine.law.circumstances import age_circumstance, require_tier_open
from engine.law.fines import FineRange
from engine.law.local_rules import LocalRules
from engine.law.versions import RuleVersion, applicable_version, in_force
from engine.law.wording import money_text
from engine.registers import emergencies
from engine.registers.items import DiscretionStandard, standards_of

Label = Callable[[str, str, object], str]
"""(step, field, code) → Chinese label of a coded value; empty when the field carries no code list."""
NO_STANDARD = "OTHER"
DECLARED = frozenset({"emergency", "duration_days", "individual"})
"""Factors that the system knows from the case; nobody fills them in."""
STANDARD = "行政处罚法 第五条、第三十四条"


@dataclass(frozen=True)
class Weighed:
    """A proposal that was found lawful: whether it leaves the standard, and what is kept beside the form."""

    deviates: bool
    computed: Mapping[str, Any]


def weigh(act: Act, fine: Decimal, values: Mapping[str, Any]) -> Weighed:
    """Hold tier and fine (yuan) against the standard, the statute and the circumstances; Unlawful names every fault.

    values: the answers on which the weighing rests; for a later revision those of the report with what has changed since.
    Without a standard the officer states the statutory range himself (行政处罚法 第三十四条).
    """
    tier, reason, code = str(values.get("tier") or ""), str(values.get("deviation_reason") or ""), str(values["discretion_standard"])
    table, row = _standard(act, code, values, reason)
    known = known_factors(act.session, act.case, act.rules, act.today)
    circumstances = _circumstances(act, values, emergency=known["emergency"])
    if circumstances:
        require_tier_open(tier, circumstances)
    factors = {**values, **known}
    if table is None:
        low, high = _amount(values, "range_low"), _amount(values, "range_high")
        found = Assessment(tier, "", low, high, low, high)
    else:
        found = table.assess(factors)
    limits = discretion.DiscretionRange(tier, found.low, found.high, found.statutory_low, found.statutory_high)
    if tier == "T1" and table is None:
        limits = discretion.DiscretionRange(tier, Decimal(0), found.low, found.low, found.high)
    discretion.require_within_tier(
        limits, fine, by_standard=found.tier, deviation_reason=reason, mitigating=values.get("mitigating") or (),
        exempting=str(values.get("no_penalty_reason") or ""),
    )
    leaves = discretion.deviates(limits, fine, by_standard=found.tier)
    return Weighed(leaves, {
        "factors_used": [] if table is None else [[key, name, factors[key]] for key, name in table.factors.items()],
        "range_low": found.low, "range_high": found.high, "standard_tier": found.tier, "standard_row": found.row,
        "circumstances": list(circumstances), "discretion_statement": _statement(table, row, found, tier, reason),
    })


def known_factors(session: Session, case: Case, rules: LocalRules, today: date) -> dict[str, Any]:
    """The factors that the case itself tells: how long it lasted, whether measures of an emergency were broken, by whom."""
    party, ended = known_party(session, case.id), case.violation_to or today
    covering = emergencies.covering(session, case.region_code, case.item_code, ended)
    return {
        "emergency": covering is not None, "duration_days": (ended - (case.violation_from or ended)).days + 1,
        "individual": party.type == "PERSON" or (party.type == "SOLE" and rules.sole_trader_counts_as_person),
    }


def discretion_said(done: Sequence[Submission], label: Label) -> dict[str, str]:
    """How a document tells the weighing: the factors found, the standard, tier and range applied last, and the reasons."""
    last = {
        key: value for row in done for key in ("discretion_statement", "discretion_reason", "factors_used", "factors")
        if (value := row.values.get(key))
    }
    steps = tuple(dict.fromkeys(row.step for row in done))
    factors = [f"{name}：{_shown(steps, key, value, label)}" for key, name, value in last.get("factors_used", ())]
    said = str(last.get("discretion_statement", ""))
    return {
        "statement": said, "reasoning": said + str(last.get("discretion_reason", "")),
        "factors": "；".join([*factors, *([str(last["factors"])] if last.get("factors") else [])]),
    }


def _shown(steps: Sequence[str], key: str, value: Any, label: Label) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return next((name for step in steps if (name := label(step, key, value))), f"{value}")


def _standard(
    act: Act, code: str, values: Mapping[str, Any], reason: str
) -> tuple[StandardTable | None, DiscretionStandard | None]:
    """The standard of that code with its table; Unlawful when another one has to be applied to this act."""
    rows = standards_of(act.session, act.case.item_code)
    bound = [row for row in rows if row.code in act.standards]
    if code == NO_STANDARD:
        if _versions(bound) and in_force(_versions(bound), act.today) and not reason.strip():
            message = f"本事项有裁量基准《{bound[0].name}》，应当适用；不适用的，应当说明理由"
            raise Unlawful("discretion.standard_unused", message, article=STANDARD)
        return None, None
    row = next((each for each in bound if each.code == code), None)
    if row is None:
        raise Unlawful("discretion.standard_foreign", f"裁量基准“{code}”不适用于“{act.case.item.name}”", article=STANDARD)
    acted_on = act.case.violation_to or act.today
    versions = _versions(bound)
    if in_force(versions, acted_on) and len(bound) > 1:
        ranged = [_with_range(act, version, values) for version in versions]
        right = applicable_version(ranged, acted_on, act.today)
        if right.version and right.version.name != code:
            message = f"{right.reason}，不适用“{code}”"
            raise Unlawful("discretion.standard_version", message, article=f"行政处罚法 第三十四条; {right.article}")
    elif not in_force(versions, acted_on) and row.effective_from > act.today:
        raise Unlawful("discretion.standard_future", f"裁量基准“{code}”尚未施行", article=STANDARD)
    return act.standards[code], row


def _versions(rows: Sequence[DiscretionStandard]) -> list[RuleVersion]:
    """The standards of an item as versions that follow each other, the oldest first."""
    ordered = sorted(rows, key=lambda row: row.effective_from)
    ends: list[date | None] = [row.effective_from - timedelta(days=1) for row in ordered[1:]]
    return [RuleVersion(row.code, row.effective_from, end) for row, end in zip(ordered, [*ends, None], strict=False)]


def _with_range(act: Act, version: RuleVersion, values: Mapping[str, Any]) -> RuleVersion:
    known = known_factors(act.session, act.case, act.rules, act.today)
    found = act.standards[version.name].assess({**values, **known})
    return RuleVersion(version.name, version.in_force_from, version.in_force_to, FineRange(found.low, found.high))


def _circumstances(act: Act, values: Mapping[str, Any], *, emergency: bool) -> tuple[str, ...]:
    """What was ticked and what the case itself tells: a broken emergency measure, a young party (第三十条、第四十九条)."""
    codes = [*(values.get("mitigating") or ()), *(values.get("aggravating") or ())]
    if values.get("no_penalty_reason"):
        codes.append(str(values["no_penalty_reason"]))
    if emergency:
        codes.append("EMERGENCY")
    party = known_party(act.session, act.case.id)
    if party.type == "PERSON" and len(party.identity_number) == 18 and act.case.violation_to:
        born = date.fromisoformat(party.identity_number[6:14])
        codes.append(age_circumstance(born, act.case.violation_to))
    return tuple(dict.fromkeys(code for code in codes if code))


def _statement(
    table: StandardTable | None, row: DiscretionStandard | None, found: Assessment, tier: str, reason: str
) -> str:
    span = f"{money_text(found.low)}至{money_text(found.high)}"
    if table is None or row is None:
        return f"本案没有对应的裁量基准，法定幅度为{span}，适用“{discretion.TIERS[tier]}”。"
    applied = f"适用《{table.title}》（{row.issued_as}）“{found.row}”条目，裁量阶次为{discretion.TIERS[found.tier]}，幅度为{span}"
    other = f"；拟适用{discretion.TIERS[tier]}，偏离基准的理由：{reason.strip()}" if reason.strip() else ""
    return f"{applied}{other}。"


def _amount(values: Mapping[str, Any], key: str) -> Decimal:
    value = values.get(key)
    return value if isinstance(value, Decimal) else Decimal(0)
