"""How one officer likes to work: how pages look, what he is told of and how, and the mail address that he has confirmed."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.accounts.secrets import derived_key
from engine.database import Base, Moment, Plain
from engine.errors import Conflict, Invalid

SIZES: Final[Mapping[str, str]] = MappingProxyType({"normal": "标准字号", "large": "大字版"})
THEMES: Final[Mapping[str, str]] = MappingProxyType({"system": "跟随系统", "light": "浅色", "dark": "深色"})
PAGE_SIZES = (20, 50, 100)
OFF, APP, MAIL = "off", "app", "mail"
WAYS: Final[Mapping[str, str]] = MappingProxyType({OFF: "不提醒", APP: "站内消息", MAIL: "站内消息和邮件"})
HOURS = range(6, 21)
CONFIRMING = timedelta(days=2)
ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


class Preference(Base):
    """One officer's wishes; who has none has the defaults.

    ways: kind of notice → off, app or mail (app when not named); digest_hour: when the daily summary is sent, None: never;
    digest_on: the day of the last one; mail_asked, mail_asked_at: the address that waits for its confirmation.
    """

    __tablename__ = "preference"

    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    text_size: Mapped[str] = mapped_column(String(10), default="normal")
    theme: Mapped[str] = mapped_column(String(10), default="system")
    page_size: Mapped[int] = mapped_column(default=PAGE_SIZES[0])
    shortcuts: Mapped[bool] = mapped_column(default=True)
    ways: Mapped[dict[str, str]] = mapped_column(Plain, default=dict)
    digest_hour: Mapped[int | None]
    digest_on: Mapped[date | None]
    mail_address: Mapped[str] = mapped_column(String(254), default="")
    mail_asked: Mapped[str] = mapped_column(String(254), default="")
    mail_asked_at: Mapped[datetime | None] = mapped_column(Moment)

    def way(self, kind: str) -> str:
        """How the officer wants to be told of this kind."""
        return self.ways.get(kind, APP)


def preference_of(session: Session, officer_id: str) -> Preference:
    """An officer's wishes, for reading: the defaults when he never said any."""
    return session.get(Preference, officer_id) or _default(officer_id)


def preference_to_change(session: Session, officer_id: str) -> Preference:
    """An officer's wishes, for changing: kept from now on."""
    found = session.get(Preference, officer_id, with_for_update=True)
    if found is None:
        found = _default(officer_id)
        session.add(found)
        session.flush()
    return found


def preferences_among(session: Session, officer_ids: Collection[str]) -> dict[str, Preference]:
    """Those of these officers who ever said what they wish."""
    ids, found = sorted(set(officer_ids)), dict[str, Preference]()
    for start in range(0, len(ids), 500):
        rows = session.scalars(select(Preference).where(Preference.officer_id.in_(ids[start:start + 500])))
        found |= {row.officer_id: row for row in rows}
    return found


def due_for_digest(session: Session, today: date, hour: int) -> list[Preference]:
    """Who has an address, wants a daily summary at this hour or an earlier one, and has had none today."""
    query = select(Preference).where(
        Preference.mail_address != "", Preference.digest_hour <= hour, Preference.digest_on.is_(None) | (Preference.digest_on < today)
    )
    return list(session.scalars(query.order_by(Preference.officer_id).with_for_update()))


def set_display(wish: Preference, text_size: str, theme: str, page_size: int, *, shortcuts: bool) -> None:
    """How pages look; Invalid for what there is not."""
    if text_size not in SIZES or theme not in THEMES or page_size not in PAGE_SIZES:
        raise Invalid("preference.display", "请从列出的字号、颜色和每页条数中选择")
    wish.text_size, wish.theme, wish.page_size, wish.shortcuts = text_size, theme, page_size, shortcuts


def set_told(wish: Preference, ways: Mapping[str, str], kinds: Iterable[str], digest_hour: int | None) -> None:
    """What the officer is told of, and how; kinds: those that there are. Mail needs a confirmed address."""
    if any(way not in WAYS for way in ways.values()) or not set(ways) <= set(kinds):
        raise Invalid("preference.way", "请从列出的提醒方式中选择")
    if digest_hour is not None and digest_hour not in HOURS:
        raise Invalid("preference.hour", f"每日汇总的时间应当在{HOURS[0]}时到{HOURS[-1]}时之间")
    if not wish.mail_address and (MAIL in ways.values() or digest_hour is not None):
        raise Invalid("preference.no_address", "用邮件提醒之前，请先登记并确认邮箱地址")
    wish.ways, wish.digest_hour = dict(ways), digest_hour


def ask_address(wish: Preference, address: str, now: datetime) -> None:
    """Name the mail address to be confirmed by what is sent there; Invalid when it is none."""
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        raise Invalid("preference.address", "邮箱地址有误，应当形如 name@example.gov.cn")
    wish.mail_asked, wish.mail_asked_at = address, now


def confirm_address(keys: Path, wish: Preference, token: str, now: datetime) -> None:
    """Take the address into use; Conflict when the link is not that of the last request, or too old."""
    asked_at = wish.mail_asked_at
    if asked_at is None or now > asked_at + CONFIRMING or not hmac.compare_digest(token.encode(), address_token(keys, wish).encode()):
        raise Conflict("preference.link", "确认链接无效或者已经过期，请在“消息设置”中重新登记邮箱地址")
    wish.mail_address, wish.mail_asked, wish.mail_asked_at = wish.mail_asked, "", None


def forget_address(wish: Preference) -> None:
    """No mail any more; what was to come by mail is told in the application."""
    wish.mail_address, wish.mail_asked, wish.mail_asked_at, wish.digest_hour = "", "", None, None
    wish.ways = {kind: APP if way == MAIL else way for kind, way in wish.ways.items()}


def address_token(keys: Path, wish: Preference) -> str:
    """What only the mail to the address that waits for its confirmation says; kept nowhere, reckoned when it is needed."""
    at = wish.mail_asked_at.timestamp() if wish.mail_asked_at else 0
    said = f"{wish.officer_id}\x1f{wish.mail_asked}\x1f{at:.6f}"
    return hmac.new(derived_key(keys, "mail"), said.encode(), hashlib.sha256).hexdigest()[:40]


def _default(officer_id: str) -> Preference:
    return Preference(
        officer_id=officer_id, text_size="normal", theme="system", page_size=PAGE_SIZES[0], shortcuts=True, ways={}, mail_address="",
        mail_asked="",
    )
