"""Names and codes of fictitious parties, always the same for the same number."""

from __future__ import annotations

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_FIRST, _SECOND = "云江海青石望明远新荣华安泰和兴", "味百鲜金福瑞祥源达康宁顺昌盛丰悦"
_TRADES = ("餐饮管理有限公司", "食品有限公司", "商贸有限公司", "超市有限公司", "药房有限公司", "物流有限公司", "建材有限公司")


def party_name(number: int) -> str:
    """A company's name; three cases in four have a party of their own, the others one that has been there before."""
    number = _own(number)
    number, trade = divmod(number, len(_TRADES))
    signs = ""
    for alphabet in (_SECOND, _FIRST, _SECOND, _FIRST, _SECOND):
        number, at = divmod(number, len(alphabet))
        signs += alphabet[at]
    return f"云江市{signs}{_TRADES[trade]}"


def party_code(number: int) -> str:
    """Its unified social credit code: 17 characters and the check character of GB 32100."""
    return credit_code(f"91999901MA{_own(number):07d}")


def credit_code(body: str) -> str:
    """17 characters with the check character of GB 32100 behind them."""
    total = sum(CREDIT_ALPHABET.index(sign) * weight for sign, weight in zip(body, _WEIGHTS, strict=True))
    return body + CREDIT_ALPHABET[-total % 31]


def _own(number: int) -> int:
    return number - 3 if number % 4 == 0 and number > 3 else number
