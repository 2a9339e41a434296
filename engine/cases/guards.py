"""Hold a step against the law before it is carried out: who acts, and what must have happened before."""

from __future__ import annotations

from engine.cases.acts import Act
from engine.cases.evidence import ACCEPTED, evidence_of
from engine.cases.limits import event_moment
from engine.cases.noticing import defence_window
from engine.cases.penalties import NOTICED, PROPOSED, penalties
from engine.cases.submissions import Submission, submissions
from engine.errors import Unlawful
from engine.law import safeguards
from engine.registers.agencies import find_officer

FIELD_TAGS = frozenset({"EVID_COLLECT", "CLUE_VERIFY", "DEFENCE_HEAR"})


def check_step(act: Act) -> None:
    """Refuse an unlawful step with Unlawful, naming the article; the operation has not run yet."""
    if act.case.status == "ARCHIVED":
        raise Unlawful("case.archived", "案件已经归档，只能查阅", article="粤府〔2023〕73号 第三十一条")
    for tag in act.tags:
        safeguards.require_separation(tag, act.actor.id, act.case.investigators)
    if FIELD_TAGS & set(act.tags):
        _require_two_officers(act)
    if "decision" in act.values:
        safeguards.require_reason(act.text("decision"), act.text("opinion"))
    require_safeguards(act)


def require_safeguards(act: Act) -> None:
    """Refuse a step while what the law puts before it is missing."""
    safeguards.require_before("+".join(act.tags), case_history(act))


def case_history(act: Act) -> safeguards.CaseHistory:
    """The case as the law looks at it; what is not recorded counts as not done."""
    session, case, facts = act.session, act.case, act.facts
    done = submissions(session, case.id)
    evidence = evidence_of(session, case.id)
    window = defence_window(act)
    return safeguards.CaseHistory(
        acts=tuple(_act_done(row) for row in done), investigators=case.investigators,
        certificate_shown=any(row.values.get("certificate_shown") for row in done),
        rights_told=any(row.values.get("rights_told") for row in done),
        evidence_accepted=sum(1 for row in evidence if row.status == ACCEPTED),
        penalty=bool(facts.get("penalty")), noticed=penalties(session, case.id, NOTICED),
        decided=penalties(session, case.id, PROPOSED),
        notice_served=event_moment(session, case.id, "notice_served") is not None,
        window_closed=window is not None and safeguards.defence_window_closed(window, act.now),
        statement_pending=bool(facts.get("new_statement")), hearing_requested=bool(facts.get("hearing_requested")),
        renotice=bool(facts.get("renotice")), major=bool(facts.get("major")),
        legal_review_required=bool(facts.get("legal_review_required")), overcharged=bool(facts.get("overcharged")),
        decision_served=event_moment(session, case.id, "decision_served") is not None,
        serving_decision=facts.get("serving") == "DOC-45", paid=bool(facts.get("paid")),
        property_pending=bool(facts.get("property_pending")),
        close_reason=next((str(row.values["close_reason"]) for row in reversed(done) if row.step == "propose_closing"), "DONE"),
    )


def _act_done(row: Submission) -> safeguards.ActDone:
    result = row.values.get("decision") or row.values.get("conclusion") or ""
    return safeguards.ActDone("+".join(row.tags), row.actor_id, row.at, str(result))


def _require_two_officers(act: Act) -> None:
    people = [act.actor]
    if act.text("co_officer"):
        people.append(find_officer(act.session, act.text("co_officer")))
    safeguards.require_two_officers([
        safeguards.OfficerOnDuty(
            person.id, person.name, person.certified_on(act.today), person.agency_code == act.case.agency_code
        )
        for person in people
    ])
