"""What must be true of a record beyond the form of its columns: each check names the column, the reason and the article."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from engine.registers.definitions import Definition, added_definition, built_in
from engine.registers.lookup import DEEPEST, Lookup

Data = Mapping[str, Any]
Finding = tuple[str, str, str]
Check = Callable[[Data, date, Lookup], Iterator[Finding]]

LEVELS = ("province", "city", "county", "township")
FIELD_ROLES = frozenset({"lead_officer", "co_officer"})
NO_DEPUTY = frozenset({"administrator", "supervisor"})  # who runs the platform or supervises others has nobody stand in
LISTED = ("statutory_body", "remedy", "phone", "supervision_phone", "place", "procedure")
TIER = frozenset({"tier", "name", "range", "condition"})


def findings(definition: Definition, data: Data, valid_from: date, lookup: Lookup) -> Iterator[Finding]:
    """Everything that is wrong with a record: (column key, code, Chinese reason)."""
    if check := CHECKS.get(definition.name):
        yield from check(data, valid_from, lookup)


def _region(data: Data, _day: date, lookup: Lookup) -> Iterator[Finding]:
    parent = lookup.find("region", data["parent_code"]) if data["parent_code"] else None
    if data["level"] == LEVELS[0]:
        if data["parent_code"]:
            yield "parent_code", "region.parent", "省级区划没有上级"
    elif parent is None or LEVELS.index(parent["level"]) >= LEVELS.index(data["level"]):
        yield "parent_code", "region.parent", "上级区划的层级应当高于本区划（省、市、县、乡镇街道）"


def _agency(data: Data, _day: date, lookup: Lookup) -> Iterator[Finding]:
    region = lookup.find("region", data["region_code"])
    if data["kind"] == "TOWN" and region and region["level"] != LEVELS[-1]:
        yield "region_code", "agency.town", "乡镇街道的所在区划应当是乡镇街道一级"
    above, steps = data["superior_code"], 0
    while above and steps < DEEPEST:
        if above == data["code"]:
            yield "superior_code", "agency.circle", "上级主体不得是自己或者自己的下级"
            return
        found, steps = lookup.find("agency", above), steps + 1
        above = found["superior_code"] if found else ""


def _officer(data: Data, _day: date, _lookup: Lookup) -> Iterator[Finding]:
    begins, ends = data["certificate_from"], data["certificate_to"]
    if (begins is None) != (ends is None):
        yield ("certificate_to" if ends is None else "certificate_from"), "officer.certificate", "证件有效期的起止日期应当都填写"
    if begins and ends and begins > ends:
        yield "certificate_to", "officer.certificate", "证件有效期止早于有效期起"
    if data["certificate_number"] and not begins:
        yield "certificate_from", "officer.certificate", "有执法证号的，应当填写证件有效期"
    if data["certificate_state"] != "VALID" and data["certificate_state_from"] is None:
        yield "certificate_state_from", "officer.certificate", "证件暂扣或者注销的，应当填写状态起始日"
    if data["staff_kind"] == "AUX" and FIELD_ROLES & set(data["roles"]):
        yield "roles", "officer.auxiliary", "辅助人员不具有行政执法资格，不得担任主办、协办执法人员（行政处罚法 第四十二条）"


def _absence(data: Data, _day: date, lookup: Lookup) -> Iterator[Finding]:
    absent, deputy = (lookup.find("officer", data[key]) for key in ("officer", "deputy"))
    if data["officer"] == data["deputy"]:
        yield "deputy", "absence.self", "代理人不得是离岗人员本人"
    if absent and deputy and absent["agency_code"] != deputy["agency_code"]:
        yield "deputy", "absence.agency", "代理人应当是同一执法主体的人员"
    if absent and (beyond := set(data["roles"]) - set(absent["roles"])):
        yield "roles", "absence.roles", f"离岗人员没有角色“{min(beyond)}”，不能代理"
    if NO_DEPUTY & set(data["roles"]):
        yield "roles", "absence.never", "平台管理员和执法监督人员的角色不能代理"
    if deputy and deputy["staff_kind"] == "AUX" and FIELD_ROLES & set(data["roles"]):
        yield "deputy", "absence.auxiliary", "辅助人员不具有行政执法资格，不得代理主办、协办执法人员（行政处罚法 第四十二条）"


def _administrator(data: Data, _day: date, _lookup: Lookup) -> Iterator[Finding]:
    if data["kind"] == "DEPARTMENT" and not data["domain"]:
        yield "domain", "administrator.domain", "部门管理员应当填写管理领域"
    if data["kind"] == "REGION" and data["domain"]:
        yield "domain", "administrator.domain", "地区管理员管理本行政区域的全部领域，不填写管理领域"


def _emergency(data: Data, _day: date, _lookup: Lookup) -> Iterator[Finding]:
    if data["starts_at"] >= data["ends_at"]:
        yield "ends_at", "emergency.period", "结束时间应当晚于开始时间"
    rows = data["measures"]
    if not (isinstance(rows, list) and all(isinstance(row, dict) and {"code", "text", "items"} <= set(row) for row in rows)):
        yield "measures", "emergency.measures", "应对措施应当是一个列表，每项有 code、text、items"


def _statute(data: Data, day: date, _lookup: Lookup) -> Iterator[Finding]:
    if data["promulgated_on"] > day:
        yield "promulgated_on", "statute.dates", "公布日期不得晚于生效日期"


def _clause(data: Data, day: date, lookup: Lookup) -> Iterator[Finding]:
    if not lookup.find_on("statute", data["statute"], day):
        yield "statute", "clause.statute", f"法规在{day}没有施行的版本，应当先登记法规"


def _law_change(data: Data, _day: date, _lookup: Lookup) -> Iterator[Finding]:
    if strange := [each for each in data["clauses"] if not each.startswith(f"{data['statute']}|")]:
        yield "clauses", "law_change.clauses", f"条款“{strange[0]}”不属于该法规"


def _item(data: Data, _day: date, _lookup: Lookup) -> Iterator[Finding]:
    if data["secret"]:
        yield "secret", "item.secret", "涉密的行政权力事项不进入目录（四川省行权平台办法 第六条; 阿坝州实施办法 第十四条）"
    if data["basis_to"] and data["basis_to"] < data["basis_from"]:
        yield "basis_to", "item.basis", "依据失效日期早于施行日期"
    if data["status"] != "ACTIVE":
        return
    if not data["approval"]:
        yield "approval", "item.unapproved", "未经审核和本级人民政府审定的事项不得列入目录（阿坝州实施办法 第二十二条）"
    for key in LISTED:
        if not data[key]:
            yield key, "item.incomplete", "列入目录的事项应当填写本栏（阿坝州实施办法 第十六条第一项）"


def _holding(data: Data, _day: date, lookup: Lookup) -> Iterator[Finding]:
    if data["kind"] == "OWN":
        return
    for key, word in (("principal", "赋权或者委托的机关"), ("document", "赋权决定或者委托书的文号")):
        if not data[key]:
            yield key, "holding.incomplete", f"应当填写{word}（行政处罚法 第二十条、第二十四条）"
    agency, item = lookup.find("agency", data["agency"]), lookup.find("item", data["item"])
    if data["kind"] == "DELEGATED" and agency and agency["kind"] != "TOWN":
        yield "agency", "holding.town", "赋权的对象应当是乡镇人民政府、街道办事处（行政处罚法 第二十四条）"
    if data["kind"] == "ENTRUSTED":
        if agency and agency["kind"] not in {"ENTRUSTED", "AUTHORISED", "ORGAN"}:
            yield "agency", "holding.entrusted", "受委托的应当是符合条件的组织或者行政机关（行政处罚法 第二十条、第二十一条）"
        if item and item["power_type"] == "COERCE":
            yield "item", "holding.coercion", "行政强制措施权不得委托（行政强制法 第十七条）"
        if not data["extent"]:
            yield "extent", "holding.incomplete", "委托书应当载明委托的权限（行政处罚法 第二十条第二款）"


def _standard(data: Data, _day: date, _lookup: Lookup) -> Iterator[Finding]:
    rows = data["tiers"]
    if not (isinstance(rows, list) and rows and all(isinstance(row, dict) and set(row) >= TIER for row in rows)):
        yield "tiers", "standard.tiers", "裁量阶次应当是一个列表，每项有 tier、name、range、condition"


def _document_kind(data: Data, _day: date, lookup: Lookup) -> Iterator[Finding]:
    if strange := [each for each in data["statutory_fields"] if each not in data["fields"]]:
        yield "fields", "document.statutory_fields", f"缺少法定字段：{'、'.join(strange)}（粤府〔2023〕73号 第十三条第四项）"
    if not data["base"]:
        return
    base = lookup.find("document_kind", data["base"])
    if base is None:
        return
    if base["base"]:
        yield "base", "document.base", "个性化文书应当直接对应全省统一文书"
    if missing := [each for each in base["statutory_fields"] if each not in data["fields"]]:
        message = f"个性化文书不得删减统一文书“{base['title']}”的法定字段：{'、'.join(missing)}（粤府〔2023〕73号 第十三条第四项、第五十五条）"
        yield "fields", "document.statutory_fields", message
    if not data["domain"]:
        yield "domain", "document.domain", "个性化文书只在一个领域使用，应当填写领域（粤府〔2023〕73号 第五十五条第二款）"
    if not data["approval"]:
        yield "approval", "document.approval", "个性化文书应当经省司法行政部门批准，填写批准文号（粤府〔2023〕73号 第五十五条第二款）"


def _element_type(data: Data, _day: date, _lookup: Lookup) -> Iterator[Finding]:
    if data["name"] in built_in():
        yield "name", "element_type.name", "与已有的登记簿同名"
    try:
        added_definition(data)
    except ValueError as error:
        yield "columns", "element_type.columns", str(error)


def _basis(data: Data, _day: date, lookup: Lookup) -> Iterator[Finding]:
    if data["clause"]:
        statute = lookup.find("statute", re.split(r"\|", data["clause"])[0])
        if statute and statute["title"] != data["statute"]:
            yield "statute", "basis.statute", f"条款编号所指的法规是《{statute['title']}》"


CHECKS: Mapping[str, Check] = {
    "region": _region,
    "agency": _agency,
    "officer": _officer,
    "absence": _absence,
    "administrator": _administrator,
    "emergency": _emergency,
    "statute": _statute,
    "clause": _clause,
    "law_change": _law_change,
    "item": _item,
    "basis": _basis,
    "holding": _holding,
    "discretion_standard": _standard,
    "document_kind": _document_kind,
    "element_type": _element_type,
}
