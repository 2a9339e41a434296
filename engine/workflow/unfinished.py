"""What was typed into the form of a waiting step and not handed in yet: kept so that nothing is lost, never part of the record.

Each open page (window) writes its own row, so that two windows or two persons never overwrite each other; a page that goes on from a
kept row takes that row over, unless somebody has written it in the meantime. Whoever may take the step may read what is kept, so that
the next person after a hand-over can go on. Dropped when the step is done; what belongs to a step that no longer waits is swept away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.database import Base, Moment, Plain
from engine.errors import Invalid, NotPermitted
from engine.registers.agencies import Officer
from engine.workflow.tasks import OPEN, WorkItem

MOST = 5
"""How many windows' texts are kept for one officer at one step; beyond them the oldest goes."""
NEW_CASE = "new-case"
"""How the name begins under which the answers given when a case was opened are kept for its first step."""
WINDOW = re.compile(r"[A-Za-z0-9_-]{16,80}")


class UnfinishedForm(Base):
    """The raw answers of one window at one step. version grows with each saving."""

    __tablename__ = "unfinished_form"
    __table_args__ = (UniqueConstraint("item_id", "officer_id", "window"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    window: Mapped[str] = mapped_column(String(80))
    values: Mapped[dict[str, Any]] = mapped_column(Plain)
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime] = mapped_column(Moment)
    officer: Mapped[Officer] = relationship(lazy="joined")

    @property
    def from_opening(self) -> bool:
        """Whether it holds what was told when the case was opened."""
        return self.window.startswith(NEW_CASE)

    @property
    def mark(self) -> str:
        """Which state of which row this is: what a page says it has seen."""
        return f"{self.id}.{self.version}"


def kept_for(session: Session, item_id: int) -> list[UnfinishedForm]:
    """What is kept for a step, whoever wrote it, the newest first."""
    query = select(UnfinishedForm).where(UnfinishedForm.item_id == item_id)
    return list(session.scalars(query.order_by(UnfinishedForm.saved_at.desc(), UnfinishedForm.id.desc())))


def keep(
    session: Session, item: WorkItem, officer_id: str, window: str, values: Mapping[str, Any], now: datetime, *, goes_on_from: str = ""
) -> UnfinishedForm:
    """Keep what stands in a window now; the row is returned. That the officer may take the step is for the caller to check.

    goes_on_from: the mark of the row with which the window was filled; its own row is taken over when it still stands as it was.
    Raises Invalid when the window's name has a wrong form.
    """
    if not WINDOW.fullmatch(window):
        raise Invalid("unfinished.window", "暂存的窗口编号有误，请刷新页面")
    rows = [row for row in kept_for(session, item.id) if row.officer_id == officer_id]
    mine = next((row for row in rows if row.window == window), None)
    taken_over = next((row for row in rows if goes_on_from and row.mark == goes_on_from), None)
    row = mine or taken_over
    if row is None:
        row = UnfinishedForm(item_id=item.id, officer_id=officer_id, window=window, values=dict(values), saved_at=now)
        session.add(row)
        for old in rows[MOST - 1:]:
            session.delete(old)
    else:
        row.window, row.values, row.version, row.saved_at = window, dict(values), row.version + 1, now
    session.flush()
    session.refresh(row)
    return row


def newer_than(rows: list[UnfinishedForm], window: str, opened_at: datetime, seen: str = "") -> UnfinishedForm | None:
    """What another window or another person has kept since this window was opened, the newest; None when it knows of everything.

    seen: the mark of a row that whoever sits at this window has been told of.
    """
    return next((row for row in rows if row.window != window and row.saved_at > opened_at and row.mark != seen), None)


def find_kept(session: Session, item: WorkItem, row_id: int) -> UnfinishedForm:
    """One kept row of this step; NotPermitted hides whether there is another."""
    row = session.get(UnfinishedForm, row_id)
    if row is None or row.item_id != item.id:
        raise NotPermitted("unfinished.hidden", "没有这份暂存的内容，可能已经提交或者放弃")
    return row


def give_up(session: Session, item: WorkItem, row_id: int) -> None:
    """Throw one kept row of this step away; one that is gone already is no fault."""
    session.execute(delete(UnfinishedForm).where(UnfinishedForm.item_id == item.id, UnfinishedForm.id == row_id))


def drop(session: Session, item_id: int) -> None:
    """The step is done: what was on the way to it is not kept."""
    session.execute(delete(UnfinishedForm).where(UnfinishedForm.item_id == item_id))


def sweep(session: Session) -> int:
    """Drop what belongs to steps that no longer wait, taken back, withdrawn or done on another way; how many rows is returned."""
    closed = select(WorkItem.id).where(WorkItem.state != OPEN)
    return int(session.execute(delete(UnfinishedForm).where(UnfinishedForm.item_id.in_(closed))).rowcount)  # type: ignore[attr-defined]
