"""The summary procedure (简易程序): which penalties may be decided, and which fines collected, on the spot."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from engine.errors import Unlawful
from engine.law.penalties import ProposedPenalty, total
from engine.law.time_limits import load_amount_thresholds
from engine.law.wording import money_text

ON_THE_SPOT: Final = "行政处罚法 第五十一条"
COLLECTING: Final = "行政处罚法 第六十七条、第六十八条、第六十九条"
REMOTE: Final = "REMOTE"
KINDS: Final = frozenset({"FINE", "WARNING"})


def summary_ceiling(party_type: str) -> Decimal:
    """The highest fine in yuan that may be decided on the spot: 200 for a citizen, 3,000 for others (行政处罚法 第五十一条).

    A sole trader (SOLE) is a citizen here: the strict reading, since the law names only 公民 and 法人或者其他组织.
    """
    citizen = party_type in ("PERSON", "SOLE")
    return load_amount_thresholds()["AM_SIMPLE_CITIZEN" if citizen else "AM_SIMPLE_ORG"].amount


def why_not_summary(
    penalties: Collection[ProposedPenalty], party_type: str, *, facts_clear: bool, has_basis: bool
) -> tuple[str, ...]:
    """Why a case may not be decided on the spot, in sentences; empty when it may (行政处罚法 第五十一条).

    facts_clear: 违法事实确凿; has_basis: 有法定依据. Only a warning and a fine up to the ceiling.
    """
    ceiling, fine = summary_ceiling(party_type), total(penalties, "FINE")
    reasons = []
    if not facts_clear:
        reasons.append("违法事实尚不确凿，需要调查")
    if not has_basis:
        reasons.append("没有法定依据")
    if not penalties:
        reasons.append("没有拟当场作出的处罚")
    if any(item.kind not in KINDS for item in penalties):
        reasons.append("当场处罚只限于警告和罚款")
    if fine > ceiling:
        reasons.append(f"罚款{money_text(fine)}，超过当场处罚的限额{money_text(ceiling)}")
    return tuple(reasons)


def require_summary(
    penalties: Collection[ProposedPenalty], party_type: str, *, facts_clear: bool = True, has_basis: bool = True
) -> None:
    """Refuse a decision on the spot that the law does not allow: Unlawful, with every reason (行政处罚法 第五十一条、第五十四条)."""
    if reasons := why_not_summary(penalties, party_type, facts_clear=facts_clear, has_basis=has_basis):
        message = f"不得当场作出行政处罚决定，应当适用普通程序：{'；'.join(reasons)}"
        raise Unlawful("summary.not_allowed", message, article=f"{ON_THE_SPOT}、第五十四条", reasons=reasons)


def require_spot_collection(
    fine: Decimal, *, decided_on_the_spot: bool, hard_to_collect_later: bool = False, remote: bool = False,
    asked_by_party: bool = False,
) -> None:
    """Refuse to collect a fine on the spot except in the cases of the law (行政处罚法 第六十七条至第六十九条).

    After a decision on the spot: up to 100 yuan, or hard to collect later. In remote places, on the water or where traffic is
    poor (remote), after either procedure, and only when the party asks because paying at the bank is hard.
    """
    small = fine <= load_amount_thresholds()["AM_ONSPOT_COLLECT"].amount
    if decided_on_the_spot and (small or hard_to_collect_later):
        return
    if remote and asked_by_party:
        return
    raise Unlawful(
        "summary.collection", "不得自行收缴罚款：当场处罚一百元以下或者事后难以执行的，或者边远、水上、交通不便地区经当事人提出的除外",
        article=COLLECTING,
    )
