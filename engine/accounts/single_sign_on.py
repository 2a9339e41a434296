"""Identities that another system vouches for (统一身份认证): which of its persons is which account here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.accounts.identities import Account, account_of
from engine.database import Base, Moment


class OutsideIdentity(Base):
    """A person of an identity provider, known by issuer and subject, and the account that belongs to him."""

    __tablename__ = "outside_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    login: Mapped[str] = mapped_column(ForeignKey("account.login"), index=True)
    since: Mapped[datetime] = mapped_column(Moment)


def account_for(session: Session, issuer: str, subject: str, officer_id: str, now: datetime) -> Account | None:
    """The account of a person that the provider vouches for, or None when he has none that may be used.

    officer_id: the officer number in the provider's answer; it counts at the first sign-in only, then the subject decides.
    """
    known = session.scalar(select(OutsideIdentity).where(OutsideIdentity.issuer == issuer, OutsideIdentity.subject == subject))
    account = session.get_one(Account, known.login) if known else account_of(session, officer_id)
    if account is None or not account.enabled or not account.officer.in_service:
        return None
    if known is None:
        session.add(OutsideIdentity(issuer=issuer, subject=subject, login=account.login, since=now))
        session.flush()
    return account
