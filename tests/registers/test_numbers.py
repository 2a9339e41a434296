"""Numbers are given without gap and without double, however many draw at once."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext

import pytest

from engine.database import Database
from engine.registers.numbers import pass_over, take_number

EACH = 1250 if os.environ.get("ZHIFA_PROVE") == "full" else 50
WRITERS = 8


class _Abandoned(Exception):
    """A step that failed after its number was drawn."""


def test_eight_writers_draw_without_gap_or_double(database: Database) -> None:
    drawn: list[int] = []

    def draw() -> None:
        for turn in range(EACH):
            with pytest.raises(_Abandoned) if turn % 10 == 9 else nullcontext(), database.writing() as session:
                number = take_number(session, "11999901MB0A10001K", "处罚〔{year}〕{seq}号", 2026)
                if turn % 10 == 9:
                    raise _Abandoned
            if turn % 10 != 9:
                drawn.append(number)

    threads = [threading.Thread(target=draw) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = WRITERS * sum(1 for turn in range(EACH) if turn % 10 != 9)
    assert sorted(drawn) == list(range(1, kept + 1))


def test_series_agencies_and_years_count_apart(database: Database) -> None:
    with database.writing() as session:
        assert [take_number(session, "A", "处罚", 2026) for _ in range(3)] == [1, 2, 3]
        assert take_number(session, "A", "处罚", 2027) == 1
        assert take_number(session, "A", "告知", 2026) == 1
        assert take_number(session, "B", "处罚", 2026) == 1


def test_numbers_given_elsewhere_are_passed_over(database: Database) -> None:
    with database.writing() as session:
        pass_over(session, "A", "处罚", 2026, 26)
        assert take_number(session, "A", "处罚", 2026) == 27
        pass_over(session, "A", "处罚", 2026, 5)
        assert take_number(session, "A", "处罚", 2026) == 28
