"""Let due timers act wherever they are, in small batches: what a worker or a command calls beside the requests themselves."""

from __future__ import annotations

import logging

from engine import receipts
from engine.errors import Conflict
from engine.workflow import timers
from processes.host import Host
from processes.running import fire

LOG = logging.getLogger("zhifa.timers")
BATCH = 100


def fire_due(host: Host, most: int = BATCH) -> int:
    """Let the timers that are due act, case by case, each in a transaction of its own; how many acted is returned.

    Several workers may call it at once: a timer acts once, and a worker passes over a case that another one holds.
    """
    now = host.clock.now()
    with host.database.reading() as session:
        waiting = timers.due_cases(session, now, most)
    fired = 0
    for case_id in waiting:
        try:
            with host.database.writing() as session:
                acted = fire(host, session, case_id, now, wait=False)
            fired += acted
            LOG.info("limit.reached", extra={"case": case_id, "count": acted})
        except Conflict:
            continue  # somebody acted on the case in the meantime; it is looked at again next time
        except Exception:
            LOG.exception("limit.failed", extra={"case": case_id})
    return fired


def tidy(host: Host) -> None:
    """Drop what is kept for a time only: the receipts of requests that nobody will send again."""
    now = host.clock.now()
    with host.database.reading() as session:
        if not receipts.is_any_old(session, now):
            return
    with host.database.writing() as session:
        receipts.forget(session, now)
