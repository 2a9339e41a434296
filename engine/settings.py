"""What differs from one installation to the next, read once at start from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from engine.errors import Invalid

MOST_OFFICES = 16


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
    worker_lease_seconds: after how many seconds without a sign of life a worker's job goes to another one, at least 3.
    malware_scanner: where clamd listens, tcp://host:port or unix:/path; empty means: files of evidence are marked 未查毒.
    metrics_token: what Prometheus has to show to read /metrics; empty means: there is no such page.
    exchange_url: where the province receives the outbox; empty means: nothing is sent.
    exchange_token: what is shown to the province there.
    exchange_sender: under which name this installation sends, the same for its whole life.
    log_format: json, one object a line, or text.
    log_level: the least level that is logged; empty means: info for servers, warning for other commands.
    secret_key: signs the web's session cookies; must be set outside the demonstration.
    public_address: how browsers reach the web, e.g. https://zhifa.example.gov.cn; passkeys and single sign-on need it.
    password_length, password_kinds, password_days: what a password must be, see engine/accounts/passwords.py.
    second_factor: "required" or "optional" (GB/T 22239 8.1.4.1 d demands two factors, one of them cryptographic).
    idle_minutes, session_hours: how long a device stays signed in without a request, and at most.
    oidc_issuer, oidc_client_id, oidc_client_secret: the identity provider (OpenID Connect); empty means: there is none.
    oidc_officer_claim: which of the provider's claims is the officer's number here.
    mail_host, mail_port, mail_user, mail_password: the mail server (SMTP); without a host no mail is sent.
    mail_security: "starttls", "tls" or "none"; mail_from: the sender's address.
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
    worker_lease_seconds: int = 60
    malware_scanner: str = ""
    metrics_token: str = ""
    exchange_url: str = ""
    exchange_token: str = ""
    exchange_sender: str = ""
    log_format: str = "json"
    log_level: str = ""
    secret_key: str = ""
    public_address: str = ""
    password_length: int = 12
    password_kinds: int = 3
    password_days: int = 90
    second_factor: str = "required"
    idle_minutes: int = 30
    session_hours: int = 8
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_officer_claim: str = "preferred_username"
    mail_host: str = ""
    mail_port: int = 587
    mail_user: str = ""
    mail_password: str = ""
    mail_security: str = "starttls"
    mail_from: str = ""

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
        """Read ZHIFA_DATABASE_URL, ZHIFA_FILES_DIR, …; what is not set keeps its default. Invalid names a value that cannot be."""
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
            elif field.type == "int":
                values[field.name] = _whole(field.name, text)
            else:
                values[field.name] = text
        return Settings(**values)  # type: ignore[arg-type]


def _whole(name: str, text: str) -> int:
    if not text.strip().isdecimal():
        raise Invalid("settings.number", f"环境变量 ZHIFA_{name.upper()} 应当是不小于零的整数，实为“{text}”")
    if name == "office_processes" and not 1 <= int(text) <= MOST_OFFICES:
        raise Invalid("settings.number", f"环境变量 ZHIFA_OFFICE_PROCESSES 应当是 1 至 {MOST_OFFICES}，实为“{text[:40]}”")
    return int(text)
