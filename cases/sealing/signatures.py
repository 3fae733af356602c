"""Signatures that outsiders check: Ed25519 (RFC 8032).

A secret key is a seed of 32 bytes. Signing is deterministic: the same words under the same key give the
same 64 bytes, so that whoever has to sign again after a crash says nothing new.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


def new_seed() -> bytes:
    """A new secret key, 32 bytes."""
    return secrets.token_bytes(SEED_BYTES)


def public_key(seed: bytes) -> bytes:
    """The public key of a seed, 32 bytes.

    Raises:
        ValueError: the seed has not 32 bytes.
    """
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of a message, 64 bytes.

    Raises:
        ValueError: the seed has not 32 bytes.
    """
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verifies(pk: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the seed signed exactly this.

    Raises:
        ValueError: the public key has not 32 bytes.
    """
    try:
        Ed25519PublicKey.from_public_bytes(pk).verify(signature, message)
    except InvalidSignature:
        return False
    return True
