"""Why a document says what it says: for each content the value's path, the form and officer it came from, and the law in force.

Fixed when the document is begun and stored with it, so that the answer stays the same whatever becomes of case, package and law.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from documents.kinds import DocumentKind, taken_source

_ROOTS: Mapping[str, str] = {
    "on_the_spot": "当场处罚的办理记录",
    "case": "案件登记", "agency": "执法主体库", "item": "执法事项库", "party": "当事人登记", "officers": "执法人员库", "lead": "执法人员库",
    "co": "执法人员库", "unit_head": "执法人员库", "head": "执法人员库", "chief": "执法人员库", "opinions": "审核审批意见",
    "evidence": "证据登记", "accepted_evidence": "证据审查", "penalties": "处罚内容登记", "discretion": "裁量基准计算",
    "hearing_right": "流程规则", "defence_days": "地方规则", "hearing_days": "行政处罚法 第六十四条", "deadlines": "期限计算",
    "remedy": "救济途径规则", "service": "送达登记", "payments": "缴款登记", "payments_total": "缴款登记", "numbers": "文号登记",
    "emergency": "应急响应登记", "documents": "文书登记", "today": "制作日期", "facts": "流程规则", "document": "本文书的文号和日期",
    "pictures": "图片登记",
}
ROOTS = frozenset({*_ROOTS, "forms", "entered"})
"""The first parts of all paths that a kind may draw on."""


def provenance(
    kind: DocumentKind, snapshot: Mapping[str, Any], template: str, release: str, law: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """{"contents": name → {element, source, from, step, by, at}, "template", "release", "law"}: plain data to keep.

    template, release: SHA-256 of the Word template and of the package; law: see engine.cases.law_cited.
    """
    contents = {}
    for field in kind.fields:
        source = taken_source(field, snapshot)
        contents[field.name] = {"element": field.element, "source": source, **_origin(source, snapshot)}
    return {"contents": contents, "template": template, "release": release, "law": [dict(row) for row in law]}


def _origin(source: str, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Whence a path came, in words, with the step and who entered it when, as far as the case knows."""
    root, *rest = source.replace("[]", "").split(".") if source else [""]
    if root == "forms" and rest:
        form = snapshot.get("forms", {}).get(rest[0], {})
        return {"from": "环节表单", "step": rest[0], "by": form.get("actor", ""), "at": form.get("at")}
    if root == "entered":
        entered = snapshot.get("entered", {})
        return {"from": "制作文书时填写", "step": "", "by": entered.get("actor", ""), "at": entered.get("at")}
    if root == "opinions" and rest:
        opinion = snapshot.get("opinions", {}).get(rest[0], {})
        return {"from": _ROOTS[root], "step": "", "by": opinion.get("person", ""), "at": opinion.get("at")}
    return {"from": _ROOTS.get(root, "没有内容" if not source else root), "step": "", "by": "", "at": None}
