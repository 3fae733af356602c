"""WE1: the one symmetric envelope, for fields, wraps and attachments.

    byte 0     0x01
    1..24      salt, random
    25..56     commitment
    57..       chunks: AES-256-GCM of 16,384-byte pieces, each with its 16-byte tag; the last
               piece is always shorter, and empty when the plaintext ends on a boundary

    okm(76) = HKDF-Expand-SHA512(key, LABEL || 0x00 || salt || context)
    key = okm[0:32], base nonce = okm[32:44], commitment = okm[44:76]
    nonce of chunk i = base nonce XOR i, in the low 38 bits; no associated data

The salt gives each envelope a fresh key, so nonces cannot repeat. The commitment ties the bytes
to one key and one context: nothing opens under two. A short last piece makes truncation at a
chunk's end visible. Layout: C2SP chunked-encryption (commit 5ba5ee8, Cobblestone-256), frozen.
"""

from __future__ import annotations

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cases.errors import EnvelopeInvalid, UnsupportedEnvelope

VERSION = 1
KEY_BYTES = 32
SALT_BYTES = 24
COMMITMENT_BYTES = 32
HEADER_BYTES = 1 + SALT_BYTES + COMMITMENT_BYTES
CHUNK_BYTES = 16_384
"""Plaintext per chunk: small enough to authenticate before a byte is released, large enough that
the tag costs 0.1 %. Changing it changes the format."""
TAG_BYTES = 16
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"

_NONCE_BYTES = 12
_COUNTER_LIMIT = 1 << 38


def sealed_length(plaintext_bytes: int) -> int:
    """Bytes of the envelope around so many bytes of plaintext."""
    chunks = plaintext_bytes // CHUNK_BYTES + 1
    return HEADER_BYTES + plaintext_bytes + chunks * TAG_BYTES


def seal(key: bytes, context: bytes, plaintext: bytes) -> bytes:
    """Seal bytes under a 32-byte key so that they open only in this context.

    Raises:
        ValueError: the key has not 32 bytes.
    """
    sealer = Sealer(key, context)
    return b"".join((sealer.header, sealer.update(plaintext), sealer.finish()))


def open_(key: bytes, context: bytes, envelope: bytes) -> bytes:
    """Open what `seal` made; everything or nothing.

    Raises:
        EnvelopeInvalid: another key or context, or the bytes were changed or cut.
        UnsupportedEnvelope: the version byte is not ours.
        ValueError: the key has not 32 bytes.
    """
    opener = Opener(key, context, envelope[:HEADER_BYTES])
    whole = opener.update(memoryview(envelope)[HEADER_BYTES:])
    return whole + opener.finish()


