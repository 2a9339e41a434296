"""What a penalty decision must say by law, item by item, and which contents of a kind say it.

行政处罚法 第五十九条 for decisions after the ordinary procedure (six items and the seal), 第五十二条第二款 for those made on the spot.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from documents.kinds import DocumentKind
from engine.errors import Fault

DECISION, ON_THE_SPOT = "行政处罚决定书", "当场"
NO_PENALTY_GIVEN = ("不予", "撤销", "变更", "补正", "更正")  # decisions about a penalty that give none have contents of their own


@dataclass(frozen=True)
class StatutoryContent:
    """One thing that the law wants said. source: pattern of the paths into the snapshot that say it.

    always: whether it can never be empty (a warning has no fine).
    """

    place: str
    name: str
    source: re.Pattern[str]
    always: bool


def _content(place: str, name: str, source: str, *, always: bool = True) -> StatutoryContent:
    return StatutoryContent(place, name, re.compile(source), always)


_OWN = r"(?:forms\.\w+|entered)\."
ARTICLE_59 = (
    _content("第一款第（一）项", "当事人的姓名或者名称", rf"party\.name|{_OWN}party_name"),
    _content("第一款第（一）项", "当事人的地址", rf"party\.address|{_OWN}party_address"),
    _content("第一款第（二）项", "违反法律、法规、规章的事实", rf"{_OWN}\w*facts"),
    _content("第一款第（二）项", "证据", rf"accepted_evidence|{_OWN}\w*evidence\w*"),
    _content("第一款第（三）项", "行政处罚的种类", rf"penalties\.(?:decided|decided_text)|{_OWN}(?:penalties|penalty_kind)\w*"),
    _content("第一款第（三）项", "行政处罚的依据", rf"item\.penalty|{_OWN}penalty_clause"),
    _content("第一款第（四）项", "行政处罚的履行方式和期限", rf"{_OWN}performance\w*"),
    _content("第一款第（五）项", "申请行政复议的途径", r"remedy\.reconsideration_agency|agency\.reconsideration_agency"),
    _content("第一款第（五）项", "申请行政复议的期限", r"remedy\.reconsideration_days"),
    _content("第一款第（五）项", "提起行政诉讼的途径", r"remedy\.court|agency\.court"),
    _content("第一款第（五）项", "提起行政诉讼的期限", r"remedy\.litigation_months|remedy\.after_reconsideration_days"),
    _content("第一款第（六）项", "作出行政处罚决定的行政机关名称", r"agency\.name"),
    _content("第一款第（六）项", "作出决定的日期", r"document\.date|case\.decided_on"),
)
ARTICLE_52 = (
    _content("第二款", "当事人的违法行为", rf"case\.cause|{_OWN}\w*(?:facts|violation)\w*"),
    _content("第二款", "行政处罚的种类", rf"penalties\.(?:decided|decided_text)|{_OWN}\w*(?:penalties|penalty_kind)\w*"),
    _content("第二款", "行政处罚的依据", rf"item\.penalty|{_OWN}\w*(?:penalty_clause|basis)\w*"),
    _content("第二款", "罚款数额", rf"penalties\.\w*(?:fine|decided)\w*|{_OWN}\w*(?:fine|amount)\w*", always=False),
    _content("第二款", "时间", rf"document\.date|{_OWN}\w*(?:_at|time|date)\w*"),
    _content("第二款", "地点", rf"case\.violation_place|{_OWN}\w*place\w*"),
    _content("第二款", "申请行政复议的途径和期限", r"remedy\.reconsideration_\w+|agency\.reconsideration_agency"),
    _content("第二款", "提起行政诉讼的途径和期限", r"remedy\.(?:court|litigation_months|after_reconsideration_days)|agency\.court"),
    _content("第二款", "行政机关名称", r"agency\.name"),
)


def missing_contents(kind: DocumentKind, used: Collection[str], where: str) -> list[Fault]:
    """Every statutory content that a kind of penalty decision does not demand, or that its template does not write.

    used: the names that the template writes.
    """
    if not kind.title.endswith(DECISION) or any(word in kind.title for word in NO_PENALTY_GIVEN):
        return []
    article, contents = ("第五十二条", ARTICLE_52) if ON_THE_SPOT in kind.title else ("第五十九条", ARTICLE_59)
    faults = [
        Fault(where, "document.template_statutory", f"{where} 缺少《行政处罚法》{article}{content.place}的内容“{content.name}”{reason}")
        for content in contents if (reason := _reason(kind, content, used))
    ]
    if contents is ARTICLE_59 and not kind.sealed:
        message = f"{where} 缺少《行政处罚法》{article}第二款的行政机关印章：《{kind.title}》没有设为用印"
        faults.append(Fault(where, "document.template_statutory", message))
    return faults


def _reason(kind: DocumentKind, content: StatutoryContent, used: Collection[str]) -> str:
    """Why a content is missing; empty when it is there. One of several contents that say the same is enough."""
    saying = [field for field in kind.fields if any(content.source.fullmatch(source) for source in field.sources)]
    if not saying:
        return "：没有声明"
    required = [field for field in saying if field.required or not content.always]
    if not required:
        return f"：“{saying[0].name}”应当设为必需（required = true）"
    return "" if any(field.name in used for field in required) else f"：模板没有写入“{required[0].name}”"
