"""Which element of an old version is which of the new one: the same id, or what the department's mapping file says.

The file is plain TOML:

    [procedures]              called procedures that were renamed
    old_name = "new_name"
    [renamed.ordinary]        steps, gateways and events of the procedure `ordinary` that were renamed
    old_step = "new_step"
    [accepted]                what the plan would refuse, and why it is right all the same
    "ordinary.new_step" = "本案立案时尚无该项要求，不再补办"
    standards = "新基准处罚较轻"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.errors import PackageFault
from engine.workflow.blueprints import Blueprint
from engine.workflow.charts import Chart, Place, chart
from engine.workflow.skeleton import RESERVED_ENDS, given_name, safe_name

LARGEST_FILE = 200_000
CHILD = " [child]"
TABLES = ("procedures", "renamed", "accepted")


@dataclass(frozen=True)
class Renaming:
    """A mapping file: procedures and elements (by old procedure) that have a new id; accepted: what, as named by the plan → why."""

    procedures: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    accepted: Mapping[str, str] = field(default_factory=dict)

    def as_facts(self) -> dict[str, object]:
        """The file's content for the journal."""
        renamed = {procedure: dict(names) for procedure, names in self.elements.items()}
        return {"procedures": dict(self.procedures), "renamed": renamed, "accepted": dict(self.accepted)}


def read_renaming(data: bytes, where: str) -> Renaming:
    """Read a mapping file; PackageFault mapping.* when it is not TOML of this form."""
    try:
        if len(data) > LARGEST_FILE:
            raise ValueError(f"超过 {LARGEST_FILE} 字节")
        plain = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PackageFault("mapping.toml", f"对照表 {where} 不是正确的 TOML：{error}") from None
    if unknown := sorted(set(plain) - set(TABLES)):
        raise PackageFault("mapping.table", f"对照表 {where} 中有不认识的“{unknown[0]}”，只能写 procedures、renamed、accepted")
    renamed = plain.get("renamed", {})
    if not isinstance(renamed, dict):
        raise PackageFault("mapping.table", f"对照表 {where} 的 [renamed] 应当按程序分别写成 [renamed.程序]")
    names = {str(procedure): _words(table, f"renamed.{procedure}", where) for procedure, table in renamed.items()}
    accepted = _words(plain.get("accepted", {}), "accepted", where)
    if unreasoned := [key for key, reason in accepted.items() if not reason.strip()]:
        raise PackageFault("mapping.reason", f"对照表 {where} 认可“{unreasoned[0]}”，应当写明理由")
    return Renaming(_words(plain.get("procedures", {}), "procedures", where), names, accepted)


@dataclass(frozen=True)
class Comparison:
    """Two versions of one procedure and which element of the old is which of the new. Make it with `compare`."""

    before: Blueprint
    after: Blueprint
    renaming: Renaming

    @cached_property
    def old(self) -> Chart:
        """The old version as a graph."""
        return chart(self.before)

    @cached_property
    def new(self) -> Chart:
        """The new version as a graph."""
        return chart(self.after)

    def scope(self, scope: str) -> str:
        """The new id of a process or sub-process."""
        owner = self.before.owners.get(scope)
        return self.renaming.procedures.get(scope, scope) if owner is None else self.renaming.elements.get(owner, {}).get(scope, scope)

    def element(self, place: Place) -> str:
        """The new id of an element."""
        owner = self.before.owners.get(place[0], place[0])
        return self.renaming.elements.get(owner, {}).get(place[1], place[1])

    def target(self, place: Place) -> Place | None:
        """The place in the new version that answers to one of the old; None when there is none."""
        found = (self.scope(place[0]), self.element(place))
        return found if found in self.new.elements else None

    @cached_property
    def origins(self) -> Mapping[Place, Place]:
        """New place → old place."""
        pairs = ((self.target(place), place) for place in self.old.elements)
        return {new: old for new, old in pairs if new is not None}

    def task_name(self, scope: str, name: str) -> str:
        """The new name of a task of the library, its own ones that hang on an element's included."""
        ending = next((one for one in (*RESERVED_ENDS, CHILD) if name.endswith(one)), "")
        plain = name.removesuffix(ending)
        if ending == ".EndJoin":
            return safe_name(self.scope(given_name(plain) or plain)) + ending
        element = given_name(plain)
        return safe_name(self.element((scope, element))) + ending if element else name


def compare(before: Blueprint, after: Blueprint, renaming: Renaming | None = None) -> Comparison:
    """Lay two versions over each other; PackageFault when the mapping names what does not exist, or two things as one."""
    found = Comparison(before, after, renaming or Renaming())
    for old, new in found.renaming.procedures.items():
        if old not in before.procedures or new not in after.procedures:
            raise PackageFault("mapping.procedure", f"对照表把程序“{old}”对应为“{new}”，但旧版或者新版没有这个程序")
    for procedure, names in found.renaming.elements.items():
        inside = after.procedures.get(found.scope(procedure))
        if procedure not in before.procedures or inside is None:
            raise PackageFault("mapping.procedure", f"对照表的 [renamed.{procedure}] 没有对应的程序")
        for old, new in names.items():
            if old not in before.procedures[procedure].nodes or new not in inside.nodes:
                raise PackageFault("mapping.element", f"对照表把“{procedure}.{old}”对应为“{new}”，但旧版或者新版没有这个环节")
        kept = [names.get(old, old) for old in before.procedures[procedure].nodes if old in names or old in inside.nodes]
        if doubled := sorted({one for one in kept if kept.count(one) > 1}):
            raise PackageFault("mapping.doubled", f"对照表使旧版的两个环节都对应新版的“{doubled[0]}”（程序 {procedure}）")
    return found


def _words(table: object, name: str, where: str) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise PackageFault("mapping.table", f"对照表 {where} 的 [{name}] 每行应当是 名称 = \"文字\"")
    return {str(key): value for key, value in table.items()}
