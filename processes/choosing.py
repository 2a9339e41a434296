"""Which procedure a new case is to take: every procedure that the package lists, held against the officer's first answers.

The package says in package.toml what each of its procedures is for; the answers are those of its form new_case, with what the
registers and the law know: emergency (a declared emergency covers day, area and item, 行政处罚法 第四十九条) and spot_ceiling (up to
which fine may be decided on the spot for this kind of party, 行政处罚法 第五十一条). The choice stays the officer's: another procedure
that the law allows too may be taken with a reason; and the safeguards hold within every procedure, whatever was answered here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.errors import Fault, Invalid, NotPermitted, ZhifaError
from engine.law.summary import summary_ceiling
from engine.registers.agencies import ROLES, Officer
from engine.registers.emergencies import covering
from engine.rules.conditions import Condition, compile_condition
from engine.workflow.parsing import Node, Procedure
from forms.definition import Form
from processes.bundles import Bundle
from processes.manifest import Manifest

NEW_CASE = "new_case"
KNOWN = {"emergency": "boolean", "spot_ceiling": "number"}
_FEEL = {"boolean": "boolean", "money": "number", "decimal": "number", "integer": "number", "text": "string", "longtext": "string", "code": "string"}


@dataclass(frozen=True)
class Advice:
    """One procedure of the package for one new case.

    suits: whether the law allows it here; may_open: whether this officer may open a case with it; openers: Chinese names of the roles
    that may; when, article: for which cases the package says it is, and by which law; because: the answers that decided.
    """

    procedure: str
    title: str
    when: str
    article: str
    suits: bool
    special: bool
    may_open: bool
    openers: str
    because: tuple[str, ...]


def known_facts(session: Session, officer: Officer, item_code: str, answers: Mapping[str, object], today: date) -> dict[str, object]:
    """What the registers and the law add to the answers."""
    day, party = answers.get("violation_to"), answers.get("party_type")
    violated_on = day if isinstance(day, date) else today
    return {
        "emergency": covering(session, officer.agency.region_code, item_code, violated_on) is not None,
        "spot_ceiling": summary_ceiling(str(party)) if party else None,
    }


def advise(bundle: Bundle, answers: Mapping[str, object], known: Mapping[str, object], roles: Collection[str]) -> list[Advice]:
    """Every procedure of the package: what suits and is special first, what suits every case next, what does not suit last."""
    manifest, form, found = bundle.manifest, bundle.forms[NEW_CASE], []
    for key, title in manifest.procedures.items():
        told = manifest.suitability[key]
        condition = _condition(form, told.suits) if told.suits else None
        values = {**answers, **known}
        suits = condition is None or condition.evaluate({name: values.get(name) for name in condition.names})
        if told.penalties and answers.get("penalty") not in (None, *told.penalties):
            suits = False
        openers = told.opened_by or tuple(filter(None, (first_role(bundle.procedures, key),)))
        found.append(Advice(
            key, title, told.when, told.article, suits, condition is not None, not openers or bool(set(openers) & set(roles)),
            "、".join(ROLES.get(role, role) for role in openers), _because(form, condition, values) if condition else (),
        ))
    return sorted(found, key=lambda one: (not one.suits, not one.special))


def require_choice(advice: Collection[Advice], chosen: str, reason: str) -> Advice:
    """The chosen procedure, when it may be taken: it suits, the officer may open it, and taking another than advised has a reason."""
    found = next((one for one in advice if one.procedure == chosen), None)
    if found is None:
        raise Invalid("case.procedure", "请选择程序")
    if not found.suits:
        raise Invalid("case.procedure_unsuited", f"按填写的情况，不符合“{found.title}”的适用条件（{found.article}）")
    if not found.may_open:
        raise NotPermitted("case.opener", f"“{found.title}”由{found.openers}建立")
    first = next(one for one in advice if one.suits)
    if found is not first and first.may_open and not reason.strip():
        raise Invalid("case.reason", f"没有按提示适用“{first.title}”（{first.article}），请写明理由")
    return found


def first_role(procedures: Mapping[str, Procedure], key: str) -> str:
    """The role of the first step of a procedure, looked for inside called procedures too; empty when there is none."""
    start = next((node for node in procedures[key].nodes.values() if node.kind == "startEvent" and not node.scope), None)
    return _first_role(procedures, start, set()) if start else ""


def faults(manifest: Manifest, forms: Mapping[str, Form]) -> list[Fault]:
    """What is wrong with the conditions of a package's procedures."""
    found = []
    for key, told in manifest.suitability.items():
        if not told.suits:
            continue
        try:
            _condition(forms[NEW_CASE], told.suits)
        except KeyError:
            found.append(Fault("package.toml", "package.suits", f"程序“{key}”写了 suits，但是流程包没有表单 forms/{NEW_CASE}.toml"))
        except ZhifaError as error:
            found.append(Fault("package.toml", "package.suits", f"程序“{key}”的适用条件 suits 有误：{error.message}"))
    return found


def _condition(form: Form, text: str) -> Condition:
    return compile_condition(text, {**{field.key: _FEEL[field.type] for field in form.fields if field.type in _FEEL}, **KNOWN})


def _because(form: Form, condition: Condition, values: Mapping[str, object]) -> tuple[str, ...]:
    """The answers that a condition reads, in words."""
    told = []
    if "emergency" in condition.names:
        told.append("有覆盖该日期、地区和行为的应急响应" if values.get("emergency") else "没有覆盖该日期、地区和行为的应急响应")
    for field in form.fields:
        value = values.get(field.key)
        if field.key in condition.names and value is not None:
            words = {True: "是", False: "否"}.get(value) if isinstance(value, bool) else None
            label = next((choice.label for choice in field.choices if choice.code == value), str(value))
            told.append(f"{field.label}：{words or label}")
    if "spot_ceiling" in condition.names and values.get("spot_ceiling") is not None:
        told.append(f"当场处罚的罚款限额：{values['spot_ceiling']}元")
    return tuple(told)


def _first_role(procedures: Mapping[str, Procedure], node: Node, seen: set[tuple[str, str]]) -> str:
    if node.kind == "userTask":
        return node.role
    seen.add((node.procedure, node.id))
    following = [procedures[node.procedure].nodes[flow.target] for flow in procedures[node.procedure].after(node.id)]
    if node.called in procedures:
        following = [each for each in procedures[node.called].nodes.values() if each.kind == "startEvent" and not each.scope] + following
    for each in following:
        if (each.procedure, each.id) not in seen and (role := _first_role(procedures, each, seen)):
            return role
    return ""