class _Chunks:
    """The cipher of one envelope and the number of its next chunk."""

    def __init__(self, key: bytes, context: bytes, salt: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a WE1 key has 32 bytes")
        info = b"".join((LABEL, b"\x00", salt, context))
        first = hmac.digest(key, info + b"\x01", "sha512")
        second = hmac.digest(key, first + info + b"\x02", "sha512")
        okm = first + second
        self._cipher = AESGCM(okm[:KEY_BYTES])
        self._base = int.from_bytes(okm[KEY_BYTES : KEY_BYTES + _NONCE_BYTES], "big")
        self.commitment = okm[44:76]
        self._next = 0

    def _nonce(self) -> bytes:
        if self._next >= _COUNTER_LIMIT:
            raise ValueError("an envelope holds at most 2^38 chunks")
        nonce = (self._base ^ self._next).to_bytes(_NONCE_BYTES, "big")
        self._next += 1
        return nonce

    def seal_whole(self, data: memoryview, room: memoryview) -> None:
        """Seal a multiple of CHUNK_BYTES into as many sealed chunks of room."""
        encrypt_into = self._cipher.encrypt_into
        for i in range(len(data) // CHUNK_BYTES):
            piece = data[i * CHUNK_BYTES : (i + 1) * CHUNK_BYTES]
            slot = room[i * SEALED_CHUNK_BYTES : (i + 1) * SEALED_CHUNK_BYTES]
            encrypt_into(self._nonce(), piece, None, slot)

    def seal_last(self, data: bytes) -> bytes:
        return self._cipher.encrypt(self._nonce(), data, None)

    def open_whole(self, sealed: memoryview) -> bytearray:
        """Open a multiple of sealed chunks; nothing is returned unless every tag holds."""
        count = len(sealed) // SEALED_CHUNK_BYTES
        data = bytearray(count * CHUNK_BYTES)
        view = memoryview(data)
        decrypt_into = self._cipher.decrypt_into
        for i in range(count):
            piece = sealed[i * SEALED_CHUNK_BYTES : (i + 1) * SEALED_CHUNK_BYTES]
            room = view[i * CHUNK_BYTES : (i + 1) * CHUNK_BYTES]
            decrypt_into(self._nonce(), piece, None, room)
        return data

    def open_last(self, sealed: bytes) -> bytes:
        return self._cipher.decrypt(self._nonce(), sealed, None)


class Sealer:
    """Seals a stream: `header`, then what `update` gives, then what `finish` gives."""

    def __init__(self, key: bytes, context: bytes) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        self._chunks = _Chunks(key, context, salt)
        self._rest = b""
        self._done = False
        self.header = bytes((VERSION,)) + salt + self._chunks.commitment

    def update(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take in plaintext; give the chunks that are full by now, possibly none."""
        if self._done:
            raise ValueError("this envelope is finished")
        pending = self._rest + bytes(data) if self._rest else data
        whole = len(pending) - len(pending) % CHUNK_BYTES
        view = memoryview(pending)
        self._rest = bytes(view[whole:])
        if not whole:
            return b""
        sealed = bytearray(whole // CHUNK_BYTES * SEALED_CHUNK_BYTES)
        self._chunks.seal_whole(view[:whole], memoryview(sealed))
        return bytes(sealed)

    def update_into(self, chunks: memoryview, room: memoryview) -> int:
        """As `update`, for a caller that gathers whole chunks and keeps a buffer for them.

        Sparing two copies and a fresh allocation for each batch makes a large file three times
        faster.

        Args:
            chunks: a multiple of CHUNK_BYTES; nothing may be pending from `update`.
            room: at least that many SEALED_CHUNK_BYTES.

        Returns:
            Bytes of `room` now filled.
        """
        if self._done or self._rest or len(chunks) % CHUNK_BYTES:
            raise ValueError("only whole chunks, before the end, with nothing pending")
        self._chunks.seal_whole(chunks, room)
        return len(chunks) // CHUNK_BYTES * SEALED_CHUNK_BYTES

    def finish(self) -> bytes:
        """The last, short chunk."""
        if self._done:
            raise ValueError("this envelope is finished")
        self._done = True
        return self._chunks.seal_last(self._rest)


class Opener:
    """Opens a stream; a chunk's plaintext is released only after its tag was checked.

    The key and the context are checked before any chunk, in the constructor.

    Raises:
        EnvelopeInvalid: another key or context; from `update` and `finish`: changed or cut bytes.
        UnsupportedEnvelope: the version byte is not ours.
        ValueError: the key has not 32 bytes.
    """

    def __init__(self, key: bytes, context: bytes, header: bytes) -> None:
        if not header:
            raise EnvelopeInvalid
        if header[0] != VERSION:
            raise UnsupportedEnvelope
        if len(header) != HEADER_BYTES:
            raise EnvelopeInvalid
        self._chunks = _Chunks(key, context, header[1 : 1 + SALT_BYTES])
        if not hmac.compare_digest(header[1 + SALT_BYTES :], self._chunks.commitment):
            raise EnvelopeInvalid
        self._rest = b""
        self._done = False

    def update(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take in sealed bytes; give the plaintext of the chunks that are complete by now."""
        if self._done:
            raise EnvelopeInvalid
        pending = self._rest + bytes(data) if self._rest else data
        whole = len(pending) - len(pending) % SEALED_CHUNK_BYTES
        view = memoryview(pending)
        self._rest = bytes(view[whole:])
        if not whole:
            return b""
        try:
            return bytes(self._chunks.open_whole(view[:whole]))
        except InvalidTag:
            self._done = True
            raise EnvelopeInvalid from None

    def finish(self) -> bytes:
        """The plaintext of the last chunk; only now is it known that nothing was cut off."""
        if self._done or len(self._rest) < TAG_BYTES:
            raise EnvelopeInvalid
        self._done = True
        try:
            return self._chunks.open_last(self._rest)
        except InvalidTag:
            raise EnvelopeInvalid from None
