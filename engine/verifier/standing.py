"""Rules about single steps, whatever the run: who stands in which lane, what a person must do, which time limit applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from engine.verifier.meaning import Law, has_label, names
from engine.verifier.verdicts import Verdict
from engine.workflow.parsing import Node, Procedure

ROLE, SEPARATE, BY_PEOPLE, LIMIT, DUTY, SETTING, TAGGED = (
    "role", "separate", "by_people", "limit", "duty", "setting", "tagged"
)
STANDING = (ROLE, SEPARATE, BY_PEOPLE, LIMIT, DUTY, SETTING, TAGGED)


@dataclass(frozen=True)
class Standing:
    """One rule about steps. id, article, level, text: as of an invariant.

    role: steps with one of `labels` stand in one of the lanes `roles`. separate: steps with `labels` and steps with `others`
    never share a lane. by_people: steps with `labels` are taken by people. limit: they carry all of the time limits `limits`.
    duty: every step of people names a post and a duty. setting: the package's setting `key` lies between minimum and maximum.
    tagged: a step that runs one of `operations` carries one of the tags `labels`, by which the safeguards know it.
    """

    id: str
    article: str
    level: str
    text: str
    kind: str
    labels: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    limits: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    key: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None


def hold(
    rules: Sequence[Standing], procedures: Mapping[str, Procedure], law: Law, settings: Mapping[str, object]
) -> list[Verdict]:
    """The verdicts on all rules about steps, one violated verdict for each step that breaks one."""
    found: list[Verdict] = []
    for rule in rules:
        broken = list(_setting(rule, settings) if rule.kind == SETTING else _broken(rule, procedures, law))
        found += [
            Verdict(rule.id, "", "violated", rule.level, rule.article, rule.text, (), where, f"{sentence}（{rule.article}）")
            for where, sentence in broken
        ]
        if not broken:
            found.append(Verdict(rule.id, "", "holds", rule.level, rule.article, rule.text))
    return found


def _broken(rule: Standing, procedures: Mapping[str, Procedure], law: Law) -> Iterator[tuple[str, str]]:
    nodes = [node for procedure in procedures.values() for node in procedure.nodes.values()]
    labelled = [node for node in nodes if _carries(node, rule.labels, law)]
    if rule.kind == ROLE:
        for node in labelled:
            if node.role not in rule.roles:
                yield _at(node), f"“{node.name}”的泳道是“{node.role}”，不在允许的角色之内：{rule.text}"
    elif rule.kind == SEPARATE:
        taken = {node.role: node for node in labelled}
        for node in nodes:
            if _carries(node, rule.others, law) and node.role in taken:
                yield _at(node), f"“{node.name}”与“{taken[node.role].name}”在同一泳道：{rule.text}"
    elif rule.kind == BY_PEOPLE:
        for node in labelled:
            if node.kind != "userTask":
                yield _at(node), f"“{node.name}”不是由人办理的环节：{rule.text}"
    elif rule.kind == LIMIT:
        for node in labelled:
            if missing := sorted(rule.limits - set(node.limits)):
                yield _at(node), f"“{node.name}”没有设置期限 {'、'.join(missing)}：{rule.text}"
    elif rule.kind == TAGGED:
        for node in nodes:
            if node.operation in rule.operations and not rule.labels & set(node.tags):
                yield _at(node), f"“{node.name}”没有法定环节标记 {'或者'.join(sorted(rule.labels))}（{names(rule.labels, law)}）"
    elif rule.kind == DUTY:
        for node in nodes:
            if node.kind == "userTask" and not (node.role and node.duty):
                yield _at(node), f"“{node.name}”没有写明{'职责' if node.role else '岗位'}：{rule.text}"


def _carries(node: Node, labels: frozenset[str], law: Law) -> bool:
    return node.kind != "boundaryEvent" and any(has_label(node, law.labels[key]) for key in labels if key in law.labels)


def _setting(rule: Standing, settings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if rule.key not in settings:
        return
    value = settings[rule.key]
    try:
        amount = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None:
        yield "package.toml", f"设置 {rule.key} 应当是数字，实为“{value}”：{rule.text}"
    elif rule.minimum is not None and amount < rule.minimum:
        yield "package.toml", f"设置 {rule.key}＝{value}，少于法定的 {rule.minimum}：{rule.text}"
    elif rule.maximum is not None and amount > rule.maximum:
        yield "package.toml", f"设置 {rule.key}＝{value}，超过法定的 {rule.maximum}：{rule.text}"


def _at(node: Node) -> str:
    return f"procedures/{node.procedure}.bpmn#{node.id}"
