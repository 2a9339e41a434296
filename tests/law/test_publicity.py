"""A decision stays public for as long as the limits of its place and domain say, not shorter and not longer."""

from __future__ import annotations

import pytest

from engine.errors import Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.publicity import publicity_window, require_publicity_until
from engine.law.scopes import Scope, limits_for
from tests.law.builders import day, moment

MARKET = Scope(domain="market_regulation")
FUJIAN = Scope(domain="urban_management", province="fujian")


@pytest.mark.parametrize(
    ("scope", "until", "refused"),
    [
        (MARKET, "2026-05-18", ""), (MARKET, "2029-05-18", ""), (MARKET, "2029-05-19", "publicity.too_long"),
        (FUJIAN, "2026-07-16", "publicity.too_short"), (FUJIAN, "2026-07-17", ""), (FUJIAN, "2028-05-18", ""),
        (FUJIAN, "2028-05-19", "publicity.too_long"), (Scope(), "2050-01-01", ""),
    ],
)
def test_how_long_a_decision_stays_public(scope: Scope, until: str, refused: str) -> None:
    """市场监督管理行政处罚信息公示规定 第十三条; 福建省人民政府令第242号 第二十一条第一款: 60 days to two years."""
    published, limits = moment("2026-05-18T08:00"), limits_for(scope)
    if not refused:
        require_publicity_until(published, day(until), limits, WorkingCalendar())
        return
    with pytest.raises(Unlawful) as refusal:
        require_publicity_until(published, day(until), limits, WorkingCalendar())
    assert refusal.value.code == refused
    assert refusal.value.article


def test_without_a_limit_the_window_is_open() -> None:
    assert publicity_window(moment("2026-05-18"), limits_for(Scope()), WorkingCalendar()) == (None, None)
