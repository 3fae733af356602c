from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import EnvelopeInvalid
from cases.sealing.padding import (
    BLOB_FLOOR,
    META_FLOOR,
    TEXT_FLOOR,
    pad,
    padded_length,
    unpad,
)
from tests.cases.sealing.vectors import Vector, cases

floors = st.sampled_from([0, META_FLOOR, TEXT_FLOOR, BLOB_FLOOR])
lengths = st.integers(0, 2**50) | st.integers(0, 5_000)


@cases("padding")
def test_padding_is_the_bytes_of_its_vector(vector: Vector) -> None:
    if "lengths" in vector:
        for line in vector["lengths"]:
            assert padded_length(line["n"], line["floor"]) == line["padded"]
        return
    data = bytes.fromhex(vector["data"])
    assert pad(data, vector["floor"]).hex() == vector["padded"]
    assert unpad(bytes.fromhex(vector["padded"])) == data


@cases("padding-refused")
def test_bytes_that_pad_cannot_have_made_are_refused(vector: Vector) -> None:
    with pytest.raises(EnvelopeInvalid):
        unpad(bytes.fromhex(vector["padded"]))


@given(st.binary(max_size=3_000), floors)
def test_unpadding_gives_back_what_was_padded(data: bytes, floor: int) -> None:
    padded = pad(data, floor)
    assert unpad(padded) == data
    assert len(padded) == padded_length(len(padded), floor)


@given(lengths, floors)
def test_padding_never_shrinks_and_adds_at_most_12_per_cent(n: int, floor: int) -> None:
    size = max(n, floor)
    assert size <= padded_length(n, floor) <= size * 1.12


@given(lengths, lengths, floors)
def test_more_never_becomes_less(one: int, other: int, floor: int) -> None:
    low, high = sorted((one, other))
    assert padded_length(low, floor) <= padded_length(high, floor)


@given(lengths, floors)
def test_a_padded_length_needs_no_more_padding(n: int, floor: int) -> None:
    padded = padded_length(n, floor)
    assert padded_length(padded, floor) == padded


def test_a_million_lengths_leave_few_sizes() -> None:
    assert len({padded_length(n, META_FLOOR) for n in range(1_000_000)}) < 300


@given(st.binary(max_size=200), st.integers(1, 255), st.data())
def test_anything_but_zeros_after_the_data_is_refused(
    data: bytes, value: int, draw: st.DataObject
) -> None:
    padded = bytearray(pad(data, META_FLOOR))
    padded[draw.draw(st.integers(8 + len(data), len(padded) - 1))] = value
    with pytest.raises(EnvelopeInvalid):
        unpad(bytes(padded))
