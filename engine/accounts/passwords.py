"""What a password must be, and changing it. GB/T 22239 8.1.4.1 a) asks for kinds of characters and regular change."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from engine.errors import Fault, Invalid
from engine.settings import Settings

LONGEST = 200
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_RUNS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc")
_COMMON = ("password", "admin", "zhifa", "123456", "888888", "666666", "woaini", "iloveyou", "welcome", "letmein")
_RUN = 6


@dataclass(frozen=True)
class PasswordPolicy:
    """length: fewest characters; kinds: of capitals, small letters, digits and signs at least so many; days: of validity, 0 for ever."""

    length: int
    kinds: int
    days: int

    @staticmethod
    def of(settings: Settings) -> PasswordPolicy:
        """The policy that an installation has set."""
        return PasswordPolicy(settings.password_length, settings.password_kinds, settings.password_days)

    def told(self) -> str:
        """The policy as a sentence for the person who chooses a password."""
        kinds = f"，大写字母、小写字母、数字、符号至少{self.kinds}种" if self.kinds > 1 else ""
        days = f"；每{self.days}天更换一次" if self.days else ""
        return f"至少{self.length}个字符{kinds}；不得包含用户名、连续或者重复的字符和常见密码{days}"

    def expired(self, changed_at: datetime, now: datetime) -> bool:
        """Whether a password must be changed by now."""
        return bool(self.days) and now >= changed_at + timedelta(days=self.days)


def hashed(password: str) -> str:
    """The memory-hard hash (Argon2id) to keep instead of the password."""
    return _HASHER.hash(_normal(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password of the hash."""
    try:
        return _HASHER.verify(password_hash, _normal(password))
    except (VerifyMismatchError, InvalidHashError):
        return False


def require_good(policy: PasswordPolicy, password: str, login: str, old_hash: str = "") -> None:
    """Invalid names everything that is wrong with a new password, and never repeats it."""
    text = _normal(password)
    faults = []
    if len(text) < policy.length:
        faults.append(f"少于{policy.length}个字符")
    if len(text) > LONGEST:
        faults.append(f"超过{LONGEST}个字符")
    if _kinds(text) < policy.kinds:
        faults.append(f"大写字母、小写字母、数字、符号不足{policy.kinds}种")
    lower = text.lower()
    if login.lower() in lower:
        faults.append("包含用户名")
    if any(lower.startswith(word) or lower.endswith(word) for word in _COMMON):
        faults.append("以常见密码开头或者结尾")
    if _has_run(lower):
        faults.append(f"有{_RUN}个以上连续或者重复的字符")
    if old_hash and matches(old_hash, password):
        faults.append("与原密码相同")
    if faults:
        listed = tuple(Fault("password", "password.weak", fault) for fault in faults)
        raise Invalid("password.weak", f"新密码不符合要求：{'、'.join(faults)}", faults=listed)


def _kinds(text: str) -> int:
    kinds = (str.isupper, str.islower, str.isdigit, lambda sign: not sign.isalnum())
    return sum(any(kind(sign) for sign in text) for kind in kinds)


def _has_run(text: str) -> bool:
    runs = (*_RUNS, *(run[::-1] for run in _RUNS))
    parts = [text[at:at + _RUN] for at in range(len(text) - _RUN + 1)]
    return any(len(set(part)) == 1 or any(part in run for run in runs) for part in parts)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)[: LONGEST + 1]
