"""Runs every benchmark, or those named: `python -m bench [name …]`; `python -m bench --list` names them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bench


def names() -> list[str]:
    """The benchmark modules: those of this folder that define main(); told from their text, so that none is imported in vain."""
    folder = Path(bench.__path__[0])
    return sorted(path.stem for path in folder.glob("[!_]*.py") if "\ndef main(" in path.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Run them in order; the exit status is 1 when a target was missed, 2 when a name is unknown."""
    if arguments == ["--list"]:
        print("\n".join(names()))
        return 0
    if unknown := [name for name in arguments if name not in names()]:
        print(f"没有名为 {'、'.join(unknown)} 的性能测试；现有：{'、'.join(names())}")
        return 2
    missed = 0
    for name in arguments or names():
        print(f"—— {name}", flush=True)
        sys.argv = [f"bench.{name}"]  # a module that reads arguments of its own must not see ours
        missed |= int(importlib.import_module(f"bench.{name}").main() or 0)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
