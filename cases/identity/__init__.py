"""Who a reporter is: sealed to custodians who never see the case, opened by two of them, for hours."""

from cases.identity.asking import ask, ask_release
from cases.identity.custody import Asked, answer, confirm, revoke, waiting
from cases.identity.sight import Identity, of_case, read

__all__ = [
    "Asked",
    "Identity",
    "answer",
    "ask",
    "ask_release",
    "confirm",
    "of_case",
    "read",
    "revoke",
    "waiting",
]
