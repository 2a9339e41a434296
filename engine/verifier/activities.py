"""How tasks, sub-processes and whole processes move tokens: begin, end, be interrupted, be started by an event."""

from __future__ import annotations

from engine.verifier.diagrams import SCOPED, Element
from engine.verifier.nets import BEGINNING, ENDED, FLOW, INSIDE, ONCE
from engine.verifier.wiring import Wiring

EXTERNAL = frozenset({"message", "signal", "conditional", "escalation"})


def play(wiring: Wiring, element: Element) -> None:
    """The transitions of an activity: in, through, out; and those of the events on its border."""
    if element.kind in SCOPED:
        _scope(wiring, element)
    elif wiring.is_two_phased(element):
        running = wiring.place(INSIDE, element.key)
        for taken in wiring.ways_in(element):
            wiring.add(element, (taken,), (running, *_chances(wiring, element)))
        for message in wiring.received(element):
            for put, guard in wiring.ways_out(element):
                wiring.add(element, (running, *message), (*put, *wiring.sent(element)), guard=guard, meant=True,
                           reset=_chances(wiring, element))
        _borders(wiring, element, [running])
    else:
        for taken in wiring.ways_in(element):
            for message in wiring.received(element):
                for put, guard in wiring.ways_out(element):
                    wiring.add(element, (taken, *message), (*put, *wiring.sent(element)), guard=guard, meant=True)
        _borders(wiring, element, wiring.ways_in(element))


def begin(wiring: Wiring) -> tuple[int, ...]:
    """The starts of every process; the first marking is returned."""
    marking = []
    for scope in wiring.diagram.scopes.values():
        if scope.parent:
            continue
        waiting = wiring.place(BEGINNING, scope.key)
        marking.append(waiting)
        for opened in openings(wiring, scope.key):
            element, message, put = opened
            wiring.add(element, (waiting, *message), (*put, *around(wiring, scope.key)), meant=True)
        if wiring.event_scopes(scope.key):
            first = wiring.starts(scope.key)[0]
            wiring.add(first, (wiring.place(INSIDE, scope.key),), (), absent=wiring.spaces(scope.key), leaves=True,
                       reset=wiring.spaces(scope.key, kinds=(ONCE,)))
            for each in wiring.event_scopes(scope.key):
                _event_scope(wiring, each, scope.key)
    return tuple(sorted(marking))


def openings(wiring: Wiring, scope: str) -> list[tuple[Element, tuple[int, ...], tuple[int, ...]]]:
    """The alternatives in which a scope begins: the element, the message that it takes, the tokens that it puts."""
    found = []
    starts = wiring.starts(scope)
    events = [element for element in starts if element.kind == "startEvent"]
    for element in events:
        for message in wiring.received(element):
            found += [(element, message, put) for put, _ in wiring.ways_out(element)]
    if events:
        return found
    catching = [element for element in starts if element.instantiates or element.kind == "eventBasedGateway"]
    for element in catching:
        if element.kind != "eventBasedGateway":  # an event gateway at the start shares the place of the beginning
            found.append((element, (), (wiring.place(FLOW, f"→{element.key}"),)))
    implicit = [element for element in starts if element not in catching]
    if implicit:
        found.append((implicit[0], (), tuple(wiring.place(FLOW, f"→{element.key}") for element in implicit)))
    return found


def around(wiring: Wiring, scope: str) -> tuple[int, ...]:
    """What beginning a process puts beside its first tokens: that it runs, and the chances of its event sub-processes."""
    events = wiring.event_scopes(scope)
    return (wiring.place(INSIDE, scope), *_once(wiring, scope)) if events else ()


def _once(wiring: Wiring, scope: str) -> tuple[int, ...]:
    return tuple(wiring.place(ONCE, element.key) for element in wiring.event_scopes(scope))


def _chances(wiring: Wiring, element: Element) -> tuple[int, ...]:
    """One chance for each event on the border that may happen once without ending the activity."""
    return tuple(
        wiring.place(ONCE, border.key) for border in wiring.borders.get(element.key, ())
        if not border.interrupting and wiring.received(border) == [()]
    )


def _starting(start: Element) -> tuple[str, ...]:
    return (start.key,) if start.kind == "startEvent" else ()


