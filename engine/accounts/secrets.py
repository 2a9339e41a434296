"""Secrets at rest: what must be read again (unlike a password) is encrypted with a key that lies outside the database."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from engine.errors import Invalid

KEY_FILE = "accounts.key"


def conceal(keys: Path, text: str) -> str:
    """The text encrypted with the installation's key, which is made when there is none yet."""
    return _fernet(keys).encrypt(text.encode()).decode()


def reveal(keys: Path, token: str) -> str:
    """The text again; Invalid when the key in the folder is not the one that encrypted it."""
    try:
        return _fernet(keys).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Invalid("account.key", f"密钥文件 {KEY_FILE} 与数据库不匹配，无法读取账号的加密信息") from error


def derived_key(keys: Path, purpose: str) -> bytes:
    """A key of its own for one purpose, reckoned from the installation's key; 32 bytes."""
    return hmac.new(_key(keys), purpose.encode(), hashlib.sha256).digest()


def _fernet(keys: Path) -> Fernet:
    return Fernet(_key(keys))


def _key(keys: Path) -> bytes:
    path = keys / KEY_FILE
    if not path.exists():
        keys.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{KEY_FILE}.{os.getpid()}")
        fresh.write_bytes(Fernet.generate_key())
        fresh.chmod(0o600)
        try:
            os.link(fresh, path)  # two processes that begin at once agree on one key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()
