"""Blocks of numbers: used in order, nothing twice, nothing lost, and every number accounted for."""

from __future__ import annotations

import os
import threading

import pytest

from engine.database import Database
from engine.errors import Conflict, Invalid
from engine.registers.numbers import take_number
from engine.registers.reserved_numbers import (
    FREE,
    LARGEST_BLOCK,
    RETURNED,
    USED,
    VOID,
    declare_void,
    give_back,
    reserve,
    reserved,
    use_next,
    use_on_paper,
)
from tests.registers.builders import at

AGENCY, SERIES, ONE, OTHER = "11999901MB0A10001K", "{abbr}当罚〔{year}〕{seq}号", "YJWH0101", "YJWH0102"
TURNS = 200 if os.environ.get("ZHIFA_PROVE") == "full" else 12


def test_a_block_is_used_from_its_lowest_number_and_the_series_goes_on_behind_it(provinces: Database) -> None:
    with provinces.writing() as session:
        assert reserve(session, AGENCY, SERIES, 2026, ONE, 3, at()) == [1, 2, 3]
        assert take_number(session, AGENCY, SERIES, 2026) == 4
        assert reserve(session, AGENCY, SERIES, 2026, OTHER, 2, at()) == [5, 6]
        assert [use_next(session, AGENCY, SERIES, 2026, ONE, at(), "甲") for _ in range(4)] == [1, 2, 3, None]
        assert [row.state for row in reserved(session, AGENCY, ONE)] == [USED] * 3
        assert use_next(session, AGENCY, SERIES, 2027, OTHER, at(), "甲") is None


@pytest.mark.parametrize("count", [0, -1, LARGEST_BLOCK + 1])
def test_a_block_has_a_size(province: Database, count: int) -> None:
    with province.writing() as session, pytest.raises(Invalid, match="1 至 200"):
        reserve(session, AGENCY, SERIES, 2026, ONE, count, at())


def test_paper_is_used_in_order_a_void_number_never_again_and_a_returned_one_first(provinces: Database) -> None:
    with provinces.writing() as session:
        reserve(session, AGENCY, SERIES, 2026, ONE, 4, at())
        first, second, third, fourth = reserved(session, AGENCY, ONE)
        with pytest.raises(Invalid, match="1 号还没有使用"):
            use_on_paper(session, second, "当场处罚决定书", at())
        with pytest.raises(Invalid, match="理由"):
            declare_void(session, first, "  ", at())
        declare_void(session, first, "填写有误", at())
        use_on_paper(session, second, "对张某的当场处罚决定书", at())
        for row in (third, fourth):
            give_back(session, row, "任务结束", at())
        with pytest.raises(Conflict, match="1 号已经使用、作废或者交回"):
            declare_void(session, first, "再次", at())
        assert [row.state for row in reserved(session, AGENCY)] == [VOID, USED, RETURNED, RETURNED]
        assert reserve(session, AGENCY, SERIES, 2026, OTHER, 3, at()) == [3, 4, 5]
        assert [(row.officer_id, row.state) for row in reserved(session, AGENCY)][2:] == [(OTHER, FREE)] * 3


def test_many_hands_on_blocks_and_series_leave_no_gap_and_no_double(provinces: Database) -> None:
    """Four hands use one officer's block, two draw from the series, two hand out further blocks: all at once."""
    drawn: list[int] = []

    def use() -> None:
        for _ in range(TURNS):
            with provinces.writing() as session:
                mine = use_next(session, AGENCY, SERIES, 2026, ONE, at(), "甲")
                number = take_number(session, AGENCY, SERIES, 2026) if mine is None else mine
            drawn.append(number)

    def hand_out() -> None:
        for _ in range(TURNS // 4):
            with provinces.writing() as session:
                reserve(session, AGENCY, SERIES, 2026, ONE, 3, at())

    threads = [threading.Thread(target=act) for act in (use, use, use, use, hand_out, hand_out)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with provinces.reading() as session:
        free = [row.number for row in reserved(session, AGENCY) if row.state == FREE]
    assert len(drawn) == 4 * TURNS
    assert sorted(drawn + free) == list(range(1, len(drawn) + len(free) + 1))
