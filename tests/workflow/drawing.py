"""Draw random block-structured procedures: sequences, choices, parallel and inclusive blocks, loops, sub-processes, borders."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zhifa="urn:zhifa:bpmn" id="definitions" targetNamespace="urn:zhifa:test"'
)
KINDS = ("task", "task", "service", "choice", "parallel", "inclusive", "loop", "instances", "sub", "call", "border")
SIMPLE = ("task", "task", "service", "choice", "border", "loop")


@dataclass
class Drawing:
    """A process being drawn: its elements as text, and what it calls."""

    chance: random.Random
    name: str = "top"
    kinds: tuple[str, ...] = KINDS
    timers: str = "limit"
    parts: list[str] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def fresh(self, kind: str) -> str:
        self.count += 1
        return f"{self.name}_{kind}{self.count}"

    def node(self, kind: str, element: str, inside: str = "", more: str = "") -> str:
        identifier = self.fresh(kind)
        self.parts.append(f'<bpmn:{element} id="{identifier}" name="{identifier}"{more}>{inside}</bpmn:{element}>')
        return identifier

    def flow(self, source: str, target: str, condition: str = "") -> str:
        identifier = self.fresh("flow")
        inside = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>' * bool(condition)
        self.parts.append(f'<bpmn:sequenceFlow id="{identifier}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>')
        return identifier

    def gateway(self, element: str, ways: list[tuple[str, str]]) -> str:
        """A gateway with (target, condition) ways out; the way without a condition is the default."""
        identifier = self.fresh("gate")
        flows = [(self.flow(identifier, target, condition), condition) for target, condition in ways]
        default = next((flow for flow, condition in flows if not condition), "")
        more = f' default="{default}"' if default and element != "parallelGateway" and len(ways) > 1 else ""
        self.parts.append(f'<bpmn:{element} id="{identifier}" name="{identifier}"{more}></bpmn:{element}>')
        return identifier

    def fact(self) -> str:
        return self.chance.choice("abc")

    def block(self, following: str, depth: int) -> str:
        """Draw one block that leads to `following`; the id of its first node is returned."""
        kind = self.chance.choice(self.kinds if depth else SIMPLE[:3])
        return getattr(self, f"_{kind}")(following, depth)

    def sequence(self, following: str, depth: int, length: int) -> str:
        for _ in range(length):
            following = self.block(following, depth)
        return following

    def _task(self, following: str, depth: int) -> str:
        found = self.node("task", "userTask")
        self.flow(found, following)
        return found

    def _service(self, following: str, depth: int) -> str:
        found = self.node("service", "serviceTask")
        self.flow(found, following)
        return found

    def _choice(self, following: str, depth: int) -> str:
        merge = self.gateway("exclusiveGateway", [(following, "")])
        first = self.sequence(merge, depth - 1, self.chance.randint(1, 2)) if depth else merge
        return self.gateway("exclusiveGateway", [(first, self.fact()), (merge, "")])

    def _loop(self, following: str, depth: int) -> str:
        back = self.fresh("gate")
        again = self.gateway("exclusiveGateway", [(back, self.fact()), (following, "")])
        body = self.sequence(again, max(depth - 1, 0), self.chance.randint(1, 2))
        first = self.node("task", "userTask")
        self.flow(first, body)
        self.parts.append(f'<bpmn:exclusiveGateway id="{back}" name="{back}"></bpmn:exclusiveGateway>')
        self.flow(back, first)
        return back

    def _parallel(self, following: str, depth: int) -> str:
        join = self.gateway("parallelGateway", [(following, "")])
        branches = [self.sequence(join, depth - 1, self.chance.randint(1, 2)) for _ in range(self.chance.randint(2, 3))]
        return self.gateway("parallelGateway", [(branch, "") for branch in branches])

    def _inclusive(self, following: str, depth: int) -> str:
        join = self.gateway("inclusiveGateway", [(following, "")])
        branches = [self._task(join, 0) for _ in range(3)]
        return self.gateway("inclusiveGateway", list(zip(branches, ["a", "b", ""], strict=True)))

    def _instances(self, following: str, depth: int) -> str:
        way = self.chance.choice(["true", "false"])
        many = "bpmn:multiInstanceLoopCharacteristics"
        loop = f'<{many} isSequential="{way}"><bpmn:loopCardinality>3</bpmn:loopCardinality></{many}>'
        found = self.node("many", "userTask", loop)
        self.flow(found, following)
        return found

    def _sub(self, following: str, depth: int) -> str:
        inner = Drawing(self.chance, self.fresh("sub"), self.kinds, self.timers)
        found = self.node("sub", "subProcess", inner.body(depth - 1, 2))
        self.called.update(inner.called)
        self.flow(found, following)
        return found

    def _call(self, following: str, depth: int) -> str:
        name = self.fresh("called")
        inner = Drawing(self.chance, name, self.kinds, self.timers)
        self.called[name] = inner.process(depth - 1, 2)
        self.called.update(inner.called)
        found = self.node("call", "callActivity", more=f' calledElement="{name}"')
        self.flow(found, following)
        return found

    def _border(self, following: str, depth: int) -> str:
        merge = self.gateway("exclusiveGateway", [(following, "")])
        found = self._task(merge, 0)
        inside = '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"P5D"</bpmn:timeDuration>'
        event = self.node(
            "border", "boundaryEvent", f"<bpmn:timerEventDefinition>{inside}</bpmn:timerEventDefinition>",
            f' attachedToRef="{found}"',
        )
        self.flow(event, self._task(merge, 0) if self.chance.random() < 0.5 else merge)
        return found

    def body(self, depth: int, length: int) -> str:
        """All elements between one start and one end event."""
        end = self.node("end", "endEvent")
        first = self.sequence(end, depth, length)
        start = self.node("start", "startEvent")
        self.flow(start, first)
        return "".join(self.parts)

    def process(self, depth: int, length: int) -> str:
        """The whole file of this process."""
        head = f'<bpmn:process id="{self.name}" name="{self.name}" isExecutable="true">'
        return f"<bpmn:definitions {NAMESPACES}>{head}{self.body(depth, length)}</bpmn:process></bpmn:definitions>"


def draw(seed: int, depth: int = 2, length: int = 4, kinds: tuple[str, ...] = KINDS) -> dict[str, bytes]:
    """A random procedure and all that it calls: process id → BPMN file; the first is the top one."""
    top = Drawing(random.Random(seed), kinds=kinds)  # noqa: S311 - chance, not secrets
    text = top.process(depth, length)
    return {"top": text.encode(), **{name: inner.encode() for name, inner in top.called.items()}}
