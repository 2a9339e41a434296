"""What the tests of routing acts ask of a case, and the people of the sample province."""

from __future__ import annotations

from typing import Any

from engine import journal
from engine.workflow.tasks import DONE, OPEN, WorkItem, items_of_case
from processes.rehearsing import rehearse
from processes.routing import return_step
from tests.builders import CaseBuilder

LEAD, OTHER, HEAD_OF_UNIT, REVIEWER, HEAD = "YJWH0101", "YJWH0102", "YJWH0100", "YJWH0201", "YJWH0002"


def items(case: CaseBuilder) -> list[WorkItem]:
    with case.host.database.reading() as session:
        return items_of_case(session, case.case_id)


def open_item(case: CaseBuilder, step: str) -> int:
    return next(row.id for row in items(case) if row.state == OPEN and row.step == step)


def done_item(case: CaseBuilder, step: str) -> int:
    return next(row.id for row in reversed(items(case)) if row.state == DONE and row.step == step)


def acts(case: CaseBuilder) -> list[tuple[str, dict[str, Any]]]:
    with case.host.database.reading() as session:
        assert journal.verify(session, case.case_id)[1] == []
        return [(entry.act, entry.read_facts()) for entry in journal.entries(session, case.case_id)]


def send_back(case: CaseBuilder, step: str, to: str, actor: str, reason: str = "请补充调查") -> int:
    opened = return_step(case.host, open_item(case, step), actor, done_item(case, to), reason)
    rehearse(case.host, case.case_id)
    return opened


def again_from(case: CaseBuilder, step: str) -> CaseBuilder:
    """Go on with the script from the last time that it takes a step."""
    case.position = max(place for place, one in enumerate(case.script.steps[:case.position + 1]) if one.id == step)
    return case
