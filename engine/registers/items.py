"""Enforcement items (执法事项) with their legal basis: what an agency may act on at all."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.database import Base, Plain

ACTIVE, SUSPENDED, CANCELLED = "ACTIVE", "SUSPENDED", "CANCELLED"


class Item(Base):
    """An entry of the item register (执法事项库).

    violated, penalty: the clauses as cited in documents; reconsideration_first: 复议前置; refund_ordered: a law orders
    多收价款 to be refunded before the decision; safety: 公民生命健康安全 or 金融安全 (five-year limitation).
    """

    __tablename__ = "item"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    cause: Mapped[str] = mapped_column(String(80))
    power_type: Mapped[str] = mapped_column(String(20))
    domain: Mapped[str] = mapped_column(String(30))
    status: Mapped[str] = mapped_column(String(12))
    violated: Mapped[str] = mapped_column(String(200))
    penalty: Mapped[str] = mapped_column(String(200))
    basis_from: Mapped[date]
    basis_to: Mapped[date | None]
    reconsideration_first: Mapped[bool] = mapped_column(default=False)
    refund_ordered: Mapped[bool] = mapped_column(default=False)
    safety: Mapped[bool] = mapped_column(default=False)
    excluded: Mapped[str] = mapped_column(String(60), default="")
    legal_bases: Mapped[list[LegalBasis]] = relationship(lazy="selectin", order_by="LegalBasis.sequence")


class LegalBasis(Base):
    """One clause on which an item rests; kind is duty (义务条款), penalty (罚则) or procedure.

    clause: its key in the statute register, empty while it is not linked.
    """

    __tablename__ = "legal_basis"

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    statute: Mapped[str] = mapped_column(String(80))
    article: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(String(160), default="", index=True)


class ItemAgency(Base):
    """Which agency is the acting agency (实施主体) of an item."""

    __tablename__ = "item_agency"

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agency.code"), primary_key=True)


class DiscretionStandard(Base):
    """A discretion standard (裁量权基准) of an item with its tiers as shown to the officer."""

    __tablename__ = "discretion_standard"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), index=True)
    issued_as: Mapped[str] = mapped_column(String(60))
    effective_from: Mapped[date]
    tiers: Mapped[list[dict[str, Any]]] = mapped_column(Plain)


def items_of(session: Session, agency_code: str) -> list[Item]:
    """Active items that an agency may act on, by name."""
    query = (
        select(Item)
        .join(ItemAgency)
        .where(ItemAgency.agency_code == agency_code, Item.status == ACTIVE)
        .order_by(Item.name)
    )
    return list(session.scalars(query))


def standards_of(session: Session, item_code: str) -> list[DiscretionStandard]:
    """The item's discretion standards, the newest first."""
    query = (
        select(DiscretionStandard)
        .where(DiscretionStandard.item_code == item_code)
        .order_by(DiscretionStandard.effective_from.desc())
    )
    return list(session.scalars(query))
