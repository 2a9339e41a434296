"""A rehearsal installation: the sample province with the national package, copied afresh for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from processes.host import Host
from processes.sample import install_rehearsal
from tests.builders import SQLITE, host_in
from tests.conftest import fresh_postgres


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pattern") / "installation"
    host = host_in(folder)
    install_rehearsal(host)
    host.close()
    return folder


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """On SQLite, a copy of the pattern; on PostgreSQL (`on_both_databases`), an installation of its own."""
    folder = tmp_path / "installation"
    if getattr(request, "param", SQLITE) == SQLITE:
        shutil.copytree(request.getfixturevalue("pattern"), folder)
        found = host_in(folder)
    else:
        found = host_in(folder, fresh_postgres(request.getfixturevalue("postgres_url"), tmp_path.name))
        install_rehearsal(found)
    yield found
    found.close()
