"""What a browser may do with our pages and files (Content Security Policy)."""

from __future__ import annotations

from typing import Final

PAGE: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "object-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)
HASHING_PAGE: Final = PAGE.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
"""A page whose script computes the SHA-256 of large files: WebAssembly, and still no code from text."""
FILE: Final = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
"""A file that somebody sent us: whatever it turns out to be, it runs nothing."""
