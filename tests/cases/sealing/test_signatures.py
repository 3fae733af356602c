"""Signatures: those of another implementation, and of nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from cases.sealing import signatures

SEEDS = st.binary(min_size=32, max_size=32)


@given(SEEDS, st.binary())
def test_another_implementation_has_the_same_key_and_makes_the_same_signature(
    seed: bytes, message: bytes
) -> None:
    other = SigningKey(seed)
    assert signatures.public_key(seed) == bytes(other.verify_key)
    assert signatures.sign(seed, message) == other.sign(message).signature


@given(SEEDS, st.binary(min_size=1), st.integers(0))
def test_a_signature_is_of_these_words_by_this_key_and_not_a_bit_else(
    seed: bytes, message: bytes, bit: int
) -> None:
    pk, signature = signatures.public_key(seed), signatures.sign(seed, message)
    assert signatures.verifies(pk, message, signature)
    assert not signatures.verifies(signatures.public_key(flipped(seed, bit)), message, signature)
    assert not signatures.verifies(pk, flipped(message, bit), signature)
    assert not signatures.verifies(pk, message, flipped(signature, bit))


def flipped(data: bytes, bit: int) -> bytes:
    """The bytes with one bit turned over."""
    turned = bytearray(data)
    turned[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(turned)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65)])
def test_what_is_no_signature_verifies_nothing(signature: bytes) -> None:
    pk = signatures.public_key(bytes(32))
    assert not signatures.verifies(pk, b"", signature)
    genuine = signatures.sign(bytes(32), b"")
    assert not signatures.verifies(pk, b"", genuine + signature[:1] if signature else genuine[:-1])


def test_new_seeds_differ_and_have_32_bytes() -> None:
    one, two = signatures.new_seed(), signatures.new_seed()
    assert one != two
    assert len(one) == len(two) == signatures.SEED_BYTES


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_a_mistake_and_not_a_refusal(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        signatures.public_key(wrong)
    with pytest.raises(ValueError, match="32"):
        signatures.sign(wrong, b"")
    with pytest.raises(ValueError, match="32"):
        signatures.verifies(wrong, b"", bytes(64))
