"""Closing and archiving (结案、归档)."""

from __future__ import annotations

from engine.cases.acts import Act, Outcome
from engine.cases.executing import outstanding
from engine.cases.stays import APPROVED, ARTICLES, TERMINATION, stays_of
from engine.errors import Unlawful


def record_termination(act: Act) -> Outcome:
    """The investigation ends because it cannot go on; the case is to be closed (程序规定 第四十七条、第七十七条第三项).

    Only what the head of the agency has approved is recorded, whoever sent the message.
    """
    approved = [stay for stay in stays_of(act.session, act.case.id) if stay.kind == TERMINATION and stay.state == APPROVED]
    if not approved:
        raise Unlawful("termination.not_approved", "终止调查没有经过本机关负责人批准", article=ARTICLES[TERMINATION])
    act.case.status = "TERMINATED"
    return Outcome(facts={"terminated": True}, events=(("closable_event", act.now),), notes={"request": approved[-1].id})


def propose_closing(act: Act) -> Outcome:
    """The lead officer proposes to close, for what the case has come to (程序规定 第七十七条); as carried out only when nothing is owed."""
    if bool(act.facts.get("terminated")) != (act.text("close_reason") == "TERMINATED"):
        raise Unlawful(
            "closing.reason", "终止调查的案件以“终止调查”结案，没有终止调查的不得以此结案", article="市场监督管理行政处罚程序规定 第七十七条第三项"
        )
    if act.text("close_reason") == "DONE" and (rest := outstanding(act.session, act.case.id, act.rules)) > 0:
        raise Unlawful(
            "closing.outstanding", f"尚有 {rest:,.2f} 元没有缴清，不得以执行完毕结案",
            article="市场监督管理行政处罚程序规定 第七十七条",
        )
    return Outcome()


def approve_closing(act: Act) -> Outcome:
    """The head of the agency closes the case (程序规定 第七十七条)."""
    if act.values["decision"] != "AGREE":
        return Outcome(facts={"closing_result": act.values["decision"]})
    act.case.status, act.case.closed_on = "CLOSED", act.today
    return Outcome(facts={"closing_result": "AGREE"}, events=(("case_closed", act.now),))


def prepare_archive(act: Act) -> Outcome:
    """Give the dossier its number and retention (程序规定 第七十八条; 粤府〔2023〕73号 第三十一条).

    A case decided on the spot needs no approval of its closing (程序规定 第七十七条 is for the ordinary procedure): it is closed now.
    """
    act.case.closed_on = act.case.closed_on or act.today
    act.case.archive_number = act.text("archive_number")
    return Outcome()
