"""What the bodies of the trail have told by the time somebody checks them, kept as small as it can be."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cases.audit.events import Object


@dataclass(frozen=True, slots=True)
class Made:
    """Something that an event made.

    Attributes:
        case: whose it is.
        thing: a record or a file.
        entered: the log's own clock when its event was entered; None before the first heartbeat.
    """

    case: UUID
    thing: Object
    entered: datetime | None


@dataclass
class Story:
    """What the bodies read so far have told."""

    numbers: dict[UUID, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Case -> the numbers of its changes."""
    gone: list[int] = field(default_factory=list)
    """Leaves without a body, ascending."""
    erased: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of leaves whose bodies were erased by the book."""
    thinned: set[UUID] = field(default_factory=set)
    """Cases of which bodies were erased: their numbers have gaps."""
    forgotten: set[UUID] = field(default_factory=set)
    """Cases that were shredded."""
    refused: set[UUID] = field(default_factory=set)
    """Events that never entered, because they did not seem to be the service's."""
    vanished: list[Made] = field(default_factory=list)
    """What the trail names and no row holds."""
    hidden: list[Made] = field(default_factory=list)
    """What is there and not delivered."""
    emptied: set[tuple[UUID, int]] = field(default_factory=set)
    """Versions of records of which nothing but the commitment is kept."""
    redacted: set[tuple[UUID, int]] = field(default_factory=set)
    """Versions of records that two people deleted as not relevant."""
    pulse: datetime | None = None
    """The log's own clock at the last heartbeat."""
    latest: tuple[datetime, int] | None = None
    """The latest moment told since, and where."""
    pause: tuple[datetime, datetime] | None = None
    """The last time nothing was entered: from, and until."""
