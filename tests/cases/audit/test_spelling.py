"""Numbers and bytes have one spelling each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.audit.spelling import LARGEST, decimal, from_base64, to_base64


@given(st.integers(0, LARGEST))
def test_a_number_is_read_back(number: int) -> None:
    assert decimal(str(number)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "01",
        "00",
        " 1",
        "1 ",
        "1\n",
        "1_0",
        "1.0",
        "\u0661",
        "x",
        str(2**63),
        "9" * 30,
    ],
)
def test_a_number_spelled_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        decimal(text)


@given(st.binary())
def test_bytes_are_read_back(data: bytes) -> None:
    assert from_base64(to_base64(data)) == data


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AB==", "AAA", "AAB=", "AA==\n", "A A=", "-_==", "Ä", "===="]
)
def test_bytes_spelled_otherwise_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - Python words some of them itself
        from_base64(text)
