"""Reading a journal that grows: what a slower transaction commits late is read too, and each entry once."""

from __future__ import annotations

import os
import random
import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import select

from engine import journal
from engine.clock import SystemClock
from engine.database import Database
from engine.journal import JournalEntry
from engine.oversight import following

FULL = os.environ.get("ZHIFA_PROVE") == "full"
WRITERS, EACH = 8, 1000 if FULL else 60
READER = "test"
NOW = SystemClock().now()


def read(database: Database, machine: datetime | None = None, most: int = 1000) -> list[int]:
    """One turn of the reader: the numbers that it got."""
    with database.reading() as session:
        mark = following.mark_of(session, READER)
        assert mark is not None
        reading = following.read_on(session, mark, machine or SystemClock().now(), most)
    with database.writing() as session:
        assert following.move(session, mark, reading, NOW)
    return [entry.id for entry in reading.entries]


def begin(database: Database) -> None:
    with database.writing() as session:
        following.begin(session, READER, NOW, SystemClock().now())


def write(database: Database, chain: int, wait: float = 0.0) -> None:
    with database.writing() as session:
        journal.append(session, chain, "test", "X", NOW, {})
        session.flush()
        time.sleep(wait)
        if wait > 0.018:  # a number that will never be used
            session.rollback()


def test_eight_writers_who_commit_out_of_order_lose_nothing(database: Database) -> None:
    """Promise T16. Whoever reads on from the highest number that he saw loses what is told at the end."""
    begin(database)
    embedded = database.engine.dialect.name == "sqlite"

    def work(number: int) -> None:
        chance = random.Random(number)  # noqa: S311
        for _ in range(EACH // 4 if embedded else EACH):
            write(database, number, 0 if embedded else chance.random() * 0.02)

    writers = [threading.Thread(target=work, args=(number,)) for number in range(1, WRITERS + 1)]
    for each in writers:
        each.start()
    got, naive, highest = list[int](), set[int](), 0
    while any(each.is_alive() for each in writers):
        got += read(database, most=50)
        with database.reading() as session:
            seen = session.scalars(select(JournalEntry.id).where(JournalEntry.id > highest)).all()
        naive |= set(seen)
        highest = max([highest, *seen])
    while more := read(database):
        got += more
    with database.reading() as session:
        there = set(session.scalars(select(JournalEntry.id)))
    assert sorted(got) == sorted(there)
    assert len(got) == len(set(got))
    assert embedded or naive != there  # the trap was there
    print(f"{database.engine.dialect.name}: {len(there)} entries, lost 0, doubled 0; by the highest number {len(there - naive)} would be lost")


def test_what_was_begun_before_the_reader_is_read_when_it_comes(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        return  # one writer at a time: nothing overtakes
    write(database, 1)
    with database.writing() as slow:
        journal.append(slow, 2, "test", "X", NOW, {})
        slow.flush()
        write(database, 3)
        begin(database)
        assert read(database) == []
    assert len(read(database)) == 1
    assert read(database) == []


def test_a_number_that_never_comes_is_given_up_after_a_day(database: Database) -> None:
    begin(database)
    with database.writing() as session:
        session.add(JournalEntry(id=6, chain=9, sequence=1, at=NOW, act="test", actor_id="X", facts="{}", previous="", digest=""))
    assert read(database) == [6]
    assert missing(database) == [(1, 5)]
    read(database, SystemClock().now() + timedelta(hours=23))
    assert missing(database) != []
    read(database, SystemClock().now() + timedelta(hours=25))
    assert missing(database) == []


def missing(database: Database) -> list[tuple[int, int]]:
    with database.reading() as session:
        mark = following.mark_of(session, READER)
        return [(first, last) for first, last, _ in mark.missing] if mark else []


def test_of_two_with_the_same_reading_one_keeps_it(database: Database) -> None:
    begin(database)
    write(database, 1)
    with database.reading() as session:
        mark = following.mark_of(session, READER)
        assert mark is not None
        reading = following.read_on(session, mark, SystemClock().now())
    for kept in (True, False):
        with database.writing() as session:
            assert following.move(session, mark, reading, NOW) is kept
