"""What can go wrong, in the words of the case; the doors decide which status each one has.

Errors are raised, never returned. None of them carries a key, a receipt, a password or content.
"""

from __future__ import annotations


class TribuneError(Exception):
    """Anything the service refuses for a reason it can name."""


# Sealing


class EnvelopeInvalid(TribuneError):
    """Sealed bytes do not open: another key, another context, or they were changed or cut short."""


class UnsupportedEnvelope(TribuneError):
    """Sealed bytes begin with a version this release does not know."""


class ReceiptMalformed(TribuneError):
    """What was typed cannot be a receipt: wrong length, a stray sign or a failed check digit.

    Says nothing about whether a receipt exists: it is decided before any look-up.
    """


class CodeMalformed(TribuneError):
    """What was typed cannot be a printed code: wrong length or a sign outside its alphabet."""


class WeakPassword(TribuneError):
    """A new password is too short to be stretched into safety."""


class WeakParameters(TribuneError):
    """A stored row asks for less stretching than the floor in the code."""


class BlobMissing(TribuneError):
    """The blob store holds no blob of this name."""


class SelfTestFailed(TribuneError):
    """A primitive of this installation gives wrong answers, so the process must not start."""

    def __init__(self, primitive: str) -> None:
        super().__init__(primitive)
        self.primitive = primitive
