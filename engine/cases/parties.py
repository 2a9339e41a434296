"""The parties of a case and where documents reach them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.superseding import Supersedable
from engine.database import Base, Moment
from engine.errors import Invalid

PARTY_TYPES: dict[str, str] = {"PERSON": "自然人", "LEGAL": "法人", "OTHER_ORG": "非法人组织", "SOLE": "个体工商户"}


class Party(Supersedable, Base):
    """The party (当事人) of a case."""

    __tablename__ = "party"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    type: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120), index=True)
    code: Mapped[str] = mapped_column(String(18), default="")
    identity_number: Mapped[str] = mapped_column(String(18), default="")
    legal_representative: Mapped[str] = mapped_column(String(60), default="")
    legal_representative_identity_number: Mapped[str] = mapped_column(String(18), default="")
    address: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(30), default="")


class ServiceAddress(Supersedable, Base):
    """A confirmed service address (送达地址确认书); the newest counts."""

    __tablename__ = "service_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    recipient: Mapped[str] = mapped_column(String(60))
    recipient_phone: Mapped[str] = mapped_column(String(30))
    electronic_consent: Mapped[bool]
    electronic_channel: Mapped[str] = mapped_column(String(20), default="")
    electronic_address: Mapped[str] = mapped_column(String(120), default="")
    confirmed_at: Mapped[datetime] = mapped_column(Moment)


def party_of(session: Session, case_id: int) -> Party | None:
    """The party of a case; None before it is registered."""
    return session.scalar(select(Party).where(Party.case_id == case_id).order_by(Party.id).limit(1))


def known_party(session: Session, case_id: int) -> Party:
    """The party of a case, which must be registered by now."""
    party = party_of(session, case_id)
    if party is None:
        raise Invalid("party.missing", "案件尚未登记当事人", case_id=case_id)
    return party


def service_addresses(session: Session, case_id: int) -> list[ServiceAddress]:
    """All confirmed service addresses of a case, the newest first: it is the one that counts."""
    query = select(ServiceAddress).where(ServiceAddress.case_id == case_id).order_by(ServiceAddress.id.desc())
    return list(session.scalars(query))


def service_address(session: Session, case_id: int) -> ServiceAddress | None:
    """The service address confirmed last; None when there is none."""
    query = select(ServiceAddress).where(ServiceAddress.case_id == case_id).order_by(ServiceAddress.id.desc()).limit(1)
    return session.scalar(query)
