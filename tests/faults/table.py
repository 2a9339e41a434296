"""`python -m tests.faults.table`: the table of what the full proofs have shown; --write puts it into docs/reliability.md."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime

from tests.faults.proof import PROOFS, Proof
from tests.house.tree import ROOT

DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- 以下由 make prove 写成 -->", "<!-- 以上由 make prove 写成 -->"
HEAD = "| 承诺 | 数据库 | 注入的故障 | 次数 | 已确认 | 丢失 | 重复 |\n|---|---|---|---|---|---|---|\n"


def read() -> list[Proof]:
    """The newest proof of each promise on each database, in the order of the promises."""
    if not PROOFS.exists():
        return []
    found = [Proof(**json.loads(line)) for line in PROOFS.read_text(encoding="utf-8").splitlines()]
    newest = {(one.promise, one.database, re.sub(r"\d+", "", one.what)): one for one in found}
    return sorted(newest.values(), key=lambda one: (_order(one.promise), one.what, one.database))


def table(proofs: list[Proof]) -> str:
    """The proofs as Markdown."""
    rows = [
        f"| {one.promise} | {one.database} | {one.what} | {one.faults} | {one.acknowledged} | {one.lost} | {one.doubled} |" for one in proofs
    ]
    return HEAD + "\n".join(rows) + "\n"


def _order(promise: str) -> tuple[int, str]:
    return (int(promise[1:]), "") if re.fullmatch(r"T\d+", promise) else (99, promise)


def main() -> int:
    proofs = read()
    if not proofs:
        print("没有结果：先运行 make prove", file=sys.stderr)
        return 1
    print(table(proofs))
    if "--write" in sys.argv:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        told = f"{datetime.now(UTC):%Y-%m-%d}，提交 `{commit}`：\n\n{table(proofs)}"
        text = DOCUMENT.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{told}{END}{rest.split(END)[1]}", encoding="utf-8")
    return 1 if any(one.lost or one.doubled for one in proofs) else 0


if __name__ == "__main__":
    sys.exit(main())
