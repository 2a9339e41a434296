"""Let a message reach a case (消息): something from outside for which its procedure waits; rights → law → deliver → journal.

What a message leads to is the procedure's business; a service task behind it refuses what is not lawful, so nobody gains by
sending one. That the head has ended an investigation comes from `processes/staying.py`, never from here.
"""

from __future__ import annotations

from engine import journal
from engine.accounts.permissions import LEADERS
from engine.cases.cases import find_case
from engine.cases.stays import require_running
from engine.errors import Conflict, Invalid, NotPermitted, ZhifaError
from engine.registers.absences import holder_among
from engine.registers.agencies import find_officer
from engine.workflow import instances
from processes.host import Host
from processes.operating import let_go
from processes.refusals import journal_refusal
from processes.running import advance, let_time_pass
from processes.staying import APPROVED_TERMINATION


def receive(host: Host, case_id: int, officer_id: str, name: str, note: str) -> list[int]:
    """Write down that a message has come and let the procedure go on; the ids of the work items that opened are returned.

    By who handles the case or a head. Conflict when nothing waits for it, Invalid without a note of what has come.
    """
    now = host.clock.now()
    try:
        let_time_pass(host, case_id)
        with host.database.writing() as session:
            case, officer = find_case(session, case_id), find_officer(session, officer_id)
            handles = officer.id in case.investigators or holder_among(session, officer, LEADERS, now) is not None
            if officer.agency_code != case.agency_code or not handles:
                raise NotPermitted("message.receiver", "消息应当由本案办案人员或者负责人登记")
            bundle = host.bundle(session, case.release_digest)
            live = instances.load(session, case_id, bundle.blueprints[case.procedure])
            require_running(session, case)
            if not note.strip():
                raise Invalid("message.note", "请写明收到了什么，例如文号和日期")
            if name not in receivable(live) or not live.deliver(name):
                raise Conflict("message.not_awaited", f"案件现在不等待“{name[:60]}”，正在等待：{'、'.join(receivable(live)) or '无'}")
            journal.append(session, case_id, "message.received", officer.id, now, {"name": name, "text": note.strip()})
            let_go(session, case, live, officer, now, name)
            return advance(host, session, bundle, case, live, officer, now)
    except ZhifaError as refusal:
        journal_refusal(host, case_id, "message.refused", officer_id, now, refusal, {"name": name[:60]})
        raise


def receivable(live: instances.Running) -> list[str]:
    """The messages that an officer can write down as received."""
    return [name for name in live.awaited() if name != APPROVED_TERMINATION]

