"""The file store: whole files or none, addressed by digest, changes detected."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.errors import Invalid
from engine.files import FileStore


def test_what_is_put_is_got_back_and_named_by_its_digest(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    digest = store.put(b"decision")
    assert digest == hashlib.sha256(b"decision").hexdigest()
    assert store.get(digest) == b"decision"
    assert store.put(b"decision") == digest
    assert len(list(tmp_path.rglob("*"))) == 2  # one folder, one file


def test_a_changed_byte_is_detected(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    digest = store.put(b"decision")
    path = store.path(digest)
    path.chmod(0o640)
    path.write_bytes(b"Decision")
    with pytest.raises(Invalid, match="不一致"):
        store.get(digest)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "g" * 64, "a" * 63])
def test_only_digests_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="SHA-256"):
        FileStore(tmp_path).get(name)


def test_nothing_is_left_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="space"):
        FileStore(tmp_path).put(b"decision")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
