"""What the steps of a package mean: the labels of the law, what they do to facts, and where guards lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from engine.rules.conditions import FeelType
from engine.verifier.diagrams import TASKS, Diagram, Element
from engine.verifier.facts import Vocabulary, branches, variants, vocabulary
from engine.verifier.invariants import CONDITION, Invariant, Label, relevant
from engine.verifier.nets import Box, Meaning, Semantics
from engine.workflow.parsing import Node, Procedure

WAITING = TASKS | {"boundaryEvent", "intermediateCatchEvent"}  # a decision, too: it writes, so its moment counts
ANY, MAYBE = "any", "maybe"
DOCUMENT, CALL, STEP = "doc:", "call:", "step:"
SERVING = "serving"
Effects = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class Law:
    """What the verifier is told: the labels, the invariants, and what each operation does to facts.

    effects: operation → fact → list of the values that it may write, "any", or "maybe" (it may leave the fact alone). An
    operation that is not listed may do anything to all facts. facts: their Chinese names, for sentences.
    """

    labels: Mapping[str, Label]
    invariants: tuple[Invariant, ...]
    effects: Effects
    facts: Mapping[str, str] = field(default_factory=dict)


def explain(
    diagram: Diagram, procedures: Mapping[str, Procedure], law: Law, types: Mapping[str, FeelType], initial: Mapping[str, object],
    invariants: Sequence[Invariant],
) -> Semantics:
    """The data of a composed diagram, as far as some invariants need it; PackageFault for a condition that has no sense."""
    watched = relevant(invariants)
    nodes = {key: _node(element, procedures) for key, element in diagram.elements.items()}
    asked: dict[str, dict[str, str]] = {}
    for key, element in diagram.elements.items():
        asked[key] = _labels(element, nodes, law, watched)
        for invariant in invariants:
            if invariant.at_the_end and asked[key].keys() & invariant.judged:
                asked[key].update({CONDITION + text: text for text in invariant.conditions})
    judged = {text for invariant in invariants for text in invariant.conditions}
    texts = judged | {text for found in asked.values() for text in found.values() if text}
    texts |= {flow.condition for flow in diagram.flows.values() if flow.condition}
    words = vocabulary(texts, types)
    meanings = {}
    for key, element in diagram.elements.items():
        conditional = {label: text for label, text in asked[key].items() if text}
        fixed = frozenset(label for label, text in asked[key].items() if not text)
        meanings[key] = Meaning(
            variants=tuple((boxes, labels | fixed) for boxes, labels in variants(words, conditional)),
            writes=_writes(words, nodes[key], law.effects),
            asks=frozenset(
                number for invariant in invariants if asked[key].keys() & invariant.judged
                for text in invariant.conditions for number in words.names(text)
            ),
            waits=element.kind in WAITING,
        )
    beginning = tuple(
        fact.mask(_number(initial[fact.name])) if fact.name in initial
        else fact.mask(words.conditions[fact.name].evaluate(initial)) for fact in words.facts
    )
    truths = {text: (branches(words, [text], default=None)[0], branches(words, [text, ""], default=1)[1]) for text in judged}
    return Semantics(words.facts, beginning, _guards(diagram, words), meanings, truths)


def labels_of(element: Element, diagram: Diagram, procedures: Mapping[str, Procedure], law: Law) -> frozenset[str]:
    """All labels that a step can have."""
    nodes = {element.key: _node(element, procedures)}
    if element.attached_to:
        nodes[element.attached_to] = _node(diagram.elements[element.attached_to], procedures)
    return frozenset(_labels(element, nodes, law, frozenset(law.labels)))


def has_label(node: Node, label: Label, host: Node | None = None) -> bool:
    """Whether a node counts as what a label means (conditions left aside); host: the step on whose border it sits."""
    if label.limits:
        return node.kind == "boundaryEvent" and bool(label.limits & set(node.limits))
    if label.by_time and node.kind == "boundaryEvent" and host is not None:
        return has_label(host, label)
    if label.operations and node.operation not in label.operations:
        return False
    if label.tag and label.key not in node.tags:
        return False
    return bool(label.operations) or label.tag


def _labels(
    element: Element, nodes: Mapping[str, Node | None], law: Law, watched: frozenset[str]
) -> dict[str, str]:
    """Labels of an element with the condition under which each applies (empty: always)."""
    node = nodes.get(element.key)
    found: dict[str, str] = {}
    if element.called and CALL + element.called in watched:
        found[CALL + element.called] = ""
    if STEP + element.id in watched:
        found[STEP + element.id] = ""
    if node is None:
        return found
    host = nodes.get(element.attached_to) if element.attached_to else None
    for key, label in law.labels.items():
        if key in watched and has_label(node, label, host):
            found[key] = label.when
    for document in node.documents:
        key = DOCUMENT + document.kind
        if key in watched and found.get(key) != "":
            earlier = found.get(key)
            found[key] = f"({earlier}) or ({document.when})" if earlier and document.when else document.when
    return found


def _node(element: Element, procedures: Mapping[str, Procedure]) -> Node | None:
    procedure = procedures.get(element.procedure)
    return procedure.nodes.get(element.id) if procedure else None


def _guards(diagram: Diagram, words: Vocabulary) -> dict[str, tuple[Box, ...]]:
    found: dict[str, tuple[Box, ...]] = {}
    for key, flows in diagram.leaving().items():
        element = diagram.elements[key]
        if element.kind not in ("exclusiveGateway", "inclusiveGateway") or len(flows) < 2:
            continue
        default = next((number for number, flow in enumerate(flows) if flow.key == element.default), None)
        texts = [flow.condition for flow in flows]
        if element.kind == "exclusiveGateway":
            found |= dict(zip([flow.key for flow in flows], branches(words, texts, default=default), strict=True))
        else:
            found |= {flow.key: branches(words, [flow.condition], default=None)[0] for flow in flows if flow.condition}
            if default is not None:
                others = branches(words, [*(text for text in texts if text), ""], default=len([t for t in texts if t]))
                found[flows[default].key] = others[-1]
    return found


def _writes(words: Vocabulary, node: Node | None, effects: Effects) -> tuple[tuple[int, int, bool], ...]:
    if node is None:
        return ()
    found: dict[int, tuple[int, bool]] = {}
    declared = effects.get(node.operation) if node.operation else {}
    if declared is None:
        return tuple((number, fact.everything, True) for number, fact in enumerate(words.facts))
    decided = str(getattr(node, "result", ""))  # the fact that takes the outcome of a decision
    for name, values in (*declared.items(), *_serving(node).items(), *([(decided, ANY)] if decided else [])):
        for shadow in words.shadows.get(name, ()):
            number = words.index(shadow)
            if number is not None:
                found[number] = (words.facts[number].everything, True)
        number = words.index(name)
        if number is not None:
            fact = words.facts[number]
            listed = values[1] if isinstance(values, tuple) else values
            mask = fact.mask(*map(_number, listed)) if isinstance(listed, list) else fact.everything
            found[number] = (mask, values == MAYBE or isinstance(values, tuple))
    return tuple((number, mask, may) for number, (mask, may) in sorted(found.items()))


def _serving(node: Node) -> dict[str, object]:
    """A document to be served is what the next service serves; one made under a condition may be."""
    kinds = [document for document in node.documents if document.serve]
    if not kinds:
        return {}
    if not kinds[0].when:
        return {SERVING: [kinds[0].kind]}
    return {SERVING: (MAYBE, [document.kind for document in kinds])}


def _number(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def names(labels: Iterable[str], law: Law) -> str:
    """Labels in Chinese, joined for a sentence."""
    return "或者".join(
        law.labels[key].name if key in law.labels else f"文书 {key.removeprefix(DOCUMENT)}" if key.startswith(DOCUMENT)
        else key.partition(":")[2] for key in sorted(labels)
    )
