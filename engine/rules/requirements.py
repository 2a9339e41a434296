"""The requirement graph of a DMN model: input data, decisions, business knowledge and services, in an order that works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.errors import Fault
from engine.rules.boxed import Boxes, brought
from engine.rules.decision_tables import DecisionTable
from engine.rules.dmn_source import Source
from engine.rules.dmn_types import ItemTypes
from engine.rules.feel_types import FeelType, Run
from engine.rules.item_types import ItemType
from engine.rules.iterating import applied
from engine.rules.names import Binding, Names, NameTree, slot_binding
from engine.rules.values import Function

SORTS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
MOST_ELEMENTS = 500


@dataclass(frozen=True)
class Element:
    """A node of the graph. sort: its DMN element; requires: ids of what it needs; slot: where a scope holds its value."""

    id: str
    name: str
    sort: str
    type: ItemType
    requires: tuple[str, ...]
    slot: object
    run: Run = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"决策“{self.name}”"


@dataclass(frozen=True)
class Model:
    """A model ready to run. elements: by id; tables: every decision table with the DMN id that holds it."""

    elements: Mapping[str, Element]
    tables: Sequence[tuple[str, DecisionTable]]
    where: str
    strict: bool
    faults: Sequence[Fault]
    orders: dict[str, tuple[Element, ...]] = field(default_factory=dict, compare=False)

    def named(self, *sorts: str) -> dict[str, Element]:
        """The elements of some sorts by name."""
        return {element.name: element for element in self.elements.values() if element.sort in sorts}

    def order(self, wanted: Element) -> tuple[Element, ...]:
        """What has to be evaluated for an element, itself last, each after what it needs."""
        if wanted.id not in self.orders:
            self.orders[wanted.id] = tuple(self.elements[each] for each in _sorted(wanted.id, self.elements))
        return self.orders[wanted.id]


def read_model(data: bytes, where: str, *, strict: bool, at: datetime | None = None) -> Model:
    """Read a DMN file. strict: PackageFault with all faults; otherwise what is faulty becomes null. at: what now() says."""
    source = Source(data, where, strict=strict)
    types = ItemTypes(source)
    nodes = _nodes(source)
    needs = {key: tuple(each for each in _requirements(source, node) if each in nodes) for key, node in nodes.items()}
    _check_references(source, nodes)
    cyclic = _cyclic(source, nodes, needs)
    components = NameTree((name, name) for name in types.components if name.strip())
    base = Names(components=components, types=types.all(), strict=strict)
    if at is not None:
        base = base.with_layer([Binding("now", FeelType.MOMENT, lambda _: at)])
    boxes = Boxes(source, types)
    slots: dict[str, tuple[object, Binding]] = {}
    kinds = {key: _kind(source, types, node) for key, node in nodes.items()}
    for key, node in nodes.items():
        kind = FeelType.FUNCTION if source.kind(node) in SORTS[2:] else kinds[key].kind
        slots[key] = slot_binding(_name(node), kind)
    elements: dict[str, Element] = {}
    for key, node in nodes.items():
        needed = () if key in cyclic or source.kind(node) == "decisionService" else needs[key]
        names = boxes.layered(node, base, [slots[each][1] for each in needed])
        run = _nothing if key in cyclic else _compiled(boxes, node, names, kinds[key], elements)
        elements[key] = Element(key, _name(node), source.kind(node), kinds[key], needed, slots[key][0], run)
    source.finish()
    tables = [(element.get("id") or element.getparent().get("id", ""), table) for element, table in boxes.tables]
    return Model(elements, tables, where, strict, tuple(source.faults))


def _nothing(_: Any) -> None:
    return None


def _name(node: Any) -> str:
    return " ".join(node.get("name", "").split())


def _nodes(source: Source) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    names: set[str] = set()
    for node in source.all(source.root, *SORTS):
        key = node.get("id") or _name(node)
        if key in nodes or not _name(node) or (_name(node) in names and source.kind(node) != "decisionService"):
            source.fault("dmn.name", node, f"元素“{key}”没有名称，或者名称、标识重复")
            continue
        nodes[key] = node
        names.add(_name(node))
        if len(nodes) > MOST_ELEMENTS:
            source.fault("dmn.size", node, f"决策模型的元素超过{MOST_ELEMENTS}个")
            break
    return nodes


_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")


def _hrefs(source: Source, node: Any, *names: str) -> list[str]:
    return [each.get("href", "").rpartition("#")[2] for each in source.all(node, *names)]


def _requirements(source: Source, node: Any) -> list[str]:
    if source.kind(node) == "decisionService":
        return _hrefs(source, node, "outputDecision")
    found = []
    for requirement in source.all(node, "informationRequirement", "knowledgeRequirement"):
        found += _hrefs(source, requirement, *_REQUIRED)
    return found


def _check_references(source: Source, nodes: Mapping[str, Any]) -> None:
    for node in nodes.values():
        for each in _requirements(source, node):
            if each not in nodes:
                source.fault("dmn.requirement", node, f"“{_name(node)}”需要的“{each[:60]}”不存在")
    if source.first(source.root, "import") is not None:
        source.fault("dmn.import", source.root, "模型引入了其他文件（import），目前不支持")


def _cyclic(source: Source, nodes: Mapping[str, Any], needs: Mapping[str, Sequence[str]]) -> set[str]:
    """Ids of elements that need themselves, directly or through others; each is a fault."""
    cyclic = set()
    for key, node in nodes.items():
        todo, seen = list(needs[key]), set[str]()
        while todo:
            current = todo.pop()
            if current == key:
                source.fault("dmn.cycle", node, f"“{_name(node)}”的依赖形成循环")
                cyclic.add(key)
                break
            if current not in seen:
                seen.add(current)
                todo += needs.get(current, ())
    return cyclic


def _sorted(wanted: str, elements: Mapping[str, Element], given: frozenset[str] = frozenset()) -> list[str]:
    """Ids in an order in which each comes after what it needs; given: ids that need nothing, because they are given."""
    order: list[str] = []
    todo: list[tuple[str, bool]] = [(wanted, False)]
    while todo:
        current, ready = todo.pop()
        if current in order or current in given:
            continue
        if ready:
            order.append(current)
        else:
            todo.append((current, True))
            todo += [(each, False) for each in reversed(elements[current].requires)]
    return order


def _kind(source: Source, types: ItemTypes, node: Any) -> ItemType:
    variable = source.first(node, "variable")
    return types.named(None if variable is None else variable.get("typeRef"), node)


def _compiled(
    boxes: Boxes, node: Any, names: Names, kind: ItemType, elements: dict[str, Element]
) -> Run:
    source, name, sort = boxes.source, _name(node), boxes.source.kind(node)
    if sort == "inputData":
        return _nothing
    if sort == "decision":
        part = boxes.inside(node, names, f"决策“{name}”", kind, 0)
        return brought(part.run, kind, name)
    if sort == "decisionService":
        return _service(source, node, elements)
    logic = source.first(node, "encapsulatedLogic")
    if logic is None:
        return _nothing
    part = boxes.function(logic, names, f"业务知识“{name}”")
    return part.run


def _service(source: Source, node: Any, elements: dict[str, Element]) -> Run:
    """A decision service as a function of its input data and input decisions."""
    outputs = _hrefs(source, node, "outputDecision")
    inputs = [*_hrefs(source, node, "inputData"), *_hrefs(source, node, "inputDecision")]

    def run(_: Any) -> Function | None:
        if not {*outputs, *inputs} <= elements.keys():
            return None
        parameters = [(elements[each].name, elements[each].type, elements[each].slot) for each in inputs]
        order = [each for output in outputs for each in _sorted(output, elements, frozenset(inputs))]

        def body(scope: Any) -> Any:
            for each in dict.fromkeys(order):
                scope[elements[each].slot] = elements[each].run(scope)
            results = {elements[each].name: scope[elements[each].slot] for each in outputs}
            return next(iter(results.values())) if len(results) == 1 else results

        names = tuple(name for name, _, _ in parameters)
        return Function(names, lambda work, given: applied(work, {}, parameters, given, body))

    return run
