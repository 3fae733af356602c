"""Who acts: a member of staff, a reporter, or the service itself."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Seat:
    """A role held in a unit; for committees, the post whose figures it sees."""

    unit: UUID
    role: str
    holds_key: bool = False
    office: UUID | None = None


Seats = tuple[Seat, ...]


def units_of(seats: Seats, *roles: str) -> frozenset[UUID]:
    """The units in which one of the roles is held; with none named, every unit."""
    return frozenset(seat.unit for seat in seats if not roles or seat.role in roles)


def key_units_of(seats: Seats) -> frozenset[UUID]:
    """The units whose seed goes with these seats."""
    return frozenset(seat.unit for seat in seats if seat.holds_key)


@dataclass(frozen=True, slots=True)
class StaffActor:
    """A signed-in member of staff, for the length of one request.

    Attributes:
        seed: the person's secret key, opened by their token; never stored, never printed.
        session: SHA-256 of the session id, first 4 bytes, hex: which session acted, in the trail.
    """

    id: UUID
    username: str
    display_name: str
    epoch: int
    seats: Seats
    session: str
    seed: bytes = field(repr=False)

    @property
    def roles(self) -> frozenset[str]:
        """Every role held anywhere."""
        return frozenset(seat.role for seat in self.seats)

    def units(self, *roles: str) -> frozenset[UUID]:
        """The units in which one of the roles is held; with none named, every unit."""
        return units_of(self.seats, *roles)

    def key_units(self) -> frozenset[UUID]:
        """The units whose seed this person holds."""
        return key_units_of(self.seats)


@dataclass(frozen=True, slots=True)
class ReporterActor:
    """Somebody who showed a receipt, for the length of one request.

    Attributes:
        handover: True while the receipt is one a desk handed over: it only serves to be renewed.
    """

    report_id: UUID
    seed: bytes = field(repr=False)
    handover: bool = False


@dataclass(frozen=True, slots=True)
class SystemActor:
    """The service itself: a timer or a rule."""


THE_SERVICE = SystemActor()


Actor = StaffActor | ReporterActor | SystemActor
