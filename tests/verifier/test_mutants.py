"""Packages changed in many ways: each that breaks the law is refused, each that changes nothing that matters is accepted."""

from __future__ import annotations

import os

import pytest

from bench.oracle import judge
from bench.verifier import sample
from processes.invariants import national_law

FULL = os.environ.get("ZHIFA_PROVE") == "full"
MUTANTS, WALKS = (520, 2) if FULL else (14, 1)


@pytest.mark.parametrize("mutant", sample(MUTANTS), ids=lambda mutant: mutant.name)
def test_the_gate_agrees_with_what_runs(mutant) -> None:  # type: ignore[no-untyped-def]
    """The oracle knows how the mutant was made and runs it in the engine; it asks the verifier nothing but its paths."""
    found = judge(mutant, national_law()[0].effects, walks=WALKS, seed=7)
    assert found.cell in ("refused breaking", "accepted neutral"), (found.rules, found.evidence)
    assert found.unreplayed == ()
