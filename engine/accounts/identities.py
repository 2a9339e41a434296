"""Sign-in identities: one account per officer, with a memory-hard password hash."""

from __future__ import annotations

from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.database import Base, Moment
from engine.errors import NotPermitted
from engine.registers.agencies import Officer

FAILURES_BEFORE_LOCK = 5
LOCK_TIME = timedelta(minutes=15)
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Hash of nothing that anyone can type: an unknown login costs the same time as a wrong password.
_DECOY = _HASHER.hash("\x00decoy\x00")


class Account(Base):
    """One sign-in identity of one officer."""

    __tablename__ = "account"

    login: Mapped[str] = mapped_column(String(40), primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    enabled: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    session_epoch: Mapped[int] = mapped_column(default=0)
    officer: Mapped[Officer] = relationship(lazy="joined")


def create_account(session: Session, login: str, officer_id: str, password: str) -> Account:
    """Give an officer a sign-in."""
    account = Account(login=login, officer_id=officer_id, password_hash=_HASHER.hash(password))
    session.add(account)
    session.flush()
    return account


def sign_in(session: Session, login: str, password: str, now: datetime) -> Account | None:
    """The account when login and password match, else None; failures are counted in the caller's transaction.

    Unknown login, wrong password, disabled and locked accounts are told apart by nobody outside (no enumeration).
    A lock raises NotPermitted only to who knows the right password.
    """
    account = session.scalar(select(Account).where(Account.login == login))
    if account is None or not account.enabled or not account.officer.in_service:
        _matches(_DECOY, password)
        return None
    matches = _matches(account.password_hash, password)
    if account.locked_until and now < account.locked_until:
        if matches:
            raise NotPermitted("account.locked", f"登录失败次数过多，账号锁定至{account.locked_until:%H:%M}，请稍后再试")
        return None
    if not matches:
        account.failures += 1
        if account.failures >= FAILURES_BEFORE_LOCK:
            account.failures, account.locked_until = 0, now + LOCK_TIME
        return None
    account.failures, account.locked_until = 0, None
    return account


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
