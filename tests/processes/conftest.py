"""A rehearsal installation: the sample province with the national package, copied afresh for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from processes.host import Host
from processes.sample import install_rehearsal
from tests.builders import host_in


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pattern") / "installation"
    host = host_in(folder)
    install_rehearsal(host)
    host.close()
    return folder


@pytest.fixture
def host(pattern: Path, tmp_path: Path) -> Iterator[Host]:
    folder = tmp_path / "installation"
    shutil.copytree(pattern, folder)
    found = host_in(folder)
    yield found
    found.close()
