"""Check digits: one wrong or swapped digit of a number is noticed."""

from __future__ import annotations

import pytest

from forms.identifiers import credit_code_is_valid, identity_number_is_valid, phone_is_valid


@pytest.mark.parametrize("number", ["999901198503123512", "99990119900824264X", "11010519491231002X"])
def test_a_true_identity_number_passes(number: str) -> None:
    assert identity_number_is_valid(number)


@pytest.mark.parametrize(
    "number",
    [
        "999901198503123511", "999901198503123521", "99990119900824264x", "9999011990082426410", "99990119900824264",
        "999901199002302642", "999901199013012642", "099901198503123512", "９９９９０１１９８５０３１２３５１２", "",
        "999901178503123512", "٩٩٩٩٠١١٩٨٥٠٣١٢٣٥١٢",
    ],
)
def test_a_false_identity_number_is_refused(number: str) -> None:
    assert not identity_number_is_valid(number)


def test_every_single_wrong_digit_of_an_identity_number_is_noticed() -> None:
    number = "999901198503123512"
    changed = [number[:place] + digit + number[place + 1:]
               for place in range(17) for digit in "0123456789" if digit != number[place]]
    assert not any(identity_number_is_valid(one) for one in changed)


@pytest.mark.parametrize("code", ["91999901MA0WBX001N", "92999901MA0KNT002Y", "11999901MB0A10001K"])
def test_a_true_credit_code_passes(code: str) -> None:
    assert credit_code_is_valid(code)


@pytest.mark.parametrize(
    "code",
    ["91999901MA0WBX001M", "91999901MA0WBX010N", "91999901MAOWBX001N", "91999901ma0wbx001n", "91999901MA0WBX001", "",
     "9199990AMA0WBX001N", "91999901MA0WBX001N\n"],
)
def test_a_false_credit_code_is_refused(code: str) -> None:
    assert not credit_code_is_valid(code)


def test_every_single_wrong_digit_of_a_credit_code_is_noticed() -> None:
    code = "91999901MA0WBX001N"
    changed = [code[:place] + digit + code[place + 1:]
               for place in range(2, 8) for digit in "0123456789" if digit != code[place]]
    assert not any(credit_code_is_valid(one) for one in changed)


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("13900000001", True), ("0999-6000001", True), ("09996000001", True), ("020-12345678", True),
        ("12900000001", False), ("1390000000", False), ("139000000011", False), ("6000001", False), ("0999--6000001", False),
        ("+8613900000001", False), ("", False),
    ],
)
def test_phone_numbers(number: str, good: bool) -> None:
    assert phone_is_valid(number) is good
