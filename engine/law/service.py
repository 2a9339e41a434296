"""Service of documents (送达): which method is allowed, and on which day the document counts as served."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from engine.clock import legal_time
from engine.errors import Invalid, Unlawful
from engine.law.time_limits import load_limits

SERVICE_METHODS: Final = MappingProxyType(
    {
        "DIRECT": "直接送达",
        "LEAVE": "留置送达",
        "E_MAIL": "电子邮件送达",
        "E_SMS": "手机短信送达",
        "E_FAX": "传真送达",
        "E_IM": "即时通讯账号送达",
        "E_PLATFORM": "平台电子送达",
        "MAIL": "邮寄送达",
        "ENTRUST": "委托送达",
        "FORWARD": "转交送达",
        "PUBLIC": "公告送达",
        "ONSPOT": "当场交付",
        "PHONE": "电话告知",
    }
)
CONSENT = "行政处罚法 第六十一条第二款; 粤府〔2023〕73号 第三十条; 民事诉讼法 第九十条第一款"


def is_electronic(method: str) -> bool:
    """Whether a method of SERVICE_METHODS is electronic (民事诉讼法 第九十条)."""
    return method.startswith("E_")


def require_method_allowed(
    method: str, *, electronic_consent: bool = False, consent_signed_at: datetime | None = None,
    sent_at: datetime | None = None, other_ways_failed: bool = False, whereabouts_unknown: bool = False,
    refused: bool = False, witnessed: bool = False,
) -> None:
    """Refuse a method that the law does not allow here.

    Electronic only with a confirmation signed before sending (行政处罚法 第六十一条第二款); leaving it behind only when refused
    and witnessed, by a person's signature or by a recording (民事诉讼法 第八十九条); public notice only as the last resort, when
    the other ways failed or nobody knows where the party is (民事诉讼法 第九十五条).
    """
    _require_known(method)
    if is_electronic(method):
        if not electronic_consent:
            raise Unlawful("service.no_consent", "当事人没有签订电子送达确认书，不得采用电子方式送达", article=CONSENT)
        if consent_signed_at and sent_at and consent_signed_at > sent_at:
            raise Unlawful("service.consent_later", "电子送达确认书签订在发送之后，不得据此认定送达", article=CONSENT)
    if method == "PUBLIC" and not (other_ways_failed or whereabouts_unknown):
        raise Unlawful(
            "service.public_too_early", "当事人并非下落不明，其他方式也未证明无法送达，不得公告送达",
            article="民事诉讼法 第九十五条; 市场监督管理行政处罚程序规定 第八十二条第五项",
        )
    if method == "LEAVE" and not (refused and witnessed):
        raise Unlawful(
            "service.leave", "留置送达应当写明拒收事由，并有见证人签名或者拍照、录像记录",
            article="民事诉讼法 第八十九条; 市场监督管理行政处罚程序规定 第八十二条第二项",
        )


def served_on(
    method: str, *, served_at: datetime, arrived_at: datetime | None = None, sent_at: datetime | None = None
) -> date:
    """The legal day of service.

    served_at: signed, left, receipt or published, by method; arrived_at: when an electronic document reached the
    recipient's system, which alone counts (民事诉讼法 第九十条第二款; 粤府〔2023〕73号 第三十条). Signature and receipt:
    民事诉讼法 第八十七条、第九十一条; public notice: thirty days after publication (第九十五条).
    """
    _require_known(method)
    if is_electronic(method):
        if arrived_at is None:
            raise Invalid("service.not_arrived", f"{SERVICE_METHODS[method]}应当填写到达受送达人系统的时间")
        if sent_at is not None and arrived_at < sent_at:
            raise Invalid("service.arrived_before_sent", "电子文书的到达时间不得早于发送时间")
        return legal_time(arrived_at).date()
    day = legal_time(served_at).date()
    if method == "PUBLIC":
        return day + timedelta(days=load_limits()["TL_SERVICE_PUBLIC"].amount)
    return day


def _require_known(method: str) -> None:
    if method not in SERVICE_METHODS:
        raise Invalid("service.method", f"没有“{method}”这种送达方式", method=method)
    if method == "PHONE":
        raise Unlawful("service.phone", "电话告知不是文书的送达方式", article="民事诉讼法 第八十七条; 行政处罚法 第六十一条")
