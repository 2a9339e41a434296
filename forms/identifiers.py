"""Checks the numbers that name a person, an organisation or a telephone, digit by digit."""

from __future__ import annotations

import re
from datetime import date

IDENTITY_NUMBER = r"^[1-9][0-9]{16}[0-9X]$"
CREDIT_CODE = r"^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$"
PHONE = r"^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8})$"
OFFICER = r"^[A-Z0-9]{8,20}$"

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_IDENTITY_CHECK = "10X98765432"


def identity_number_is_valid(number: str) -> bool:
    """Whether an 18-digit citizen identity number has a real birth date and the check character of GB 11643."""
    if not re.fullmatch(IDENTITY_NUMBER, number):
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return born.year >= 1850 and number[17] == _IDENTITY_CHECK[total % 11]


def credit_code_is_valid(code: str) -> bool:
    """Whether an 18-character unified social credit code has the check character of GB 32100."""
    if not re.fullmatch(CREDIT_CODE, code):
        return False
    total = sum(_CREDIT_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return code[17] == _CREDIT_ALPHABET[-total % 31]


def phone_is_valid(number: str) -> bool:
    """Whether a number is a mainland mobile number or a landline number with its area code."""
    return re.fullmatch(PHONE, number) is not None
