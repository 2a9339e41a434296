"""What a proof has shown, as one line a run: `make prove` gathers the lines, `tests/faults/table.py` makes the table of them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.database import Database
from processes.host import Host

FULL = os.environ.get("ZHIFA_PROVE") == "full"
PROOFS = Path("var/proofs.jsonl")


@dataclass(frozen=True)
class Proof:
    """One promise on one database: what was injected how often, what was acknowledged, how much of it was lost or doubled."""

    promise: str
    database: str
    what: str
    faults: int
    acknowledged: int
    lost: int
    doubled: int


def record(
    promise: str, where: Host | Database | str, *, what: str, faults: int, acknowledged: int, lost: int = 0, doubled: int = 0
) -> None:
    """Write a proof down when the full figures are run; the test has already asserted them."""
    name = where if isinstance(where, str) else (where.database if isinstance(where, Host) else where).engine.dialect.name
    proof = Proof(promise, name, what, faults, acknowledged, lost, doubled)
    print(proof)
    if FULL:
        PROOFS.parent.mkdir(exist_ok=True)
        with PROOFS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(proof), ensure_ascii=False) + "\n")
