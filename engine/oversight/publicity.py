"""Publicity (公示): what the public may see of a decided case, after two approvals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.acts import IN_STEP, Act, Operation, Outcome
from engine.cases.document_records import newest
from engine.cases.limits import holding_limits
from engine.cases.parties import known_party
from engine.cases.penalties import DECIDED, penalties
from engine.cases.submissions import latest
from engine.database import Base, Moment, Plain
from engine.errors import Unlawful
from engine.law.penalties import penalty_text
from engine.law.publicity import publicity_window


class Publication(Base):
    """A published summary of a penalty decision; never changed, only withdrawn by a later row."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    decision_number: Mapped[str] = mapped_column(String(60))
    published_at: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[date | None]
    summary: Mapped[dict[str, Any]] = mapped_column(Plain)


def publish(act: Act) -> Outcome:
    """Publish the decision's summary (行政处罚法 第四十八条; 粤府〔2023〕73号 第四十五条).

    Identity numbers, phone numbers and addresses are never part of it (行政处罚法 第五十条).
    """
    review = latest(act.session, act.case.id, "publicity_review")
    approval = latest(act.session, act.case.id, "publicity_approve")
    decision = newest(act.session, act.case.id, "DOC-45") or newest(act.session, act.case.id, "DOC-44")
    if review is None or approval is None or approval.values["decision"] != "AGREE" or decision is None:
        raise Unlawful(
            "publicity.approvals", "没有经过保密审查和本单位负责人批准，不得公示", article="粤府〔2023〕73号 第四十五条"
        )
    party = known_party(act.session, act.case.id)
    decided = penalties(act.session, act.case.id, DECIDED)
    holding = holding_limits(act.case, act.limits, act.settings)
    act.session.add(
        Publication(
            case_id=act.case.id, decision_number=decision.number, published_at=act.now,
            until=review.values.get("publish_until") or publicity_window(act.now, holding, act.calendar)[1],
            summary={
                "party": party.name, "code": party.code, "cause": act.case.item.cause,
                "penalties": [penalty_text(item) for item in decided], "basis": act.case.item.penalty,
                "agency": act.case.agency.name, "decided_on": act.case.decided_on,
            },
        )
    )
    return Outcome(
        events=(("decision_published", act.now), ("decision_published_gsxt", act.now)),
        notes={"decision": decision.number},
    )


def publication_of(session: Session, case_id: int) -> Publication | None:
    """The publication of a case; None when it was not published."""
    query = select(Publication).where(Publication.case_id == case_id).order_by(Publication.id.desc()).limit(1)
    return session.scalar(query)


OPERATIONS = (Operation("oversight.publish", IN_STEP, publish, "公示行政处罚决定信息"),)
