"""Blind tokens: dimensions that figures and filters need, without their words.

    filter token = HMAC-SHA-256(K_facts, ctx("facts", dimension, code))[:8]
    figure token = HMAC-SHA-256(K_facts, ctx("facts/row", row, dimension, code))[:8]

as signed 64-bit integers.

A filter token is equal wherever its code is, so that SQL can filter by it; who reads the database and can
also send reports learns these four dimensions, and the threat model says so. A figure token differs in
every row; the service finds the code again by trying the list.
"""

import hmac
from collections.abc import Iterable
from uuid import UUID

from cases.sealing.keyring import Keyring

TOKEN_BYTES = 8

NOT_STATED = ""
"""The code of a dimension the reporter left open; figures have a column for it."""

FILTERS = ("category", "office", "procedure", "channel")


def filter_token(keyring: Keyring, dimension: str, code: str) -> int:
    """The token of a code in a dimension that lists are filtered by."""
    return _token(keyring, keyring.ctx("facts", dimension, code))


def figure_token(keyring: Keyring, row: UUID, dimension: str, code: str) -> int:
    """The token of a code in one row."""
    return _token(keyring, keyring.ctx("facts/row", row, dimension, code))


def filter_codes(keyring: Keyring, dimension: str, codes: Iterable[str]) -> dict[int, str]:
    """Token -> code for a whole list, "not stated" included."""
    return {filter_token(keyring, dimension, code): code for code in (NOT_STATED, *codes)}


def figure_code(
    keyring: Keyring, row: UUID, dimension: str, token: int, codes: Iterable[str]
) -> str | None:
    """The code behind a figure token, or None when the list does not hold it."""
    for code in (NOT_STATED, *codes):
        if figure_token(keyring, row, dimension, code) == token:
            return code
    return None


def _token(keyring: Keyring, context: bytes) -> int:
    digest = hmac.digest(keyring.key("facts"), context, "sha256")
    return int.from_bytes(digest[:TOKEN_BYTES], "big", signed=True)
