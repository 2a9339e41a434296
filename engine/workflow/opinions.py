"""Asking others before a step is done: consulting (加签) and countersigning (会签 by all, any one, or a quorum).

What was asked and answered is kept. A step waits for a consultation that was asked beforehand and for its countersigning; one that
is asked for afterwards only goes into the file. Whoever may not take part in a step may not be asked about it either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.database import Base, Moment
from engine.errors import Conflict, Invalid, NotPermitted
from engine.registers.agencies import Officer
from engine.workflow.tasks import DONE, OPEN, WorkItem

BEFORE, AFTER, COUNTERSIGN = "before", "after", "countersign"
KIND_NAMES = {BEFORE: "办理前征求意见", AFTER: "办理后征求意见", COUNTERSIGN: "会签"}
ALL, ANY, QUORUM = "all", "any", "quorum"
RULE_NAMES = {ALL: "全部同意", ANY: "一人同意即可", QUORUM: "达到规定人数同意"}
WAITING, PASSED, FAILED, CANCELLED = "waiting", "passed", "failed", "cancelled"
STATE_NAMES = {WAITING: "等待意见", PASSED: "已经完成", FAILED: "没有通过", CANCELLED: "已经撤销"}


class Consultation(Base):
    """One question about one step; needed: how many must agree (0 when an answer is enough)."""

    __tablename__ = "consultation"
    __table_args__ = (Index(None, "item_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"))
    kind: Mapped[str] = mapped_column(String(12))
    rule: Mapped[str] = mapped_column(String(8), default="")
    needed: Mapped[int] = mapped_column(default=0)
    question: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    item: Mapped[WorkItem] = relationship(lazy="joined")
    opinions: Mapped[list[Opinion]] = relationship(lazy="selectin", order_by="Opinion.id", back_populates="consultation")

    @property
    def kind_name(self) -> str:
        """What kind of question it is, in Chinese."""
        return KIND_NAMES[self.kind]

    @property
    def rule_name(self) -> str:
        """When a countersigning has passed, in Chinese; empty for a consultation."""
        return RULE_NAMES.get(self.rule, "")

    @property
    def state_name(self) -> str:
        """How far it has come, in Chinese."""
        return STATE_NAMES[self.state]


class Opinion(Base):
    """What one person was asked and said; agreed is None until he has answered, and for a mere consultation."""

    __tablename__ = "opinion"
    __table_args__ = (Index(None, "officer_id", "given_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    agreed: Mapped[bool | None]
    text: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime | None] = mapped_column(Moment)
    consultation: Mapped[Consultation] = relationship(lazy="joined", back_populates="opinions")
    officer: Mapped[Officer] = relationship(lazy="joined")


def ask(
    session: Session, item: WorkItem, asked_by: str, asked: Sequence[str], kind: str, question: str, now: datetime, *,
    rule: str = "", quorum: int = 0,
) -> Consultation:
    """Ask others about a step; who may be asked is the caller's to check. Invalid when the question cannot be answered as put."""
    people = list(dict.fromkeys(asked))
    if kind not in KIND_NAMES or not question.strip() or not people or asked_by in people:
        raise Invalid("opinion.question", "请写明征求意见的事项，并选择本人以外的人员")
    if kind != COUNTERSIGN and len(people) != 1:
        raise Invalid("opinion.one", "加签每次征求一名人员的意见；需要多人同意的请用会签")
    needed = {ALL: len(people), ANY: 1, QUORUM: quorum}.get(rule, 0)
    if kind == COUNTERSIGN and not 1 <= needed <= len(people):
        raise Invalid("opinion.rule", "请选择会签的通过方式；规定人数应当在一人到会签人数之间")
    if item.state == OPEN and any(each.kind == kind == COUNTERSIGN for each in open_consultations(session, item.id)):
        raise Conflict("opinion.running", "该环节正在会签，完成之后才能再次发起")
    made = Consultation(
        case_id=item.case_id, item_id=item.id, kind=kind, rule=rule if kind == COUNTERSIGN else "",
        needed=needed if kind == COUNTERSIGN else 0, question=question.strip(), asked_by=asked_by, asked_at=now,
    )
    item.asked = True
    session.add(made)
    session.flush()
    session.add_all(Opinion(consultation_id=made.id, officer_id=person) for person in people)
    session.flush()
    session.refresh(made)
    return made


