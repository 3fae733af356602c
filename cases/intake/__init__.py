"""How a report comes in, and how its author comes back.

submission   what may be said, and whether it can be taken
arrival      keys, seals, the case, its first event
receipts     from a receipt to a session, and to a new receipt
proof        that a report was received on its day, for its author
"""

from cases.intake.arrival import (
    ACKNOWLEDGE_DAYS,
    Arrival,
    Outcome,
    prepare,
    promised,
    submit,
)
from cases.intake.receipts import (
    Opened,
    Receipt,
    demand_renewed,
    enter,
    extend,
    leave,
    renew,
    visit,
)
from cases.intake.routing import open_to_names
from cases.intake.submission import (
    PUBLIC_CHANNELS,
    Desk,
    Identity,
    Submission,
    check,
)
from cases.transitions import FEEDBACK_MONTHS

__all__ = [
    "ACKNOWLEDGE_DAYS",
    "FEEDBACK_MONTHS",
    "PUBLIC_CHANNELS",
    "Arrival",
    "Desk",
    "Identity",
    "Opened",
    "Outcome",
    "Receipt",
    "Submission",
    "check",
    "demand_renewed",
    "enter",
    "extend",
    "leave",
    "open_to_names",
    "prepare",
    "promised",
    "renew",
    "submit",
    "visit",
]
