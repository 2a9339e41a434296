"""The door to the statutory safeguards: each refuses, with article and sentence, what the law forbids."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from engine.clock import at_legal_midnight, end_of_day
from engine.errors import Unlawful
from engine.law.history import ActDone as ActDone
from engine.law.history import CaseHistory as CaseHistory
from engine.law.officers import SEPARATED as SEPARATED
from engine.law.officers import OfficerOnDuty as OfficerOnDuty
from engine.law.officers import require_certificate_and_rights as require_certificate_and_rights
from engine.law.officers import require_separation as require_separation
from engine.law.officers import require_two_officers as require_two_officers
from engine.law.sequence import GUARDS as GUARDS
from engine.law.sequence import require_accepted_evidence as require_accepted_evidence
from engine.law.sequence import require_before as require_before
from engine.law.sequence import require_not_heavier as require_not_heavier
from engine.law.sequence import require_prior_notice as require_prior_notice
from engine.law.windows import DefenceWindow as DefenceWindow
from engine.law.windows import defence_window_closed as defence_window_closed
from engine.law.windows import open_rights as open_rights
from engine.law.windows import require_hearing_notice as require_hearing_notice
from engine.law.windows import require_window_closed as require_window_closed
from engine.law.windows import window_reason as window_reason
from engine.law.wording import chinese_date

NEGATIVE_OPINIONS = frozenset({"DISAGREE", "RETURN", "CORRECT", "SUPPLEMENT"})


@dataclass(frozen=True)
class EmergencyDeclaration:
    """A declared emergency: from when until when, in which areas, and the items whose violation breaks its measures."""

    number: str
    starts_at: datetime
    ends_at: datetime
    areas: Collection[str]
    items: Collection[str]


def require_seal(*, registered: bool, valid: bool) -> None:
    """Refuse a seal that is not filed with the police and the national platform, or expired (粤府〔2023〕73号 第二十七条)."""
    article = "粤府〔2023〕73号 第二十七条"
    if not registered:
        raise Unlawful("seal.unregistered", "电子印章没有向公安机关和国家政务服务平台备案，不得使用", article=article)
    if not valid:
        raise Unlawful("seal.expired", "电子印章不在有效期内，不得使用", article=article)


def require_emergency(
    declaration: EmergencyDeclaration | None, *, area: str, item_code: str, violated_on: date
) -> None:
    """Refuse the fast track unless a declaration covers day, area and behaviour (处罚法 第四十九条; 粤府〔2023〕73号 第二十五条)."""
    article = "行政处罚法 第四十九条; 粤府〔2023〕73号 第二十五条第一款"
    if declaration is None:
        raise Unlawful("emergency.none", "没有突发事件应急响应，不得快速办理，请按普通程序办理", article=article)
    if not (declaration.starts_at < end_of_day(violated_on) and declaration.ends_at > at_legal_midnight(violated_on)):
        message = f"违法行为发生在{chinese_date(violated_on)}，不在应急响应“{declaration.number}”期间，不得快速办理"
        raise Unlawful("emergency.date", message, article=article)
    if area not in declaration.areas:
        raise Unlawful("emergency.area", f"应急响应“{declaration.number}”不适用于违法行为发生的地区，不得快速办理", article=article)
    if item_code not in declaration.items:
        raise Unlawful("emergency.item", f"违法行为没有违反应急响应“{declaration.number}”的应对措施，不得快速办理", article=article)


def require_item(
    *, item_name: str, active: bool, acting: bool, basis_from: date, basis_to: date | None, violated_on: date | None,
    excluded: str = "",
) -> None:
    """Refuse a case on an item that is not active, not this agency's, excluded, or without a basis on the day of the act.

    Basis: 行政处罚法 第四条、第十七条、第三十七条、第三十八条; 粤府〔2023〕73号 第五条、第十三条. Without a day the basis is not checked.
    """
    if excluded:
        raise Unlawful("item.excluded", f"事项“{item_name}”不在平台办理范围：{excluded}", article="粤府〔2023〕73号 第五条")
    if not active:
        raise Unlawful("item.inactive", f"事项“{item_name}”不在现行执法事项目录中，不得据此立案", article="粤府〔2023〕73号 第十三条第二项")
    if not acting:
        raise Unlawful(
            "item.not_acting", f"本机关不是事项“{item_name}”的实施主体", article="行政处罚法 第十七条、第三十八条第一款"
        )
    if violated_on is not None and not (basis_from <= violated_on and (basis_to is None or violated_on <= basis_to)):
        raise Unlawful(
            "item.basis", f"事项“{item_name}”的依据在{chinese_date(violated_on)}不是有效的", article="行政处罚法 第四条、第三十七条、第三十八条第一款"
        )


def require_reason(decision: str, opinion: str) -> None:
    """A negative opinion gives its reason (阿坝州行政权力依法规范公开运行实施办法（试行） 第三十条第四项)."""
    if decision in NEGATIVE_OPINIONS and not opinion.strip():
        raise Unlawful("opinion.reason", "持否定意见的，应当说明理由", article="阿坝州行政权力依法规范公开运行实施办法（试行） 第三十条第四项")