def give(session: Session, opinion: Opinion, officer: Officer, text: str, now: datetime, *, agreed: bool | None) -> None:
    """Give an opinion once, under one's own name; a negative one says why (阿坝州行政权力依法规范公开运行实施办法（试行） 第三十条第四项)."""
    asked = opinion.consultation
    if opinion.officer_id != officer.id:
        raise NotPermitted("opinion.other", "这项意见应当由被征求的人员本人提出")
    if opinion.given_at is not None or asked.state != WAITING:
        raise Conflict("opinion.given", "意见已经提出，或者已经不再征求意见")
    if not text.strip() or (asked.kind == COUNTERSIGN and agreed is None):
        raise Invalid("opinion.empty", "请写明意见；会签还应当选择同意或者不同意")
    opinion.text, opinion.given_at, opinion.agreed = text.strip(), now, agreed if asked.kind == COUNTERSIGN else None
    asked.state = _outcome(asked)
    asked.closed_at = now if asked.state != WAITING else None
    session.flush()


def _outcome(asked: Consultation) -> str:
    if asked.kind != COUNTERSIGN:
        return PASSED
    agreed = sum(1 for each in asked.opinions if each.agreed)
    open_ = sum(1 for each in asked.opinions if each.given_at is None)
    if agreed >= asked.needed:
        return PASSED
    return WAITING if agreed + open_ >= asked.needed else FAILED


def cancel(session: Session, item_ids: Sequence[int], now: datetime) -> None:
    """Nobody waits for answers about these steps any more; what was answered stays."""
    for row in session.scalars(select(Consultation).where(Consultation.item_id.in_(item_ids), Consultation.state == WAITING)):
        row.state, row.closed_at = CANCELLED, now
    session.flush()


def require_answered(session: Session, item: WorkItem) -> None:
    """Conflict while a step waits for opinions, or when its last countersigning did not pass."""
    rows = consultations_of(session, item.case_id, item.id) if item.asked else []
    for row in rows:
        if row.state == WAITING and row.kind != AFTER:
            names = "、".join(each.officer.name for each in row.opinions if each.given_at is None)
            raise Conflict("step.waits_for_opinion", f"“{item.name}”正在{row.kind_name}，等待{names}提出意见")
    signed = [row for row in rows if row.kind == COUNTERSIGN]
    if signed and signed[-1].state == FAILED:
        raise Conflict("step.not_countersigned", f"“{item.name}”的会签没有通过，请修改后重新会签，或者退回")


def open_consultations(session: Session, item_id: int) -> list[Consultation]:
    """What is still asked about a step."""
    return list(session.scalars(select(Consultation).where(Consultation.item_id == item_id, Consultation.state == WAITING)))


def consultations_of(session: Session, case_id: int, item_id: int | None = None) -> list[Consultation]:
    """All questions about a case or one step of it, in order."""
    query = select(Consultation).where(Consultation.case_id == case_id).order_by(Consultation.id)
    return list(session.scalars(query if item_id is None else query.where(Consultation.item_id == item_id)))


def asked_of(session: Session, officer_id: str) -> list[Opinion]:
    """What an officer can answer now and has not answered, oldest first: about a step that waits, or afterwards about one that is done."""
    now = ((Consultation.kind == AFTER) & (WorkItem.state == DONE)) | ((Consultation.kind != AFTER) & (WorkItem.state == OPEN))
    query = (
        select(Opinion).join(Consultation).join(WorkItem, WorkItem.id == Consultation.item_id)
        .where(Opinion.officer_id == officer_id, Opinion.given_at.is_(None), Consultation.state == WAITING, now)
    )
    return list(session.scalars(query.order_by(Opinion.id)))


def was_asked(session: Session, case_id: int, officer_id: str) -> bool:
    """Whether an officer is or was asked about a case: who is to have an opinion must be able to read what it is about."""
    query = select(Opinion.id).join(Consultation).where(Consultation.case_id == case_id, Opinion.officer_id == officer_id)
    return session.scalar(query.limit(1)) is not None
