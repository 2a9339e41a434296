"""What is wrong with a Word file that somebody uploads as a template, before anything of it is used."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath

from engine.errors import Fault

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_CONTENT = 40 * 1024 * 1024
MOST_PARTS = 200
MAIN_PART = "word/document.xml"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_FORBIDDEN_PARTS = re.compile(
    r"vbaProject|vbaData|activeX|/embeddings/|oleObject|afchunk|/attachedToolbars|customUI|\.(?:bin|exe|dll|js|vbs|htm|html|rtf|mht)$",
    re.IGNORECASE,
)
_FORBIDDEN_ELEMENTS: Mapping[str, str] = {
    "w:altChunk": "嵌入了外来内容（altChunk）", "w:object": "嵌入了对象（OLE）", "o:OLEObject": "嵌入了对象（OLE）",
    "w:control": "含有 ActiveX 控件", "w:attachedTemplate": "引用了外部模板", "w:subDoc": "引用了子文档",
    "w:mailMerge": "含有邮件合并数据源",
}
_FIELDS = re.compile(r"\b(DDEAUTO|DDE|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|MACROBUTTON|DATABASE|RD|AUTOTEXT|ASK|FILLIN)\b")
_INSTRUCTION = re.compile(r"<w:instrText[^>]*>(.*?)</w:instrText>", re.DOTALL)
_SIMPLE_FIELD = re.compile(r"<w:fldSimple[^>]*\bw:instr=\"([^\"]*)\"")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")


def check_upload(docx: bytes, where: str) -> list[Fault]:
    """All faults of the file as a container; an empty list means that its text may be looked at."""
    if len(docx) > LARGEST_FILE:
        return [_fault(where, "upload_size", f"大小超过{LARGEST_FILE // 1024 // 1024}MB")]
    if not docx.startswith(b"PK\x03\x04"):
        return [_fault(where, "upload_not_docx", "不是 Word 文件（docx）")]
    try:
        with zipfile.ZipFile(io.BytesIO(docx)) as archive:
            faults = _container(archive, where)
            if faults:
                return faults
            parts = _read(archive)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
        return [_fault(where, "upload_not_docx", "已经损坏或者加密，无法打开")]
    if parts is None:
        return [_fault(where, "upload_bomb", f"解压后超过{LARGEST_CONTENT // 1024 // 1024}MB")]
    return _content(parts, where)


def parts_of(docx: bytes) -> dict[str, bytes]:
    """The parts of a checked file by name, in the order of the file."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}


def _container(archive: zipfile.ZipFile, where: str) -> list[Fault]:
    names = [entry.filename for entry in archive.infolist()]
    if len(names) > MOST_PARTS:
        return [_fault(where, "upload_parts", f"的部件超过{MOST_PARTS}个")]
    if len({name.lower() for name in names}) < len(names):
        return [_fault(where, "upload_duplicate", "有重名的部件")]
    for name in names:
        if name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts:
            return [_fault(where, "upload_path", f"的部件“{name}”路径越界")]
    missing = {"[Content_Types].xml", MAIN_PART} - set(names)
    return [_fault(where, "upload_not_docx", f"缺少部件“{min(missing)}”，不是 Word 文件（docx）")] if missing else []


def _read(archive: zipfile.ZipFile) -> dict[str, bytes] | None:
    """The parts, or None when they grow beyond the limit; what the directory says about sizes is not believed."""
    left, parts = LARGEST_CONTENT, {}
    for entry in archive.infolist():
        with archive.open(entry) as stream:
            data = stream.read(left + 1)
        left -= len(data)
        if left < 0:
            return None
        parts[entry.filename] = data
    return parts


def _content(parts: Mapping[str, bytes], where: str) -> list[Fault]:
    faults = []
    types = parts["[Content_Types].xml"].decode("utf-8", "replace")
    main = re.findall(r'<Override\b[^>]*PartName="/word/document\.xml"[^>]*>', types)
    if len(main) != 1 or f'ContentType="{_MAIN_TYPE}"' not in main[0]:
        faults.append(_fault(where, "upload_type", "的主文档类型不是普通 Word 文档（docx）"))
    if "macroEnabled" in types or "vbaProject" in types:
        faults.append(_fault(where, "upload_macro", "声明了宏"))
    for name, data in parts.items():
        if _FORBIDDEN_PARTS.search(name):
            faults.append(_fault(where, "upload_active", f"含有不允许的部件“{name}”（宏、控件或者嵌入对象）"))
        if name.endswith((".xml", ".rels")):
            faults += _xml(name, data, where)
    return faults


def _xml(name: str, data: bytes, where: str) -> list[Fault]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [_fault(where, "upload_encoding", f"的部件“{name}”不是 UTF-8 编码")]
    if re.search(r"<!DOCTYPE|<!ENTITY", text, re.IGNORECASE):
        return [_fault(where, "upload_dtd", f"的部件“{name}”含有文档类型声明（DTD）")]
    faults = []
    if name.endswith(".rels"):
        for relation in _RELATION.findall(text):
            external = re.search(r"TargetMode\s*=\s*[\"']External[\"']", relation, re.IGNORECASE)
            if external and not re.search(r"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", relation):
                faults.append(_fault(where, "upload_external", f"的部件“{name}”引用了外部内容"))
    for element, reason in _FORBIDDEN_ELEMENTS.items():
        if re.search(rf"<{element}[\s/>]", text):
            faults.append(_fault(where, "upload_active", f"的部件“{name}”{reason}"))
    instructions = "".join(_INSTRUCTION.findall(text)) + " " + " ".join(_SIMPLE_FIELD.findall(text))
    if found := _FIELDS.search(instructions.upper()):
        faults.append(_fault(where, "upload_field", f"的部件“{name}”含有危险的域 {found.group(1)}"))
    if "{{" in instructions or "{%" in instructions:
        faults.append(_fault(where, "upload_field", f"的部件“{name}”把占位符写进了域"))
    return faults


def _fault(where: str, code: str, reason: str) -> Fault:
    return Fault(where, f"document.{code}", f"文件 {where} {reason}")
