"""Prior notice, statement and defence, hearing (事先告知、陈述申辩、听证): what the party is told and may say."""

from __future__ import annotations

from engine.cases.acts import Act, Outcome
from engine.cases.limits import due_moment, event_moment
from engine.cases.penalties import NOTICED, PROPOSED, add_round, penalties
from engine.cases.submissions import latest, submissions
from engine.errors import Invalid, Unlawful
from engine.law import safeguards

RETURN = "RETURN"


def approve_notice(act: Act) -> Outcome:
    """The head of the agency agrees that the party is told, or sends the case back (程序规定 第五十六条)."""
    agreed = act.values["decision"] != RETURN
    return Outcome(facts={"notice_approved": agreed, "decision_result": "" if agreed else RETURN})


def give_notice(act: Act) -> Outcome:
    """Fix what the party is told: the facts, reasons, basis and penalties proposed (行政处罚法 第四十四条)."""
    proposed = penalties(act.session, act.case.id, PROPOSED)
    add_round(act.session, act.case.id, NOTICED, proposed, act.now)
    return Outcome(
        facts={
            "renotice": False, "new_statement": False, "hearing_requested": False, "window_closed": False,
            "waiver_signed": False,
        }
    )


def register_defence(act: Act) -> Outcome:
    """Register a statement, a request for a hearing or a written waiver (行政处罚法 第四十五条、第六十三条、第六十四条)."""
    values = act.values
    if not (values["statement"] or values["hearing_requested"] or values.get("waived")):
        raise Invalid("defence.empty", "请登记当事人的陈述申辩、听证申请或者书面放弃声明中的至少一项；没有收到材料时请等待期限届满")
    if values["hearing_requested"] and not act.facts["hearing_right"]:
        raise Invalid("defence.no_hearing_right", "拟作出的处罚不在听证范围内，当事人的要求请作为陈述申辩登记")
    requested = bool(act.facts["hearing_requested"] or values["hearing_requested"])
    closed = _window_closed(act)
    facts = {
        "new_statement": values["statement"], "hearing_requested": requested,
        "waiver_signed": bool(values.get("waived")), "window_closed": closed,
    }
    events = [("hearing_requested", act.values.get("hearing_requested_at") or act.now)] if values["hearing_requested"] else []
    if closed:
        events.append(("defence_window_closed", act.now))
    return Outcome(facts=facts, events=tuple(events))


def hear_defence(act: Act) -> Outcome:
    """Hear the party, recheck and answer (行政处罚法 第四十五条); the penalty never grows because of it."""
    return Outcome(
        facts={"new_statement": False, "window_closed": _window_closed(act)}, also_present=(act.text("co_officer"),)
    )


def record_hearing(act: Act) -> Outcome:
    """Record a hearing that was held on notice of at least seven working days (行政处罚法 第六十四条)."""
    safeguards.require_hearing_notice(act.values["notice_served_at"], act.values["held_at"], act.calendar)
    return Outcome(
        facts={"legal_review_required": True, "major": True},
        events=(("hearing_held", act.values["held_at"]), ("hearing_report_filed", act.now),
                ("review_materials_received", act.now)),
    )


def defence_window(act: Act) -> safeguards.DefenceWindow | None:
    """The window that the last prior notice opened, with what has been used and waived in it; None before a notice."""
    notice = latest(act.session, act.case.id, "prior_notice")
    if notice is None:
        return None
    forms = [s.values for s in submissions(act.session, act.case.id) if s.id > notice.id and s.step == "register_defence"]
    if act.step == "register_defence" and act.values:
        forms.append(dict(act.values))
    waived = {right for values in forms for right in values.get("waived") or ()}
    served = event_moment(act.session, act.case.id, "notice_served")
    ends = [due_moment(act.session, act.case.id, limit) for limit in ("TL_DEFENCE_WINDOW", "TL_HEARING_REQUEST")]
    due = max((moment for moment in ends if moment), default=None) if served and served >= notice.at else None
    return safeguards.DefenceWindow(
        hearing_right=bool(act.facts["hearing_right"]), due_at=due,
        statement_made=any(values["statement"] for values in forms),
        hearing_requested=any(values["hearing_requested"] for values in forms),
        defence_waived="DEFENCE" in waived, hearing_waived="HEARING" in waived,
        waiver_signed=all(values.get("waiver_signed_at") for values in forms if values.get("waived")),
    )


def _window_closed(act: Act) -> bool:
    window = defence_window(act)
    if window is None:
        raise Unlawful("defence.no_notice", "尚未事先告知，不存在陈述申辩期", article="行政处罚法 第四十四条")
    return safeguards.defence_window_closed(window, act.now)
