"""When the party's remedies have run out, and with them the agency's way to the court opens."""

from __future__ import annotations

import pytest

from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import compute, load_limits
from engine.law.windows import remedies_expire_on
from tests.law.builders import day, moment


@pytest.mark.parametrize(
    ("served", "first", "expires", "court_until"),
    [
        ("2026-03-05T10:20", False, "2026-09-07", "2026-12-07"), ("2026-05-13T10:20", True, "2026-07-13", "2026-10-13"),
        ("2025-08-31", False, "2026-02-28", "2026-05-28"), ("2025-11-01", False, "2026-05-06", "2026-08-06"),
    ],
)
def test_the_window_to_the_court_opens_when_all_remedies_are_gone(
    served: str, first: bool, expires: str, court_until: str
) -> None:
    """行政强制法 第五十三条; 最高人民法院关于适用行政诉讼法的解释 第一百五十六条: three months from the end of the time to sue."""
    expired = remedies_expire_on(moment(served), WorkingCalendar(), reconsideration_first=first)
    assert expired == day(expires)
    assert compute(load_limits()["TL_COURT_APPLY"], moment(expires), WorkingCalendar()).due_on == day(court_until)
