"""Publish a package: check it, freeze it by digest, journal it; new cases bind to it, running ones keep theirs."""

from __future__ import annotations

from engine import journal
from engine.errors import PackageFault
from engine.workflow import releases
from engine.workflow.releases import Release
from processes.checks import check_package
from processes.host import Host
from processes.manifest import read_manifest
from processes.overlay import resolve


def publish(host: Host, name: str, officer_id: str) -> Release:
    """Check and freeze a package; PackageFault lists every fault and nothing is published."""
    contents = resolve(name, host.settings.shelves)
    if faults := check_package(contents):
        raise PackageFault(
            "package.faulty", f"流程包“{name}”有 {len(faults)} 处错误，不予发布", faults=tuple(faults)
        )
    manifest, now = read_manifest(contents), host.clock.now()
    with host.database.writing() as session:
        release = releases.freeze(
            session, host.files, manifest.name, manifest.version, manifest.title, contents, now, officer_id
        )
        journal.append(session, None, "package.published", officer_id, now, {
            "package": manifest.name, "version": manifest.version, "digest": release.digest, "files": len(contents),
        })
        return release
