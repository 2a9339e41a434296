"""What is wrong with a decision and what follows from it: void, to be revoked, or unlawful without being revoked."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from engine.errors import Unlawful
from engine.law.history import CaseHistory
from engine.law.sequence import GUARDS

VOID, REVOCABLE, SLIGHT = "VOID", "REVOCABLE", "SLIGHT"
EFFECTS: Final = MappingProxyType({VOID: "无效", REVOCABLE: "应当撤销", SLIGHT: "程序轻微违法，确认违法但不撤销"})
NO_BASIS: Final = "行政处罚法 第三十八条第一款; 行政诉讼法 第七十五条"
PROCEDURE: Final = "行政处罚法 第三十八条第二款; 行政诉讼法 第七十条第三项"


@dataclass(frozen=True)
class Defect:
    """One defect of a decision: stable code, what follows (EFFECTS), a sentence, the article that was broken, and that of
    the consequence."""

    code: str
    effect: str
    message: str
    article: str
    consequence: str


def defects(
    history: CaseHistory, *, basis: bool = True, competent: bool = True, feasible: bool = True,
    manifest: frozenset[str] = frozenset(), late: bool = False, served_late: bool = False,
) -> tuple[Defect, ...]:
    """Every defect of a decision, the gravest first; empty when nothing was found.

    Void: no legal basis, an agency that is not an administrative subject (行政处罚法 第三十八条第一款), a content that nobody can
    carry out (最高法院行诉解释 第九十九条第三项), and a breach of procedure that is grave and manifest (第三十八条第二款): which breach
    is so, a person decides and names its code in manifest; the law lists none. Revocable: every other safeguard that was
    skipped before the decision (行政诉讼法 第七十条). Slight: a late decision or a late service that took no right to be heard
    (行政诉讼法 第七十四条第一款第二项; 行诉解释 第九十六条).
    """
    found = []
    if not competent:
        found.append(Defect("validity.no_standing", VOID, "实施主体不具有行政主体资格", "行政处罚法 第十七条", NO_BASIS))
    if not basis:
        found.append(Defect("validity.no_basis", VOID, "行政处罚没有依据", "行政处罚法 第四条", NO_BASIS))
    if not feasible:
        article = "最高人民法院关于适用《中华人民共和国行政诉讼法》的解释 第九十九条第三项"
        found.append(Defect("validity.impossible", VOID, "行政处罚的内容客观上不可能实施", article, "行政诉讼法 第七十五条"))
    for guard in GUARDS["DECISION"]:
        try:
            guard(history)
        except Unlawful as refusal:
            effect = VOID if refusal.code in manifest else REVOCABLE
            found.append(Defect(refusal.code, effect, refusal.message, refusal.article, _consequence(refusal.code, effect)))
    slight = "行政诉讼法 第七十四条第一款第二项; 最高人民法院关于适用《中华人民共和国行政诉讼法》的解释 第九十六条"
    if late:
        found.append(Defect("validity.late", SLIGHT, "处理决定超过法定期限", "行政处罚法 第六十条", slight))
    if served_late:
        found.append(Defect("validity.served_late", SLIGHT, "处罚决定书没有在法定期限内送达", "行政处罚法 第六十一条", slight))
    order = list(EFFECTS)
    return tuple(sorted(found, key=lambda defect: order.index(defect.effect)))


def gravest(found: tuple[Defect, ...]) -> str:
    """The gravest consequence among defects, as a code of EFFECTS; empty when there is none."""
    return min((defect.effect for defect in found), key=list(EFFECTS).index, default="")


def _consequence(code: str, effect: str) -> str:
    if effect == VOID:
        return "行政处罚法 第三十八条第二款; 行政诉讼法 第七十五条"
    if code.startswith("evidence.") or code == "sequence.evidence_unreviewed":
        return "行政处罚法 第四十条; 行政诉讼法 第七十条第一项"
    return PROCEDURE
