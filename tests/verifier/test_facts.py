"""Conditions as finitely many cases: for any values of the facts, the case that they fall into says what the condition says."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.errors import PackageFault
from engine.rules.conditions import FeelType, compile_condition
from engine.verifier.facts import branches, variants, vocabulary
from engine.verifier.nets import Box, Fact

TYPES = {
    "major": FeelType.BOOLEAN, "paid": FeelType.BOOLEAN, "result": FeelType.STRING, "other": FeelType.STRING,
    "fine": FeelType.NUMBER, "gain": FeelType.NUMBER,
}
SIMPLE = [
    "major", "not(major)", "major and not(paid)", 'result = "FILE"', 'result != "FILE" or major', 'result in ("FILE", "RETURN")',
    "fine > 3000", "fine >= 3000 and fine < 10000", '"FILE" = result and 3000 <= fine', 'result = "" and other != "AGREE"',
    "major = true", "(major or paid) and (fine = 0 or fine = 100)",
]
OPAQUE = [
    "fine + gain > 10", "fine > gain", 'contains(result, "F")', "result = other", "fine in [1..5]", 'result < "M"',
    'if major then paid else fine > 3', "fine between 1 and 3",
]


def anything(chance: random.Random) -> dict[str, object]:
    words = ("", "FILE", "RETURN", "AGREE", "PENDING", "file")
    amounts = (0, 1, 50, 100, 2999, 3000, 3001, 9999, 10000, 10001, Decimal("3000.01"), -5)
    return {
        "major": chance.random() < 0.5, "paid": chance.random() < 0.5, "result": chance.choice(words), "other": chance.choice(words),
        "fine": chance.choice(amounts), "gain": chance.choice(amounts),
    }


def within(boxes: tuple[Box, ...], facts: tuple[Fact, ...], values: dict[str, object]) -> int:
    return sum(all(facts[fact].mask(values[facts[fact].name]) & mask for fact, mask in box) for box in boxes)


@pytest.mark.parametrize("text", SIMPLE)
def test_cases_say_what_the_condition_says(text: str) -> None:
    words, chance = vocabulary([text], TYPES), random.Random(text)  # noqa: S311 - chance, not secrets
    assert words.shadows == {}
    true, false = branches(words, [text, ""], default=1)
    for _ in range(200):
        values = anything(chance)
        expected = compile_condition(text, TYPES).evaluate(values)
        assert (within(true, words.facts, values), within(false, words.facts, values)) == (int(expected), int(not expected))


def test_the_first_condition_that_holds_is_taken_as_the_engine_does() -> None:
    texts = ["major", 'result = "FILE"', ""]
    words = vocabulary(texts[:2], TYPES)
    found, chance = branches(words, texts, default=2), random.Random(3)  # noqa: S311 - chance, not secrets
    for _ in range(100):
        values = anything(chance)
        taken = 0 if values["major"] else 1 if values["result"] == "FILE" else 2
        assert [within(boxes, words.facts, values) for boxes in found] == [int(number == taken) for number in range(3)]


@pytest.mark.parametrize("text", OPAQUE)
def test_what_cases_cannot_decide_is_left_open(text: str) -> None:
    words = vocabulary([text], TYPES)
    assert [fact.values for fact in words.facts if fact.name == text] == [(False, True)]
    assert set(words.shadows) == set(words.conditions[text].names)
    assert branches(words, [text, ""], default=1) == [(((words.index(text), 2),),), (((words.index(text), 1),),)]


def test_labels_under_conditions_cover_every_case_once() -> None:
    words = vocabulary(["major", 'result = "FILE"'], TYPES)
    found, chance = variants(words, {"A": "major", "B": 'result = "FILE"'}), random.Random(4)  # noqa: S311 - chance, not secrets
    for _ in range(100):
        values = anything(chance)
        assert [labels for boxes, labels in found if within(boxes, words.facts, values)] == [
            frozenset({*(["A"] if values["major"] else []), *(["B"] if values["result"] == "FILE" else [])})
        ]


def test_a_condition_without_sense_is_refused() -> None:
    with pytest.raises(PackageFault):
        vocabulary(["unheard"], TYPES)
