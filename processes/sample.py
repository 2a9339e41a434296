"""The sample province: an installation with fictitious agencies, officers, items and seals, for trying things out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from documents.keys import create_authority, issue_seal
from engine.accounts.identities import create_account
from engine.clock import LEGAL_TIME_ZONE, SettableClock, at_legal_midnight
from engine.errors import Invalid
from engine.registers.agencies import Officer, Seal
from engine.registers.importing import SETUP, import_file, load_registers
from engine.schema import upgrade
from processes.host import Host
from processes.manifest import read_toml
from processes.opening import open_case
from processes.publishing import publish
from processes.rehearsing import rehearse
from processes.running import complete_by_step
from processes.scripted import Script

PROVINCE = Path(__file__).parent / "sample_province"
PASSWORD = "demo"  # noqa: S105 - the demonstration's only password, printed on its sign-in page
BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=LEGAL_TIME_ZONE)
AUTHORITY_FROM = datetime(2025, 12, 1, tzinfo=UTC)
AUTHORITY_TO = datetime(2036, 12, 1, tzinfo=UTC)


def install_rehearsal(host: Host, package: str = "national") -> None:
    """Schema, registers and one package: enough to rehearse cases without signing in or sealing."""
    upgrade(host.database)
    data = read_toml((PROVINCE / "registers.toml").read_bytes(), "registers.toml")
    now = host.clock.now()
    import_file(host.database, "document_kind", PROVINCE / "tables" / "documents.csv", actor=SETUP, at=now, day=data["valid_from"])
    with host.database.writing() as session:
        load_registers(session, data, at=now)
    publish(host, package, "YJWH0001")


def install_sample(host: Host) -> None:
    """Fill an empty installation: what a rehearsal has, and accounts, certificate authority and seals."""
    install_rehearsal(host)
    furnish(host)


def furnish(host: Host) -> None:
    """Give the officers accounts and the agencies seals."""
    with host.database.writing() as session:
        for officer in session.query(Officer).order_by(Officer.id):
            create_account(session, officer.id.lower(), officer.id, PASSWORD, host.clock.now())
        seals = list(session.query(Seal))
    create_authority(host.settings.keys_dir, "示范省电子印章认证机构（虚构）", AUTHORITY_FROM, AUTHORITY_TO)
    for seal in seals:
        issue_seal(
            host.settings.keys_dir, seal.name, seal.number, at_legal_midnight(seal.valid_from), at_legal_midnight(seal.valid_to)
        )


def started_case(host: Host, clock: SettableClock, script: Script, until: str) -> int:
    """A new case of a script, driven until a step waits; its documents are filled but neither printed nor sealed."""
    clock.set(script.opened_at)
    case_id = open_case(host, script.opened_by, script.procedure, script.item, violated_on=script.violated_on)
    for step in script.steps:
        clock.set(step.at)
        rehearse(host, case_id)
        if step.id == until:
            return case_id
        complete_by_step(host, case_id, step.id, step.actor, step.values)
    raise Invalid("script.step", f"脚本“{script.key}”中没有环节“{until}”")
