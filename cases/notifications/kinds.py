"""What staff are told of by e-mail, and how soon."""

from enum import StrEnum


class Pace(StrEnum):
    """How soon somebody is told."""

    DAILY = "daily"
    """With the one e-mail of the day."""
    SOON = "soon"
    """Within minutes, or with the day's e-mail for who prefers that."""
    AT_ONCE = "at_once"
    """Within minutes, whatever they prefer: somebody may be in danger."""


class Kind(StrEnum):
    """Why somebody is told that something waits for them."""

    ASSIGNED = "assigned"
    """They were given a part in a case."""
    PROPOSAL = "proposal"
    """An act, in a case or of the administration, waits for its second person, who may be them."""
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_MISSED = "deadline_missed"
    ESCALATED = "escalated"
    """A day was missed for so long that it went up to them."""
    NEW_REPORT = "new_report"
    """A report came into the queue of their unit."""
    EMERGENCY = "emergency"
    """Somebody is in danger."""
    REPLY = "reply"
    """A reporter wrote, or sent a file."""
    DECLARATION = "declaration"
    """A colleague asks whether they may work on a case."""
    CONFLICT = "conflict"
    """Somebody of the unit turned out to be concerned by a case."""


PACES = {
    Kind.ASSIGNED: Pace.DAILY,
    Kind.PROPOSAL: Pace.SOON,
    Kind.DEADLINE_NEAR: Pace.DAILY,
    Kind.DEADLINE_MISSED: Pace.DAILY,
    Kind.ESCALATED: Pace.SOON,
    Kind.NEW_REPORT: Pace.DAILY,
    Kind.EMERGENCY: Pace.AT_ONCE,
    Kind.REPLY: Pace.DAILY,
    Kind.DECLARATION: Pace.SOON,
    Kind.CONFLICT: Pace.SOON,
}
