"""Small BPMN drawings in a line: `process("p", "s:start a:task e:end", "s>a a>e")`."""

from __future__ import annotations

from engine.verifier.assessing import Assessment, assess
from engine.verifier.exploring import Bounds

KINDS = {
    "start": ("startEvent", ""), "end": ("endEvent", ""), "task": ("task", ""), "xor": ("exclusiveGateway", ""),
    "and": ("parallelGateway", ""), "or": ("inclusiveGateway", ""), "evt": ("eventBasedGateway", ""),
    "complex": ("complexGateway", ""), "receive": ("receiveTask", ""),
    "terminate": ("endEvent", "<terminateEventDefinition/>"), "errorend": ("endEvent", '<errorEventDefinition errorRef="E"/>'),
    "escalate": ("intermediateThrowEvent", '<escalationEventDefinition escalationRef="X"/>'),
    "timer": ("intermediateCatchEvent", "<timerEventDefinition/>"), "msgin": ("intermediateCatchEvent", "<messageEventDefinition/>"),
    "msgout": ("intermediateThrowEvent", "<messageEventDefinition/>"), "msgstart": ("startEvent", "<messageEventDefinition/>"),
    "sigout": ("intermediateThrowEvent", '<signalEventDefinition signalRef="S"/>'),
    "sigin": ("intermediateCatchEvent", '<signalEventDefinition signalRef="S"/>'),
    "linkout": ("intermediateThrowEvent", '<linkEventDefinition name="L"/>'),
    "linkin": ("intermediateCatchEvent", '<linkEventDefinition name="L"/>'),
    "timerstart": ("startEvent", "<timerEventDefinition/>"),
}


def nodes(words: str, flows: str) -> str:
    """Nodes and flows; a kind may be `bnd(host,timer)` or `soft(host,message)` for events on borders, `call(p)` for a call."""
    lines = []
    for word in words.split():
        key, _, kind = word.partition(":")
        name, _, rest = kind.partition("(")
        if name in ("bnd", "soft"):
            host, event = rest.rstrip(")").split(",")
            reference = {"error": ' errorRef="E"', "escalation": ' escalationRef="X"'}.get(event, "")
            soft = ' cancelActivity="false"' if name == "soft" else ""
            lines.append(f'<boundaryEvent id="{key}" attachedToRef="{host}"{soft}><{event}EventDefinition{reference}/></boundaryEvent>')
        elif name == "call":
            lines.append(f'<callActivity id="{key}" calledElement="{rest.rstrip(")")}"/>')
        else:
            element, inside = KINDS[kind]
            lines.append(f'<{element} id="{key}">{inside}</{element}>')
    for flow in flows.split():
        source, _, target = flow.partition(">")
        lines.append(f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>')
    return "".join(lines)


def sub(key: str, words: str, flows: str, *more: str, event: bool = False) -> str:
    """An embedded sub-process; event=True: one that an event starts."""
    triggered = ' triggeredByEvent="true"' if event else ""
    return f'<subProcess id="{key}"{triggered}>{nodes(words, flows)}{"".join(more)}</subProcess>'


def process(key: str, words: str, flows: str, *more: str) -> str:
    """A process."""
    return f'<process id="{key}">{"".join(more)}{nodes(words, flows)}</process>'


def definitions(*processes: str, messages: str = "") -> bytes:
    """A BPMN file; messages are written like flows, `a>b`, an empty end is a closed pool."""
    sent = "".join(
        f'<messageFlow id="m_{one}_{other}" sourceRef="{one or "pool"}" targetRef="{other or "pool"}"/>'
        for one, _, other in (each.partition(">") for each in messages.split())
    )
    collaboration = f'<collaboration id="c"><participant id="pool"/>{sent}</collaboration>' if sent else ""
    head = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">'
    named = '<error id="E" errorCode="e"/><escalation id="X" escalationCode="x"/><signal id="S" name="s"/>'
    return f"{head}{named}{collaboration}{''.join(processes)}</definitions>".encode()


def judged(data: bytes, **bounds: float) -> Assessment:
    """The verdict on one file."""
    return assess({"drawing.bpmn": data}, Bounds(**bounds) if bounds else Bounds())[0]  # type: ignore[arg-type]
