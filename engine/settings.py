"""What differs from one installation to the next, read once at start from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """One installation's settings; every field is documented in docs/operations.md.

    database_url: SQLAlchemy URL; SQLite is the embedded default, PostgreSQL the production database.
    files_dir: folder of the write-once file store.
    keys_dir: folder of the local certificate authority and the seals' keys.
    fonts_dir: folder of the prepared Chinese fonts.
    working_days_file: path of a table of holidays and make-up workdays (day, kind) that the library does not have yet.
    shelves: folders outside the wheel that hold further department packages.
    office_program: path of LibreOffice's soffice; empty means: look it up on PATH.
    office_processes: how many LibreOffices one process of ours runs at most, at least 1.
    postgres_programs: folder of pg_dump and pg_restore for backups; empty means: look them up on PATH.
    metrics_token: what Prometheus has to show to read /metrics; empty means: there is no such page.
    secret_key: signs the web's session cookies; must be set outside the demonstration.
    """

    database_url: str = "sqlite:///var/zhifa.db"
    files_dir: Path = Path("var/files")
    keys_dir: Path = Path("var/keys")
    fonts_dir: Path = Path("var/fonts")
    working_days_file: str = ""
    shelves: tuple[Path, ...] = ()
    office_program: str = ""
    office_processes: int = 1
    postgres_programs: Path = Path()
    metrics_token: str = ""
    secret_key: str = ""

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
        """Read ZHIFA_DATABASE_URL, ZHIFA_FILES_DIR, …; what is not set keeps its default."""
        source = os.environ if environment is None else environment
        values: dict[str, object] = {}
        for field in fields(Settings):
            text = source.get(f"ZHIFA_{field.name.upper()}")
            if text is None:
                continue
            if field.name == "shelves":
                values[field.name] = tuple(Path(part) for part in text.split(os.pathsep) if part)
            elif field.name.endswith("_dir") or field.name == "postgres_programs":
                values[field.name] = Path(text)
            elif field.name == "office_processes":
                values[field.name] = max(1, int(text))
            else:
                values[field.name] = text
        return Settings(**values)  # type: ignore[arg-type]
