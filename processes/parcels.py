"""A package as one signed file, to be handed from one installation to another."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from documents.keys import SealKey
from documents.signing import sign_detached, verify_detached
from documents.verifying import Verification
from engine.errors import Conflict, PackageFault
from engine.files import digest_of as file_digest
from engine.workflow.releases import digest_of
from processes.manifest import MAXIMUM_FILE_BYTES, MAXIMUM_FILES, Manifest, check_path, read_manifest

RELEASE, SIGNATURE = "RELEASE.json", "RELEASE.p7s"
LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Parcel:
    """A package that was handed over: its files, its digest, and what its signature is worth (None: unsigned)."""

    manifest: Manifest
    digest: str
    contents: Mapping[str, bytes]
    signature: Verification | None


def pack(contents: Mapping[str, bytes], key: SealKey | None = None, at: datetime | None = None) -> bytes:
    """A package's own files as a ZIP with a release note (name, version, digests), signed when a seal is given.

    The same files give the same bytes but for the signature.
    """
    manifest = read_manifest(contents)
    digests = {path: file_digest(data) for path, data in sorted(contents.items())}
    note = json.dumps(
        {"package": manifest.name, "version": manifest.version, "digest": digest_of(digests), "files": digests},
        ensure_ascii=False, indent=2,
    ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        _write(archive, RELEASE, note)
        if key is not None and at is not None:
            _write(archive, SIGNATURE, sign_detached(note, key, at))
        for path, data in sorted(contents.items()):
            _write(archive, f"{manifest.name}/{path}", data)
    return out.getvalue()


def unpack(data: bytes, roots: Sequence[bytes]) -> Parcel:
    """Read and check a parcel: every file against its digest, the signature against trusted roots (DER).

    PackageFault names what is wrong; a bad signature is a fault, a missing one is for the caller to judge.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _entries(archive)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise PackageFault("parcel.malformed", f"流程包文件已经损坏：{error}") from error
    note = entries.pop(RELEASE, b"")
    signature = entries.pop(SIGNATURE, None)
    name, digest, digests = _note(note)
    contents = {path.removeprefix(f"{name}/"): content for path, content in entries.items()}
    if {path: file_digest(content) for path, content in contents.items()} != digests or digest_of(digests) != digest:
        raise PackageFault("parcel.changed", "流程包文件的内容与发布说明不一致：文件被改动、增加或者缺少")
    manifest = read_manifest(contents)
    if manifest.name != name:
        raise PackageFault("parcel.name", f"发布说明写的是“{name}”，package.toml 写的是“{manifest.name}”")
    found = None if signature is None else verify_detached(note, signature, roots)
    if found is not None and not found.valid:
        raise PackageFault("parcel.signature", f"流程包的签名无效：{'；'.join(found.problems)}")
    return Parcel(manifest, digest, contents, found)


def place(parcel: Parcel, shelf: Path) -> Path:
    """Put a parcel's package on a shelf; one that stands there already is never overwritten (Conflict)."""
    folder = shelf / parcel.manifest.name
    if folder.exists():
        raise Conflict("parcel.exists", f"书架上已有流程包“{parcel.manifest.name}”，请先移走或者换一个书架")
    write_files(parcel.contents, folder)
    return folder


def write_files(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write a package's files below a folder, whose paths were checked."""
    for path, data in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _entries(archive: zipfile.ZipFile) -> dict[str, bytes]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAXIMUM_FILES or len({info.filename for info in infos}) < len(infos):
        raise PackageFault("parcel.files", f"流程包文件中的文件超过 {MAXIMUM_FILES} 个，或者有重名")
    entries = {}
    for info in infos:
        with archive.open(info) as stream:
            data = stream.read(MAXIMUM_FILE_BYTES + 1)
        if len(data) > MAXIMUM_FILE_BYTES:
            raise PackageFault("package.too_large", f"文件 {info.filename} 超过 {MAXIMUM_FILE_BYTES} 字节的上限")
        if info.filename not in (RELEASE, SIGNATURE) and (faults := check_path(info.filename)):
            raise PackageFault(faults[0].code, faults[0].message, faults=tuple(faults))
        entries[info.filename] = data
    return entries


def _note(note: bytes) -> tuple[str, str, dict[str, str]]:
    try:
        data = json.loads(note)
        name, digest, files = str(data["package"]), str(data["digest"]), dict(data["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise PackageFault("parcel.note", f"流程包文件缺少发布说明 {RELEASE}，或者说明有误") from error
    if not name.isidentifier() or not name.isascii():
        raise PackageFault("package.name", f"流程包名称“{name[:40]}”只能由字母、数字和下划线组成")
    return name, digest, files


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)
