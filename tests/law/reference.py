"""A slow counter of time limits, day by day with pencil and wall calendar: what the product's arithmetic must agree with.

It shares nothing with engine.law: the holidays are typed from the State Council's notices, every day is looked at one by
one, and a month ends where walking through the days arrives at the same day number.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

DAY = timedelta(days=1)
REST = {
    2024: "01-01 02-10 02-11 02-12 02-13 02-14 02-15 02-16 02-17 04-04 04-05 04-06 05-01 05-02 05-03 05-04 05-05 06-10 "
    "09-15 09-16 09-17 10-01 10-02 10-03 10-04 10-05 10-06 10-07",
    2025: "01-01 01-28 01-29 01-30 01-31 02-01 02-02 02-03 02-04 04-04 04-05 04-06 05-01 05-02 05-03 05-04 05-05 05-31 "
    "06-01 06-02 10-01 10-02 10-03 10-04 10-05 10-06 10-07 10-08",
    2026: "01-01 01-02 01-03 02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22 02-23 04-04 04-05 04-06 05-01 05-02 05-03 "
    "05-04 05-05 06-19 06-20 06-21 09-25 09-26 09-27 10-01 10-02 10-03 10-04 10-05 10-06 10-07",
}
MAKE_UP = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}


def works(day: date, also_rest: Collection[date] = ()) -> bool:
    """Whether people work on a day of 2024, 2025 or 2026; in other years from Monday to Friday."""
    word = f"{day:%m-%d}"
    if day in also_rest:
        return False
    if word in MAKE_UP.get(day.year, "").split():
        return True
    return day.isoweekday() <= 5 and word not in REST.get(day.year, "").split()


def natural_length(start: date, months: int) -> int:
    """How many days later so many months are over: the same day number, or the month's last day (民法典 第二百零二条)."""
    day, passed, number = start, 0, start.day
    while True:
        tomorrow = day + DAY
        if passed == months and (day.day == number or tomorrow.month != day.month):
            return (day - start).days
        passed += tomorrow.month != day.month
        day = tomorrow


def last_day(
    start: date, amount: int, unit: str, *, stopped: Collection[date] = (), rolls: bool = False,
    also_rest: Collection[date] = (), then: tuple[tuple[int, str], ...] = (),
) -> date:
    """Strike out one day after the other until none is left; then come the extensions, then the rest days at the end."""
    day = start
    for left, kind in ((amount, unit), *then):
        if kind in ("calendar_month", "calendar_year"):
            left = natural_length(day, left * (12 if kind == "calendar_year" else 1))
        while left > 0:
            day += DAY
            if day in stopped or (kind == "working_day" and not works(day, also_rest)):
                continue
            left -= 1
    while rolls and not works(day, also_rest):
        day += DAY
    return day


def last_day_before(held: date, working_days: int) -> date:
    """The last day that leaves so many whole working days between itself and the day of the event."""
    day, between = held - DAY, 0
    while between < working_days:
        between += works(day)
        day -= DAY
    return day


def next_date(start: date, on: str) -> date:
    """The first day after the start whose written date ends as given: 01-31, or 10."""
    day = start + DAY
    while not f"{day:%m-%d}".endswith(on):
        day += DAY
    return day
