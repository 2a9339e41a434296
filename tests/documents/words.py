"""Word files with a paragraph more or less, as a department would make them in Word."""

from __future__ import annotations

import io

import docx


def with_paragraph(data: bytes, text: str, *, first: bool = False) -> bytes:
    """The document with one more paragraph, before the last one or as the first."""
    document = docx.Document(io.BytesIO(data))
    paragraphs = document.paragraphs
    (paragraphs[0] if first else paragraphs[-1]).insert_paragraph_before(text)
    return _saved(document)


def without_paragraph(data: bytes, place: int) -> bytes:
    """The document without one of its paragraphs."""
    document = docx.Document(io.BytesIO(data))
    element = document.paragraphs[place]._element
    element.getparent().remove(element)
    return _saved(document)


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()
