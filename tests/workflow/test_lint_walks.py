"""Whatever a file says, checking it never falls over; and what passes the checks is run without surprise."""

from __future__ import annotations

import os
from random import Random

import pytest
from lxml import etree

from engine.errors import PackageFault
from engine.workflow.constructs import CONSTRUCTS
from engine.workflow.driving import REFUSED
from engine.workflow.trials import check_files, run_file
from tests.workflow.sketches import draw
from tests.workflow.test_bpmn_run import NAMES
from tests.workflow.test_lint_constructs import FACTS, whole
from tests.workflow.test_lint_rules import BROKEN

FULL = os.environ.get("ZHIFA_PROVE") == "full"
ROUNDS = 200 if FULL else 6
SOURCES = [*(whole(key) for key in CONSTRUCTS), *(draw(text, before=NAMES) for rule, _, text in BROKEN if rule != "bpmn.chain")]


def spoil(data: bytes, dice: Random) -> bytes:
    """The file with one to three things changed: an element gone, doubled or moved, an attribute or a text exchanged."""
    root = etree.fromstring(data)
    for _ in range(dice.randint(1, 3)):
        elements = [each for each in root.iter() if each.getparent() is not None]
        one, other = dice.choice(elements), dice.choice(elements)
        way = dice.randrange(6)
        if way == 0:
            one.getparent().remove(one)
        elif way == 1:
            one.addnext(etree.fromstring(etree.tostring(one)))
        elif way == 2 and one not in other.iterancestors() and one is not other:
            other.append(one)
        elif way == 3 and one.attrib and other.attrib:
            one.set(dice.choice(list(one.attrib)), dice.choice(list(other.attrib.values())))
        elif way == 4 and one.attrib:
            del one.attrib[dice.choice(list(one.attrib))]
        else:
            one.tag, other.tag = other.tag, one.tag
    return etree.tostring(root)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_spoilt_files_are_checked_and_what_passes_runs(seed: int) -> None:
    dice = Random(seed)  # noqa: S311
    passed = 0
    for source in SOURCES:
        data = spoil(source, dice)
        report = check_files({"a.bpmn": data})[0]
        assert report.runs == (not report.faults)
        if not report.runs:
            continue
        passed += 1
        outcomes = [run_file({"a.bpmn": data}, FACTS, "facts.json", restart=restart) for restart in (False, True)]
        assert outcomes[0] == outcomes[1], data
        about_facts = any(word in outcomes[0].reason for word in ("次数应当", "走了", "用给定的事实不能计算"))
        assert outcomes[0].status != REFUSED or about_facts, (outcomes[0].reason, data)
    assert passed


def test_noise_is_refused_and_nothing_else() -> None:
    dice = Random(1)  # noqa: S311
    for source in SOURCES[:: 1 if FULL else 5]:
        spoilt = bytearray(source)
        for _ in range(dice.randint(1, 5)):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        report = check_files({"a.bpmn": bytes(spoilt)})[0]
        if report.runs:
            try:
                run_file({"a.bpmn": bytes(spoilt)}, FACTS, "facts.json")
            except PackageFault as error:
                pytest.fail(f"{error.message}: {bytes(spoilt)!r}")
