"""Receipts: the digits with which a reporter comes back, and the keys they stand for.

A receipt is 19 random digits and a Damm check digit, shown as five groups of four (or 23 and one,
six groups, where the threat is higher). It is shown once and stored nowhere.

    stretched = Argon2id(receipt, deployment salt)      m = 19,456 KiB, t = 2, p = 1, 32 bytes
    RPRK      = HMAC-SHA-256(pepper, stretched)
    lookup    = HKDF(RPRK, "receipt/lookup", deployment)[16]
    kek       = HKDF(RPRK, "receipt/kek", deployment)[32]

The stretching is modest because a receipt is random: each further digit buys a factor of ten,
stretching only a constant. Without the pepper a stolen database holds nothing to guess against.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from typing import TYPE_CHECKING

from argon2.low_level import Type, hash_secret_raw

from cases.errors import ReceiptMalformed
from cases.sealing.context import ctx, hkdf

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP_DIGITS = 4
GROUPS_ALLOWED = (5, 6)
SALT_BYTES = 16
MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
STRETCHED_BYTES = 32
LONGEST_INPUT = 256
"""Characters of typed text that are looked at; a receipt with generous separators has under 100."""

_LENGTHS = frozenset(groups * GROUP_DIGITS for groups in GROUPS_ALLOWED)
_SEPARATORS = frozenset("\N{MINUS SIGN}\N{MIDDLE DOT}._/")
_SEPARATOR_CATEGORIES = frozenset(("Pd", "Cf"))
# H. Michael Damm's totally anti-symmetric quasigroup of order 10 (thesis, Marburg 2004): catches
# every single wrong digit and every swap of neighbours.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def new(groups: int = 5, randbelow: Callable[[int], int] = secrets.randbelow) -> str:
    """A new receipt, as digits without spaces.

    Args:
        groups: groups of four digits, 5 or 6.
        randbelow: gives a uniform integer of at least 0 and below its argument.

    Raises:
        ValueError: another number of groups.
    """
    if groups not in GROUPS_ALLOWED:
        raise ValueError("a receipt has five or six groups")
    count = groups * GROUP_DIGITS - 1
    digits = f"{randbelow(10**count):0{count}d}"
    return f"{digits}{damm(digits)}"


def damm(digits: str) -> int:
    """The Damm check digit of ASCII digits; 0 when their last digit already is one."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def normalise(text: str) -> str:
    """The receipt in what somebody typed: decimal digits of any script, any spaces and dashes.

    Raises:
        ReceiptMalformed: other signs, another length, or a failed check digit.
    """
    if len(text) > LONGEST_INPUT:
        raise ReceiptMalformed
    digits = []
    for sign in text:
        value = unicodedata.decimal(sign, -1)
        if value >= 0:
            digits.append(str(value))
        elif not _is_separator(sign):
            raise ReceiptMalformed
    if len(digits) not in _LENGTHS or damm("".join(digits)) != 0:
        raise ReceiptMalformed
    return "".join(digits)


def grouped(digits: str) -> str:
    """The receipt as it is shown: "1234 5678 ..."."""
    return " ".join(digits[i : i + GROUP_DIGITS] for i in range(0, len(digits), GROUP_DIGITS))


def stretch(digits: str, salt16: bytes) -> bytes:
    """Argon2id of a normalised receipt, 32 bytes; about 20 ms and 19 MiB.

    Args:
        digits: what `normalise` or `new` gave.
        salt16: the deployment's salt, 16 bytes.

    Raises:
        ReceiptMalformed: the digits are not normalised.
        ValueError: the salt has not 16 bytes.
    """
    if len(digits) not in _LENGTHS or not (digits.isascii() and digits.isdecimal()):
        raise ReceiptMalformed
    if len(salt16) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return hash_secret_raw(
        digits.encode("ascii"), salt16, PASSES, MEMORY_KIB, LANES, STRETCHED_BYTES, Type.ID
    )


def secret(pepper: bytes, stretched: bytes) -> bytes:
    """RPRK, the secret behind a receipt: HMAC-SHA-256 under the deployment's pepper, 32 bytes."""
    return hmac.digest(pepper, stretched, "sha256")


def lookup(rprk: bytes, deployment: bytes) -> bytes:
    """The 16 bytes under which the reporter's row is found."""
    return hkdf(rprk, ctx("receipt/lookup", deployment), 16)


def kek(rprk: bytes, deployment: bytes) -> bytes:
    """The 32-byte key that wraps the reporter's seed."""
    return hkdf(rprk, ctx("receipt/kek", deployment))


def _is_separator(sign: str) -> bool:
    # Cf: soft hyphens and the direction marks that come along when right-to-left text is pasted.
    return (
        sign.isspace() or sign in _SEPARATORS or unicodedata.category(sign) in _SEPARATOR_CATEGORIES
    )
