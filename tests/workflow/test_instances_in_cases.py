"""多人分别办理: one of several goes back while the others are at it, never after all have acted; the page offers only what is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Conflict
from engine.workflow.tasks import DONE, find_item, items_of_case
from processes.host import Host
from processes.routing import return_step, return_targets, withdraw_step
from processes.running import complete_step
from tests.workflow.drawn_case import ANSWER, LEAD, STEP, drawn_case, lane, waiting

SEVERAL = "<multiInstanceLoopCharacteristics{0}><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
PROCESS = f"""
{lane("start", "before", "each", "after", "end")}
startEvent start
userTask before name=提出问题
+{STEP}
userTask each name=分别评查
+{STEP}{{several}}
userTask after name=汇总意见
+{STEP}
endEvent end
start -> before -> each -> after -> end
"""


def take(host: Host, case_id: int, step: str, times: int = 1) -> None:
    for _ in range(times):
        complete_step(host, waiting(host, case_id)[step], LEAD, ANSWER)


def offered(host: Host, item: int) -> list[str]:
    with host.database.reading() as session:
        return [target.name for target in return_targets(host, session, find_item(session, item))]


@pytest.mark.parametrize("in_turn", [False, True], ids=["at once", "in turn"])
def test_who_has_acted_among_several_goes_back_only_with_all(host: Host, tmp_path: Path, in_turn: bool) -> None:
    case_id = drawn_case(host, tmp_path, PROCESS.format(several=SEVERAL.format(' isSequential="true"' if in_turn else "")))
    take(host, case_id, "before")
    take(host, case_id, "each", 3)
    after = waiting(host, case_id)["after"]
    assert offered(host, after) == ["提出问题"]
    with host.database.reading() as session:
        done = {row.step: row.id for row in items_of_case(session, case_id) if row.state == DONE}
    for act in (lambda: return_step(host, after, LEAD, done["each"], "重评"), lambda: withdraw_step(host, done["each"], LEAD, "写错")):
        with pytest.raises(Conflict, match="由各人重新办理") as caught:
            act()
        assert "第五十七条" in str(caught.value.facts["article"])
    assert waiting(host, case_id) == {"after": after}
    return_step(host, after, LEAD, done["before"], "问题没有写清")
    take(host, case_id, "before")
    take(host, case_id, "each", 3)
    assert set(waiting(host, case_id)) == {"after"}


def test_while_others_are_still_to_come_one_takes_his_own_back(host: Host, tmp_path: Path) -> None:
    case_id = drawn_case(host, tmp_path, PROCESS.format(several=SEVERAL.format(' isSequential="true"')))
    take(host, case_id, "before")
    take(host, case_id, "each", 2)
    with host.database.reading() as session:
        mine = next(row.id for row in reversed(items_of_case(session, case_id)) if row.step == "each" and row.state == DONE)
    withdraw_step(host, mine, LEAD, "写错")
    take(host, case_id, "each", 2)
    assert set(waiting(host, case_id)) == {"after"}  # three have acted, no more and no less
    take(host, case_id, "after")
    assert waiting(host, case_id) == {}
