"""Lists that a person has named for himself: which list, and how it was narrowed, as it stood in the address."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base
from engine.errors import Conflict, Invalid, NotPermitted

MOST = 20


class SavedList(Base):
    """One named list of one person; place: the path of the list; query: what stood behind the question mark."""

    __tablename__ = "saved_list"
    __table_args__ = (UniqueConstraint("officer_id", "place", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    place: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(20))
    query: Mapped[str] = mapped_column(String(500))


def saved_lists(session: Session, officer_id: str, place: str) -> list[SavedList]:
    """The lists that a person named at one place, in the order in which he did."""
    query = select(SavedList).where(SavedList.officer_id == officer_id, SavedList.place == place)
    return list(session.scalars(query.order_by(SavedList.id)))


def save_list(session: Session, officer_id: str, place: str, name: str, query: str) -> SavedList:
    """Name a list, or give a known name to another one; Invalid for a name that is empty or too long, Conflict when there are too many."""
    name = name.strip()
    if not 1 <= len(name) <= 20:
        raise Invalid("list.name", "请为筛选条件起一个 20 字以内的名称")
    if len(query) > 500:
        raise Invalid("list.query", "筛选条件过长，无法保存")
    same = select(SavedList).where(SavedList.officer_id == officer_id, SavedList.place == place, SavedList.name == name)
    found = session.scalar(same)
    if found is None:
        if (session.scalar(select(func.count()).where(SavedList.officer_id == officer_id)) or 0) >= MOST:
            raise Conflict("list.too_many", f"最多保存 {MOST} 组筛选条件，请先删除不用的")
        found = SavedList(officer_id=officer_id, place=place, name=name, query=query)
        session.add(found)
    found.query = query
    session.flush()
    return found


def forget_list(session: Session, officer_id: str, list_id: int) -> str:
    """Delete one's own named list; its place is returned."""
    found = session.get(SavedList, list_id)
    if found is None or found.officer_id != officer_id:
        raise NotPermitted("list.hidden", "没有这组筛选条件")
    session.delete(found)
    return found.place
