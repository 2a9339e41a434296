"""Stay and termination (中止、终止) of an investigation: asked for, approved by the head of the agency, and their grounds.

市场监督管理行政处罚程序规定 第四十六条、第四十七条. While a stay lasts no step is taken and no limit that knows it runs (第六十四条第二款).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.cases import DECIDED_STATUSES, Case
from engine.database import Base, Moment
from engine.errors import Conflict, Invalid, Unlawful

STAY, TERMINATION = "stay", "termination"
KIND_NAMES: Final[Mapping[str, str]] = MappingProxyType({STAY: "中止案件调查", TERMINATION: "终止案件调查"})
ARTICLES: Final[Mapping[str, str]] = MappingProxyType(
    {STAY: "市场监督管理行政处罚程序规定 第四十六条", TERMINATION: "市场监督管理行政处罚程序规定 第四十七条"}
)
GROUNDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    STAY: MappingProxyType({
        "AWAITING_RULING": "须以相关案件的裁判结果或者其他行政决定为依据，而该案尚未审结或者该决定尚未作出",
        "AWAITING_INTERPRETATION": "涉及法律适用等问题，需要送请有权机关作出解释或者确认",
        "FORCE_MAJEURE": "因不可抗力致使案件暂时无法调查",
        "PARTY_MISSING": "因当事人下落不明致使案件暂时无法调查",
        "OTHER": "其他应当中止调查的情形",
    }),
    TERMINATION: MappingProxyType({
        "PERSON_DIED": "涉嫌违法的自然人死亡且无权利义务承受人，案件调查无法继续进行",
        "ENTITY_ENDED": "法人、其他组织终止且无权利义务承受人，案件调查无法继续进行",
        "OTHER": "其他原因致使案件调查无法继续进行",
    }),
})
ASKED, APPROVED, REFUSED, LIFTED = "asked", "approved", "refused", "lifted"
STATE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {ASKED: "等待审批", APPROVED: "已批准", REFUSED: "未批准", LIFTED: "已恢复"}
)


class Stay(Base):
    """One request to stay or terminate; approved stays last until lifted_at."""

    __tablename__ = "stay"
    __table_args__ = (Index(None, "case_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(String(12))
    ground: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default=ASKED)
    asked_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    opinion: Mapped[str] = mapped_column(Text, default="")
    lifted_by: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)
    lift_reason: Mapped[str] = mapped_column(Text, default="")

    @property
    def kind_name(self) -> str:
        """中止 or 终止 in words."""
        return KIND_NAMES[self.kind]

    @property
    def state_name(self) -> str:
        """How far the request has come, in Chinese."""
        return STATE_NAMES[self.state]

    @property
    def ground_name(self) -> str:
        """The ground in the words of the article."""
        return GROUNDS[self.kind][self.ground]

    @property
    def article(self) -> str:
        """The article that allows it."""
        return ARTICLES[self.kind]


def stays_of(session: Session, case_id: int) -> list[Stay]:
    """All requests of a case, in order."""
    return list(session.scalars(select(Stay).where(Stay.case_id == case_id).order_by(Stay.id)))


def running_stay(session: Session, case_id: int) -> Stay | None:
    """The stay that lasts now; None when the case goes on."""
    return session.scalar(select(Stay).where(Stay.case_id == case_id, Stay.kind == STAY, Stay.state == APPROVED).limit(1))


def waiting_request(session: Session, case_id: int) -> Stay | None:
    """The request that waits for the head of the agency; None when there is none."""
    return session.scalar(select(Stay).where(Stay.case_id == case_id, Stay.state == ASKED).limit(1))


def require_running(session: Session, case: Case) -> None:
    """Conflict while the investigation is stayed (程序规定 第四十六条)."""
    if case.stayed_at is not None and (stay := running_stay(session, case.id)) is not None:
        raise Conflict(
            "case.stayed", f"案件自{stay.decided_at:%Y年%m月%d日}起中止调查（{stay.ground_name}），恢复之前不能办理", article=stay.article
        )


def require_may_ask(session: Session, case: Case, kind: str, ground: str, reason: str) -> None:
    """Only a filed and undecided case is stayed or terminated, on one of the grounds of the article, with a reason."""
    if kind not in GROUNDS or ground not in GROUNDS[kind] or not reason.strip():
        raise Invalid("stay.ground", "请选择中止或者终止的情形，并写明理由")
    if case.filed_on is None or case.status in DECIDED_STATUSES or case.status in ("NOT_FILED", "TERMINATED"):
        raise Unlawful("stay.not_investigated", f"{KIND_NAMES[kind]}只适用于已经立案、尚未作出决定的案件", article=ARTICLES[kind])
    if waiting_request(session, case.id) is not None:
        raise Conflict("stay.waiting", "已有一项中止或者终止的申请等待审批")
    if kind == STAY and running_stay(session, case.id) is not None:
        raise Conflict("stay.lasts", "案件已经中止调查")
