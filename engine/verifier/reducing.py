"""Make a net smaller without changing what can be seen of it: steps that mean nothing are taken together with the one before.

A step means nothing here when it has no label that is watched, no guard, and writes no fact that is read. It is absorbed by
whatever leads to it, unless it has to wait and a gateway right behind it reads a fact that a parallel branch may write in the
meantime: then the moment counts. Paths keep all elements.
"""

from __future__ import annotations

from dataclasses import replace

from engine.verifier.nets import ENDED, Box, Net, Transition


def contract(net: Net) -> Net:
    """The smaller net; its places are numbered anew."""
    read = {fact for each in net.transitions for fact in (*each.asks, *(fact for box in each.guard for fact, _ in box))}
    transitions: list[Transition | None] = [_lean(each, read) for each in net.transitions]
    parallel = _parallel(net)
    writers = _writers(net)
    consumers = [set(each) for each in net.consumers]
    producers = [set(each) for each in net.producers]
    emptied = {place for each in net.transitions for place in each.reset}
    for number in range(len(transitions)):
        silent = transitions[number]
        if silent is None or not _means_nothing(silent) or silent.consume[0] in net.marking:
            continue
        place = silent.consume[0]
        if consumers[place] != {number} or number in producers[place] or not producers[place]:
            continue
        if place in emptied and not all(
            put in each.reset for each in transitions if each and place in each.reset for put in silent.produce
        ):
            continue
        if silent.waits and _moment_counts(transitions, consumers, silent, parallel[number], writers):
            continue
        if any(transitions[each].produce.count(place) > 1 for each in producers[place]):  # type: ignore[union-attr]
            continue
        for each in producers[place]:
            before = transitions[each]
            if before is None:
                continue
            produce = (*(put for put in before.produce if put != place), *silent.produce)
            told = (*before.also, *silent.elements)
            transitions[each] = replace(before, produce=produce, also=told)
            for put in silent.produce:
                producers[put].add(each)
        for put in silent.produce:
            producers[put].discard(number)
        consumers[place].clear()
        producers[place].clear()
        transitions[number] = None
    return _renumbered(net, [each for each in transitions if each is not None])


def _lean(transition: Transition, read: set[int]) -> Transition:
    """A transition without the writing of facts that nobody reads."""
    return replace(transition, writes=tuple(each for each in transition.writes if each[0] in read)) if transition.writes else transition


def _means_nothing(transition: Transition) -> bool:
    return (
        len(transition.consume) == 1 and not transition.absent and not transition.reset and not transition.writes
        and not transition.labels and transition.guard == ((),)
    )


def _moment_counts(
    transitions: list[Transition | None], consumers: list[set[int]], silent: Transition, beside: int, writers: list[int]
) -> bool:
    """Whether something that happens by itself right behind a step reads a fact that a parallel branch may write."""
    todo, seen = list(silent.produce), set(silent.produce)
    while todo:
        for number in consumers[todo.pop()]:
            behind = transitions[number]
            if behind is None or behind.waits:
                continue
            if any(writers[fact] & beside for box in behind.guard for fact, _ in box):
                return True
            todo += [put for put in behind.produce if put not in seen]
            seen.update(behind.produce)
    return False


def _writers(net: Net) -> list[int]:
    """For each fact the transitions that write it, as a mask."""
    found = [0] * len(net.facts)
    for number, transition in enumerate(net.transitions):
        for fact, _, _ in transition.writes:
            found[fact] |= 1 << number
    return found


def _parallel(net: Net) -> list[int]:
    """For each transition a mask of those that may happen beside it: behind another branch of a split (rather too many)."""
    beside = [0] * len(net.transitions)
    reach: dict[int, int] = {}
    for transition in net.transitions:
        branches = [place for place in dict.fromkeys(transition.produce) if net.places[place].kind != ENDED]
        branches += [place for place in transition.consume if place in transition.produce and place not in branches]
        if len(branches) < 2:
            continue
        for place in branches:
            if place not in reach:
                reach[place] = _behind(net, place)
        for one in branches:
            others = 0
            for other in branches:
                if other != one:
                    others |= reach[other]
            mask, number = reach[one], 0
            while mask:
                if mask & 1:
                    beside[number] |= others
                mask >>= 1
                number += 1
    return beside


def _behind(net: Net, place: int) -> int:
    found, todo, seen = 0, [place], {place}
    while todo:
        for number in net.consumers[todo.pop()]:
            found |= 1 << number
            for put in net.transitions[number].produce:
                if put not in seen:
                    seen.add(put)
                    todo.append(put)
    return found


def _renumbered(net: Net, transitions: list[Transition]) -> Net:
    used = sorted({place for each in transitions for place in (*each.consume, *each.produce)} | set(net.marking))
    number = {place: position for position, place in enumerate(used)}

    def moved(each: Transition) -> Transition:
        return replace(
            each, consume=tuple(number[place] for place in each.consume), produce=tuple(number[place] for place in each.produce),
            absent=frozenset(number[place] for place in each.absent if place in number),
            reset=frozenset(number[place] for place in each.reset if place in number),
        )

    return replace(
        net, places=tuple(net.places[place] for place in used), transitions=tuple(map(moved, transitions)),
        marking=tuple(number[place] for place in net.marking),
    )


def project(net: Net, kept: frozenset[str]) -> Net:
    """The net with some facts only: guards that read others are free, so that it has all runs of the net, and perhaps more."""
    numbers = [number for number, fact in enumerate(net.facts) if fact.name in kept]
    new = {old: position for position, old in enumerate(numbers)}

    def left(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        return tuple(dict.fromkeys(tuple((new[fact], mask) for fact, mask in box if fact in new) for box in boxes))

    transitions = tuple(
        replace(
            each, guard=left(each.guard), writes=tuple((new[fact], mask, may) for fact, mask, may in each.writes if fact in new),
            asks=frozenset(new[fact] for fact in each.asks if fact in new),
        ) for each in net.transitions
    )
    return replace(
        net, transitions=transitions, facts=tuple(net.facts[number] for number in numbers),
        beginning=tuple(net.beginning[number] for number in numbers),
        conditions={text: (left(true), left(false)) for text, (true, false) in net.conditions.items()},
    )


def racing(net: Net) -> bool:
    """Whether something that happens by itself reads a fact that a parallel branch may write, so that its moment counts."""
    parallel, writers = _parallel(net), _writers(net)
    return any(
        writers[fact] & parallel[number] for number, each in enumerate(net.transitions) if not each.waits
        for box in each.guard for fact, _ in box
    )
