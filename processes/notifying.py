"""Tell officers what happened (消息): derived each minute by a worker from what the journal has gained.

A step writes nothing for it. What is derived is worked out in a reading transaction and kept in a short writing one, under the mark
of how far the journal was read; whoever comes second with the same reading keeps nothing.
"""

from __future__ import annotations

from engine import jobs
from engine.accounts.preferences import APP, MAIL, OFF, Preference, preferences_among
from engine.clock import SystemClock
from engine.journal import NO_CASE
from engine.oversight import following, notices
from engine.oversight.notices import Draft
from engine.oversight.occasions import occasions
from processes import mailing
from processes.host import Host

READER = "notices"
ROUNDS = 200


def tell(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """The tick of the schedule: everything that is to be told since the last one."""
    for _ in range(ROUNDS):  # what is left after a long pause waits for the next tick
        if not told_more(host):
            break
    with host.database.writing() as session:
        jobs.finish(session, job.id, host.clock.now())
    return ()


def told_more(host: Host, most: int = 1000) -> bool:
    """Derive the notices of the next entries; whether there may be more to read."""
    now, machine = host.clock.now(), SystemClock().now()
    with host.database.reading() as session:
        mark = following.mark_of(session, READER)
        if mark is not None:
            reading = following.read_on(session, mark, machine, most)
            drafts = list(occasions(session, reading.entries, mark.moment, now))
    with host.database.writing() as session:
        if mark is None:
            if following.mark_of(session, READER) is None:
                following.begin(session, READER, now, machine)
            return False
        if not following.move(session, mark, reading, now):
            return False  # another worker has kept the same
        wishes = preferences_among(session, {draft.officer_id for draft in drafts})
        kept = notices.keep(session, [draft for draft in drafts if _way(wishes, draft) != OFF], now)
        for notice in kept if mailing.is_possible(host.settings) else ():
            wish = wishes.get(notice.officer_id)
            if wish is not None and wish.mail_address and wish.way(notice.kind) == MAIL:
                jobs.enqueue(session, NO_CASE, mailing.SEND, {"what": "notice", "notice": notice.id}, now)
    return reading.full


def _way(wishes: dict[str, Preference], draft: Draft) -> str:
    wish = wishes.get(draft.officer_id)
    return wish.way(draft.kind) if wish else APP
