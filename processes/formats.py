"""The formats of package files as trees: read for comparison, and edited without touching what is not meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from engine.errors import PackageFault
from processes.formats_table import edit_table, read_table
from processes.formats_toml import edit_toml, read_toml_tree
from processes.formats_xml import edit_xml, read_xml_tree
from processes.trees import Edit, Tree

_READERS = {".toml": read_toml_tree, ".bpmn": read_xml_tree, ".dmn": read_xml_tree, ".csv": read_table}
_EDITORS = {".toml": edit_toml, ".bpmn": edit_xml, ".dmn": edit_xml, ".csv": edit_table}
TEXTS = frozenset({".md"})


def has_tree(path: str) -> bool:
    """Whether files of this kind are compared by their parts."""
    return PurePosixPath(path).suffix in _READERS


def read_tree(path: str, data: bytes) -> Tree:
    """The parts of a file; PackageFault when it cannot be read."""
    try:
        return _READERS[PurePosixPath(path).suffix](data, path)
    except (UnicodeDecodeError, RecursionError) as error:
        raise PackageFault("package.unreadable", f"文件 {path} 无法读取：{type(error).__name__}") from error


def edit_file(path: str, data: bytes, edits: Sequence[Edit]) -> bytes:
    """The file with the edits carried out and everything else as it was."""
    return _EDITORS[PurePosixPath(path).suffix](data, path, edits)
