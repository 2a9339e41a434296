"""What has been done in a case so far, as the safeguards need to know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.law.penalties import ProposedPenalty

NEGATIVE: Final = frozenset({"DISAGREE", "RETURN", "CORRECT", "SUPPLEMENT", "NOT_FILE", "CONVERT", "NO_PENALTY"})


@dataclass(frozen=True)
class ActDone:
    """One completed act: its tag (several joined by +), who did it, when, and with what result."""

    tag: str
    actor: str
    at: datetime
    result: str = ""

    @property
    def agreed(self) -> bool:
        """Whether the act did not end in a refusal or a return."""
        return self.result not in NEGATIVE


@dataclass(frozen=True)
class CaseHistory:
    """A case as the safeguards see it; what is not said counts as not done, so that a gap refuses rather than allows.

    acts: in the order in which they were done; investigators: ids of the officers who handle the case.
    evidence_accepted: how many pieces passed the review; evidence_cited_unaccepted: numbers of cited pieces that did not.
    penalty: a penalty is proposed; noticed, decided: penalties told to the party and meant now.
    notice_served, decision_served: the document has reached the party; serving_decision: the decision is what SERVICE serves.
    window_closed: the time for statement and defence is over, or every right was used or waived in writing.
    statement_pending: a statement was made and not heard yet; hearing_requested: within time, with a right to it.
    renotice: facts, reasons, basis or kinds changed after the notice; overcharged: a law orders a refund not ordered yet.
    """

    acts: tuple[ActDone, ...] = ()
    investigators: frozenset[str] = frozenset()
    certificate_shown: bool = False
    rights_told: bool = False
    evidence_accepted: int = 0
    evidence_cited_unaccepted: tuple[str, ...] = ()
    penalty: bool = True
    noticed: tuple[ProposedPenalty, ...] = ()
    decided: tuple[ProposedPenalty, ...] = ()
    notice_served: bool = False
    window_closed: bool = False
    statement_pending: bool = False
    hearing_requested: bool = False
    renotice: bool = False
    major: bool = False
    legal_review_required: bool = False
    overcharged: bool = False
    decision_served: bool = False
    serving_decision: bool = False
    paid: bool = False
    property_pending: bool = False
    close_reason: str = "DONE"

    def last(self, tag: str) -> int:
        """Position of the newest act with this tag, whatever its result; -1 when there is none."""
        return max((place for place, act in enumerate(self.acts) if tag in act.tag.split("+")), default=-1)

    def agreed(self, tag: str, after: int = -1) -> bool:
        """Whether the newest act with this tag lies after a position and was not refused or returned."""
        place = self.last(tag)
        return place > after and self.acts[place].agreed
