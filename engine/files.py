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

    def get(self, digest: str) -> bytes:
        """Read a file and check it against its digest; a changed file raises Invalid."""
        path = self.path(digest)
        if not path.exists():
            raise Invalid("file.missing", f"文件库中没有文件 {digest[:12]}…", digest=digest)
        data = path.read_bytes()
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
