"""Case review and legal review (案件审核、法制审核), never by an investigator of the same case."""

from __future__ import annotations

from engine.cases.acts import Act, Outcome
from engine.errors import Unlawful

CHECKS = ("jurisdiction_ok", "party_ok", "facts_ok", "nature_ok", "basis_ok", "procedure_ok", "proper_ok")


def record_review(act: Act) -> Outcome:
    """Record what the reviewer found (行政处罚法 第五十八条; 市场监督管理行政处罚程序规定 第五十二至五十五条)."""
    conclusion = act.text("conclusion")
    if conclusion == "AGREE" and not all(act.values[check] for check in CHECKS):
        raise Unlawful(
            "review.checks", "审核的七项内容没有全部通过，不得提出同意的审核意见",
            article="市场监督管理行政处罚程序规定 第五十二条",
        )
    if "LEGAL_REVIEW" in act.tags and not act.actor.legal_qualification:
        raise Unlawful(
            "review.qualification", "初次从事法制审核的人员应当通过国家统一法律职业资格考试取得法律职业资格",
            article="行政处罚法 第五十八条第二款",
        )
    act.case.status = "DECIDING" if conclusion == "AGREE" else "INVESTIGATING"
    return Outcome(facts={"review_result": conclusion}, events=(("review_completed", act.now),))
