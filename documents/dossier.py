"""Bind a dossier (案卷): one PDF to read, and a package that keeps every original with its digest."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any, Protocol

import pikepdf

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time stamp of every part of the package: equal contents give an equal package."""


class File(Protocol):
    """One document to bind."""

    @property
    def sequence(self) -> int:
        """Place in the order, from 1."""
        ...

    @property
    def kind(self) -> str:
        """Code of the kind."""
        ...

    @property
    def title(self) -> str:
        """Title for the outline."""
        ...

    @property
    def number(self) -> str:
        """Document number."""
        ...

    @property
    def version(self) -> int:
        """Version of the document."""
        ...

    @property
    def dated(self) -> str:
        """ISO date."""
        ...

    @property
    def pages(self) -> int:
        """Number of pages."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of the bytes."""
        ...

    @property
    def data(self) -> bytes:
        """The PDF itself."""
        ...


class Contents(Protocol):
    """All that is bound into one dossier."""

    @property
    def case_number(self) -> str:
        """Number of the case."""
        ...

    @property
    def archive_number(self) -> str:
        """Number of the dossier."""
        ...

    @property
    def title(self) -> str:
        """Title of the case."""
        ...

    @property
    def files(self) -> Sequence[File]:
        """The documents in archive order."""
        ...

    @property
    def evidence(self) -> Sequence[dict[str, Any]]:
        """The files of the evidence with their SHA-256: they stay in the file store, for a film does not go into a package."""
        ...

    @property
    def journal(self) -> Sequence[dict[str, Any]]:
        """The journal's entries."""
        ...


def bind_dossier(contents: Contents) -> tuple[bytes, bytes]:
    """(reading volume as PDF, package as ZIP).

    Merging ends every signature, so the volume is for reading only; the package keeps the originals as they were
    sealed, a manifest with their SHA-256 and with that of every file of the evidence, and the journal.
    """
    return _volume(contents), _package(contents)


def _volume(contents: Contents) -> bytes:
    with pikepdf.new() as volume:
        starts: list[tuple[str, int]] = []
        for file in contents.files:
            starts.append((f"{file.sequence} {file.title}", len(volume.pages)))
            with pikepdf.open(io.BytesIO(file.data)) as document:
                document.generate_appearance_streams()
                document.flatten_annotations("all")  # seals stay visible although their signatures do not survive
                volume.pages.extend(document.pages)
        if "/AcroForm" in volume.Root:
            del volume.Root["/AcroForm"]
        with volume.open_outline() as outline:
            outline.root.extend(pikepdf.OutlineItem(title, page) for title, page in starts)
        with volume.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:title"] = f"{contents.archive_number} {contents.title}"
        out = io.BytesIO()
        volume.save(out)
        return out.getvalue()


def _package(contents: Contents) -> bytes:
    names = {file.sequence: f"documents/{file.sequence:03d}-{file.kind}-v{file.version}.pdf" for file in contents.files}
    manifest: dict[str, Any] = {
        "case_number": contents.case_number, "archive_number": contents.archive_number, "title": contents.title,
        "documents": [
            {"file": names[file.sequence], "kind": file.kind, "title": file.title, "number": file.number,
             "version": file.version, "date": file.dated, "pages": file.pages, "sha256": file.sha256}
            for file in contents.files
        ],
    }
    manifest["evidence"] = list(contents.evidence)
    journal_text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in contents.journal).encode()
    manifest["journal"] = {"file": "journal.jsonl", "sha256": hashlib.sha256(journal_text).hexdigest()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        _write(package, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2).encode())
        _write(package, "journal.jsonl", journal_text)
        for file in contents.files:
            _write(package, names[file.sequence], file.data)
    return out.getvalue()


def _write(package: zipfile.ZipFile, name: str, data: bytes) -> None:
    package.writestr(zipfile.ZipInfo(name, LONG_AGO), data)
