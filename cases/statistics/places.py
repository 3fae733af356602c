"""Whose figures: the nation, a unit, or an office with all that lies below it; and who may look where.

The nation is the sum of the inside units. The outside unit's cases are counted in its own figures and in
no others, so that nothing is left by subtraction. How far a role looks is the last word of
its cell in the permission table: `all`, `unit`, `subtree`, or none for the own unit and the nation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlmodel import select

from cases.errors import NotFound, NotPermitted, Unacceptable
from cases.models.people import Office, Unit, UnitKind
from cases.statistics.cubes import Territory
from workflows import catalogue

if TYPE_CHECKING:
    from uuid import UUID

    from cases.actors import Seat, StaffActor
    from cases.database import Work

FIGURES = "figures"
UNPUBLISHED = "unpublished_figures"
PUBLISH = "publish_figures"
HEAD = "head_ia"

REGIONAL = frozenset({"national", "region"})
"""Kinds of office at which sensitive categories may be shown: below them too few people work."""


@dataclass(frozen=True, slots=True)
class Place:
    """What figures are about.

    Attributes:
        id: of the unit or the office; None for the nation.
        code: the same, for people.
    """

    kind: Literal["national", "unit", "office"]
    id: UUID | None = None
    code: str | None = None

    @property
    def scope(self) -> str:
        """Its name in the table of snapshots."""
        return self.kind if self.id is None else str(self.id)


NATIONAL = Place("national")


@dataclass(frozen=True, slots=True)
class Spot:
    """An office, as far as figures need it."""

    id: UUID
    code: str
    kind: str
    parent: UUID | None
    staff_count: int


@dataclass(frozen=True, slots=True)
class Map:
    """The units that handle cases, and the tree of offices.

    Attributes:
        inside: units of the administration: id -> code.
        outside: units beyond it: id -> code.
    """

    inside: dict[UUID, str]
    outside: dict[UUID, str]
    offices: dict[UUID, Spot]

    @property
    def units(self) -> dict[UUID, str]:
        """Every unit that handles cases: id -> code."""
        return self.inside | self.outside

    def places(self, small: frozenset[UUID] = frozenset()) -> list[Place]:
        """Every place that has figures.

        Args:
            small: posts that have none of their own.
        """
        return [
            NATIONAL,
            *(Place("unit", unit, code) for unit, code in self.units.items()),
            *(
                Place("office", spot.id, spot.code)
                for spot in self.offices.values()
                if spot.id not in small
            ),
        ]

    def is_below(self, office: UUID, top: UUID) -> bool:
        """Whether an office is another one, or lies below it."""
        seen: set[UUID] = set()
        at: UUID | None = office
        while at is not None and at not in seen:
            if at == top:
                return True
            seen.add(at)
            at = self.offices[at].parent if at in self.offices else None
        return False

    def counted(self, place: Place) -> tuple[frozenset[UUID], frozenset[str] | None]:
        """The units whose cases count at a place, and the codes of its offices where those matter."""
        if place.kind == "unit" and place.id is not None:
            return frozenset({place.id}), None
        if place.kind == "national" or place.id is None:
            return frozenset(self.inside), None
        below = (spot.code for spot in self.offices.values() if self.is_below(spot.id, place.id))
        return frozenset(self.inside), frozenset(below)

    def upward(self, office: UUID) -> list[Spot]:
        """An office and those above it, the nearest first."""
        found: list[Spot] = []
        at: UUID | None = office
        while at is not None and at in self.offices and self.offices[at] not in found:
            found.append(self.offices[at])
            at = self.offices[at].parent
        return found

    def standing_in(self, place: Place) -> list[Place]:
        """A place, and those that are shown for it where it has no figures, the nearest first."""
        if place.kind != "office" or place.id is None:
            return [place]
        above = [Place("office", spot.id, spot.code) for spot in self.upward(place.id)]
        return [*above, NATIONAL]

    def territory(self, small: frozenset[UUID]) -> Territory:
        """The places whose figures are published together with the nation's.

        Args:
            small: posts that have no figures of their own.
        """
        own = [spot for spot in self.offices.values() if spot.id not in small]
        below = {
            f"^{top.code}": frozenset(one.code for one in own if self.is_below(one.id, top.id))
            for top in own
        }
        regional = [spot.code for spot in own if spot.kind in REGIONAL]
        return Territory(
            below={scope: codes for scope, codes in below.items() if len(codes) > 1},
            wide=frozenset(f"{sign}{code}" for code in regional for sign in "=^"),
            units=len(self.inside),
        )


def load(db: Work) -> Map:
    """The map as the directory has it."""
    handling = [unit for unit in db.exec(select(Unit)) if unit.kind == UnitKind.HANDLING]
    return Map(
        inside={unit.id: unit.code for unit in handling if unit.inside},
        outside={unit.id: unit.code for unit in handling if not unit.inside},
        offices={
            one.id: Spot(one.id, one.code, one.kind, one.parent, one.staff_count)
            for one in db.exec(select(Office))
        },
    )


def choose(where: Map, by: StaffActor, *, office: str | None, unit: str | None) -> Place:
    """The place that was asked for, or the caller's own.

    Raises:
        Unacceptable: an office and a unit at once.
        NotFound: there is none of that code, or its figures are not for this person.
    """
    if office is not None and unit is not None:
        raise Unacceptable([("/unit", "not_with_office")])
    if office is None and unit is None:
        return _own(where, by)
    for place in where.places():
        named = (place.kind == "office" and place.code == office) or (
            place.kind == "unit" and place.code == unit
        )
        if named and reaches(where, by, FIGURES, place):
            return place
    raise NotFound


def reaches(where: Map, by: StaffActor, act: str, place: Place) -> bool:
    """Whether the person holds an act on figures at a place."""
    return any(_seat_reaches(where, seat, act, place) for seat in by.seats)


def is_head_of(by: StaffActor, place: Place) -> bool:
    """Whether the person heads the unit whose figures these are, and so sees them exactly."""
    return place.kind == "unit" and any(
        seat.role == HEAD and seat.unit == place.id for seat in by.seats
    )


def demand_publisher(where: Map, by: StaffActor) -> None:
    """Refuse who may not publish a month: it takes a seat in an inside unit.

    Raises:
        NotPermitted: as said.
    """
    may = catalogue.permissions().acts[PUBLISH]
    if not any(seat.role in may and seat.unit not in where.outside for seat in by.seats):
        raise NotPermitted


def _seat_reaches(where: Map, seat: Seat, act: str, place: Place) -> bool:
    grant = catalogue.permissions().acts[act].get(seat.role)
    if grant is None:
        return False
    own = place.kind == "unit" and place.id == seat.unit and seat.unit in where.units
    if grant.part == "all":
        return own or not (place.kind == "unit" and place.id in where.outside)
    if grant.part == "unit":
        return own
    if grant.part == "subtree":
        return (
            place.kind == "office"
            and place.id is not None
            and seat.office is not None
            and where.is_below(place.id, seat.office)
        )
    return own or place.kind == "national"


def _own(where: Map, by: StaffActor) -> Place:
    """The place a person most likely means: their unit, their office, or the nation.

    Raises:
        NotFound: a committee member without a post.
    """
    table = catalogue.permissions()
    for seat in by.seats:
        grants = [table.acts[act].get(seat.role) for act in (FIGURES, UNPUBLISHED)]
        if seat.unit in where.units and any(one and one.part == "unit" for one in grants):
            return Place("unit", seat.unit, where.units[seat.unit])
    if reaches(where, by, FIGURES, NATIONAL):
        return NATIONAL
    for seat in by.seats:
        spot = where.offices.get(seat.office) if seat.office else None
        if spot and _seat_reaches(where, seat, FIGURES, Place("office", spot.id, spot.code)):
            return Place("office", spot.id, spot.code)
    raise NotFound
