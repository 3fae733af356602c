"""Seals: bytes that only the holder of one secret key can open (HPKE base mode, RFC 9180).

    sealed = 0x01 || enc(1120) || ciphertext
    KEM MLKEM768-X25519 (X-Wing, 0x647A), KDF HKDF-SHA256 (0x0001), AEAD AES-256-GCM (0x0002)

A secret key is a 32-byte seed. SHAKE-256 expands it to 96 bytes: the ML-KEM-768 seed d || z, then
the X25519 key (draft-connolly-cfrg-xwing-kem, section 5.2). A public key is the 1,184 bytes of
ML-KEM followed by the 32 bytes of X25519.

HPKE does not commit to its key: whoever opens a key with it checks that key's own commitment.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from cases.errors import EnvelopeInvalid, UnsupportedEnvelope

VERSION = b"\x01"
SEED_BYTES = 32
PUBLIC_KEY_BYTES = 1_216
ENC_BYTES = 1_120
TAG_BYTES = 16
KEY_ID_BYTES = 16

_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1_184
_FINGERPRINT_DIGITS = 20
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def new_seed() -> bytes:
    """A new secret key, 32 bytes."""
    return secrets.token_bytes(SEED_BYTES)


class Secret:
    """A seed made ready to open many seals: made so anew for each, it is a good part of the work.

    Attributes:
        seed: its 32 bytes.
    """

    def __init__(self, seed: bytes) -> None:
        """Expand a seed.

        Raises:
            ValueError: the seed has not 32 bytes.
        """
        if len(seed) != SEED_BYTES:
            raise ValueError("a seed has 32 bytes")
        expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + 32)
        self.seed = seed
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
        self._x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
        self._both = MLKEM768X25519PrivateKey(self._mlkem, self._x25519)

    def public_key(self) -> bytes:
        """Its public key, 1,216 bytes."""
        mlkem, x25519 = self._mlkem.public_key(), self._x25519.public_key()
        return mlkem.public_bytes_raw() + x25519.public_bytes_raw()

    def open_(self, info: bytes, sealed: bytes) -> bytes:
        """Open what was sealed to its public key.

        Raises:
            EnvelopeInvalid: sealed to another key or for another context, or changed.
            UnsupportedEnvelope: the version byte is not ours.
        """
        if not sealed:
            raise EnvelopeInvalid
        if sealed[:1] != VERSION:
            raise UnsupportedEnvelope
        if len(sealed) < len(VERSION) + ENC_BYTES + TAG_BYTES:
            raise EnvelopeInvalid
        try:
            return _SUITE.decrypt(sealed[1:], self._both, info)
        except (InvalidTag, ValueError):  # ValueError: an X25519 half of small order
            raise EnvelopeInvalid from None


def public_key(seed: bytes) -> bytes:
    """The public key of a seed, 1,216 bytes.

    Raises:
        ValueError: the seed has not 32 bytes.
    """
    return Secret(seed).public_key()


def key_id(pk: bytes) -> bytes:
    """A short name for a public key: the first 16 bytes of its SHA-256."""
    return hashlib.sha256(pk).digest()[:KEY_ID_BYTES]


def fingerprint(pk: bytes) -> str:
    """Twenty digits to compare by telephone, "1234 5678 9012 3456 7890": SHA-256 mod 10^20."""
    number = int.from_bytes(hashlib.sha256(pk).digest(), "big") % 10**_FINGERPRINT_DIGITS
    digits = f"{number:0{_FINGERPRINT_DIGITS}d}"
    return " ".join(digits[i : i + 4] for i in range(0, _FINGERPRINT_DIGITS, 4))


def seal(pk: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seal bytes to a public key; 1,137 bytes longer than the plaintext.

    Args:
        pk: 1,216 bytes, from the authenticated directory.
        info: a context from `ctx`.
        plaintext: what only the holder of the seed may read.

    Raises:
        ValueError: this is no public key.
    """
    if len(pk) != PUBLIC_KEY_BYTES:
        raise ValueError("a public key has 1,216 bytes")
    recipient = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(pk[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(pk[_MLKEM_PUBLIC_BYTES:]),
    )
    return VERSION + _SUITE.encrypt(plaintext, recipient, info)


def open_(seed: bytes, info: bytes, sealed: bytes) -> bytes:
    """Open what was sealed to the public key of this seed.

    Raises:
        EnvelopeInvalid, UnsupportedEnvelope: as `Secret.open_`.
        ValueError: the seed has not 32 bytes.
    """
    return Secret(seed).open_(info, sealed)
