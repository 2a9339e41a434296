"""Closing and archiving (结案、归档)."""

from __future__ import annotations

from engine.cases.acts import Act, Outcome
from engine.cases.executing import outstanding
from engine.errors import Unlawful


def propose_closing(act: Act) -> Outcome:
    """The lead officer proposes to close; a case closes as carried out only when nothing is owed (程序规定 第七十七条)."""
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
    """Give the dossier its number and retention (程序规定 第七十八条; 粤府〔2023〕73号 第三十一条)."""
    act.case.archive_number = act.text("archive_number")
    return Outcome()
