"""How long a deadline takes: three suspensions with a full trace, against the slow day-by-day counter of the tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from time import perf_counter

from engine.clock import at_legal_midnight
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import Suspension, compute, load_limits
from engine.law.scopes import Scope, limits_for
from engine.law.time_limits import WORKING_DAY, TimeLimit
from tests.law import reference

TARGET = 50.0  # microseconds for a deadline with three suspensions
START = date(2026, 3, 5)
STOPS = tuple(
    Suspension("SUSP_TEST", "检测期间", date(2026, *first), date(2026, *resumed), "条文", whole_days=True)
    for first, resumed in (((3, 7), (3, 17)), ((4, 3), (4, 29)), ((5, 1), (5, 31)))
)


def naive(limit: TimeLimit) -> tuple[date, date]:
    """Last day and yellow day as one writes them first: a set of stopped days, then one day after the other. No trace."""
    out = {stop.start + timedelta(days=each) for stop in STOPS for each in range((stop.end - stop.start).days)}
    due = reference.last_day(START, limit.amount, limit.unit, stopped=out, rolls=limit.rolls)
    yellow, left = due, limit.yellow_remaining
    while left:
        yellow -= timedelta(days=1)
        left -= limit.yellow_unit != WORKING_DAY or reference.works(yellow)
    return due, yellow


def microseconds(run: Callable[[], object], repeat: int) -> float:
    """The best of five rounds: microseconds a call."""
    rounds = []
    for _ in range(5):
        began = perf_counter()
        for _ in range(repeat):
            run()
        rounds.append((perf_counter() - began) / repeat * 1e6)
    return min(rounds)


def main() -> int:
    """Print each figure with its ratio; 1 when a deadline takes longer than the target."""
    calendar, started_at = WorkingCalendar(), at_legal_midnight(START)
    slowest = 0.0
    print("期限计算（三段不计入的期间，含完整的计算过程）      本平台        逐日推算      倍数")
    for limit_id in ("TL_PEN_DECISION", "TL_PEN_CLUE_VERIFY"):
        limit = load_limits()[limit_id]

        ours = partial(compute, limit, started_at, calendar, STOPS)
        theirs = partial(naive, limit)
        assert ours().due_on == theirs()[0]
        fast, slow = microseconds(ours, 2000), microseconds(theirs, 200)
        slowest = max(slowest, fast)
        print(f"  {limit.id:<44}{fast:9.1f} µs {slow:12.1f} µs {slow / fast:8.1f}")
    plain = load_limits()["TL_PAY"]
    print(f"  {'TL_PAY（没有不计入的期间）':<36}{microseconds(lambda: compute(plain, started_at, calendar), 2000):9.1f} µs")
    scope = Scope(domain="agriculture", province="guangdong")
    print(f"  {'一个领域和地区适用的全部期限':<35}{microseconds(lambda: limits_for(scope), 500):9.1f} µs")
    print(f"目标：每个期限不超过{TARGET:.0f} µs，{'达到' if slowest <= TARGET else '没有达到'}")
    return int(slowest > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
