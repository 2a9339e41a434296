"""The statutory verifier measured: the confusion matrix over mutants, and the time for growing procedures.

Run `python -m bench.verifier [--mutants N] [--walks N]` (0 mutants = all); the figures are in docs/performance.md.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence

from bench.generated import generated_package
from bench.mutants import Mutant, mutants
from bench.oracle import Judged, judge
from engine.verifier.memory import Memory
from processes.invariants import hold_against_law, national_law
from processes.overlay import resolve


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the matrix and the times; the status is 1 when the verifier was wrong about a mutant."""
    parser = argparse.ArgumentParser(prog="python -m bench.verifier")
    parser.add_argument("--mutants", type=int, default=40, help="how many, chosen by chance (0 = all)")
    parser.add_argument("--walks", type=int, default=2, help="random runs of each top procedure for each mutant")
    chosen = parser.parse_args(arguments or [])
    wrong = matrix(chosen.mutants, chosen.walks)
    times()
    return 1 if wrong else 0


BEYOND_THE_ORACLE = ("summary:", "spot_execution:")
"""Procedures whose rules the oracle does not judge by itself yet; tests/verifier/test_invariants.py breaks them one by one."""


def sample(count: int, seed: int = 1) -> list[Mutant]:
    """Some mutants of the national package, the families in turn; all of them for 0."""
    found = [each for each in mutants(resolve("national")) if not each.name.startswith(BEYOND_THE_ORACLE)]
    if not count:
        return found
    random.Random(seed).shuffle(found)  # noqa: S311 - chance, not secrets
    families: dict[str, list[Mutant]] = {}
    for each in found:
        families.setdefault(each.family, []).append(each)
    turn = [each for row in zip(*(_padded(family, count) for family in families.values()), strict=True) for each in row if each]
    return turn[:count]


def _padded(family: list[Mutant], count: int) -> list[Mutant | None]:
    return [*family, *[None] * count][:count]


def matrix(count: int, walks: int) -> int:
    """Judge mutants and print the confusion matrix; how many the verifier was wrong about is returned."""
    law, _ = national_law()
    began, judged = time.perf_counter(), list[Judged]()
    for number, mutant in enumerate(sample(count)):
        judged.append(judge(mutant, law.effects, walks=walks, seed=number))
        if len(judged) % 50 == 0:
            told = ", ".join(f"{cell} {amount}" for cell, amount in Counter(each.cell for each in judged).items())
            print(f"  … {len(judged)}: {told}", flush=True)
    cells, families = Counter(each.cell for each in judged), Counter((each.mutant.family, each.cell) for each in judged)
    print(f"{len(judged)} mutants, {sum(each.walks for each in judged)} random runs, {time.perf_counter() - began:.0f} s")
    for cell in ("refused breaking", "accepted breaking", "refused neutral", "accepted neutral"):
        print(f"  {cell:18} {cells[cell]}")
    for (family, cell), amount in sorted(families.items()):
        print(f"    {family:8} {cell:18} {amount}")
    print(f"  counterexamples run again in the engine: {sum(each.replayed for each in judged)}")
    for each in judged:
        if each.cell in ("accepted breaking", "refused neutral"):
            print(f"  WRONG {each.cell}: {each.mutant.name} {each.rules} {each.evidence}")
        for path in each.unreplayed:
            print(f"  NOT REPLAYED {each.mutant.name}: {path}")
    return cells["accepted breaking"] + cells["refused neutral"] + sum(len(each.unreplayed) for each in judged)


def times() -> None:
    """Print how long the shipped package and growing generated ones take."""
    contents, memory = resolve("national"), Memory()
    for what in ("national, all calls opened up", "national again, nothing changed"):
        began = time.perf_counter()
        found = hold_against_law(contents, memory=memory)
        print(f"  {what:40} {len(found):4} verdicts {time.perf_counter() - began:7.2f} s")
    for nodes, branches in ((50, 2), (100, 4), (200, 6), (400, 8), (400, 16), (800, 8)):
        began = time.perf_counter()
        found = hold_against_law(generated_package(nodes, branches, seed=1))
        unknown = sum(each.outcome == "unknown" for each in found)
        violated = sum(each.outcome == "violated" for each in found)
        print(f"  generated, {nodes} nodes, {branches:2} parallel branches {len(found):4} verdicts, {violated} violated, "
              f"{unknown} unknown {time.perf_counter() - began:7.2f} s")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
