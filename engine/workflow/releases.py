"""Releases of packages, frozen by digest: a running case keeps the very files it was filed under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain
from engine.errors import Invalid
from engine.files import FileStore


class Release(Base):
    """One published version of a package: a digest over all its files, which lie in the file store.

    manifest: path inside the package → SHA-256 of the file; effective_from: from when cases may bind to it;
    retired_at: since when new cases may not; signature: of the publisher's seal over the digest (CMS, DER).
    """

    __tablename__ = "release"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    package: Mapped[str] = mapped_column(String(60), index=True)
    version: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(120))
    published_at: Mapped[datetime] = mapped_column(Moment)
    published_by: Mapped[str] = mapped_column(String(40))
    effective_from: Mapped[datetime] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)
    manifest: Mapped[dict[str, str]] = mapped_column(Plain)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)


def digest_of(manifest: Mapping[str, str]) -> str:
    """Digest of a package: SHA-256 over its paths and their files' digests, in the order of the paths."""
    text = json.dumps(dict(sorted(manifest.items())), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def freeze(
    session: Session, files: FileStore, package: str, version: str, title: str, contents: Mapping[str, bytes],
    at: datetime, by: str, effective_from: datetime | None = None,
) -> Release:
    """Store a package's files and its release; the same content again is the same release, in force again if it was retired."""
    manifest = {path: files.put(data) for path, data in sorted(contents.items())}
    digest = digest_of(manifest)
    release = session.get(Release, digest)
    if release is None:
        release = Release(
            digest=digest, package=package, version=version, title=title, published_at=at, published_by=by,
            effective_from=effective_from or at, manifest=manifest,
        )
        session.add(release)
    elif release.retired_at is not None:
        release.retired_at, release.published_at, release.published_by = None, at, by
        release.effective_from = effective_from or at
    session.flush()
    return release


def read(session: Session, files: FileStore, digest: str) -> dict[str, bytes]:
    """All files of a release, each checked against its digest."""
    release = session.get(Release, digest)
    if release is None:
        raise Invalid("release.unknown", f"没有摘要为 {digest[:12]}… 的流程包版本", digest=digest)
    return {path: files.get(sha) for path, sha in release.manifest.items()}


def current(session: Session, package: str, at: datetime) -> Release:
    """The release that cases opened at this moment bind to: in force, not retired, published last."""
    query = (
        select(Release)
        .where(Release.package == package, Release.effective_from <= at, Release.retired_at.is_(None))
        .order_by(Release.effective_from.desc(), Release.published_at.desc())
        .limit(1)
    )
    release = session.scalar(query)
    if release is None:
        raise Invalid("release.none", f"流程包“{package}”没有现行有效的版本", package=package)
    return release


def releases_of(session: Session, package: str = "") -> list[Release]:
    """All releases, of one package or of all, the newest first."""
    query = select(Release).order_by(Release.package, Release.published_at.desc())
    return list(session.scalars(query.where(Release.package == package) if package else query))


def find(session: Session, package: str, digest: str) -> Release:
    """A release by the beginning of its digest (at least 6 characters); Invalid when none or several begin so."""
    found = [one for one in releases_of(session, package) if len(digest) >= 6 and one.digest.startswith(digest)]
    if len(found) != 1:
        raise Invalid("release.unknown", f"流程包“{package}”没有以“{digest}”开头的唯一版本", digest=digest)
    return found[0]
