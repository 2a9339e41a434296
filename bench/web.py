"""The pages of the desk at few and at many cases: `python -m bench.web [--cases N ...] [--folder DIR]`.

Each page is asked for by signed-in officers of random agencies, in turns, through the application itself (no socket): what is
measured is the server's time, by the wall and by the processor. Writes bench/results/web.json. A page must not grow with the
installation: p95 at many cases ≤ 1.5 × p95 at few, and a case opens in less than 100 ms.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import methodcaller
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from engine.cases.cases import Case
from engine.clock import SettableClock
from engine.registers.agencies import Agency, officers_of
from engine.schema import upgrade
from engine.settings import Settings
from engine.workflow.tasks import OPEN, WorkItem
from processes.host import Host, open_host
from processes.manifest import find_package
from processes.sample import BEGINNING, PASSWORD, install_sample, started_case
from processes.sample_cases import multiply
from processes.scripted import Script, parse_script
from web.app import create_app

RESULTS = Path(__file__).parent / "results" / "web.json"
SIZES = (1_000, 100_000)
STANDS = (("verify_clue", 6), ("propose_filing", 3), ("approve_filing", 1))  # as `zhifa sample` makes them
ROUNDS, WARM = 60, 6
MOST_RATIO, MOST_OPENING = 1.5, 100.0
PAGES = {
    "tasks": ("待办清单（主办人员）", "0101", "/tasks"),
    "agency": ("本机关待办（负责人）", "0100", "/tasks/agency"),
    "search": ("待办清单，查找当事人", "0100", "/tasks/agency?q=食品"),
    "done": ("已办清单", "0304", "/tasks/done"),
    "cases": ("案件清单（负责人）", "0100", "/cases"),
    "own_cases": ("案件清单（主办人员）", "0101", "/cases"),
    "counts": ("待办数目", "0101", "/tasks/counts"),
    "case": ("案件页", "0100", ""),
    "step": ("打开环节", "", ""),
    "submit": ("提交环节", "", ""),
}


@dataclass
class Subject:
    """One installation under measurement: milliseconds and statements of each page."""

    host: Host
    cases: int
    clock: SettableClock
    script: Script
    rng: random.Random
    statements: int = 0
    taken: set[int] = field(default_factory=set)
    times: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PAGES})
    spent: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PAGES})
    counts: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in PAGES})

    def __post_init__(self) -> None:
        self.app = create_app(self.host)
        self.app.config["WTF_CSRF_ENABLED"] = False
        event.listen(self.host.database.engine, "before_cursor_execute", self._count)
        with self.host.database.reading() as session:
            self.agencies = [code for code in session.scalars(select(Agency.code).order_by(Agency.code)) if "99901MB" in code]
            self.first = session.scalar(select(func.min(Case.id))) or 1
            self.last = session.scalar(select(func.max(Case.id))) or 1

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.statements += not statement.startswith("BEGIN")

    def client(self, person: str) -> FlaskClient:
        """Somebody signed in."""
        found = self.app.test_client()
        answer = found.post("/sign-in", data={"login": person.lower(), "password": PASSWORD})
        if answer.status_code != 302:
            raise RuntimeError(f"{person} cannot sign in: {answer.status_code}")
        return found

    def round(self) -> None:
        """Every page once, in another agency each time."""
        item, case = self._waiting()
        people = {person.id[-4:]: person.id for person in self._people(case.agency_code)}
        clients = {end: self.client(people[end]) for end in {end for _, end, _ in PAGES.values() if end}}
        for name, (_, end, address) in PAGES.items():
            if address:
                self.timed(name, clients[end], methodcaller("get", address))
        self.timed("case", clients["0100"], lambda client: client.get(f"/cases/{case.id}"))
        step = next(one for one in self.script.steps if one.id == item.step)
        values: dict[str, Any] = {"lead_officer": people["0101"], "co_officer": people["0102"]}
        form = {name: values.get(name, value) for name, value in step.values.items()}
        officer = self.client(people[step.actor[-4:]])
        self.timed("step", officer, lambda client: client.get(f"/tasks/{item.id}"))
        self.timed("submit", officer, lambda client: client.post(f"/tasks/{item.id}", data=posted(form)), wanted=302)

    def timed(self, name: str, client: FlaskClient, ask: Callable[[FlaskClient], Any], wanted: int = 200) -> None:
        """Milliseconds and statements of one page."""
        self.statements = 0
        began, busy = time.perf_counter(), time.process_time()
        answer = ask(client)
        self.times[name].append((time.perf_counter() - began) * 1000)
        self.spent[name].append((time.process_time() - busy) * 1000)
        self.counts[name].append(self.statements)
        if answer.status_code != wanted:
            raise RuntimeError(f"{name}: {answer.status_code} {answer.get_data(as_text=True)[-3000:]}")

    def _waiting(self) -> tuple[WorkItem, Case]:
        """A random case whose step the script knows how to take."""
        while True:
            number = self.rng.randint(self.first, self.last)
            with self.host.database.reading() as session:
                item = session.scalars(select(WorkItem).where(WorkItem.case_id == number, WorkItem.state == OPEN)).first()
                if item is None or item.step not in ("verify_clue", "propose_filing") or item.id in self.taken:
                    continue
                if item.agency_code in self.agencies and not any(each.id.startswith("YJ") for each in officers_of(session, item.agency_code)):
                    self.taken.add(item.id)
                    return item, item.case

    def _people(self, agency: str) -> list[Any]:
        with self.host.database.reading() as session:
            return officers_of(session, agency)


def posted(values: dict[str, Any]) -> dict[str, Any]:
    """A form's values as a browser posts them."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for row, cells in enumerate(value):
                found |= {f"{name}-{row}-{key}": cell for key, cell in posted(cells).items()}
        else:
            found[name] = ("true" if value else "false") if isinstance(value, bool) else value
    return found