def _scope(wiring: Wiring, element: Element) -> None:
    running = wiring.place(INSIDE, element.key)
    extra = (*_chances(wiring, element), *_once(wiring, element.key))
    opened = openings(wiring, element.key)
    for taken in wiring.ways_in(element):
        for start, message, put in opened:
            wiring.add(element, (taken, *message), (running, *put, *extra), meant=True, also=_starting(start))
        if element.repeated and wiring.lenient:  # there may be no instance at all
            for put, guard in wiring.ways_out(element):
                wiring.add(element, (taken,), put, guard=guard)
    rest = wiring.spaces(element.key, kinds=(ENDED, ONCE)) | set(extra)
    for put, guard in wiring.ways_out(element):
        wiring.add(element, (running,), (*put, *wiring.sent(element)), guard=guard,
                   absent=wiring.spaces(element.key), reset=rest, leaves=True)
    if element.repeated and wiring.lenient:  # and one may follow the other
        for _, message, put in opened:
            wiring.add(element, (running, *message), (running, *put, *extra), absent=wiring.spaces(element.key), reset=rest)
        if element.repeated == "instances":
            wiring.doubts.append(f"{element.key} 可以同时有多个实例，只能逐个推演")
    _borders(wiring, element, [running])
    for each in wiring.event_scopes(element.key):
        _event_scope(wiring, each, element.key)


def _borders(wiring: Wiring, element: Element, running: list[int]) -> None:
    """Events on the border that time or the outside brings about; those that something inside throws are in events.py."""
    inner = wiring.spaces(element.key, kinds=(FLOW, INSIDE, ENDED, ONCE)) if element.kind in SCOPED else set()
    for border in wiring.borders.get(element.key, ()):
        if any(trigger.kind == "compensate" for trigger in border.triggers) or thrown_inside(wiring, border, element.key):
            continue
        for place in running:
            for message in wiring.received(border):
                for put, guard in wiring.ways_out(border):
                    if border.interrupting:
                        wiring.add(border, (place, *message), put, guard=guard, reset=inner | set(_chances(wiring, element)),
                                   meant=True)
                        continue
                    chance = () if message else (wiring.place(ONCE, border.key),)
                    wiring.add(border, (place, *message, *chance), (place, *put), guard=guard, meant=True)
                    if chance and any(each.kind in EXTERNAL or each.repeats for each in border.triggers):
                        wiring.doubts.append(f"边界事件 {border.key} 可以发生多次，只推演了一次")


def _event_scope(wiring: Wiring, element: Element, scope: str) -> None:
    """A sub-process that an event starts while its scope runs."""
    outer, running = wiring.place(INSIDE, scope), wiring.place(INSIDE, element.key)
    chance, inner = wiring.place(ONCE, element.key), tuple(_once(wiring, element.key))
    for start in wiring.starts(element.key):
        everything = wiring.spaces(scope, kinds=(FLOW, INSIDE, ENDED, ONCE)) | set(_once(wiring, scope))
        stopped = everything if start.interrupting else set()
        if thrown_inside(wiring, start, scope):
            continue
        for message in wiring.received(start):
            once = () if message and not start.interrupting else (chance,)
            for put, _ in wiring.ways_out(start):
                wiring.add(start, (outer, *message, *once), (outer, running, *put, *inner), reset=stopped, meant=True)
            if once and not start.interrupting and any(each.kind in EXTERNAL or each.repeats for each in start.triggers):
                wiring.doubts.append(f"事件子流程 {element.key} 可以启动多次，只推演了一次")
    wiring.add(element, (running,), (), absent=wiring.spaces(element.key), leaves=True,
               reset=wiring.spaces(element.key, kinds=(ENDED, ONCE)) | set(inner))
    for each in wiring.event_scopes(element.key):
        _event_scope(wiring, each, element.key)


def thrown_inside(wiring: Wiring, catcher: Element, scope: str) -> bool:
    """Whether an event in a scope throws what the catcher waits for, so that it comes from there only."""
    inside = wiring.diagram.inside(scope) if scope in wiring.diagram.scopes else frozenset()
    return any(
        throws(element, catcher) for element in wiring.diagram.elements.values()
        if element.scope in inside and element.kind in ("endEvent", "intermediateThrowEvent")
    )


def throws(thrower: Element, catcher: Element) -> bool:
    """Whether what one event throws is what another catches: error, escalation or cancel, of the same code or any."""
    return any(
        thrown.kind == caught.kind and thrown.kind in ("error", "escalation", "cancel")
        and (not caught.ref or caught.ref == thrown.ref)
        for thrown in thrower.triggers for caught in catcher.triggers
    )

