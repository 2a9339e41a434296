"""What was proved is not explored again: not after a change of names or drawing, and only where a change can matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.mutants import Drawing
from engine.verifier import verifying
from engine.verifier.memory import Memory
from processes.invariants import hold_against_law
from processes.overlay import resolve


@pytest.fixture
def explored(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the nets that were explored."""
    sizes: list[int] = []
    original = verifying.play

    def counting(net, bounds):  # type: ignore[no-untyped-def]
        sizes.append(len(net.places))
        return original(net, bounds)

    monkeypatch.setattr(verifying, "play", counting)
    return sizes


def test_unchanged_parts_are_not_explored_again(explored: list[int], tmp_path: Path) -> None:
    national = resolve("national")
    memory = Memory(tmp_path / "proofs")
    first = [each.plain() for each in hold_against_law(national, memory=memory)]
    everything = len(explored)
    assert everything > 5
    explored.clear()
    assert [each.plain() for each in hold_against_law(national, memory=memory)] == first
    assert explored == []
    renamed = Drawing(national, "filing")
    renamed.node("register_source").set("name", "登记线索")
    assert [each.plain() for each in hold_against_law(renamed.done("", "", "").contents, memory=Memory(tmp_path / "proofs"))] == first
    assert explored == []
    changed = Drawing(national, "fast_track")  # the ordinary procedure does not call the fast track
    changed.flow("is_filed", "merge_opening", "real_name")
    found = hold_against_law(changed.done("", "", "").contents, memory=memory)
    assert 0 < len(explored) < everything
    assert [each.plain() for each in found if each.procedure == "ordinary"] == [each for each in first if each["procedure"] == "ordinary"]


def test_an_added_internal_step_leaves_what_was_proved(explored: list[int]) -> None:
    national, memory = resolve("national"), Memory()
    hold_against_law(national, memory=memory)
    everything = len(explored)
    explored.clear()
    drawing = Drawing(national, "execution")
    drawing.add("userTask", "internal", "archive_case", name="内部登记")
    drawing.leaving("issue_archive_forms")[0].set("targetRef", "internal")
    drawing.flow("internal", "bind_dossier")
    found = hold_against_law(drawing.done("", "", "").contents, memory=memory)
    assert 0 < len(explored) < everything // 2  # only whether it can be reached, and whether the whole still ends
    assert [each.id for each in found if each.outcome != "holds"] == ["INV-A02"]  # it names no duty


def test_a_violation_is_looked_for_again(explored: list[int]) -> None:
    memory = Memory()
    drawing = Drawing(resolve("national"), "notice")
    drawing.remove("issue_notice")
    contents = drawing.done("", "", "").contents
    first = [each.plain() for each in hold_against_law(contents, memory=memory)]
    explored.clear()
    assert [each.plain() for each in hold_against_law(contents, memory=memory)] == first
    assert explored
