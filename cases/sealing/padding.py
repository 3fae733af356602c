"""Padding: sealed sizes tell only the order of magnitude of what is inside.

    padded = u64be(length) || data || zeros, Padmé(max(8 + length, floor)) bytes in all

Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
PURBs", 2019, section 4) adds at most 12 % and leaks O(log log n) bits. It is deterministic on
purpose: random padding averages out over repeated observations.
"""

from __future__ import annotations

from cases.errors import EnvelopeInvalid

META_FLOOR = 256
"""Bytes: titles, names, reasons and other short records."""
TEXT_FLOOR = 1_024
"""Bytes: accounts, messages, notes."""
BLOB_FLOOR = 65_536
"""Bytes: attachments, whose zeros stand at the end and whose length is in their record."""

_LENGTH_BYTES = 8


def padded_length(n: int, floor: int) -> int:
    """Padmé(max(n, floor)): the size to which `n` bytes are padded.

    Args:
        n: bytes to hold.
        floor: bytes below which nothing shrinks.
    """
    size = max(n, floor)
    if size <= 1:
        return size
    exponent = size.bit_length() - 1
    kept_bits = exponent.bit_length()
    mask = (1 << max(exponent - kept_bits, 0)) - 1
    return (size + mask) & ~mask


def pad(data: bytes, floor: int) -> bytes:
    """Frame and pad data before it is sealed."""
    framed = _LENGTH_BYTES + len(data)
    zeros = bytes(padded_length(framed, floor) - framed)
    return b"".join((len(data).to_bytes(_LENGTH_BYTES, "big"), data, zeros))


def unpad(padded: bytes) -> bytes:
    """The data that `pad` was given.

    Raises:
        EnvelopeInvalid: the length does not fit, or something other than zeros follows the data.
    """
    if len(padded) < _LENGTH_BYTES:
        raise EnvelopeInvalid
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES], "big")
    if end > len(padded) or padded.count(0, end) != len(padded) - end:
        raise EnvelopeInvalid
    return padded[_LENGTH_BYTES:end]
