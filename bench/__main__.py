"""Runs every benchmark, or those named: `python -m bench [name …]`; `python -m bench --list` names them."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def names() -> list[str]:
    """The benchmark modules: every module of this folder with a main()."""
    found = sorted(each.name for each in pkgutil.iter_modules(bench.__path__) if not each.name.startswith("_"))
    return [name for name in found if hasattr(importlib.import_module(f"bench.{name}"), "main")]


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
        print(f"—— {name}")
        missed |= int(importlib.import_module(f"bench.{name}").main() or 0)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
