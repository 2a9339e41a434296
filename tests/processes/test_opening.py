"""Opening a case: only on an item of the register, and the fast track only under an emergency that covers the act."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from engine import journal
from engine.cases.cases import Case
from engine.errors import Unlawful
from processes.host import Host
from processes.opening import open_case


@pytest.mark.rule("R-GD-25a")
def test_the_fast_track_is_refused_after_the_emergency(host: Host) -> None:
    with pytest.raises(Unlawful, match="普通程序") as caught:
        open_case(host, "YJWH0101", "fast_track", "SCJG-CF-JG06-03", violated_on=date(2026, 8, 2))
    assert "第四十九条" in caught.value.article


@pytest.mark.rule("R-GD-13-2b")
def test_an_item_that_is_not_active_opens_no_case(host: Host) -> None:
    with pytest.raises(Unlawful, match="目录") as caught:
        open_case(host, "YJWH0304", "ordinary", "SCJG-CF-9001-01")
    assert caught.value.facts["alert"] == "RED_CATALOG_MISMATCH"
    with host.database.reading() as session:
        assert session.scalars(select(Case)).all() == []
        entry = journal.entries(session, journal.NO_CASE)[-1]
    assert (entry.act, entry.read_facts()["item"]) == ("case.refused", "SCJG-CF-9001-01")
