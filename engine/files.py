"""The write-once file store: a file is addressed by the SHA-256 of its bytes and never changes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from engine.errors import Invalid


def digest_of(data: bytes) -> str:
    """The name under which bytes are stored: their SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class FileStore:
    """Files under one folder, named by digest; writing the same bytes twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Store bytes and return their SHA-256 (hex); on return they are on the disk, whole or not at all."""
        digest = digest_of(data)
        target = self.path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o440)
            Path(temporary).rename(target)
            _sync_folder(target.parent)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return digest

    def adopt(self, file: Path) -> str:
        """Take in a finished file of any size from the same disk, and return its SHA-256 (hex); the file is gone from where it lay.

        Whoever is killed half-way leaves either the file where it was or the whole file in the store, and may try again.
        """
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        target = self.path(digest)
        if target.exists():
            file.unlink()
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        file.chmod(0o440)
        file.rename(target)
        _sync_folder(target.parent)
        return digest

    def check(self, digest: str) -> Path:
        """Where a file lies, after reading it once through, however large; a missing or changed one raises Invalid."""
        path = self.found(digest)
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise Invalid("file.changed", f"文件 {digest[:12]}… 的内容与登记的 SHA-256 不一致，可能被改动", digest=digest)
        return path

    def found(self, digest: str) -> Path:
        """Where a file lies, without reading it; a missing one raises Invalid."""
        path = self.path(digest)
        if not path.exists():
            raise Invalid("file.missing", f"文件库中没有文件 {digest[:12]}…", digest=digest)
        return path

    def get(self, digest: str) -> bytes:
        """Read a file and check it against its digest; a changed file raises Invalid."""
        data = self.found(digest).read_bytes()
        if digest_of(data) != digest:
            raise Invalid("file.changed", f"文件 {digest[:12]}… 的内容与登记的 SHA-256 不一致，可能被改动", digest=digest)
        return data

    def path(self, digest: str) -> Path:
        """Where a file of this digest lies; the name must be 64 hexadecimal digits."""
        if len(digest) != 64 or any(character not in "0123456789abcdef" for character in digest):
            raise Invalid("file.digest", "文件标识不是有效的 SHA-256", digest=digest)
        return self.folder / digest[:2] / digest


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
