"""Checks and tries out BPMN files that belong to no package: whether each opens as a draft, whether it runs, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.errors import Fault, Invalid, PackageFault
from engine.workflow.answers import Answers, read_answers
from engine.workflow.drafts import Draft
from engine.workflow.driving import REFUSED, Outcome, drive
from engine.workflow.findings import Finding
from engine.workflow.lint import check_drafts
from engine.workflow.markup import ZHIFA
from engine.workflow.reading import read_draft


@dataclass(frozen=True)
class Report:
    """What was found of one file. faults: what keeps it from opening or running; notes: what will be passed over."""

    where: str
    opens: bool
    faults: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    diagram: bool = False

    @property
    def runs(self) -> bool:
        """Whether it runs as drawn."""
        return self.opens and not self.faults


def check_files(files: Mapping[str, bytes]) -> list[Report]:
    """Check files by name; one may call processes of another. Never raises for what is in them."""
    drafts: list[Draft] = []
    closed: dict[str, Finding] = {}
    for where, data in files.items():
        try:
            drafts.append(read_draft(data, where))
        except PackageFault as error:
            closed[where] = Finding("", "", error.code, error.message)
    found = dict(zip((draft.where for draft in drafts), zip(drafts, check_drafts(drafts), strict=True), strict=True))
    reports = []
    for where in files:
        if where in closed:
            reports.append(Report(where, opens=False, faults=(closed[where],)))
            continue
        draft, findings = found[where]
        processes = tuple(scope.id for scope in draft.processes())
        faults, notes = tuple(dict.fromkeys(findings)), tuple(_notes(draft))
        reports.append(Report(where, opens=True, faults=faults, notes=notes, processes=processes, diagram=draft.has_diagram))
    return reports


def run_file(files: Mapping[str, bytes], facts: bytes, facts_name: str, process: str = "", *, restart: bool = False) -> Outcome:
    """Run a process of the first file; the others hold what it calls.

    Raises PackageFault when a file does not open or something that is run has faults, Invalid for a bad facts file.
    """
    answers = read_answers(facts, facts_name)
    drafts = [read_draft(data, where) for where, data in files.items()]
    chosen = _choose(drafts[0], process or answers.process)
    reached = _reached(drafts, chosen)
    faults = [
        finding.as_fault(draft.where) for draft, findings in zip(drafts, check_drafts(drafts), strict=True)
        for finding in dict.fromkeys(findings) if _concerns(draft, finding, reached)
    ]
    if faults:
        raise PackageFault("bpmn.faulty", f"流程“{chosen}”不能运行，有 {len(faults)} 处错误", faults=tuple(faults))
    return _drive(drafts, chosen, answers, restart=restart)


def _drive(drafts: Sequence[Draft], process: str, answers: Answers, *, restart: bool) -> Outcome:
    try:
        return drive(drafts, process, answers, restart=restart)
    except (PackageFault, Invalid) as error:
        return Outcome(REFUSED, (), reason=error.message)


def _choose(draft: Draft, wanted: str) -> str:
    processes = [scope for scope in draft.processes() if not wanted or scope.id == wanted]
    filled = [scope for scope in processes if draft.inside(scope.id)] or processes
    if not filled:
        known = "、".join(scope.id for scope in draft.processes()) or "没有流程"
        fault = Fault(draft.where, "bpmn.process", f"文件中没有流程“{wanted}”：{known}")
        raise PackageFault("bpmn.process", fault.message, faults=(fault,))
    executable = [scope for scope in filled if scope.executable]
    return (executable or filled)[0].id


def _reached(drafts: Sequence[Draft], process: str) -> set[str]:
    """The process with all that it calls."""
    found, todo = {process}, [process]
    while todo:
        current = todo.pop()
        for draft in drafts:
            if current in draft.scopes:
                called = {element.called for element in draft.within(current) if element.kind == "callActivity"} - found
                found |= called
                todo += called
    return found


def _concerns(draft: Draft, finding: Finding, processes: set[str]) -> bool:
    """Whether a finding lies in one of the processes, or concerns the whole file."""
    name = finding.element
    scope = draft.elements[name].scope if name in draft.elements else next((each.scope for each in draft.flows if each.id == name), name)
    return scope not in draft.scopes or draft.process_of(scope) in processes


def _notes(draft: Draft) -> list[str]:
    notes = []
    foreign = sorted({stray.namespace or "无名称空间" for stray in draft.foreign if stray.namespace != ZHIFA})
    if foreign:
        notes.append(f"其他编辑器的扩展不会执行：{'、'.join(foreign[:5])}")
    vendor = sorted({name for element in draft.elements.values() for name in element.vendor})
    if vendor:
        notes.append(f"其他编辑器的属性不会执行：{'、'.join(vendor[:8])}")
    if any(kind.startswith("data") for kind, _ in draft.annotations):
        notes.append("数据对象只作说明，条件只看事实")
    if draft.links:
        notes.append("各泳池的流程分别运行，消息流只作说明")
    if any(not scope.executable for scope in draft.processes()):
        notes.append("文件标明流程不可执行（isExecutable=\"false\"），试走时不予理会")
    if not draft.has_diagram:
        notes.append("文件没有图形，只能按列表打开")
    return notes
