"""The whole-process record (全过程记录): an append-only, hash-chained account of every act on a case.

行政处罚法 第四十七条 asks for it; each case has its own chain, and chain 0 holds acts that belong to no case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, Select, String, Text, UniqueConstraint, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, from_json, to_json
from engine.errors import Conflict
from engine.prepared import Prepared, Said, together

NO_CASE = 0
FIRST_LINK = "0" * 64
BUSY = "journal.busy"
HEADS = "journal.heads"  # in a session: the ends of the chains that its transaction goes on from


class JournalEntry(Base):
    """One act: who did what and when, with its facts, chained to the entry before it in the same case."""

    __tablename__ = "journal"
    __table_args__ = (UniqueConstraint("chain", "sequence"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[int]
    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)
    act: Mapped[str] = mapped_column(String(60))
    actor_id: Mapped[str] = mapped_column(String(40))
    facts: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))

    def read_facts(self) -> dict[str, Any]:
        """The facts as data."""
        return dict(from_json(self.facts))


COLUMNS = ("chain", "sequence", "at", "act", "actor_id", "facts", "previous", "digest")
ADD = insert(JournalEntry)
ADD_ONE = Prepared(ADD.values({name: bindparam(name) for name in COLUMNS}))


def last_of(chain: Any) -> Select[int, str]:
    """(length, digest) of a chain's last entry; chain: a value or an expression."""
    return (
        select(JournalEntry.sequence, JournalEntry.digest)
        .where(JournalEntry.chain == chain)
        .order_by(JournalEntry.sequence.desc())
        .limit(1)
    )


LAST = Prepared(last_of(bindparam("this")))


@dataclass(frozen=True)
class BrokenLink:
    """The first entry of a chain that does not follow from the one before it."""

    chain: int
    sequence: int
    reason: str


def append(
    session: Session, case_id: int | None, act: str, actor_id: str, at: datetime, facts: dict[str, Any]
) -> None:
    """Add an act to a case's chain inside the caller's transaction; Conflict (BUSY) when another one has just done so."""
    together(session, [entry(session, case_id, act, actor_id, at, facts)])


def entry(session: Session, case_id: int | None, act: str, actor_id: str, at: datetime, facts: dict[str, Any]) -> Said:
    """The next link of a chain, to be written in the order of making; what comes after goes on from it."""
    chain = NO_CASE if case_id is None else case_id
    heads: dict[int, tuple[int, str]] = session.info.setdefault(HEADS, {})
    if chain not in heads:
        heads[chain] = _head(session, chain)
    length, previous = heads[chain]
    text = to_json(facts, canonical=True)
    digest = _digest(chain, length + 1, at, act, actor_id, text, previous)
    heads[chain] = length + 1, digest
    row = {
        "chain": chain, "sequence": length + 1, "at": at, "act": act, "actor_id": actor_id, "facts": text,
        "previous": previous, "digest": digest,
    }
    # two transactions that go on from the same entry: the chain has no forks
    return Said(ADD_ONE, row, taken=Conflict(BUSY, "案件的全过程记录刚刚由他人写入，请重试"))


def chained(case_id: int, acts: Iterable[tuple[datetime, str, str, str]]) -> Iterator[dict[str, Any]]:
    """Rows of a whole new chain for bulk writing with ADD; acts: moment, act, actor and facts as canonical JSON text, in order."""
    previous = FIRST_LINK
    for sequence, (at, act, actor_id, facts) in enumerate(acts, start=1):
        digest = _digest(case_id, sequence, at, act, actor_id, facts, previous)
        yield {
            "chain": case_id, "sequence": sequence, "at": at, "act": act, "actor_id": actor_id, "facts": facts,
            "previous": previous, "digest": digest,
        }
        previous = digest


def go_on_from(session: Session, chain: int, length: int, digest: str) -> None:
    """The end of a case's chain as the caller has read it in this transaction, so that it is not asked for again."""
    session.info.setdefault(HEADS, {})[chain] = length, digest


def entries(session: Session, case_id: int) -> list[JournalEntry]:
    """All acts of a case, in order."""
    query = select(JournalEntry).where(JournalEntry.chain == case_id).order_by(JournalEntry.sequence)
    return list(session.scalars(query))


def verify(session: Session, case_id: int | None = None) -> tuple[int, list[BrokenLink]]:
    """Recompute the chains: how many entries were read, and the first broken link of each broken chain."""
    query = select(JournalEntry).order_by(JournalEntry.chain, JournalEntry.sequence)
    if case_id is not None:
        query = query.where(JournalEntry.chain == case_id)
    count, broken = 0, dict[int, BrokenLink]()
    chain, sequence, previous = -1, 0, FIRST_LINK
    for entry in session.scalars(query.execution_options(yield_per=1000)):
        count += 1
        if entry.chain != chain:
            chain, sequence, previous = entry.chain, 0, FIRST_LINK
        if chain not in broken and (reason := _fault(entry, sequence + 1, previous)):
            broken[chain] = BrokenLink(chain, entry.sequence, reason)
        sequence, previous = entry.sequence, entry.digest
    return count, list(broken.values())


def head(session: Session, case_id: int) -> tuple[int, str]:
    """Length of a case's chain and the digest of its last entry: what an archive writes down to fix the chain."""
    count = session.scalar(select(func.count()).where(JournalEntry.chain == case_id)) or 0
    return count, _head(session, case_id)[1]


def _head(session: Session, chain: int) -> tuple[int, str]:
    last = LAST.rows(session, {"this": chain})
    return (last[0][0], last[0][1]) if last else (0, FIRST_LINK)


def heads(session: Session) -> list[tuple[int, int, str]]:
    """Every chain with its length and the digest of its last entry: what a backup writes down to know them again."""
    last = select(JournalEntry.chain, func.max(JournalEntry.sequence).label("sequence")).group_by(JournalEntry.chain).subquery()
    query = select(JournalEntry.chain, JournalEntry.sequence, JournalEntry.digest).join(
        last, (JournalEntry.chain == last.c.chain) & (JournalEntry.sequence == last.c.sequence)
    )
    return [(chain, sequence, digest) for chain, sequence, digest in session.execute(query)]


def _fault(entry: JournalEntry, expected: int, previous: str) -> str:
    if entry.sequence != expected:
        return f"序号应为 {expected}，实为 {entry.sequence}（有记录缺失）"
    if entry.previous != previous:
        return "与前一条记录的摘要不衔接"
    recomputed = _digest(
        entry.chain, entry.sequence, entry.at, entry.act, entry.actor_id, entry.facts, entry.previous
    )
    return "" if recomputed == entry.digest else "内容与摘要不符（记录被改动）"


def _digest(chain: int, sequence: int, at: datetime, act: str, actor: str, facts: str, previous: str) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = (str(chain), str(sequence), moment, act, actor, facts, previous)
    return hashlib.sha256("\x1f".join(fields).encode()).hexdigest()
