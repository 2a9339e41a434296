"""Changed packages: some break the law, some change nothing that matters; each knows how it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.untrusted_xml import parse_xml
from engine.workflow.parsing import BPMN, ZHIFA

BREAKING, NEUTRAL, OPEN = "breaking", "neutral", "open"
INTERNAL = "tell_complainant"  # a form that any internal step may show


@dataclass(frozen=True)
class Mutant:
    """A changed package. expected: breaking or neutral by how it was made, open when only running it can tell."""

    name: str
    family: str
    expected: str
    contents: Mapping[str, bytes]


class Drawing:
    """One BPMN file that can be changed."""

    def __init__(self, contents: Mapping[str, bytes], procedure: str) -> None:
        self.contents, self.path = contents, f"procedures/{procedure}.bpmn"
        self.root = parse_xml(contents[self.path], self.path)
        self.process = self.root.find(tag("process"))
        for element in [*self.root.iter(tag("incoming")), *self.root.iter(tag("outgoing"))]:
            element.getparent().remove(element)

    def node(self, key: str) -> Any:
        """An element by its id."""
        return next(element for element in self.process if element.get("id") == key)

    def flows(self) -> list[Any]:
        """All sequence flows in file order."""
        return list(self.process.findall(tag("sequenceFlow")))

    def entering(self, key: str) -> list[Any]:
        """Flows that lead to a node."""
        return [flow for flow in self.flows() if flow.get("targetRef") == key]

    def leaving(self, key: str) -> list[Any]:
        """Flows that leave a node."""
        return [flow for flow in self.flows() if flow.get("sourceRef") == key]

    def flow(self, source: str, target: str, condition: str = "") -> Any:
        """Add a flow."""
        flow = etree.SubElement(self.process, tag("sequenceFlow"))
        flow.set("id", f"flow_{source}__{target}_{len(self.flows())}")
        flow.set("sourceRef", source)
        flow.set("targetRef", target)
        if condition:
            etree.SubElement(flow, tag("conditionExpression")).text = condition
        return flow

    def add(self, kind: str, key: str, beside: str, **attributes: str) -> Any:
        """Add a node in the lane of another."""
        element = etree.SubElement(self.process, tag(kind))
        element.set("id", key)
        for name, value in attributes.items():
            element.set(name, value)
        for lane in self.process.iter(tag("lane")):
            if any((each.text or "").strip() == beside for each in lane.findall(tag("flowNodeRef"))):
                etree.SubElement(lane, tag("flowNodeRef")).text = key
        return element

    def remove(self, key: str) -> None:
        """Take a step out: what led to it leads to what came after it."""
        after = self.leaving(key)[0].get("targetRef")
        for flow in self.entering(key):
            flow.set("targetRef", after)
        for flow in self.leaving(key):
            self.process.remove(flow)
        for border in [each for each in self.process if each.get("attachedToRef") == key]:
            for flow in self.leaving(border.get("id")):
                self.process.remove(flow)
            self._drop(border)
        self._drop(self.node(key))

    def _drop(self, element: Any) -> None:
        key = element.get("id")
        self.process.remove(element)
        for reference in list(self.process.iter(tag("flowNodeRef"))):
            if (reference.text or "").strip() == key:
                reference.getparent().remove(reference)

    def done(self, name: str, family: str, expected: str) -> Mutant:
        """The package with this drawing in it."""
        data = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")
        return Mutant(f"{self.path[11:-5]}: {name}", family, expected, {**self.contents, self.path: data})


def tag(name: str) -> str:
    """The full name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def mutants(contents: Mapping[str, bytes]) -> Iterator[Mutant]:
    """All mutants of a package, procedure by procedure."""
    names = sorted(path[11:-5] for path in contents if path.startswith("procedures/"))
    for name in names:
        for family in FAMILIES:
            yield from family(contents, name)
    yield from _settings(contents)


def _steps(contents: Mapping[str, bytes], name: str) -> list[str]:
    drawing = Drawing(contents, name)
    kinds = {tag("userTask"), tag("serviceTask"), tag("callActivity")}
    return [each.get("id") for each in drawing.process if each.tag in kinds]


