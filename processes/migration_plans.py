"""What would become of a running case under another release of its package: the plan, tried out on a copy, nothing stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from engine.cases.cases import Case, find_case
from engine.cases.document_records import DRAFTED, OPEN, SEALED, DocumentRecord
from engine.cases.limits import running as running_limits
from engine.errors import Invalid, PackageFault
from engine.workflow import incidents, releases
from engine.workflow.instances import Running, WorkflowInstance
from engine.workflow.mapping import Comparison, Renaming, compare
from engine.workflow.migration import Hindrance, Verdict, judge
from engine.workflow.moves import running_under
from engine.workflow.moving import Rehearsed, move, passed_of, rehearse, shape
from engine.workflow.parsing import Node
from engine.workflow.positions import standing_of
from engine.workflow.releases import Release
from processes.bundles import Bundle
from processes.host import Host

STANDARDS = "standards"
LENIENT = "行政处罚法 第三十七条"
TIMING = ("limits", "defence_window_working_days")


@dataclass(frozen=True)
class CasePlan:
    """The plan for one case: verdict with notes on forms, limits and documents that are touched; revision: for which it holds."""

    case_id: int
    number: str
    procedure: str
    revision: int
    verdict: Verdict
    moved: Running | None = field(default=None, repr=False, compare=False)

    def as_data(self) -> dict[str, Any]:
        """The plan for programs."""
        return {
            "case": self.number, "procedure": self.procedure, "revision": self.revision, "can_move": self.verdict.can_move,
            "steps": [list(pair) for pair in self.verdict.moved], "hindrances": [asdict(one) for one in self.verdict.hindrances],
            "notes": list(self.verdict.notes),
        }


class Planner:
    """Plans for the cases of one release; what is the same for all of them is worked out once. Make it with `planner`."""

    def __init__(self, before: Release, after: Release, old: Bundle, new: Bundle, renaming: Renaming) -> None:
        self.before, self.after, self.old, self.new, self.renaming = before, after, old, new, renaming
        self._comparisons: dict[str, Comparison] = {}
        self._rehearsals: dict[tuple[str, str], Rehearsed] = {}

    def plan(self, session: Session, case_id: int) -> CasePlan:
        """The plan for one case as it stands now; nothing is stored."""
        case = find_case(session, case_id)
        query = select(WorkflowInstance).where(WorkflowInstance.case_id == case_id).options(undefer(WorkflowInstance.state))
        instance = session.scalars(query.execution_options(populate_existing=True)).one()
        if instance.release_digest != self.before.digest or instance.completed:
            raise Invalid("migration.other_release", f"案件 {case.number} 已经办结，或者不在版本 {self.before.version} 下办理")
        if case.procedure not in self.new.blueprints:
            reason = Hindrance("migration.procedure", case.procedure, f"新版没有程序“{case.procedure}”", "该案件在原版本下办结")
            return CasePlan(case_id, case.number, case.procedure, instance.revision, Verdict((), (reason,), ()))
        found = self._comparison(case.procedure)
        running = Running(instance, found.before, instance.state)
        judged = judge(found, standing_of(running), passed_of(running))
        hindrances, notes = list(judged.hindrances), list(judged.notes)
        hindrances += [*self._facts(instance), *self._standards(case), *self._documents(session, case_id, notes)]
        notes += self._steps(session, case, running, found)
        notes += self._limits(session, case_id)
        moved = None
        if not hindrances:
            moved, broken = self._dry_run(instance, found)
            hindrances += broken
        verdict = replace(judged, hindrances=tuple(hindrances), notes=tuple(dict.fromkeys(notes)))
        return CasePlan(case_id, case.number, case.procedure, instance.revision, verdict, moved if verdict.can_move else None)

    def _comparison(self, procedure: str) -> Comparison:
        if procedure not in self._comparisons:
            before, after = self.old.blueprints[procedure], self.new.blueprints[procedure]
            kept = {name: table for name, table in self.renaming.elements.items() if name in before.procedures}
            self._comparisons[procedure] = compare(before, after, replace(self.renaming, elements=kept))
        return self._comparisons[procedure]

    def _dry_run(self, instance: WorkflowInstance, found: Comparison) -> tuple[Running | None, list[Hindrance]]:
        """Move a copy, write it out, read it back and let it run on to its ends."""
        facts = {**self.new.initial_facts(), **instance.facts}
        try:
            moved = move(instance, found, facts, self.after.digest)
        except Invalid as refused:
            return None, [Hindrance(refused.code, found.before.top, refused.message, "该案件在原版本下办结")]
        key = (found.before.top, shape(moved.instance.state))
        if key not in self._rehearsals:
            self._rehearsals[key] = rehearse(moved)
        ran = self._rehearsals[key]
        if ran.stuck:
            message = f"在副本上试走，案件会永远停在“{'、'.join(ran.stuck)}”"
            return None, [Hindrance("migration.stuck", ran.stuck[0], message, "改正新版的流程图后再迁移")]
        if not ran.ended:
            return None, [Hindrance("migration.no_end", found.before.top, "在副本上试走，没有一次能走到终结", "改正新版的流程图后再迁移")]
        return moved, []

    def _facts(self, instance: WorkflowInstance) -> Iterator[Hindrance]:
        old, new = self.old.manifest.facts, self.new.manifest.facts
        for name in sorted(set(old) & set(new) & set(instance.facts)):
            if old[name] != new[name]:
                message = f"事实“{name}”的类型由 {old[name]} 改为 {new[name]}，案件中已有的值不能沿用"
                yield Hindrance("migration.fact_type", name, message, "新版另用一个名称")

    def _standards(self, case: Case) -> Iterator[Hindrance]:
        """Discretion follows the law at the time of the violation unless the new one is more lenient; which it is no program decides."""
        changed = [path for path in self.before.manifest if path.startswith("decisions/") and self._differs(path)]
        used = sorted({path.rpartition(".")[0].removeprefix("decisions/") for path in changed})
        if not used or case.decided or STANDARDS in self.renaming.accepted:
            return
        message = f"新版修改或者删除了裁量基准或者决策表“{'、'.join(used)}”，本案尚未决定，迁移后将按新版裁量"
        remedy = f"适用违法行为发生时的规定，新规定处罚较轻的除外；经比较可以适用的，在对照表 [accepted] 中写明 {STANDARDS} 的理由"
        yield Hindrance("migration.standards", STANDARDS, message, remedy, LENIENT, acceptable=True)

    def _documents(self, session: Session, case_id: int, notes: list[str]) -> Iterator[Hindrance]:
        for record in session.scalars(select(DocumentRecord).where(DocumentRecord.case_id == case_id).order_by(DocumentRecord.id)):
            if not any(self._differs(f"templates/{record.kind}.{suffix}") for suffix in ("docx", "toml")):
                continue
            if record.state in (OPEN, DRAFTED, SEALED):
                message = f"《{record.title}》正在制作或者等待用印，新版修改或者删除了它的模板"
                yield Hindrance("migration.document", record.kind, message, "待该文书制作完毕后再迁移")
            else:
                notes.append(f"已经制作的《{record.title}》{record.number}保持原样，以后制作的按新版模板")

    def _steps(self, session: Session, case: Case, running: Running, found: Comparison) -> Iterator[str]:
        kept = {row.task_id: row.arguments for row in incidents.incidents_of(session, case.id) if row.kind == incidents.STEP}
        for waiting in running.open_steps():
            target = found.target((waiting.node.scope or waiting.node.procedure, waiting.node.id))
            if target is None:
                continue
            yield from self._form(waiting.node, found.new.nodes[target], kept.get(waiting.task_id, {}))

    def _form(self, old: Node, new: Node, entered: dict[str, Any]) -> Iterator[str]:
        if old.role != new.role:
            yield f"“{old.name}”改由角色 {new.role} 办理，已经指定的人员须重新确定"
        if old.limits != new.limits:
            yield f"“{old.name}”所列期限由“{'、'.join(old.limits)}”改为“{'、'.join(new.limits)}”，正在计算的期限不变"
        before, after = ({one.key: one.label for one in bundle.forms[node.form].fields} if node.form in bundle.forms else {}
                         for bundle, node in ((self.old, old), (self.new, new)))
        for key in [one for one in before if one not in after]:
            drafted = "，办理中已经填写的内容留在运行异常记录中" if key in entered else ""
            yield f"“{old.name}”的表单取消了栏目“{before[key]}”{drafted}"
        if added := [label for key, label in after.items() if key not in before]:
            yield f"“{old.name}”的表单增加了栏目“{'、'.join(added)}”"

    def _limits(self, session: Session, case_id: int) -> Iterator[str]:
        """What has begun to run keeps its beginning and its last day, whatever the settings say now."""
        old, new = self.old.manifest.settings, self.new.manifest.settings
        if all(old.get(name) == new.get(name) for name in TIMING):
            return
        for limit in running_limits(session, case_id):
            later = "；中止、放假安排公布后重新计算时按新版设置" if limit.provisional else ""
            yield f"新版修改了期限设置，“{limit.name}”已经起算，届满日仍为 {limit.due_on}{later}"

    def _differs(self, path: str) -> bool:
        return self.before.manifest.get(path) != self.after.manifest.get(path)


def planner(host: Host, session: Session, package: str, before: str, after: str, renaming: Renaming | None = None) -> Planner:
    """Lay two releases of a package side by side; before, after: beginnings of their digests. PackageFault for a faulty mapping."""
    old, new = releases.find(session, package, before), releases.find(session, package, after)
    if old.digest == new.digest:
        raise Invalid("migration.same", "迁移前后是同一个版本")
    if new.retired_at is not None or new.effective_from > host.clock.now():
        raise Invalid("migration.not_in_force", f"版本 {new.version} 已经停用或者尚未生效，不能迁移到该版本")
    found = Planner(old, new, host.bundle(session, old.digest), host.bundle(session, new.digest), renaming or Renaming())
    for procedure in found.renaming.elements:
        if procedure not in found.old.procedures:
            raise PackageFault("mapping.procedure", f"对照表的 [renamed.{procedure}] 没有对应的程序")
    for procedure in set(found.old.blueprints) & set(found.new.blueprints):
        found._comparison(procedure)
    return found


def plan_all(host: Host, found: Planner) -> Iterator[CasePlan]:
    """The plans of all cases that run under the old release, each read by itself."""
    with host.database.reading() as session:
        cases = running_under(session, found.before.digest)
    for case_id in cases:
        with host.database.reading() as session:
            yield found.plan(session, case_id)
