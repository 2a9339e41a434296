"""Receipts (回执): what a request was answered, so that the same request, sent again after a broken line, has no second effect.

Whoever sends a request chooses its key. The receipt is written in the transaction of the effect: there is no effect without it and
no receipt without the effect. A refusal has no effect and no receipt. The key is held against the receipts only when the request
would otherwise be refused, in a transaction begun after that refusal: by then whoever was faster has committed, also under
PostgreSQL's READ COMMITTED.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain, to_json
from engine.errors import Conflict, Invalid

KEY = re.compile(r"[A-Za-z0-9_-]{16,80}")
KEPT = timedelta(days=7)  # longer than a client goes on trying


class Receipt(Base):
    """One request that had its effect: its key, a digest of who asked for what, and the answer."""

    __tablename__ = "receipt"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(Plain)
    at: Mapped[datetime] = mapped_column(Moment, index=True)


ADD = insert(Receipt)


@dataclass(frozen=True)
class Request:
    """A request with its key; digest: SHA-256 over who asks for what with which content."""

    key: str
    digest: str


def request(key: str, officer_id: str, act: str, content: Mapping[str, Any]) -> Request | None:
    """The request of this key; None for an empty key. Invalid when the key has a wrong form."""
    if not key:
        return None
    if not KEY.fullmatch(key):
        raise Invalid("key.form", "请求的幂等键有误：应当是 16 至 80 个字母、数字、连字符或者下划线")
    text = to_json([officer_id, act, dict(content)], canonical=True)
    return Request(key, hashlib.sha256(text.encode()).hexdigest())


def keep(session: Session, made: Request | None, answer: dict[str, Any], at: datetime) -> None:
    """Write the receipt in the transaction of the effect; Conflict when the key has had its effect already."""
    if made is None:
        return
    try:
        session.connection().execute(ADD, {"key": made.key, "request": made.digest, "answer": answer, "at": at})
    except IntegrityError as error:
        raise Conflict("key.used", "同一请求已经办理，请刷新后查看") from error


def answered(session: Session, made: Request) -> dict[str, Any] | None:
    """What this request was answered, None when it has had no effect; Conflict when its key was used for another request."""
    found = session.scalar(select(Receipt).where(Receipt.key == made.key))
    if found is None:
        return None
    if found.request != made.digest:
        raise Conflict("key.reused", "这个幂等键已经用于另一次办理，本次没有办理：请刷新页面后重新提交")
    return dict(found.answer)


def forget(session: Session, now: datetime) -> int:
    """Drop the receipts that nobody will ask for any more; how many is returned."""
    return int(session.execute(delete(Receipt).where(Receipt.at < now - KEPT)).rowcount)  # type: ignore[attr-defined]
