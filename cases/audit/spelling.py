"""How the text formats of the trail spell numbers and bytes: each value has one spelling.

A reader that took two spellings for one value would give every file a twin that is not the same file.
"""

from __future__ import annotations

import base64
import binascii
import re

LARGEST = 2**63 - 1
"""The largest tree size, index and time there are, as in every implementation of these formats."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def decimal(text: str) -> int:
    """The number that ASCII digits stand for, without sign or leading zeros; at most 2^63 - 1.

    Raises:
        ValueError: it is spelled otherwise, or larger.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > LARGEST:
        raise ValueError("not a number as it is spelled here")
    return int(text)


def from_base64(text: str) -> bytes:
    """The bytes that padded base64 of the standard alphabet stands for (RFC 4648, section 4).

    Raises:
        ValueError: it is spelled otherwise, be it only in bits that nobody would read.
    """
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if to_base64(found) != text:
        raise ValueError("not base64 as it is spelled here")
    return found


def to_base64(data: bytes) -> str:
    """Padded base64 of the standard alphabet."""
    return base64.b64encode(data).decode("ascii")
