"""Which way back is allowed (退回): what the package names or the law leaves, and never over what cannot be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from engine.errors import Unlawful
from engine.workflow.parsing import Node

ROLLBACK: Final = "四川电子监察办法 第十条第二项第四目; 行政处罚法 第三十八条第二款"
# Persons of one class do not check each other as investigator, reviewer and decider do (行政处罚法 第五十七条、第五十八条).
PERSON_CLASSES: Final[Mapping[str, str]] = MappingProxyType({
    "intake_clerk": "handling", "lead_officer": "handling", "co_officer": "handling", "handling_unit_head": "handling",
    "case_reviewer": "reviewing", "legal_reviewer": "reviewing", "hearing_chair": "hearing",
    "agency_head": "deciding", "agency_chief": "deciding",
})
# Tag of a completed act that stands between → what cannot be undone, and the article.
BARRIERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "SERVICE": ("文书已经送达当事人，不能撤销送达", "行政处罚法 第六十一条; 民事诉讼法 第八十七条"),
    "DECISION": ("已经拟制行政处罚决定书，不得退回到决定之前", "行政处罚法 第三十八条第二款、第五十七条; 四川电子监察办法 第十条第二项第四目"),
    "FILING_APPROVAL": ("案件已经批准立案，不得退回到立案之前", "行政处罚法 第五十四条第二款"),
    "DEFENCE_WINDOW": ("当事人的陈述、申辩或者听证申请已经登记，不得退回", "行政处罚法 第七条、第四十五条"),
    "DEFENCE_HEAR": ("已经听取当事人的陈述、申辩，不得退回", "行政处罚法 第四十五条"),
    "SPOT_DECISION": ("已经当场作出行政处罚决定，不得退回到决定之前", "行政处罚法 第三十八条第二款、第五十二条; 四川电子监察办法 第十条第二项第四目"),
    "SPOT_SERVICE": ("决定书已经当场交付当事人，不能撤销交付", "行政处罚法 第五十二条第一款"),
    "FILE_RECORD": ("当场处罚决定已经备案，不得退回", "行政处罚法 第五十二条第三款"),
    "HEARING": ("听证已经举行，不得退回", "行政处罚法 第六十四条、第六十五条"),
    "PAY": ("罚没款项已经缴入国库，不得退回", "行政处罚法 第六十七条、第七十四条"),
    "CLOSE": ("案件已经结案，不得退回", "市场监督管理行政处罚程序规定 第七十七条"),
    "ARCHIVE": ("案卷已经立卷归档，不得退回", "市场监督管理行政处罚程序规定 第七十八条"),
})


def may_return(node: Node, target: Node) -> bool:
    """Whether a step may be sent back to an earlier one: named by the package, else the same class in the same procedure."""
    if node.returns:
        return target.id in node.returns or f"{target.procedure}.{target.id}" in node.returns
    own = PERSON_CLASSES.get(node.role, node.role)
    return node.procedure == target.procedure and own == PERSON_CLASSES.get(target.role, target.role)


def require_return_flow(node: Node, target: Node) -> None:
    """Unlawful (RED_ROLLBACK) outside the return flows that are defined (四川电子监察办法 第十条; INV-A06)."""
    if not may_return(node, target):
        raise Unlawful(
            "return.not_allowed", f"流程没有规定从“{node.name}”退回到“{target.name}”", article=ROLLBACK, alert="RED_ROLLBACK",
        )


def require_no_barrier(acts: Iterable[tuple[Iterable[str], bool]]) -> None:
    """Unlawful when one of the acts that would fall cannot be undone. acts: tags and whether the act ended in agreement.

    An approval that was refused or returned stands in nobody's way; whatever reached the party does (行政处罚法 第六十一条).
    """
    for tags, agreed in acts:
        for tag in tags:
            if tag in BARRIERS and agreed:
                message, article = BARRIERS[tag]
                raise Unlawful("return.barrier", message, article=article, alert="RED_ROLLBACK", tag=tag)
