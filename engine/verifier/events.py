"""How events move tokens: catching, throwing, ending, interrupting from inside, and signals that all hear at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from engine.verifier.activities import throws
from engine.verifier.diagrams import Element
from engine.verifier.nets import ENDED, FLOW, INSIDE, ONCE, Transition
from engine.verifier.wiring import Wiring

MOST_LISTENERS = 4


def play(wiring: Wiring, element: Element) -> None:
    """The transitions of an intermediate or end event; starts and borders are moved by their scope or activity."""
    kinds = {trigger.kind for trigger in element.triggers}
    if element.kind == "intermediateCatchEvent":
        if "link" not in kinds:
            for taken in wiring.ways_in(element):
                for message in wiring.received(element):
                    for put, guard in wiring.ways_out(element):
                        wiring.add(element, (taken, *message), put, guard=guard, meant=True)
    elif element.kind == "intermediateThrowEvent":
        _throw(wiring, element, kinds)
    elif element.kind == "endEvent":
        _end(wiring, element, kinds)


def _throw(wiring: Wiring, element: Element, kinds: set[str]) -> None:
    if "link" in kinds:
        target = _link(wiring, element)
        if target is None:
            wiring.doubts.append(f"链接事件 {element.key} 没有同名的目标")
            return
        for taken in wiring.ways_in(element):
            for put, guard in wiring.ways_out(target):
                wiring.add(element, (taken,), put, guard=guard, meant=True, also=(target.key,))
        return
    caught = "escalation" in kinds
    for put, guard in wiring.ways_out(element):
        for taken in wiring.ways_in(element):
            if not (caught and _caught(wiring, element, taken, (*put, *wiring.sent(element)))):
                wiring.add(element, (taken,), (*put, *wiring.sent(element)), guard=guard, meant=True)


def _end(wiring: Wiring, element: Element, kinds: set[str]) -> None:
    ended, sent = wiring.place(ENDED, element.key), wiring.sent(element)
    for taken in wiring.ways_in(element):
        if "terminate" in kinds:
            wiring.add(element, (taken,), (ended,), reset=wiring.spaces(element.scope), meant=True)
        elif kinds & {"error", "escalation", "cancel"} and _caught(wiring, element, taken, (ended, *sent)):
            continue
        elif "error" in kinds:  # nobody catches it: the whole process stops
            process = element.scope
            while wiring.diagram.scopes[process].parent:
                process = wiring.diagram.scopes[process].parent
            wiring.add(element, (taken,), (ended,), reset=wiring.spaces(process), meant=True)
        else:
            wiring.add(element, (taken,), (ended, *sent), meant=True)


def _caught(wiring: Wiring, element: Element, taken: int, put: tuple[int, ...]) -> bool:
    """Lead what is thrown to the nearest scope around that catches it; False when none does."""
    scope = element.scope
    while scope:
        inner = wiring.spaces(scope, kinds=(FLOW, INSIDE, ENDED, ONCE))
        chances = {wiring.place(ONCE, each.key) for each in wiring.event_scopes(scope)}
        for sub in wiring.event_scopes(scope):
            for start in wiring.starts(sub.key):
                if throws(element, start) and scope != sub.key:
                    both = (wiring.place(INSIDE, scope), wiring.place(INSIDE, sub.key))
                    for out, _ in wiring.ways_out(start):
                        rest = () if start.interrupting else put
                        wiring.add(element, (taken, both[0]), (*both, *out, *rest), meant=True, also=(start.key,),
                                   reset=inner | chances if start.interrupting else ())
                    return True
        for border in wiring.borders.get(scope, ()):
            if throws(element, border):
                running = wiring.place(INSIDE, scope)
                for out, _ in wiring.ways_out(border):
                    if border.interrupting:
                        wiring.add(element, (taken, running), out, reset=inner | chances, meant=True, also=(border.key,))
                    else:
                        wiring.add(element, (taken, running), (running, *put, *out), meant=True, also=(border.key,))
                return True
        scope = wiring.diagram.scopes[scope].parent
    return False


def _link(wiring: Wiring, element: Element) -> Element | None:
    names = {trigger.ref for trigger in element.triggers if trigger.kind == "link"}
    return next(
        (each for each in wiring.diagram.within(element.scope) if each.kind == "intermediateCatchEvent"
         and any(trigger.kind == "link" and trigger.ref in names for trigger in each.triggers)), None,
    )


def broadcast(wiring: Wiring) -> None:
    """Let a thrown signal wake everybody who waits for it, and nobody else be woken by chance."""
    throwing = _with_signal(wiring, ("endEvent", "intermediateThrowEvent"))
    names = {name for found in throwing.values() for name in found}
    waiting = {
        key: found for key, found in
        _with_signal(wiring, ("startEvent", "intermediateCatchEvent", "boundaryEvent")).items() if set(found) & names
    }
    woken = [one for one in wiring.transitions if one.element in waiting]
    if not names or not woken:
        return
    kept: list[Transition] = []
    for one in wiring.transitions:
        if one in woken:
            continue
        listeners = [each for each in woken if set(waiting[each.element]) & set(throwing.get(one.element, ()))]
        if len(listeners) > MOST_LISTENERS:
            wiring.doubts.append(f"信号事件 {one.element} 有超过 {MOST_LISTENERS} 个等待者")
            listeners = listeners[:MOST_LISTENERS]
        kept += _heard(one, listeners) if listeners else [one]
    wiring.transitions[:] = kept


def _heard(thrown: Transition, listeners: list[Transition]) -> list[Transition]:
    found = []
    for count in range(len(listeners) + 1):
        for awake in combinations(listeners, count):
            asleep = [one.consume[0] for one in listeners if one not in awake]
            taken = [place for one in awake for place in one.consume]
            if len({*thrown.consume, *taken}) < len(thrown.consume) + len(taken) or set(asleep) & set(taken):
                continue
            found.append(replace(
                thrown, consume=(*thrown.consume, *taken),
                produce=(*thrown.produce, *(place for one in awake for place in one.produce)),
                absent=thrown.absent | frozenset(asleep),
                reset=frozenset(thrown.reset.union(*(one.reset for one in awake))),
                also=(*thrown.also, *(one.element for one in awake)),
            ))
    return found


def _with_signal(wiring: Wiring, kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {
        element.key: tuple(trigger.ref for trigger in element.triggers if trigger.kind == "signal")
        for element in wiring.diagram.elements.values()
        if element.kind in kinds and any(trigger.kind == "signal" for trigger in element.triggers)
    }

