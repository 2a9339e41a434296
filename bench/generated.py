"""Generated packages: procedures of any size with choices, loops and parallel branches around the statutory steps."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from processes.overlay import resolve

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zhifa="urn:zhifa:bpmn" id="generated">\n'
)
SPINE = (
    ("register", "intake_clerk", "cases.register_source", ""), ("approve", "agency_head", "cases.approve_filing", ""),
    ("assign", "handling_unit_head", "cases.assign_officers", ""), ("filing_form", "", "documents.issue", "DOC-07"),
    ("inspect", "lead_officer", "cases.collect_evidence", "EVID_COLLECT"), ("inspect_form", "", "documents.issue", "DOC-09"),
    ("evidence", "case_reviewer", "cases.review_evidence", ""), ("report", "lead_officer", "cases.report", ""),
    ("report_form", "", "documents.issue", "DOC-35"), ("review", "legal_reviewer", "cases.record_review", "LEGAL_REVIEW"),
    ("review_form", "", "documents.issue", "DOC-36"), ("notice", "lead_officer", "cases.give_notice", "NOTICE"),
)
GATES = ('filing_result = "FILE"',)
OWN = (("cases.report_opinion", 'report_result = "RETURN"'), ("cases.review_publicity", "publish"))  # what one branch alone writes


@dataclass
class Sheet:
    """A drawing in the making."""

    chance: random.Random
    nodes: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    flows: list[tuple[str, str, str]] = field(default_factory=list)
    defaults: dict[str, int] = field(default_factory=dict)

    def step(self, before: str, key: str, role: str, operation: str, extra: str) -> str:
        """Add a step behind another."""
        kind = "userTask" if role else "serviceTask"
        self.nodes.append((key, kind, role or "lead_officer", operation, extra))
        self.flow(before, key)
        return key

    def flow(self, source: str, target: str, condition: str = "") -> int:
        """Join two nodes; the number of the flow is returned."""
        self.flows.append((source, target, condition))
        return len(self.flows) - 1

    def gateway(self, kind: str = "exclusiveGateway") -> str:
        """Add a gateway."""
        key = f"gateway_{len(self.nodes)}"
        self.nodes.append((key, kind, "lead_officer", "", ""))
        return key

    def internal(self, before: str, operation: str = "") -> str:
        """Add a step that means nothing to the law."""
        return self.step(before, f"internal_{len(self.nodes)}", "lead_officer", operation, "")

    def block(self, before: str, size: int, operation: str = "", condition: str = "real_name") -> str:
        """Add about `size` nodes: chains, choices, and loops where an operation writes what their condition reads."""
        if size < 6:
            for _ in range(size):
                before = self.internal(before)
            return before
        kind = self.chance.choice(("choice", "loop", "chain")) if condition else "chain"
        if kind == "chain" or (kind == "loop" and not operation):
            half = size // 2
            return self.block(self.block(before, half, operation, condition), size - half, operation, condition)
        if kind == "loop":
            first, last = self.gateway(), self.gateway()
            self.flow(before, first)
            self.flow(self.internal(self.block(first, size - 4, operation, condition), operation), last)
            self.flow(last, first, condition)
            after = self.gateway()
            self.defaults[last] = self.flow(last, after)
            return after
        split, join = self.gateway(), self.gateway()
        self.flow(self.internal(before, operation), split)
        for number in range(2):
            end = self.internal(split)
            source, target, _ = self.flows.pop()
            flow = self.flow(source, target, condition if number else "")
            if not number:
                self.defaults[split] = flow
            inner = condition if operation else ""  # the same question again would have one answer only
            self.flow(self.block(end, max(0, (size - 5) // 2), operation, inner), join)
        return join


def generated_package(nodes: int, branches: int, seed: int) -> dict[str, bytes]:
    """The national package with one generated top procedure of about so many nodes instead of its own.

    The statutory steps up to the prior notice come in their order, with blocks of internal steps between them; there is one
    block of so many parallel branches.
    """
    sheet = Sheet(random.Random(seed))  # noqa: S311 - chance, not secrets
    sheet.nodes.append(("start", "startEvent", "lead_officer", "", ""))
    at, left = "start", max(0, nodes - len(SPINE) - 2 * branches - 8)
    for number, (key, role, operation, extra) in enumerate(SPINE):
        at = sheet.step(at, key, role, operation, extra)
        if key == "approve":
            gate, refused = sheet.gateway(), "end_refused"
            sheet.flow(at, gate)
            sheet.nodes.append((refused, "endEvent", "lead_officer", "", ""))
            sheet.defaults[gate] = sheet.flow(gate, refused)
            following = sheet.gateway()
            sheet.flow(gate, following, GATES[0])
            at = following
        if number < len(SPINE) - 1:
            at = sheet.block(at, left // (2 * len(SPINE)), "cases.choose_act", 'next_act = "again"')
        if key == "inspect_form" and branches:
            at = _parallel(sheet, at, branches, max(2, left // 2 // branches))
    sheet.nodes.append(("end", "endEvent", "lead_officer", "", ""))
    sheet.flow(at, "end")
    contents = {path: data for path, data in resolve("national").items() if not path.startswith(("procedures/", "scenarios/"))}
    manifest = contents["package.toml"].decode().split("[procedures.")[0]
    contents["package.toml"] = (manifest + '[procedures.generated]\ntitle = "生成的程序"\n').encode()
    contents["procedures/generated.bpmn"] = written(sheet).encode()
    return contents


def _parallel(sheet: Sheet, before: str, branches: int, length: int) -> str:
    split, join = sheet.gateway("parallelGateway"), sheet.gateway("parallelGateway")
    sheet.flow(before, split)
    for number in range(branches):
        operation, condition = OWN[number] if number < len(OWN) else ("", "real_name")
        half = sheet.block(sheet.internal(split), (length - 3) // 2, operation, condition)
        half = sheet.step(half, f"inspect_{number}", "lead_officer", "cases.collect_evidence", "EVID_COLLECT")
        half = sheet.step(half, f"inspect_form_{number}", "", "documents.issue", "DOC-09")
        sheet.flow(sheet.block(half, (length - 3) // 2, operation, condition if operation else ""), join)
    return join


def written(sheet: Sheet) -> str:
    """The drawing as BPMN."""
    lines = [HEAD, '<bpmn:process id="generated" name="生成的程序" isExecutable="true">\n<bpmn:laneSet id="lanes">\n']
    for role in sorted({role for _, _, role, _, _ in sheet.nodes}):
        members = "".join(f"<bpmn:flowNodeRef>{key}</bpmn:flowNodeRef>" for key, _, lane, _, _ in sheet.nodes if lane == role)
        lines.append(f'<bpmn:lane id="lane_{role}">{members}</bpmn:lane>\n')
    lines.append("</bpmn:laneSet>\n")
    for key, kind, _, operation, extra in sheet.nodes:
        default = f' default="flow_{sheet.defaults[key]}"' if key in sheet.defaults else ""
        lines.append(f'<bpmn:{kind} id="{key}" name="{key}"{default}>{_inside(kind, operation, extra)}</bpmn:{kind}>\n')
    for number, (source, target, condition) in enumerate(sheet.flows):
        text = condition.replace('"', "&quot;")
        inside = f"<bpmn:conditionExpression>{text}</bpmn:conditionExpression>" if condition else ""
        lines.append(f'<bpmn:sequenceFlow id="flow_{number}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>\n')
    return "".join([*lines, "</bpmn:process>\n</bpmn:definitions>\n"])


def _inside(kind: str, operation: str, extra: str) -> str:
    if kind == "userTask":
        tag = f' tag="{extra}"' if extra else ""
        run = f'operation="{operation}" ' if operation else ""
        limits = '<zhifa:limit ref="TL_PEN_DECISION" />'
        return (f'<bpmn:documentation>办理。</bpmn:documentation><bpmn:extensionElements><zhifa:step form="tell_complainant"{tag} '
                f'{run}/>{limits}</bpmn:extensionElements>')
    if kind == "serviceTask":
        return (f'<bpmn:extensionElements><zhifa:operation name="{operation}" /><zhifa:document kind="{extra}" />'
                "</bpmn:extensionElements>")
    return ""
