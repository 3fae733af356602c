"""Passwords and printed codes of staff, and the keys they stand for.

    stretched = Argon2id(password, salt of the row)      m >= 65,536 KiB, t >= 3, p = 1, 32 bytes
    prk       = HMAC-SHA-256(pepper, stretched)          a code is random: prk = HMAC(pepper, code)
    kek       = HKDF(prk, "member/kek", deployment)
    verifier  = SHA-256(HKDF(prk, "member/auth", deployment))

One stretching serves sign-in and unlocking. The row keeps the verifier and a wrap under the kek;
neither can be tested without the pepper, which is not in the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import unicodedata
from typing import NamedTuple

from argon2.low_level import Type, hash_secret_raw

from cases.errors import CodeMalformed, WeakParameters, WeakPassword
from cases.sealing.context import ctx, hkdf


class Stretching(NamedTuple):
    """How hard Argon2id works.

    Attributes:
        m: memory in KiB.
        t: passes over the memory.
        p: lanes.
    """

    m: int
    t: int
    p: int


ARGON2 = Stretching(m=65_536, t=3, p=1)
"""For new passwords: RFC 9106's second recommendation with one lane; about 170 ms."""
FLOOR = Stretching(m=65_536, t=3, p=1)
"""Rows that ask for less are refused, so nobody weakens a password by editing the database. A
constant, not a setting, for the same reason."""
SHORTEST_PASSWORD = 14
SALT_BYTES = 16
STRETCHED_BYTES = 32
CODE_BYTES = 20
"""160 bits, printed as 32 letters and digits: too many to guess, so a code is not stretched."""

_CODE_LETTERS = 32
_GROUP_LETTERS = 4
_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B"})


def new_salt() -> bytes:
    """A salt for one row, 16 random bytes."""
    return secrets.token_bytes(SALT_BYTES)


def check_password(text: str) -> None:
    """Refuse a new password of fewer than 14 characters.

    Five diceware words pass by themselves: with their spaces they are never shorter.

    Raises:
        WeakPassword: it is shorter.
    """
    if len(unicodedata.normalize("NFC", text).strip()) < SHORTEST_PASSWORD:
        raise WeakPassword


def stretch(password: str, salt16: bytes, parameters: Stretching) -> bytes:
    """Argon2id of a password, 32 bytes.

    The password is taken in normal form C, so that two keyboards that compose an accent
    differently type the same password (RFC 8265, section 4.2).

    Raises:
        WeakParameters: the parameters are below the floor.
        ValueError: the salt has not 16 bytes.
    """
    if any(asked < least for asked, least in zip(parameters, FLOOR, strict=True)):
        raise WeakParameters
    if len(salt16) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    # A lone surrogate can arrive in JSON; it is a wrong password, not a crash.
    typed = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hash_secret_raw(
        typed, salt16, parameters.t, parameters.m, parameters.p, STRETCHED_BYTES, Type.ID
    )


def kek(pepper: bytes, stretched: bytes, deployment: bytes) -> bytes:
    """The 32-byte key that wraps a member of staff's seed."""
    return hkdf(_prk(pepper, stretched), ctx("member/kek", deployment))


def verifier(pepper: bytes, stretched: bytes, deployment: bytes) -> bytes:
    """The 32 bytes that a row keeps to recognise the password; compare in constant time."""
    return hashlib.sha256(hkdf(_prk(pepper, stretched), ctx("member/auth", deployment))).digest()


def new_code() -> str:
    """A code to print: 160 random bits, "ABCD EFGH ..." in eight groups of four."""
    letters = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii")
    return " ".join(letters[i : i + _GROUP_LETTERS] for i in range(0, _CODE_LETTERS, 4))


def code_kek(pepper: bytes, code: str, deployment: bytes) -> bytes:
    """As `kek`, for a printed code as typed.

    Raises:
        CodeMalformed: this cannot be a code.
    """
    return kek(pepper, _code_bytes(code), deployment)


def code_verifier(pepper: bytes, code: str, deployment: bytes) -> bytes:
    """As `verifier`, for a printed code as typed.

    Raises:
        CodeMalformed: this cannot be a code.
    """
    return verifier(pepper, _code_bytes(code), deployment)


def _prk(pepper: bytes, entered: bytes) -> bytes:
    return hmac.digest(pepper, entered, "sha256")


def _code_bytes(code: str) -> bytes:
    """The 20 bytes of a code; case, spaces and dashes do not matter, nor 0 for O, 1 for I, 8 for B.

    Raises:
        CodeMalformed: another length or other signs.
    """
    letters = "".join(code.split()).replace("-", "").upper().translate(_MISREAD)
    if len(letters) != _CODE_LETTERS or not letters.isascii():
        raise CodeMalformed
    try:
        return base64.b32decode(letters)
    except binascii.Error:
        raise CodeMalformed from None
