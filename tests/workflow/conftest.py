"""Cases that have come so far, prepared once and copied for each test that wants one; and the installation of `tests/processes`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from processes.bundles import BundleCache
from tests.builders import ORDINARY, CaseBuilder, a_case, host_in, script
from tests.processes.conftest import host

At = Callable[..., CaseBuilder]
Prepared = Callable[[str, str], tuple[Path, int, int]]

__all__ = ["host"]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, pattern: Path, bundles: BundleCache) -> Prepared:
    ready: dict[tuple[str, str], tuple[Path, int, int]] = {}

    def prepare(step: str, name: str) -> tuple[Path, int, int]:
        if (step, name) not in ready:
            folder = tmp_path_factory.mktemp("prepared") / "installation"
            shutil.copytree(pattern, folder)
            found = replace(host_in(folder), bundles=bundles)
            case = a_case(found, name).until(step)
            found.close()
            ready[step, name] = (folder, case.case_id, case.position)
        return ready[step, name]

    return prepare


@pytest.fixture
def at(prepared: Prepared, tmp_path: Path, bundles: BundleCache) -> Iterator[At]:
    """`at("case_review")`: a case of the script that waits for this step, in an installation of its own (SQLite)."""
    opened = []

    def come(step: str, name: str = ORDINARY) -> CaseBuilder:
        folder, case_id, position = prepared(step, name)
        own = tmp_path / f"at-{len(opened)}"
        shutil.copytree(folder, own)
        found = replace(host_in(own), bundles=bundles)
        opened.append(found)
        case = CaseBuilder(found, script(name), case_id, position)
        case.clock.set(case.script.steps[position - 1].at if position else case.script.opened_at)
        return case

    yield come
    for found in opened:
        found.close()
