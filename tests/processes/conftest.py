"""A rehearsal installation: the sample province with the national package, copied afresh for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from processes.bundles import BundleCache
from processes.host import Host
from tests.builders import SQLITE, host_in
from tests.conftest import fresh_postgres


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path, bundles: BundleCache) -> Iterator[Host]:
    """A copy of the pattern, on SQLite or (`on_both_databases`) on PostgreSQL."""
    folder, url = tmp_path / "installation", ""
    if getattr(request, "param", SQLITE) == SQLITE:
        shutil.copytree(request.getfixturevalue("pattern"), folder)
    else:
        name, made = request.getfixturevalue("postgres_pattern")
        shutil.copytree(made, folder)
        url = fresh_postgres(request.getfixturevalue("postgres_url"), tmp_path.name, name)
    own = BundleCache()  # some tests put another text of the package in the place of the released one
    own._bundles.update(bundles._bundles)
    found = replace(host_in(folder, url), bundles=own)
    yield found
    found.close()
