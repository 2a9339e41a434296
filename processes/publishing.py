"""Publish a package: check it, freeze it by digest, journal it; new cases bind to it, running ones keep theirs."""

from __future__ import annotations

from datetime import datetime

from documents.keys import load_seal, trust_roots
from documents.signing import sign_detached, verify_detached
from documents.verifying import Verification
from engine import journal
from engine.errors import Conflict, Invalid, PackageFault
from engine.workflow import releases
from engine.workflow.releases import Release
from processes.checks import check_package
from processes.host import Host
from processes.manifest import read_manifest
from processes.overlay import resolve


def publish(
    host: Host, name: str, officer_id: str, effective_from: datetime | None = None, *, seal: str = ""
) -> Release:
    """Check and freeze a package; PackageFault lists every fault and nothing is published.

    effective_from: from when cases may bind to it; now, when it is left out. It may not lie in the past.
    seal: number of the electronic seal that signs the digest, for whoever must know later who vouched for these files.
    """
    now = host.clock.now()
    if effective_from is not None and effective_from < now:
        raise Invalid("release.past", "生效时间不得早于发布时间：在办案件和已办案件的依据不得事后改变")
    contents = resolve(name, host.settings.shelves)
    if faults := check_package(contents):
        raise PackageFault(
            "package.faulty", f"流程包“{name}”有 {len(faults)} 处错误，不予发布", faults=tuple(faults)
        )
    manifest = read_manifest(contents)
    key = load_seal(host.settings.keys_dir, seal) if seal else None
    with host.database.writing() as session:
        release = releases.freeze(
            session, host.files, manifest.name, manifest.version, manifest.title, contents, now, officer_id, effective_from
        )
        if key is not None:
            release.signature = sign_detached(release.digest.encode(), key, now)
        journal.append(session, None, "package.published", officer_id, now, {
            "package": manifest.name, "version": manifest.version, "digest": release.digest, "files": len(contents),
            "effective_from": release.effective_from, "seal": seal,
        })
        return release


def signature_of(host: Host, release: Release) -> Verification | None:
    """What the signature of a release is worth now; None when it has none."""
    if release.signature is None:
        return None
    return verify_detached(release.digest.encode(), release.signature, trust_roots(host.settings.keys_dir))


def retire(host: Host, name: str, digest: str, officer_id: str, reason: str) -> Release:
    """Take a release out of use for new cases, with a reason; the release before it is in force again.

    Cases that are bound to it go on under it. The last release in force cannot be retired.
    """
    if not reason.strip():
        raise Invalid("release.reason", "停用流程包版本应当写明理由")
    now = host.clock.now()
    with host.database.writing() as session:
        release = releases.find(session, name, digest)
        if release.retired_at is not None:
            raise Conflict("release.retired", f"版本 {release.version}（{release.digest[:12]}）已经停用")
        release.retired_at = now
        session.flush()
        following = releases.current(session, name, now)
        journal.append(session, None, "package.retired", officer_id, now, {
            "package": name, "version": release.version, "digest": release.digest, "reason": reason,
            "in_force": following.digest,
        })
        return following