def _removed(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    for key in _steps(contents, name):
        drawing = Drawing(contents, name)
        drawing.remove(key)
        yield drawing.done(f"{key} 去掉", "去掉环节", OPEN)


def _bypassed(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    for key in _steps(contents, name):
        for condition in ("real_name", "major", "not(legal_review_required)"):
            drawing = Drawing(contents, name)
            after = drawing.leaving(key)[0].get("targetRef")
            gateway, merge = f"is_{key}_needed", f"merge_{key}"
            drawing.add("exclusiveGateway", gateway, key, name="是否需要？")
            drawing.add("exclusiveGateway", merge, key)
            for flow in drawing.entering(key):
                flow.set("targetRef", gateway)
            drawing.leaving(key)[0].set("targetRef", merge)
            usual = drawing.flow(gateway, key)
            drawing.node(gateway).set("default", usual.get("id"))
            drawing.flow(gateway, merge, condition)
            drawing.flow(merge, after)
            yield drawing.done(f"{key} 在 {condition} 时绕过", "绕过环节", OPEN)


def _guards(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    changes: list[tuple[str, Callable[[str], str]]] = [
        ("取反", lambda text: f"not({text})"), ("收窄", lambda text: f"({text}) and real_name"),
        ("放宽", lambda text: f"({text}) or real_name"), ("再收窄", lambda text: f"({text}) and major"),
    ]
    for position, flow in enumerate(Drawing(contents, name).flows()):
        if flow.find(tag("conditionExpression")) is None:
            continue
        for what, change in changes:
            drawing = Drawing(contents, name)
            condition = drawing.flows()[position].find(tag("conditionExpression"))
            condition.text = change(condition.text)
            yield drawing.done(f"{flow.get('id')} 条件{what}", "改动条件", OPEN)
        drawing = Drawing(contents, name)
        source = flow.get("sourceRef")
        default = next(each for each in drawing.leaving(source) if each.get("id") == drawing.node(source).get("default"))
        other = drawing.flows()[position]
        one, two = default.get("targetRef"), other.get("targetRef")
        default.set("targetRef", two)
        other.set("targetRef", one)
        yield drawing.done(f"{flow.get('id')} 与默认流向对调", "对调流向", OPEN)
        drawing = Drawing(contents, name)
        drawing.node(source).attrib.pop("default")
        yield drawing.done(f"{source} 没有默认流向", "去掉默认流向", BREAKING)


def _swapped(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    steps = set(_steps(contents, name))
    for first in sorted(steps):
        drawing = Drawing(contents, name)
        middle = drawing.leaving(first)[0]
        second = middle.get("targetRef")
        if second not in steps or len(drawing.entering(second)) != 1 or any(each.get("attachedToRef") in (first, second) for each in drawing.process):
            continue
        last = drawing.leaving(second)[0]
        for flow in drawing.entering(first):
            flow.set("targetRef", second)
        middle.set("sourceRef", second)
        middle.set("targetRef", first)
        last.set("sourceRef", first)
        yield drawing.done(f"{first} 与 {second} 对调", "对调次序", OPEN)


def _lanes(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    for lane in ("lead_officer", "archivist"):
        for key in _steps(contents, name):
            drawing = Drawing(contents, name)
            if drawing.node(key).tag != tag("userTask"):
                continue
            for reference in list(drawing.process.iter(tag("flowNodeRef"))):
                if (reference.text or "").strip() == key:
                    reference.getparent().remove(reference)
            lanes = drawing.process.find(tag("laneSet"))
            target = next((each for each in lanes if each.get("id") == f"lane_{lane}"), None)
            if target is None:
                target = etree.SubElement(lanes, tag("lane"))
                target.set("id", f"lane_{lane}")
            etree.SubElement(target, tag("flowNodeRef")).text = key
            yield drawing.done(f"{key} 移到 {lane}", "移动泳道", OPEN)


def _limits(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    count = sum(1 for _ in Drawing(contents, name).process.iter(f"{{{ZHIFA}}}limit"))
    for position in range(count):
        for reference in ("", "TL_ARCHIVE_GENERAL_PROPOSED"):
            drawing = Drawing(contents, name)
            limit = list(drawing.process.iter(f"{{{ZHIFA}}}limit"))[position]
            old = limit.get("ref")
            if old == reference:
                continue
            holder = limit.getparent().getparent()
            if reference:
                limit.set("ref", reference)
            elif holder.tag == tag("boundaryEvent"):
                continue
            else:
                limit.getparent().remove(limit)
            yield drawing.done(f"{holder.get('id')} 的 {old} 换成 {reference or '无'}", "改动期限", OPEN)


def _documents(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    for position, document in enumerate(list(Drawing(contents, name).process.iter(f"{{{ZHIFA}}}document"))):
        drawing = Drawing(contents, name)
        element = list(drawing.process.iter(f"{{{ZHIFA}}}document"))[position]
        element.getparent().remove(element)
        yield drawing.done(f"不再制作 {document.get('kind')}", "去掉文书", OPEN)
        drawing = Drawing(contents, name)
        element = list(drawing.process.iter(f"{{{ZHIFA}}}document"))[position]
        element.set("when", f"({element.get('when')}) and real_name" if element.get("when") else "real_name")
        yield drawing.done(f"只在实名举报时制作 {document.get('kind')}", "有条件文书", OPEN)


def _neutral(contents: Mapping[str, bytes], name: str) -> Iterator[Mutant]:
    for key in _steps(contents, name):
        drawing = Drawing(contents, name)
        drawing.node(key).set("name", f"{drawing.node(key).get('name')}（本部门）")
        yield drawing.done(f"{key} 改名", "改名", NEUTRAL)
        drawing = Drawing(contents, name)
        internal = drawing.add("userTask", f"internal_{key}", key, name="内部登记")
        etree.SubElement(internal, tag("documentation")).text = "登记内部台账。"
        step = etree.SubElement(etree.SubElement(internal, tag("extensionElements")), f"{{{ZHIFA}}}step")
        step.set("form", INTERNAL)
        leaving = drawing.leaving(key)[0]
        drawing.flow(f"internal_{key}", leaving.get("targetRef"))
        leaving.set("targetRef", f"internal_{key}")
        yield drawing.done(f"{key} 之后加一个内部环节", "加内部环节", NEUTRAL)
    drawing = Drawing(contents, name)
    for bounds in drawing.root.iter("{http://www.omg.org/spec/DD/20100524/DC}Bounds"):
        bounds.set("x", str(float(bounds.get("x", "0")) + 40))
    yield drawing.done("挪动图形", "重新排版", NEUTRAL)
    drawing = Drawing(contents, name)
    for flow in drawing.flows():
        for element in drawing.process:
            if element.get("default") == flow.get("id"):
                element.set("default", f"{flow.get('id')}_a")
        flow.set("id", f"{flow.get('id')}_a")
    for edge in drawing.root.iter("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNEdge"):
        edge.set("bpmnElement", f"{edge.get('bpmnElement')}_a")
    yield drawing.done("连线换标识", "换标识", NEUTRAL)


def _settings(contents: Mapping[str, bytes]) -> Iterator[Mutant]:
    for old, new, expected in (
        ("[settings]\n", "[settings]\ndefence_window_working_days = 3\n", BREAKING),
        ("[settings]\n", "[settings]\ndefence_window_working_days = 7\n", NEUTRAL),
        ("panel_minimum = 3 ", "panel_minimum = 1 ", BREAKING), ("panel_minimum = 3 ", "panel_minimum = 5 ", NEUTRAL),
    ):
        text = contents["package.toml"].decode()
        if old not in text:
            raise ValueError(old)
        changed = {**contents, "package.toml": text.replace(old, new).encode()}
        yield Mutant(f"package.toml: {new.strip().splitlines()[-1]}", "改动设置", expected, changed)


FAMILIES = (_removed, _bypassed, _guards, _swapped, _lanes, _limits, _documents, _neutral)
