r"""What stands for an event in the tree: a leaf that says nothing and commits to everything.

    salt = 32 random bytes
    C    = SHA-256("tribune/v1/audit/body\0" ‖ salt ‖ body)
    leaf = 0x01 ‖ event_id[16] ‖ C[32]
    lh   = SHA-256(0x00 ‖ leaf)                                          RFC 6962, section 2.1
    mac  = HMAC-SHA-256(K_writer, "tribune/v1/audit/mac\0" ‖ leaf)

A stored body is `pad(salt ‖ body)`, encrypted but for the sequencer's own. Once salt and body are gone
the leaf is a random number. The MAC is the service's: whoever can only write
the database cannot make it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from cases.audit import tree
from cases.models.trail import Lane
from cases.sealing import padding

BODY_LABEL = b"tribune/v1/audit/body\0"
MAC_LABEL = b"tribune/v1/audit/mac\0"
VERSION = b"\x01"
SALT_BYTES = 32
ID_BYTES = 16
LEAF_BYTES = 49
BODY_FLOOR = {Lane.AT_ONCE: 512, Lane.TICK: 1_024}
"""Bytes that a stored body has at least. What a report brings is longer than the heartbeats that hide it
among themselves, so both are made alike: four records fit."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A new leaf and what opens it.

    Attributes:
        event: the event's id.
        leaf: 49 bytes.
        salt: 32 random bytes, kept with the body.
    """

    event: UUID
    leaf: bytes
    salt: bytes

    @property
    def hash(self) -> bytes:
        """Its hash in the tree, 32 bytes."""
        return tree.leaf_hash(self.leaf)


def made(event: UUID, body: bytes) -> Leaf:
    """A leaf for a body, under a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Leaf(event, written(event, salt, body), salt)


def written(event: UUID, salt: bytes, body: bytes) -> bytes:
    """The leaf that a salt and a body make, 49 bytes."""
    return VERSION + event.bytes + hashlib.sha256(BODY_LABEL + salt + body).digest()


def mac(writer_key: bytes, leaf: bytes) -> bytes:
    """What says that the service wrote this leaf, 32 bytes."""
    return hmac.digest(writer_key, MAC_LABEL + leaf, "sha256")


def genuine(
    writer_key: bytes, event: UUID, leaf: bytes, claimed_hash: bytes, claimed: bytes
) -> bool:
    """Whether a row is the service's own, whole, and about the event it is filed under."""
    whole = len(leaf) == LEAF_BYTES and leaf[:1] == VERSION
    return (
        whole
        and leaf[1 : 1 + ID_BYTES] == event.bytes
        and hmac.compare_digest(tree.leaf_hash(leaf), claimed_hash)
        and hmac.compare_digest(mac(writer_key, leaf), claimed)
    )


def packed(salt: bytes, body: bytes, lane: Lane) -> bytes:
    """Salt and body as they are stored, before they are encrypted."""
    return padding.pad(salt + body, BODY_FLOOR[lane])


def unpacked(stored: bytes) -> tuple[bytes, bytes]:
    """Salt and body again.

    Raises:
        ValueError: the padding is not what it should be.
    """
    plain = padding.unpad(stored)
    return plain[:SALT_BYTES], plain[SALT_BYTES:]
