"""Hold a step against the law before it is carried out: who acts, and what must have happened before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.acts import Act
from engine.cases.cases import Case
from engine.cases.custody import collectors_of
from engine.cases.evidence import ACCEPTED, cited_numbers, evidence_of
from engine.cases.limits import event_moment
from engine.cases.noticing import defence_window
from engine.cases.penalties import NOTICED, PROPOSED, penalties
from engine.cases.stays import require_running
from engine.cases.submissions import Submission, ever_confirmed, latest, newest_submissions, submissions
from engine.cases.superseding import everything
from engine.errors import Unlawful
from engine.law import safeguards
from engine.law.penalties import ProposedPenalty
from engine.registers.agencies import find_officer

FIELD_TAGS = frozenset({"EVID_COLLECT", "CLUE_VERIFY", "DEFENCE_HEAR"})
ON_THE_SPOT = frozenset({"SPOT_FACTS", "SPOT_NOTICE", "SPOT_DEFENCE", "SPOT_DECISION", "SPOT_SERVICE"})
REVIEWING = frozenset({"CASE_REVIEW", "LEGAL_REVIEW"})
DECIDING = frozenset({"DECISION_APPROVE", "COLLECTIVE"})
APART = "行政处罚法 第五十七条、第五十八条第一款"


def check_step(act: Act) -> None:
    """Refuse an unlawful step with Unlawful, naming the article; the operation has not run yet."""
    if act.case.status == "ARCHIVED":
        raise Unlawful("case.archived", "案件已经归档，只能查阅", article="粤府〔2023〕73号 第三十一条")
    require_running(act.session, act.case)
    require_separated(act, act.actor.id)
    if (FIELD_TAGS | ON_THE_SPOT) & set(act.tags):
        _require_two_officers(act)
    if "decision" in act.values:
        safeguards.require_reason(act.text("decision"), act.text("opinion"))
    if "conclusion" in act.values:
        safeguards.require_reason(act.text("conclusion"), act.text("advice") or act.text("opinion"))
    require_safeguards(act)


def require_separated(act: Act, officer_id: str) -> None:
    """Whoever investigates or ever investigated this case takes no part in review, hearing, vote or approval (行政处罚法 第五十七条、第五十八条)."""
    require_apart(act.session, act.case, act.tags, officer_id)


@dataclass(frozen=True)
class Parts:
    """Who took which part in a case so far: its investigators, and the tags of what each person did or had done for him."""

    investigated: frozenset[str]
    done: Mapping[str, frozenset[str]]


def parts_taken(session: Session, case: Case, tags: Collection[str]) -> Parts:
    """Who took which part, as far as it bars somebody from a step with these tags: asked once, however many people are weighed."""
    investigated = investigators_ever(session, case) if set(tags) & safeguards.SEPARATED.keys() else frozenset()
    done: dict[str, set[str]] = {}
    for row in submissions(session, case.id) if (DECIDING | REVIEWING) & set(tags) else ():
        for person in filter(None, (row.actor_id, row.acting_for)):
            done.setdefault(person, set()).update(row.tags)
    return Parts(investigated, {person: frozenset(every) for person, every in done.items()})


def require_apart(session: Session, case: Case, tags: Collection[str], officer_id: str, parts: Parts | None = None) -> None:
    """Nobody has two of the parts investigator, reviewer and decider in one case, himself or as somebody's deputy.

    That who reviewed does not decide follows from review before decision by others (行政处罚法 第五十八条第一款), read strictly.
    parts: what `parts_taken` says, where it has been asked.
    """
    taken = parts_taken(session, case, tags) if parts is None else parts
    for tag in tags:
        if tag in safeguards.SEPARATED:
            safeguards.require_separation(tag, officer_id, taken.investigated)
    kept_from = (REVIEWING if DECIDING & set(tags) else frozenset()) | (DECIDING if REVIEWING & set(tags) else frozenset())
    if kept_from & taken.done.get(officer_id, frozenset()):
        name = find_officer(session, officer_id).name
        raise Unlawful("officers.reviewer_decides", f"{name}已经参与本案的审核或者决定，不得兼任（审核与决定分离）", article=APART)


def investigators_ever(session: Session, case: Case) -> frozenset[str]:
    """Those who handle a case, and all who took evidence in it before it was handed over or what they did was taken back."""
    query = select(Submission).where(Submission.case_id == case.id)
    found = set(case.investigators) | collectors_of(session, case.id)
    for row in session.scalars(query, execution_options=everything()):
        if FIELD_TAGS & set(row.tags) - {"DEFENCE_HEAR"}:
            found |= {row.actor_id, *row.also_present, row.acting_for or row.actor_id}
    return frozenset(found)


def require_safeguards(act: Act) -> None:
    """Refuse a step while what the law puts before it is missing."""
    safeguards.require_before("+".join(act.tags), case_history(act))


def case_history(act: Act) -> safeguards.CaseHistory:
    """The case as the law looks at it; what is not recorded counts as not done. What a guard does not ask for is not read."""
    return RecordedHistory(act)


class RecordedHistory(safeguards.CaseHistory):
    """A case's rows as its history, each read once and only when a guard asks."""

    def __init__(self, act: Act) -> None:
        facts = act.facts
        vars(self).update(
            _act=act, investigators=act.case.investigators, penalty=bool(facts.get("penalty")),
            statement_pending=bool(facts.get("new_statement")), hearing_requested=bool(facts.get("hearing_requested")),
            renotice=bool(facts.get("renotice")), major=bool(facts.get("major")),
            legal_review_required=bool(facts.get("legal_review_required")), overcharged=bool(facts.get("overcharged")),
            serving_decision=facts.get("serving") == "DOC-45", paid=bool(facts.get("paid")),
            property_pending=bool(facts.get("property_pending")),
        )

    _act: Act

    @cached_property
    def acts(self) -> tuple[safeguards.ActDone, ...]:
        """The newest completion of each step by each officer: no guard looks further back, however long a case is."""
        return tuple(_act_done(row) for row in newest_submissions(self._act.session, self._act.case.id))

    @cached_property
    def certificate_shown(self) -> bool:
        """Whether any step records it."""
        return ever_confirmed(self._act.session, self._act.case.id, "certificate_shown")

    @cached_property
    def rights_told(self) -> bool:
        """Whether any step records it."""
        return ever_confirmed(self._act.session, self._act.case.id, "rights_told")

    @cached_property
    def evidence_accepted(self) -> int:
        """How many pieces passed their last review."""
        return sum(1 for row in evidence_of(self._act.session, self._act.case.id) if row.status == ACCEPTED)

    @cached_property
    def evidence_cited_unaccepted(self) -> tuple[str, ...]:
        """Numbers that a notice or decision cites in its own words although the piece was excluded, not reviewed or never taken.

        The report of the investigation may name what was excluded: it tells why (行政处罚法 第四十六条第三款).
        """
        cited = () if "INVEST_REPORT" in self._act.tags else cited_numbers(self._act.values)
        if not cited:
            return ()
        accepted = {row.number for row in evidence_of(self._act.session, self._act.case.id) if row.status == ACCEPTED}
        return tuple(number for number in cited if number not in accepted)

    @cached_property
    def noticed(self) -> tuple[ProposedPenalty, ...]:
        """What the party was told."""
        return penalties(self._act.session, self._act.case.id, NOTICED)

    @cached_property
    def decided(self) -> tuple[ProposedPenalty, ...]:
        """What is meant now."""
        return penalties(self._act.session, self._act.case.id, PROPOSED)

    @cached_property
    def notice_served(self) -> bool:
        """Whether the notice has reached the party."""
        return event_moment(self._act.session, self._act.case.id, "notice_served") is not None

    @cached_property
    def decision_served(self) -> bool:
        """Whether the decision has reached the party."""
        return event_moment(self._act.session, self._act.case.id, "decision_served") is not None

    @cached_property
    def window_closed(self) -> bool:
        """Whether the time for statement and defence is over."""
        window = defence_window(self._act)
        return window is not None and safeguards.defence_window_closed(window, self._act.now)

    @cached_property
    def close_reason(self) -> str:
        """Why closing was proposed last."""
        proposal = latest(self._act.session, self._act.case.id, "propose_closing")
        return "DONE" if proposal is None else str(proposal.values["close_reason"])


def _act_done(row: Submission) -> safeguards.ActDone:
    result = row.values.get("decision") or row.values.get("conclusion") or row.values.get("outcome") or ""
    return safeguards.ActDone("+".join(row.tags), row.actor_id, row.at, str(result))


def _require_two_officers(act: Act) -> None:
    people = [act.actor]
    if colleague := act.text("co_officer") or _on_the_spot_with(act):
        people.append(find_officer(act.session, colleague))
    safeguards.require_two_officers([
        safeguards.OfficerOnDuty(
            person.id, person.name, person.certified_on(act.today), person.agency_code == act.case.agency_code
        )
        for person in people
    ])


def _on_the_spot_with(act: Act) -> str:
    """The other officer of a case on the spot: named once, when the certificates were shown, and there until the decision is handed over."""
    if not ON_THE_SPOT & set(act.tags) or act.actor.id not in act.case.investigators:
        return ""
    return next(iter(act.case.investigators - {act.actor.id}), "")
