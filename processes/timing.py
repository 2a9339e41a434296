"""Let due timers act wherever they are, in small batches: what a worker or a command calls beside the requests themselves."""

from __future__ import annotations

import logging
import random
import time

from engine.errors import Conflict
from engine.workflow import timers
from processes.host import Host
from processes.running import fire

LOG = logging.getLogger("zhifa.timers")
BATCH, REST = 100, 60.0


def fire_due(host: Host, most: int = BATCH, resting: dict[int, float] | None = None) -> int:
    """Let the timers that are due act, case by case, each in a transaction of its own; how many acted is returned.

    Several workers may call it at once: a timer acts once, and a worker passes over a case that another one holds.
    resting: the caller's own note of cases that could not act, and until when (monotonic seconds) they are left alone, so that
    they neither fill the log nor stand in the way of the others.
    """
    resting = {} if resting is None else resting
    for case_id in [case_id for case_id, until in resting.items() if until <= time.monotonic()]:
        del resting[case_id]
    now = host.clock.now()
    with host.database.reading() as session:
        waiting = [case_id for case_id in timers.due_cases(session, now, most + len(resting)) if case_id not in resting]
    random.shuffle(waiting)  # several workers look at the same list: each begins somewhere else
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
            resting[case_id] = time.monotonic() + REST
            LOG.exception("limit.failed", extra={"case": case_id})
    return fired
