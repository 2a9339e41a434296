"""The devices on which an account is signed in: each can be ended on its own, and none lives for ever."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.accounts.identities import Account
from engine.database import Base, Moment
from engine.errors import NotPermitted
from engine.settings import Settings

SEEN_EVERY = timedelta(minutes=1)


class Device(Base):
    """One signed-in browser; key is the hash of the secret that its cookie carries, how: by which factors it came in."""

    __tablename__ = "device"
    __table_args__ = (Index(None, "login", "ended_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(ForeignKey("account.login"))
    name: Mapped[str] = mapped_column(String(120))
    how: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Endurance:
    """How long a device stays signed in: without a request, and at most."""

    idle: timedelta
    most: timedelta

    @staticmethod
    def of(settings: Settings) -> Endurance:
        """What an installation has set."""
        return Endurance(timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.session_hours))


def begin(session: Session, account: Account, how: str, agent: str, now: datetime) -> str:
    """Sign a browser in; the secret for its cookie is returned and kept nowhere. agent: what the browser says of itself."""
    secret = secrets.token_urlsafe(32)
    session.add(Device(key=key_of(secret), login=account.login, name=_name(agent), how=how, since=now, seen_at=now))
    session.flush()
    return secret


def found(session: Session, secret: str, endurance: Endurance, now: datetime) -> Device | None:
    """The device of a cookie's secret while it is signed in and its account may be used; None otherwise."""
    device = session.get(Device, key_of(secret))
    if device is None or device.ended_at or now >= device.seen_at + endurance.idle or now >= device.since + endurance.most:
        return None
    account = session.get_one(Account, device.login)
    return device if account.enabled and account.officer.in_service else None


def is_stale(device: Device, now: datetime) -> bool:
    """Whether it is time to write down that the device was seen: not at every request."""
    return now >= device.seen_at + SEEN_EVERY


def note_seen(session: Session, device: Device, now: datetime) -> None:
    """Write down that the device was seen."""
    session.execute(update(Device).where(Device.key == device.key).values(seen_at=now))


def devices_of(session: Session, login: str, endurance: Endurance, now: datetime) -> list[Device]:
    """The devices on which an account is signed in, the one seen last first."""
    query = (
        select(Device)
        .where(Device.login == login, Device.ended_at.is_(None), Device.seen_at > now - endurance.idle, Device.since > now - endurance.most)
        .order_by(Device.seen_at.desc())
    )
    return list(session.scalars(query))


def end(session: Session, login: str, key: str, now: datetime) -> None:
    """Sign one device of an account out; NotPermitted when it is not one of its devices."""
    device = session.get(Device, key)
    if device is None or device.login != login:
        raise NotPermitted("device.unknown", "没有这台设备")
    device.ended_at = device.ended_at or now


def end_all(session: Session, login: str, now: datetime, *, but: str = "") -> int:
    """Sign all devices of an account out, but for the one with this key; how many those were."""
    query = update(Device).where(Device.login == login, Device.ended_at.is_(None), Device.key != but)
    return int(session.execute(query.values(ended_at=now)).rowcount)  # type: ignore[attr-defined]


def key_of(secret: str) -> str:
    """The key of the device whose cookie carries this secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _name(agent: str) -> str:
    """Browser and system in words, as far as a browser says so."""
    browsers = (("MicroMessenger", "微信"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (("Android", "安卓"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    browser = next((name for mark, name in browsers if mark in agent), "未知浏览器")
    system = next((name for mark, name in systems if mark in agent), "未知系统")
    return f"{system} · {browser}"
