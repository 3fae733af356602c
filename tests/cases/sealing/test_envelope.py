from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import example, given
from hypothesis import strategies as st

from cases import errors
from cases.errors import EnvelopeInvalid, UnsupportedEnvelope
from cases.sealing import envelope
from cases.sealing.envelope import (
    CHUNK_BYTES,
    HEADER_BYTES,
    SEALED_CHUNK_BYTES,
    Opener,
    Sealer,
    open_,
    seal,
    sealed_length,
)
from tests.cases.sealing.vectors import Vector, cases, pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = bytes(range(32))
CONTEXT = b"tribune/v1/case/record\x00"
SIZES = (0, 1, 16_383, 16_384, 16_385, 5 * CHUNK_BYTES, 5 * CHUNK_BYTES + 7)


def by_hand(key: bytes, context: bytes, salt: bytes, plaintext: bytes) -> bytes:
    """WE1 once more, from the specification and bare primitives."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    first = hmac.new(key, info + b"\x01", hashlib.sha512).digest()
    okm = first + hmac.new(key, first + info + b"\x02", hashlib.sha512).digest()
    cipher, base = AESGCM(okm[:32]), okm[32:44]
    sealed = b"\x01" + salt + okm[44:76]
    for i in range(len(plaintext) // 16_384 + 1):
        number = i.to_bytes(12, "big")
        nonce = bytes(a ^ b for a, b in zip(base, number, strict=True))
        sealed += cipher.encrypt(nonce, plaintext[i * 16_384 : (i + 1) * 16_384], None)
    return sealed


def chunks(sealed: bytes) -> list[bytes]:
    body = sealed[HEADER_BYTES:]
    return [body[i : i + SEALED_CHUNK_BYTES] for i in range(0, len(body), SEALED_CHUNK_BYTES)]


def refused(sealed: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> bool:
    try:
        open_(key, context, sealed)
    except (EnvelopeInvalid, UnsupportedEnvelope):
        return True
    return False


@cases("we1")
def test_the_envelope_of_a_vector_is_made_and_opened(
    vector: Vector, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, context, salt = (bytes.fromhex(vector[name]) for name in ("key", "context", "salt"))
    plaintext = pattern(vector["plaintext_length"])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: salt)
    sealed = seal(key, context, plaintext)
    if "envelope" in vector:
        assert sealed.hex() == vector["envelope"]
    else:
        assert len(sealed) == vector["envelope_length"]
        assert hashlib.sha256(sealed).hexdigest() == vector["envelope_sha256"]
    assert open_(key, context, sealed) == plaintext


@cases("we1-refused")
def test_a_vector_that_must_not_open_does_not(vector: Vector) -> None:
    key, context, sealed = (bytes.fromhex(vector[name]) for name in ("key", "context", "envelope"))
    with pytest.raises(getattr(errors, vector["error"])):
        open_(key, context, sealed)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens_and_has_the_length_foretold(size: int) -> None:
    plaintext = secrets.token_bytes(size)
    sealed = seal(KEY, CONTEXT, plaintext)
    assert len(sealed) == sealed_length(size)
    assert open_(KEY, CONTEXT, sealed) == plaintext


@pytest.mark.parametrize("size", SIZES)
def test_a_second_implementation_gives_the_same_bytes(size: int) -> None:
    plaintext = pattern(size)
    sealed = seal(KEY, CONTEXT, plaintext)
    assert sealed == by_hand(KEY, CONTEXT, sealed[1:25], plaintext)
    assert open_(KEY, CONTEXT, by_hand(KEY, CONTEXT, bytes(24), plaintext)) == plaintext


@given(st.binary(max_size=3 * CHUNK_BYTES), st.binary(max_size=64), st.data())
def test_a_stream_gives_the_same_however_it_is_cut(
    plaintext: bytes, context: bytes, data: st.DataObject
) -> None:
    sealer = Sealer(KEY, context)
    sealed = sealer.header + b"".join(map(sealer.update, cut(plaintext, data))) + sealer.finish()
    assert len(sealed) == sealed_length(len(plaintext))
    opener = Opener(KEY, context, sealed[:HEADER_BYTES])
    opened = b"".join(map(opener.update, cut(sealed[HEADER_BYTES:], data))) + opener.finish()
    assert opened == plaintext == open_(KEY, context, sealed)


def cut(whole: bytes, data: st.DataObject) -> Iterator[bytes]:
    places = data.draw(st.lists(st.integers(0, len(whole)), max_size=6).map(sorted))
    for start, end in zip([0, *places], [*places, len(whole)], strict=True):
        yield whole[start:end]


@example(length=0, place=0.0, bit=0)
@example(length=CHUNK_BYTES, place=0.9999, bit=7)
@given(
    st.sampled_from([0, 1, 100, CHUNK_BYTES, CHUNK_BYTES + 1]),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 7),
)
def test_any_flipped_bit_is_noticed(length: int, place: float, bit: int) -> None:
    sealed = bytearray(seal(KEY, CONTEXT, pattern(length)))
    sealed[int(place * len(sealed))] ^= 1 << bit
    assert refused(bytes(sealed))


@pytest.mark.parametrize("whole_chunks", range(6))
def test_truncation_at_the_end_of_any_chunk_is_noticed(whole_chunks: int) -> None:
    sealed = seal(KEY, CONTEXT, pattern(5 * CHUNK_BYTES + 9))
    assert refused(sealed[: HEADER_BYTES + whole_chunks * SEALED_CHUNK_BYTES])


@given(st.integers(0, sealed_length(CHUNK_BYTES + 40) - 1))
def test_truncation_anywhere_is_noticed(length: int) -> None:
    assert refused(seal(KEY, CONTEXT, pattern(CHUNK_BYTES + 40))[:length])


def test_chunks_in_another_order_repeated_left_out_or_spliced_are_noticed() -> None:
    sealed = seal(KEY, CONTEXT, pattern(3 * CHUNK_BYTES + 9))
    other = seal(KEY, CONTEXT, pattern(3 * CHUNK_BYTES + 9))
    head, (a, b, c, last) = sealed[:HEADER_BYTES], chunks(sealed)
    foreign = chunks(other)[1]
    for body in ((b, a, c, last), (a, a, c, last), (a, c, last), (a, foreign, c, last)):
        assert refused(head + b"".join(body))
    assert refused(other[:HEADER_BYTES] + sealed[HEADER_BYTES:])


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_another_key_or_another_context_opens_nothing(key: bytes, context: bytes) -> None:
    sealed = seal(KEY, CONTEXT, b"an account")
    assert (key == KEY) or refused(sealed, key=key)
    assert (context == CONTEXT) or refused(sealed, context=context)


def test_one_envelope_cannot_be_made_to_open_under_two_keys() -> None:
    """Invisible salamanders: GCM alone lets one ciphertext open under two keys, WE1 does not."""
    mine, other = seal(KEY, CONTEXT, b"for one"), seal(KEY[::-1], CONTEXT, b"for two")
    grafted = other[:HEADER_BYTES] + mine[HEADER_BYTES:]
    assert refused(grafted)
    assert refused(grafted, key=KEY[::-1])
    assert refused(mine[:25] + other[25:57] + mine[57:])
    assert refused(mine[:25] + other[25:57] + mine[57:], key=KEY[::-1])


def test_two_envelopes_of_the_same_bytes_share_nothing() -> None:
    one, two = seal(KEY, CONTEXT, bytes(64)), seal(KEY, CONTEXT, bytes(64))
    assert one[1:25] != two[1:25]
    assert one[25:57] != two[25:57]
    assert one[57:] != two[57:]


def test_a_chunk_is_released_only_after_its_tag() -> None:
    sealed = seal(KEY, CONTEXT, pattern(2 * CHUNK_BYTES))
    opener = Opener(KEY, CONTEXT, sealed[:HEADER_BYTES])
    assert opener.update(sealed[HEADER_BYTES : HEADER_BYTES + SEALED_CHUNK_BYTES - 1]) == b""
    end = HEADER_BYTES + SEALED_CHUNK_BYTES
    assert opener.update(sealed[end - 1 : end]) == pattern(CHUNK_BYTES)


def test_after_a_bad_chunk_nothing_more_is_released() -> None:
    sealed = bytearray(seal(KEY, CONTEXT, pattern(2 * CHUNK_BYTES + 5)))
    sealed[HEADER_BYTES] ^= 1
    opener = Opener(KEY, CONTEXT, bytes(sealed[:HEADER_BYTES]))
    with pytest.raises(EnvelopeInvalid):
        opener.update(bytes(sealed[HEADER_BYTES : HEADER_BYTES + SEALED_CHUNK_BYTES]))
    with pytest.raises(EnvelopeInvalid):
        opener.update(bytes(sealed[HEADER_BYTES + SEALED_CHUNK_BYTES :]))
    with pytest.raises(EnvelopeInvalid):
        opener.finish()


def test_a_finished_envelope_takes_no_more() -> None:
    sealer = Sealer(KEY, CONTEXT)
    sealer.finish()
    with pytest.raises(ValueError, match="finished"):
        sealer.update(b"more")
    with pytest.raises(ValueError, match="finished"):
        sealer.finish()


def test_gathered_chunks_are_sealed_as_any_others() -> None:
    plaintext = pattern(3 * CHUNK_BYTES + 5)
    sealer, room = Sealer(KEY, CONTEXT), bytearray(3 * SEALED_CHUNK_BYTES)
    filled = sealer.update_into(memoryview(plaintext)[: 3 * CHUNK_BYTES], memoryview(room))
    assert filled == len(room)
    sealed = sealer.header + room + sealer.update(plaintext[-5:]) + sealer.finish()
    assert open_(KEY, CONTEXT, sealed) == plaintext


def test_gathered_chunks_must_be_whole_and_in_turn() -> None:
    room = memoryview(bytearray(SEALED_CHUNK_BYTES))
    sealer = Sealer(KEY, CONTEXT)
    with pytest.raises(ValueError, match="whole chunks"):
        sealer.update_into(memoryview(bytes(CHUNK_BYTES - 1)), room)
    sealer.update(b"pending")
    with pytest.raises(ValueError, match="whole chunks"):
        sealer.update_into(memoryview(bytes(CHUNK_BYTES)), room)


def test_the_chunk_counter_cannot_run_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "_COUNTER_LIMIT", 2)
    sealer = Sealer(KEY, CONTEXT)
    sealer.update(bytes(2 * CHUNK_BYTES))
    with pytest.raises(ValueError, match="2\\^38"):
        sealer.finish()


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_only_keys_of_32_bytes_are_taken(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(bytes(length), CONTEXT, b"")
