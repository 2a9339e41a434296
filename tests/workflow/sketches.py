"""Draws BPMN files for tests from a few lines of text, so that a test shows the process and nothing else.

One line per element:

    userTask review name=审核 default=yes        a node: kind, id, attributes
    boundaryEvent late on review : timer <timeDuration>P1D</timeDuration>
    endEvent done : signal                        a node with an event definition (and what is inside it)
    a -> b -> c                                   flows; their ids are a_b and b_c
    again: a -> b if amount > 3                   a flow with an id and a condition
    { subProcess inner name=内部                  opens a nested scope, closed by a line with }
    <anything/>                                   taken as it stands, inside the element of the line above when it starts with +
"""

from __future__ import annotations

import re
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zhifa="urn:zhifa:bpmn"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' id="definitions" targetNamespace="urn:test">'
)
FLOW = re.compile(r"(?:(\w+): )?(\w+) -> (\w+)(?: if (.+))?")
CHAIN = re.compile(r"\w+(?: -> \w+){2,}")
NODE = re.compile(r"([{]? ?)(\w+) (\w+)((?: [\w:]+=\S+| on \w+)*)(?: : (\w+)(.*))?")


def draw(text: str, *, process: str = "main", before: str = "", after: str = "", attributes: str = "") -> bytes:
    """A whole BPMN file with one process; before and after stand beside it in <definitions>."""
    body = _body(text)
    return f'{HEAD}{before}<process id="{process}" name="流程" isExecutable="true" {attributes}>{body}</process>{after}</definitions>'.encode()


def _body(text: str) -> str:
    parts: list[str] = []
    closings: list[str] = []
    pending = ""
    for line in filter(None, (each.strip() for each in text.splitlines())):
        if line.startswith("+"):
            parts.append(line[1:].strip())
            continue
        parts.append(pending)
        pending = ""
        if line == "}":
            parts.append(closings.pop())
        elif line.startswith("<"):
            parts.append(line)
        elif flow := FLOW.fullmatch(line):
            parts.append(_flow(*flow.groups()))
        elif CHAIN.fullmatch(line):
            parts += [_flow(None, one, other, None) for one, other in pairwise(line.split(" -> "))]
        else:
            found = NODE.fullmatch(line)
            assert found, f"cannot draw: {line}"
            opening, kind, node, given, event, inside = found.groups()
            attributes = "".join(
                f" attachedToRef={quoteattr(word[1])}" if word[0] == "on" else f" {word[0]}={quoteattr(word[1])}"
                for word in re.findall(r"(on|[\w:]+)[= ](\S+)", given)
            )
            content = f"<{event}EventDefinition{_event(inside)}" + f"</{event}EventDefinition>" if event else ""
            parts.append(f'<{kind} id="{node}"{attributes}>{content}')
            if opening:
                closings.append(f"</{kind}>")
            else:
                pending = f"</{kind}>"
    return "".join([*parts, pending])


def _event(inside: str) -> str:
    attributes, _, content = inside.strip().partition("<")
    return f"{' ' if attributes else ''}{attributes}>{'<' if content else ''}{content}"


def _flow(name: str | None, source: str, target: str, condition: str | None) -> str:
    inner = f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{name or f"{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
