from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import EnvelopeInvalid, UnsupportedEnvelope
from cases.sealing import hpke
from cases.sealing.hpke import fingerprint, key_id, new_seed, open_, public_key, seal
from tests.cases.sealing.vectors import Vector, cases

if TYPE_CHECKING:
    from pathlib import Path

SEED = bytes(range(32))
PK = public_key(SEED)
INFO = b"tribune/v1/unit/sk\x00"
KEMS = {0x20: KEM.X25519, 0x647A: KEM.MLKEM768_X25519}
KDFS = {1: KDF.HKDF_SHA256, 17: KDF.SHAKE256}
AEADS = {2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}


@cases("hpke")
def test_the_seal_of_a_vector_opens(vector: Vector) -> None:
    seed, info, sealed = (bytes.fromhex(vector[name]) for name in ("seed", "info", "sealed"))
    pk = public_key(seed)
    assert pk.hex() == vector["public_key"]
    assert key_id(pk).hex() == vector["key_id"]
    assert fingerprint(pk) == vector["fingerprint"]
    assert open_(seed, info, sealed).hex() == vector["plaintext"]


@pytest.mark.parametrize("name", ["pq_11", "rfc9180_4"])
def test_vectors_written_by_others_open(shared: Path, name: str) -> None:
    vector = json.loads((shared / "vectors" / "hpke_base" / f"{name}.json").read_bytes())
    seed, enc = bytes.fromhex(vector["skRm"]), bytes.fromhex(vector["enc"])
    suite = Suite(KEMS[vector["kem_id"]], KDFS[vector["kdf_id"]], AEADS[vector["aead_id"]])
    private: X25519PrivateKey | MLKEM768X25519PrivateKey
    if vector["kem_id"] == 0x647A:
        assert public_key(seed).hex() == vector["pkRm"]
        private = hpke.Secret(seed)._both
    else:
        private = X25519PrivateKey.from_private_bytes(seed)
    first = vector["encryptions"][0]
    opened = openssl.hpke._decrypt_with_aad(
        suite,
        enc + bytes.fromhex(first["ct"]),
        private,
        bytes.fromhex(vector["info"]),
        bytes.fromhex(first["aad"]),
    )
    assert opened.hex() == first["pt"]


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64), st.binary(max_size=300))
def test_only_the_holder_of_the_seed_opens_a_seal(seed: bytes, info: bytes, text: bytes) -> None:
    sealed = seal(public_key(seed), info, text)
    assert len(sealed) == 1_137 + len(text)
    assert open_(seed, info, sealed) == text
    with pytest.raises(EnvelopeInvalid):
        open_(new_seed(), info, sealed)
    with pytest.raises(EnvelopeInvalid):
        open_(seed, info + b"?", sealed)


SEALED = seal(PK, INFO, bytes(32))


@given(st.integers(0, len(SEALED) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_noticed(place: int, bit: int) -> None:
    sealed = bytearray(SEALED)
    sealed[place] ^= 1 << bit
    with pytest.raises((EnvelopeInvalid, UnsupportedEnvelope)):
        open_(SEED, INFO, bytes(sealed))


@given(st.integers(0, len(SEALED) - 1))
def test_truncation_anywhere_is_noticed(length: int) -> None:
    with pytest.raises(EnvelopeInvalid):
        open_(SEED, INFO, SEALED[:length])


def test_an_ephemeral_key_of_small_order_is_refused() -> None:
    sealed = bytearray(SEALED)
    sealed[1 + 1_088 : 1 + 1_120] = bytes(32)
    with pytest.raises(EnvelopeInvalid):
        open_(SEED, INFO, bytes(sealed))


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_called_unsupported(version: int) -> None:
    with pytest.raises(UnsupportedEnvelope):
        open_(SEED, INFO, bytes((version,)) + SEALED[1:])


def test_two_seals_of_the_same_bytes_share_nothing() -> None:
    one, two = seal(PK, INFO, bytes(32)), seal(PK, INFO, bytes(32))
    assert one[1:1_121] != two[1:1_121]
    assert one[1_121:] != two[1_121:]


def test_keys_and_seeds_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="1,216"):
        seal(PK[:-1], INFO, b"")
    with pytest.raises(ValueError, match="32 bytes"):
        public_key(SEED[:-1])
    with pytest.raises(ValueError, match="32 bytes"):
        open_(SEED + b"\x00", INFO, SEALED)


def test_a_fingerprint_is_twenty_digits_of_the_hash() -> None:
    number = int.from_bytes(hashlib.sha256(PK).digest(), "big") % 10**20
    assert fingerprint(PK).replace(" ", "") == str(number).zfill(20)
    assert [len(group) for group in fingerprint(PK).split(" ")] == [4] * 5


def test_a_fingerprint_keeps_its_leading_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hpke, "_FINGERPRINT_DIGITS", 80)
    assert fingerprint(PK).startswith("000")


def test_new_seeds_differ() -> None:
    assert len({new_seed() for _ in range(100)}) == 100
