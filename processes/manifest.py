"""Find a department package on its shelf and read its files: what is in it, what it is called, what it extends."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from engine.errors import Fault, PackageFault

SUFFIXES = frozenset({".toml", ".bpmn", ".dmn", ".docx", ".csv", ".md"})
MAXIMUM_FILES = 2000
MAXIMUM_FILE_BYTES = 5_000_000
OWN_SHELF = Path(__file__).parent


@dataclass(frozen=True)
class Suitability:
    """What a procedure is for, as its package says it to people who choose one.

    when: for which cases, a sentence or two; article: by which law; opened_by: roles that may open a case with it, empty when the
    procedure does not say; penalties: the kinds of PENALTY_TYPE that it can end with, empty when any; suits: a FEEL condition over the
    answers of the form new_case, see `processes/choosing.py`, empty when it suits every case.
    """

    when: str = ""
    article: str = ""
    opened_by: tuple[str, ...] = ()
    penalties: tuple[str, ...] = ()
    suits: str = ""


@dataclass(frozen=True)
class Manifest:
    """What package.toml says.

    settings: plain values with which the law's open choices are made; facts: routing fact → FEEL type name;
    procedures: id of a procedure that a case may be opened with → its Chinese title; suitability: → what it is for; based_on: digest
    of the parent's release that the package was last brought up to.
    """

    name: str
    title: str
    version: str
    extends: str
    settings: Mapping[str, Any]
    facts: Mapping[str, str]
    procedures: Mapping[str, str]
    based_on: str = ""
    suitability: Mapping[str, Suitability] = field(default_factory=dict)


def find_package(name: str, shelves: Sequence[Path] = ()) -> Path:
    """The folder of a package: on an extra shelf first, else among the built-in ones."""
    if not name.isidentifier():
        raise PackageFault("package.name", f"流程包名称“{name}”只能由字母、数字和下划线组成")
    for shelf in (*shelves, OWN_SHELF):
        folder = shelf / name
        if (folder / "package.toml").is_file():
            return folder
    raise PackageFault("package.unknown", f"找不到流程包“{name}”：各书架上都没有 {name}/package.toml")


def read_contents(folder: Path) -> dict[str, bytes]:
    """All files of a package by path inside it; links, unknown kinds of file and excess are refused."""
    contents: dict[str, bytes] = {}
    faults: list[Fault] = []
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder).as_posix()
        if path.is_symlink():
            faults.append(Fault(where, "package.link", f"流程包中不得含有链接：{where}"))
        elif path.is_file():
            faults += _check_file(path, where)
            if not faults:
                contents[where] = path.read_bytes()
        if len(contents) > MAXIMUM_FILES:
            faults.append(Fault(where, "package.too_many_files", f"流程包的文件超过 {MAXIMUM_FILES} 个"))
        if faults:
            raise PackageFault(faults[0].code, faults[0].message, faults=tuple(faults))
    return contents


def read_manifest(contents: Mapping[str, bytes], where: str = "package.toml") -> Manifest:
    """Read package.toml out of a package's files."""
    data = read_toml(contents.get("package.toml", b""), where)
    try:
        return Manifest(
            name=str(data["name"]), title=str(data["title"]), version=str(data["version"]),
            extends=str(data.get("extends", "")), settings=dict(data.get("settings", {})),
            facts={str(key): str(value) for key, value in data.get("facts", {}).items()},
            procedures={str(key): str(value["title"]) for key, value in data.get("procedures", {}).items()},
            based_on=str(data.get("based_on", "")),
            suitability={str(key): _suitability(value) for key, value in data.get("procedures", {}).items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{where} 缺少或者写错了 {error}"
        raise PackageFault("package.manifest", message, faults=(Fault(where, "package.manifest", message),)) from error


def _suitability(row: Mapping[str, Any]) -> Suitability:
    if unknown := sorted(set(row) - {"title", *(each.name for each in fields(Suitability))}):
        raise KeyError(unknown[0])
    lists = [row.get(key, []) for key in ("opened_by", "penalties")]
    if not all(isinstance(each, list) and all(isinstance(one, str) for one in each) for each in lists):
        raise TypeError("opened_by、penalties")
    return Suitability(
        str(row.get("when", "")), str(row.get("article", "")), tuple(lists[0]), tuple(lists[1]), str(row.get("suits", ""))
    )


def read_toml(data: bytes, where: str) -> dict[str, Any]:
    """Parse TOML; PackageFault names the file and the place."""
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"文件 {where} 不是正确的 TOML：{error}"
        raise PackageFault("package.toml", message, faults=(Fault(where, "package.toml", message),)) from error


def check_path(where: str) -> list[Fault]:
    """What is wrong with the path of a file inside a package; it must be ASCII, of a known kind, and stay inside."""
    parts = PurePosixPath(where).parts
    if not where.isascii() or "\\" in where or ":" in where or where.startswith("/") or ".." in parts:
        return [Fault(where, "package.path", f"流程包内的路径只能用 ASCII 字符，并且不得越出流程包：{where}")]
    if PurePosixPath(where).suffix not in SUFFIXES:
        return [Fault(where, "package.suffix", f"流程包中不得含有此类文件：{where}（不含任何程序代码）")]
    return []


def _check_file(path: Path, where: str) -> list[Fault]:
    if faults := check_path(where):
        return faults
    if path.stat().st_size > MAXIMUM_FILE_BYTES:
        return [Fault(where, "package.too_large", f"文件 {where} 超过 {MAXIMUM_FILE_BYTES} 字节的上限")]
    return []
