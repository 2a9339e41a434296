"""Service of documents (送达): which method is allowed under which conditions, and on which day the document counts as served."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from engine.clock import legal_time
from engine.errors import Invalid, Unlawful
from engine.law.local_rules import LocalRules
from engine.law.time_limits import load_limits
from engine.law.wording import chinese_date

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
RECEIVERS: Final = MappingProxyType(
    {
        "SELF": "受送达人本人", "COHABITING": "同住成年家属", "LEGAL_REPRESENTATIVE": "法定代表人、主要负责人",
        "MAIL_ROOM": "负责收件的人", "AGENT": "代理人", "DESIGNATED": "指定的代收人",
    }
)
PERSON_RECEIVERS: Final = frozenset({"SELF", "COHABITING", "AGENT", "DESIGNATED"})
BODY_RECEIVERS: Final = frozenset({"LEGAL_REPRESENTATIVE", "MAIL_ROOM", "AGENT", "DESIGNATED"})
FORWARDERS: Final = MappingProxyType(
    {"ARMY": "所在部队团以上单位的政治机关", "PRISON": "所在监所", "EDUCATION": "所在强制性教育机构", "DEPARTMENT": "其他部门"}
)
CONSENT = "行政处罚法 第六十一条第二款; 粤府〔2023〕73号 第三十条; 民事诉讼法 第九十条第一款"
SAMR = "市场监督管理行政处罚程序规定 第八十二条"
STRICT: Final = LocalRules()


def is_electronic(method: str) -> bool:
    """Whether a method of SERVICE_METHODS is electronic (民事诉讼法 第九十条)."""
    return method.startswith("E_")


def require_method_allowed(
    method: str, *, electronic_consent: bool = False, consent_signed_at: datetime | None = None,
    sent_at: datetime | None = None, other_ways_failed: bool = False, whereabouts_unknown: bool = False,
    refused: bool = False, witnessed: bool = False, direct_is_hard: bool = True, forwarder: str = "DEPARTMENT",
    in_person: bool = True, reason_recorded: bool = True,
) -> None:
    """Refuse a method that the law does not allow here.

    Electronic only with a confirmation signed before sending (行政处罚法 第六十一条第二款); leaving it behind only when refused
    and witnessed, by a person's signature or by a recording (民事诉讼法 第八十九条); by post or by another agency only when direct
    service is hard (第九十一条; 程序规定 第八十二条第四项); forwarding through one of FORWARDERS (第九十二条、第九十三条); public notice
    only as the last resort, when the other ways failed or nobody knows where the party is, with the reason on file
    (第九十五条); handing over on the spot only to a party who is there (行政处罚法 第六十一条第一款).
    """
    _require_known(method)
    if is_electronic(method):
        if not electronic_consent:
            raise Unlawful("service.no_consent", "当事人没有签订电子送达确认书，不得采用电子方式送达", article=CONSENT)
        if consent_signed_at and sent_at and consent_signed_at > sent_at:
            raise Unlawful("service.consent_later", "电子送达确认书签订在发送之后，不得据此认定送达", article=CONSENT)
    if method == "PUBLIC":
        article = f"民事诉讼法 第九十五条; {SAMR}第五项"
        _require(other_ways_failed or whereabouts_unknown, "service.public_too_early",
                 "当事人并非下落不明，其他方式也未证明无法送达，不得公告送达", article)
        _require(reason_recorded, "service.public_reason", "公告送达应当在案卷中记明原因和经过", article)
    if method == "LEAVE":
        _require(refused and witnessed, "service.leave", "留置送达应当写明拒收事由，并有见证人签名或者拍照、录像记录",
                 f"民事诉讼法 第八十九条; {SAMR}第二项")
    if method in ("MAIL", "ENTRUST", "FORWARD"):
        _require(direct_is_hard or (method == "FORWARD" and forwarder != "DEPARTMENT"), "service.direct_first",
                 f"直接送达没有困难的，不得{SERVICE_METHODS[method]}", f"民事诉讼法 第九十一条; {SAMR}第四项")
    if method == "FORWARD" and forwarder not in FORWARDERS:
        raise Invalid("service.forwarder", f"转交送达应当写明由谁转交：{'、'.join(FORWARDERS.values())}")
    if method == "ONSPOT":
        _require(in_person, "service.absent", "当事人不在场，不能当场交付，应当在七日内送达", "行政处罚法 第六十一条第一款")


def require_receiver(receiver: str, party_type: str) -> None:
    """Refuse a signature by someone who may not sign for the party (民事诉讼法 第八十八条; 程序规定 第八十二条第一项).

    For a natural person (PERSON, SOLE) the person, an adult of the household, an agent or whom the party named; for others the
    legal representative, who is in charge of the post, an agent or whom it named.
    """
    if receiver not in RECEIVERS:
        raise Invalid("service.receiver", f"没有“{receiver}”这种签收人", receiver=receiver)
    allowed = PERSON_RECEIVERS if party_type in ("PERSON", "SOLE") else BODY_RECEIVERS
    if receiver not in allowed:
        names = "、".join(RECEIVERS[each] for each in RECEIVERS if each in allowed)
        raise Unlawful("service.receiver_not_allowed", f"“{RECEIVERS[receiver]}”不能签收，应当由{names}签收",
                       article=f"民事诉讼法 第八十八条; {SAMR}第一项")


def served_on(
    method: str, *, served_at: datetime, arrived_at: datetime | None = None, sent_at: datetime | None = None,
    returned_at: datetime | None = None, address_confirmed: bool = False, system: str = "", designated: str = "",
    rules: LocalRules | None = None, notice_days: int | None = None,
) -> date:
    """The legal day of service.

    served_at: signed, left, receipt or published, by method; arrived_at: when an electronic document reached the
    recipient's system, which alone counts (民事诉讼法 第九十条第二款; 粤府〔2023〕73号 第三十条). Signature and receipt:
    第八十七条、第九十一条、第九十四条; public notice: thirty days after publication (第九十五条), or the notice_days of the domain's own rule.
    returned_at: a letter to an address that the party confirmed, and that was wrong or given up without a word, is served on
    the day on which it came back (市场监督管理行政处罚程序规定 第八十三条第二款). system, designated: the system that the
    document reached, and the one that the party named; they must be the same where the package wants the designated one
    (福建省政府令第242号 第十九条).
    """
    _require_known(method)
    choices = rules or STRICT
    if is_electronic(method):
        return _electronic(method, sent_at, arrived_at, system, designated, choices)
    if method == "MAIL" and returned_at is not None:
        _require(address_confirmed, "service.returned", "邮件被退回，且当事人没有签署送达地址确认书，不能视为送达", f"{SAMR}第四项、第八十三条")
        return legal_time(returned_at).date()
    day = legal_time(served_at).date()
    if method == "PUBLIC":
        return day + timedelta(days=load_limits()["TL_SERVICE_PUBLIC"].amount if notice_days is None else notice_days)
    return day


def require_effective(served: date, today: date, method: str) -> None:
    """Refuse to record a service before the day on which it takes effect, as with a public notice (民事诉讼法 第九十五条)."""
    if served > today:
        message = f"{SERVICE_METHODS[method]}到{chinese_date(served)}才产生送达效力，此前不得登记为已经送达"
        raise Unlawful("service.not_yet", message, article="民事诉讼法 第八十七条、第九十五条")


def _electronic(
    method: str, sent_at: datetime | None, arrived_at: datetime | None, system: str, designated: str, rules: LocalRules
) -> date:
    if arrived_at is None:
        if rules.electronic_arrival == "sending_system" and sent_at is not None:
            return legal_time(sent_at).date()
        raise Invalid("service.not_arrived", f"{SERVICE_METHODS[method]}应当填写到达受送达人系统的时间")
    if sent_at is not None and arrived_at < sent_at:
        raise Invalid("service.arrived_before_sent", "电子文书的到达时间不得早于发送时间")
    if rules.electronic_arrival == "designated_system" and system != designated:
        raise Unlawful(
            "service.other_system", f"文书到达的是“{system}”，不是当事人在确认书中指定的接收系统“{designated}”，不能认定送达",
            article=rules.article("electronic_arrival"),
        )
    return legal_time(arrived_at).date()


def _require(kept: bool, code: str, message: str, article: str) -> None:
    if not kept:
        raise Unlawful(code, message, article=article)


def _require_known(method: str) -> None:
    if method not in SERVICE_METHODS:
        raise Invalid("service.method", f"没有“{method}”这种送达方式", method=method)
    if method == "PHONE":
        raise Unlawful("service.phone", "电话告知不是文书的送达方式", article="民事诉讼法 第八十七条; 行政处罚法 第六十一条")
