"""Keep what an officer has typed at a step and not handed in: who may take the step may keep, read and give up, nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.registers.agencies import find_officer
from engine.workflow import unfinished
from engine.workflow.tasks import OPEN, WorkItem, find_item, taken_for
from engine.workflow.unfinished import UnfinishedForm
from processes.host import Host


@dataclass(frozen=True)
class Window:
    """An open page: its name, when it was opened, the mark of the kept row that filled it, and of the newer one it was told of."""

    name: str
    opened_at: datetime
    goes_on_from: str = ""
    seen: str = ""


def keep_unfinished(
    host: Host, item_id: int, officer_id: str, window: Window, values: Mapping[str, Any]
) -> tuple[UnfinishedForm, UnfinishedForm | None]:
    """Keep what stands in a window; with it, what another window or person has kept since, if anything. Refused as the step would be."""
    now = host.clock.now()
    with host.database.writing() as session:
        item = _taken(session, item_id, officer_id, now)
        row = unfinished.keep(session, item, officer_id, window.name, values, now, goes_on_from=window.goes_on_from)
        return row, unfinished.newer_than(unfinished.kept_for(session, item_id), window.name, window.opened_at, window.seen)


def newer_elsewhere(host: Host, item_id: int, window: Window) -> UnfinishedForm | None:
    """What another window or person has kept for the step since this window was opened, and its officer has not been told of.

    None for a step that no longer waits: a request sent again gets its first answer, whatever else was kept.
    """
    with host.database.reading() as session:
        if find_item(session, item_id).state != OPEN:
            return None
        return unfinished.newer_than(unfinished.kept_for(session, item_id), window.name, window.opened_at, window.seen)


def shown_first(rows: list[UnfinishedForm], officer_id: str) -> UnfinishedForm | None:
    """What the form opens with: one's own newest text. A colleague's is offered, never put in place of one's own."""
    return next((row for row in rows if row.officer_id == officer_id), None)


def give_up(host: Host, item_id: int, officer_id: str, row_id: int) -> None:
    """Throw one kept text away, at the word of somebody who may take the step."""
    with host.database.writing() as session:
        item = _taken(session, item_id, officer_id, host.clock.now())
        unfinished.give_up(session, item, row_id)


def finished(host: Host, item_id: int) -> None:
    """The step is done: nothing on the way to it is kept."""
    with host.database.writing() as session:
        unfinished.drop(session, item_id)


def _taken(session: Session, item_id: int, officer_id: str, now: datetime) -> WorkItem:
    item = find_item(session, item_id)
    taken_for(session, item, find_officer(session, officer_id), now)
    return item
