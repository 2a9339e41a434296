"""Sign-in identities: one account per officer, known by a password; further factors are in second_factors and passkeys."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.accounts.passwords import PasswordPolicy, hashed, matches, require_good
from engine.database import Base, Moment, Plain
from engine.errors import Invalid, NotPermitted
from engine.registers.agencies import Officer

FAILURES_BEFORE_LOCK = 5
LOCK_TIME = timedelta(minutes=15)
# Hash of nothing that anyone can type: an unknown login costs the same time as a wrong password.
_DECOY = hashed("\x00decoy\x00")


class Account(Base):
    """One sign-in identity of one officer.

    must_change: the password was given by an administrator; one_time_secret: of the code generator, encrypted, "" without one;
    one_time_used: the last time step whose code was used, so that no code is used twice; recovery_codes: hashes of those left.
    """

    __tablename__ = "account"

    login: Mapped[str] = mapped_column(String(40), primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    password_changed_at: Mapped[datetime] = mapped_column(Moment)
    must_change: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    one_time_secret: Mapped[str] = mapped_column(String(200), default="")
    one_time_used: Mapped[int] = mapped_column(default=0)
    recovery_codes: Mapped[list[str]] = mapped_column(Plain, default=list)
    officer: Mapped[Officer] = relationship(lazy="joined")


def create_account(
    session: Session, login: str, officer_id: str, password: str, now: datetime, *, must_change: bool = False
) -> Account:
    """Give an officer a sign-in."""
    account = Account(
        login=login, officer_id=officer_id, password_hash=hashed(password), password_changed_at=now, must_change=must_change,
    )
    session.add(account)
    session.flush()
    return account


def account_of(session: Session, officer_id: str) -> Account | None:
    """The account of an officer, or None."""
    return session.scalar(select(Account).where(Account.officer_id == officer_id))


def check_password(session: Session, login: str, password: str, now: datetime) -> Account | None:
    """The account when login and password match, else None; failures are counted in the caller's transaction.

    Unknown login, wrong password, disabled and locked accounts are told apart by nobody outside (no enumeration).
    A lock raises NotPermitted only to who knows the right password.
    """
    account = session.scalar(select(Account).where(Account.login == login).with_for_update(of=Account))
    if account is None or not account.enabled or not account.officer.in_service:
        matches(_DECOY, password)
        return None
    right = matches(account.password_hash, password)
    if is_locked(account, now):
        if right:
            raise NotPermitted("account.locked", f"登录失败次数过多，账号锁定至{account.locked_until:%H:%M}，请稍后再试")
        return None
    if not right:
        note_failure(account, now)
        return None
    return account


def is_locked(account: Account, now: datetime) -> bool:
    """Whether the account is locked after too many failures."""
    return account.locked_until is not None and now < account.locked_until


def note_failure(account: Account, now: datetime) -> None:
    """Count a failed factor; five in a row lock the account for a quarter of an hour."""
    account.failures += 1
    if account.failures >= FAILURES_BEFORE_LOCK:
        account.failures, account.locked_until = 0, now + LOCK_TIME


def note_success(account: Account) -> None:
    """All factors were right: failures are forgotten."""
    account.failures, account.locked_until = 0, None


def change_password(policy: PasswordPolicy, account: Account, old: str, new: str, now: datetime) -> None:
    """Give the account a new password; Invalid when the old one is wrong or the new one is weak."""
    if not matches(account.password_hash, old):
        raise Invalid("password.wrong", "原密码不正确")
    require_good(policy, new, account.login, account.password_hash)
    account.password_hash, account.password_changed_at, account.must_change = hashed(new), now, False


def reset(account: Account, password: str, now: datetime) -> None:
    """An administrator gives a password for one use and takes the code generator away, after seeing the person."""
    account.password_hash, account.password_changed_at, account.must_change = hashed(password), now, True
    account.one_time_secret, account.recovery_codes = "", []
    note_success(account)