def installation(folder: Path, cases: int) -> Host:
    """A folder of `zhifa sample`; made when it is empty, brought up to date when it is old."""
    made = (folder / "zhifa.db").exists()
    folder.mkdir(parents=True, exist_ok=True)
    clock = SettableClock(BEGINNING)
    host = open_host(Settings(
        database_url=f"sqlite:///{folder}/zhifa.db", files_dir=folder / "files", keys_dir=folder / "keys", secret_key="bench",  # noqa: S106
        second_factor="optional", password_days=0,
    ), clock)
    if made:
        upgrade(host.database)
        return host
    install_sample(host)
    script = the_script()
    patterns = [case for step, times in STANDS for case in [started_case(host, clock, script, step)] * times]
    multiply(host, patterns, cases, told=lambda done: print(f"\r已生成 {done} / {cases}", end="", flush=True))
    print()
    return host


def the_script() -> Script:
    """The sample case that is copied."""
    return parse_script((find_package("national") / "scenarios" / "ordinary_case.toml").read_bytes(), "ordinary_case")


def measure(subjects: list[Subject], rounds: int) -> dict[str, Any]:
    """All subjects in turns, so that whatever else the machine does falls on all alike."""
    for number in range(WARM + rounds):
        for one in subjects:
            one.round()
            if number < WARM:
                for kept in (*one.times.values(), *one.spent.values(), *one.counts.values()):
                    kept.clear()  # type: ignore[attr-defined]
    return {
        str(one.cases): {
            name: {
                "p50": round(statistics.median(one.times[name]), 1), "p95": highest(one.times[name]), "cpu_p95": highest(one.spent[name]),
                "statements": max(one.counts[name]),
            }
            for name in PAGES
        }
        for one in subjects
    }


def highest(times: list[float]) -> float:
    """The 95th percentile."""
    return round(statistics.quantiles(times, n=20)[-1], 1)


def report(found: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Print the table; what missed its target, and what of that is no fault of a busy machine, is returned."""
    few, many = list(found)
    missed, lost = list[str](), list[str]()
    print(f"| 页面 | {few} 宗 p50 / p95 毫秒 | {many} 宗 p50 / p95 毫秒 | p95 倍数 | 处理器 p95 毫秒 | 倍数 | SQL 条数 |")
    print("|---|---|---|---|---|---|---|")
    for name, (title, *_) in PAGES.items():
        small, large = found[few][name], found[many][name]
        ratio, busy = large["p95"] / small["p95"], large["cpu_p95"] / small["cpu_p95"]
        print(f"| {title} | {small['p50']} / {small['p95']} | {large['p50']} / {large['p95']} | {ratio:.2f} | "
              f"{small['cpu_p95']}、{large['cpu_p95']} | {busy:.2f} | {small['statements']}、{large['statements']} |")
        missed += [f"{title}：p95 为 {ratio:.2f} 倍，目标 ≤ {MOST_RATIO}"] if ratio > MOST_RATIO else []
        lost += [f"{title}：处理器时间 p95 为 {busy:.2f} 倍"] if busy > MOST_RATIO else []
        lost += [f"{title}：SQL 由 {small['statements']} 条增加到 {large['statements']} 条"] if large["statements"] > small["statements"] else []
    opening = found[many]["case"]["p95"]
    missed += [f"打开案件 p95 为 {opening} 毫秒，目标 < {MOST_OPENING}"] if opening >= MOST_OPENING else []
    print("\n".join([*missed, *lost]) or "各项目标都达到")
    return missed, lost


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write down; 1 when the processor works more for a page where there are many cases, or says more to the database."""
    parser = argparse.ArgumentParser(description="工作台各页在案件少和案件多时的用时")
    parser.add_argument("--cases", type=int, nargs=2, default=SIZES, help="两个规模")
    parser.add_argument("--folders", type=Path, nargs=2, default=None, help="两个规模的数据所在的文件夹；已有数据的直接使用，不写就临时生成")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args([] if arguments is None else arguments)
    with tempfile.TemporaryDirectory(prefix="zhifa-web-") as place:
        folders = chosen.folders or [Path(place) / str(cases) for cases in chosen.cases]
        subjects = []
        for folder, cases in zip(folders, chosen.cases, strict=True):
            host = installation(folder, cases)
            clock = host.clock
            assert isinstance(clock, SettableClock)
            subjects.append(Subject(host, cases, clock, the_script(), random.Random(cases)))  # noqa: S311 - which case is looked at
        found = measure(subjects, chosen.rounds)
        missed, lost = report(found)
        for one in subjects:
            one.host.close()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"pages": found, "missed": missed, "lost": lost}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return int(bool(lost))


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
