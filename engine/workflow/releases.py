"""Releases of packages, frozen by digest: a running case keeps the very files it was filed under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain
from engine.errors import Invalid
from engine.files import FileStore


class Release(Base):
    """One published version of a package: a digest over all its files, which lie in the file store.

    manifest: path inside the package → SHA-256 of the file.
    """

    __tablename__ = "release"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    package: Mapped[str] = mapped_column(String(60), index=True)
    version: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(120))
    published_at: Mapped[datetime] = mapped_column(Moment)
    published_by: Mapped[str] = mapped_column(String(40))
    manifest: Mapped[dict[str, str]] = mapped_column(Plain)


def digest_of(manifest: Mapping[str, str]) -> str:
    """Digest of a package: SHA-256 over its paths and their files' digests, in the order of the paths."""
    text = json.dumps(dict(sorted(manifest.items())), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def freeze(
    session: Session, files: FileStore, package: str, version: str, title: str, contents: Mapping[str, bytes],
    at: datetime, by: str,
) -> Release:
    """Store a package's files and its release; the same content again is the same release."""
    manifest = {path: files.put(data) for path, data in sorted(contents.items())}
    digest = digest_of(manifest)
    release = session.get(Release, digest)
    if release is None:
        release = Release(
            digest=digest, package=package, version=version, title=title, published_at=at, published_by=by,
            manifest=manifest,
        )
        session.add(release)
        session.flush()
    return release


def read(session: Session, files: FileStore, digest: str) -> dict[str, bytes]:
    """All files of a release, each checked against its digest."""
    release = session.get(Release, digest)
    if release is None:
        raise Invalid("release.unknown", f"没有摘要为 {digest[:12]}… 的流程包版本", digest=digest)
    return {path: files.get(sha) for path, sha in release.manifest.items()}


def current(session: Session, package: str) -> Release:
    """The release that new cases bind to: the one published last."""
    query = select(Release).where(Release.package == package).order_by(Release.published_at.desc()).limit(1)
    release = session.scalar(query)
    if release is None:
        raise Invalid("release.none", f"流程包“{package}”还没有发布任何版本", package=package)
    return release
