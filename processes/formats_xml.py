"""Procedures and decision tables (BPMN, DMN) as trees: elements by id, what they carry by its reference."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from lxml import etree

from engine.untrusted_xml import parse_xml
from engine.workflow.parsing import BPMN
from processes.trees import Edit, Path, Tree

# What tells apart the children that have no id of their own.
REFERENCES = ("id", "bpmnElement", "dmnElementRef", "ref", "kind", "href", "name")
# Follow from the flows; comparing them would tell every change of a flow three times.
DERIVED = frozenset({f"{{{BPMN}}}incoming", f"{{{BPMN}}}outgoing"})
# Children whose order means something.
ORDERED = frozenset({"decisionTable", "relation", "list", "context"})
TEXT = "文字"


def read_xml_tree(data: bytes, where: str) -> Tree:
    """A BPMN or DMN file as a tree of its elements."""
    return _tree(parse_xml(data, where), where)


def edit_xml(data: bytes, where: str, edits: Sequence[Edit]) -> bytes:
    """The file with the edits carried out; incoming and outgoing of every node follow the flows again."""
    root = parse_xml(data, where)
    for edit in edits:
        _edit(root, edit)
    _derive(root)
    etree.indent(root, space="  ")
    text: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text.replace(b"<?xml version='1.0' encoding='UTF-8'?>", b'<?xml version="1.0" encoding="UTF-8"?>', 1) + b"\n"


def _tree(element: Any, label: str = "") -> Tree:
    name = etree.QName(element).localname
    values = {_short(key): value for key, value in element.attrib.items()}
    if text := (element.text or "").strip():
        values[TEXT] = text
    parts = {key: _tree(child) for key, child in _children(element)}
    return Tree(label or element.get("name") or element.get("id") or name, values, parts, name in ORDERED, element)


def _children(element: Any) -> list[tuple[str, Any]]:
    counted: dict[str, int] = {}
    found = []
    for child in element:
        if child.tag in DERIVED:
            continue
        tag = etree.QName(child).localname
        reference = next((child.get(name) for name in REFERENCES if child.get(name)), "")
        if not reference and not len(child) and not child.attrib:
            reference = (child.text or "").strip()[:80] if tag == "flowNodeRef" else ""
        if not reference:
            counted[tag] = counted.get(tag, 0) + 1
            reference = str(counted[tag])
        found.append((f"{tag} {reference}", child))
    return found


def _short(key: str) -> str:
    return etree.QName(key).localname


def _find(root: Any, where: Path) -> Any:
    found = root
    for key in where:
        found = next(child for known, child in _children(found) if known == key)
    return found


def _edit(root: Any, edit: Edit) -> None:
    if edit.order:
        _reorder(_find(root, edit.where), edit.order)
    elif edit.what == TEXT:
        _find(root, edit.where).text = edit.value or ""
    elif edit.what:
        element = _find(root, edit.where)
        name = next((key for key in element.attrib if _short(key) == edit.what), edit.what)
        if edit.value is None:
            del element.attrib[name]
        else:
            element.set(name, edit.value)
    elif edit.part is None:
        element = _find(root, edit.where)
        element.getparent().remove(element)
    else:
        _insert(_find(root, edit.where[:-1]), edit.part, edit.after)


def _insert(holder: Any, part: Tree, after: str) -> None:
    fresh = deepcopy(part.origin)
    fresh.tail = None
    known = dict(_children(holder))
    if after in known:
        known[after].addnext(fresh)
    elif after:
        holder.append(fresh)
    else:
        holder.insert(0, fresh)


def _reorder(holder: Any, order: Sequence[str]) -> None:
    known = dict(_children(holder))
    places = [holder.index(known[key]) for key in order]
    elements = [known[key] for key in order]
    for element in elements:
        holder.remove(element)
    for place, element in sorted(zip(sorted(places), elements, strict=True), key=lambda pair: pair[0]):
        holder.insert(place, element)


def _derive(root: Any) -> None:
    """Write each node's incoming and outgoing anew, in the order of the flows."""
    for process in root.iter(f"{{{BPMN}}}process", f"{{{BPMN}}}subProcess"):
        nodes = {node.get("id"): node for node in process if node.get("id")}
        for node in nodes.values():
            for child in [child for child in node if child.tag in DERIVED]:
                node.remove(child)
        flows = process.findall(f"{{{BPMN}}}sequenceFlow")
        for side, end in (("outgoing", "sourceRef"), ("incoming", "targetRef")):
            for flow in reversed(flows):
                node = nodes.get(flow.get(end, ""))
                if node is not None:
                    entry = etree.Element(f"{{{BPMN}}}{side}")
                    entry.text = flow.get("id")
                    node.insert(_after_extensions(node), entry)


def _after_extensions(node: Any) -> int:
    """BPMN wants documentation and extension elements first."""
    first = {f"{{{BPMN}}}documentation", f"{{{BPMN}}}extensionElements"}
    return sum(1 for child in node if child.tag in first)
