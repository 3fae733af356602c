"""What can go wrong, in the words of the case; the doors decide which status each one has.

Errors are raised, never returned. None of them carries a key, a receipt, a password or content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


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


class Shredded(TribuneError):
    """Its key was destroyed, or its own sealed bytes: nothing here opens it any more."""


class KeysMissing(TribuneError):
    """A key this installation needs is not where its settings say."""


class Unpermitted(TribuneError):
    """Plaintext was asked for without a permit from the trail: a fault of ours, never shown."""


class NeverForgets(TribuneError):
    """For some retention classes, which it names, no months were chosen: such a case would stay for ever."""


class SelfTestFailed(TribuneError):
    """A primitive of this installation gives wrong answers, so the process must not start."""

    def __init__(self, primitive: str) -> None:
        super().__init__(primitive)
        self.primitive = primitive


# What a caller can get wrong


class NotFound(TribuneError):
    """It does not exist, or the caller may not know that it does: one and the same answer."""


class NotSignedIn(TribuneError):
    """No session, or one that has ended."""


class SignInFailed(TribuneError):
    """Unknown name, wrong password or wrong code: one and the same answer."""


class WrongReceipt(TribuneError):
    """Unknown, expired and shredded receipts: one and the same answer, byte for byte."""


class Locked(TribuneError):
    """The caller belongs to the circle of the case's unit, and nobody of it has given them its key yet."""


class NotPermitted(TribuneError):
    """The caller's roles do not allow this anywhere, or not in this case, which they may know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What may be shown of a case before a declaration: enough to recognise a conflict, no name."""

    reference: str
    state: str
    priority: str | None
    category: str | None
    office: str | None
    received_on: date
    due: date | None


class DeclarationNeeded(TribuneError):
    """Content is shown only after the caller declared whether there is a conflict."""

    def __init__(self, head: Glimpse) -> None:
        super().__init__()
        self.head = head


class ConflictOfInterest(TribuneError):
    """The caller may know of the case but must not act in it."""


class SamePerson(TribuneError):
    """It takes somebody else: it is the caller's own proposal, declaration, account or role."""


class NotAllowed(TribuneError):
    """The workflow has no such action from this state for these roles."""

    def __init__(self, *, action: str, state: str) -> None:
        super().__init__()
        self.action, self.state = action, state


class NotReady(TribuneError):
    """The action is the right one, but something it rests on is missing or stands against it.

    Args:
        guards: codes of the list `guards`, what failed.
    """

    def __init__(self, *guards: str) -> None:
        super().__init__()
        self.guards = guards


class NamesAPerson(TribuneError):
    """What is to be sent to a reporter, or shown to all of them, names somebody.

    Args:
        pointers: the fields; never whom they name.
    """

    def __init__(self, pointers: Sequence[str]) -> None:
        super().__init__()
        self.pointers = tuple(pointers)


class AlreadyProposed(TribuneError):
    """The case already has an open proposal for this action."""


class ProposalVoid(TribuneError):
    """The proposal was decided, has expired, or the case has moved on since."""


class ContentDiffers(TribuneError):
    """The same id was used before for other content; nothing is ever replaced."""


class PreconditionMissing(TribuneError):
    """A write that changes a case names the version it was made from (`If-Match`)."""


class PreconditionFailed(TribuneError):
    """The case has changed since the version the caller named."""


class IdempotencyKeyMalformed(TribuneError):
    """An `Idempotency-Key` has 22 to 64 visible characters, so that strangers never share one."""


class IdempotencyMismatch(TribuneError):
    """The key, or the caller's own receipt, was used before with another body."""


class Unacceptable(TribuneError):
    """Fields that cannot be taken as they are.

    Args:
        problems: (pointer, code) each; an RFC 6901 pointer made of declared names and positions
            only, and a stable code such as `too_long`. Never a submitted value.
    """

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.problems = tuple(problems)


class NotInLogYet(TribuneError):
    """It was written and waits for its turn to enter the log; there is nothing to prove before."""


class NoSuchCheckpoint(TribuneError):
    """No checkpoint has this size, or none from which this could be shown.

    Args:
        pointer: the parameter that names it, such as `/tree_size`.
    """

    def __init__(self, pointer: str) -> None:
        super().__init__()
        self.pointer = pointer


class TooMuchWaiting(TribuneError):
    """So much of one reporter waits to be seen by staff that nothing more is taken until the tick."""


class TooOften(TribuneError):
    """The caller has done this so often within the hour that it has to wait."""


class TooLarge(TribuneError):
    """More bytes than are taken here."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__()
        self.limit_bytes = limit_bytes


# What the house cannot do just now


class Busy(TribuneError):
    """Too many are waiting for the same thing.

    Args:
        retry_after: seconds after which it makes sense to come again.
    """

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__()
        self.retry_after = retry_after


class NotFounded(TribuneError):
    """The database holds no installation yet: `tribune init` has not been run on it."""


class OutOfDate(TribuneError):
    """A database has the shape of another version than this one; `tribune migrate` brings it up."""


class NotOpenYet(TribuneError):
    """Nothing can be sealed to the unit, or nobody there could act: keys or people are still missing."""


class DirectoryBroken(TribuneError):
    """A row of the authenticated directory does not carry the MAC it must."""


class AuditUnavailable(TribuneError):
    """The trail cannot be written, or is not signed any more: what nobody could check is not done."""


class LogInconsistent(TribuneError):
    """The trail's rows do not lead to what was signed: somebody changed them, so nothing of it is shown."""


class Unavailable(TribuneError):
    """A database or the vault does not answer."""
