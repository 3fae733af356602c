"""A house of their own for the tests of staff: founded, with units, and Argon2 done once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from api import settings, wiring
from cases.actors import THE_SERVICE, StaffActor
from cases.models.people import UnitKind
from cases.staff import accounts, changes, founding, signin, structure, unlocks
from cases.staff.accounts import Invitation
from cases.staff.roles import SeatWish
from cases.staff.structure import OfficePlan, UnitPlan

if TYPE_CHECKING:
    from collections.abc import Generator
    from uuid import UUID

    from cases.database import House
    from cases.staff.unlocks import Stretched
    from tests.databases import Backend

PASSWORD = "fourteen letters and more"
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@cache
def stretched() -> Stretched:
    """The one password of these tests after its one Argon2."""
    return unlocks.stretched(PASSWORD)


@dataclass
class Town:
    """A house with units and offices by code, a clock that is set, and people by name."""

    house: House
    now: datetime = MONDAY
    units: dict[str, UUID] = field(default_factory=dict)
    offices: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)

    def move(self, **by: float) -> None:
        """Forward by days, hours, minutes …"""
        self.now += timedelta(**by)

    def invite(self, name: str, *seats: str, **more: str) -> str:
        """An account whose roles are written "unit role"; gives the enrolment code."""
        with self.house.unit_of_work() as db:
            invited = accounts.invite(
                db,
                Invitation(
                    username=name,
                    display_name=more.get("display_name", name.title()),
                    staff_number=more.get("staff_number"),
                    seats=[self.seat(seat) for seat in seats],
                ),
                THE_SERVICE,
            )
        self.people[name] = invited.staff.id
        return invited.code

    def seat(self, text: str) -> SeatWish:
        """A seat written "unit role" or "unit role office"."""
        unit, role, *post = text.split()
        return SeatWish(self.units[unit], role, self.offices[post[0]] if post else None)

    def enrol(self, name: str, code: str) -> accounts.Enrolled:
        """Take an account over with the one password."""
        with self.house.unit_of_work() as db:
            return accounts.enrol(db, name, code, stretched())

    def person(self, name: str, *seats: str) -> StaffActor:
        """Invited, enrolled and signed in."""
        self.enrol(name, self.invite(name, *seats))
        return self.sign_in(name).actor

    def sign_in(self, name: str, code: str | None = None) -> signin.SignedIn:
        """With the one password."""
        with self.house.unit_of_work() as db:
            return signin.sign_in(db, name, stretched=stretched().value, code=code)


@contextmanager
def a_town(backend: Backend, plan: founding.Founding | None = None) -> Generator[Town]:
    """Founded, with the units main, outside, review, protection, custody and oversight."""
    chosen = settings.for_directory(
        backend.directory, database_url=backend.main_url, vault_url=backend.vault_url
    )
    house = wiring.new_house(chosen, time_zone=ZoneInfo("UTC"), publish_receipt=lambda _line: None)
    town = Town(house)
    # The clock is the town's; a house is frozen so that nothing else changes while it serves.
    object.__setattr__(house, "clock", lambda: town.now)
    try:
        with house.unit_of_work() as db, changes.together(db, THE_SERVICE):
            founding.found(db, plan or a_plan(), THE_SERVICE)
            for code, kind in (
                ("review", UnitKind.REVIEW),
                ("protection", UnitKind.PROTECTION),
                ("custody", UnitKind.CUSTODY),
                ("oversight", UnitKind.OVERSIGHT),
            ):
                unit = UnitPlan(code=code, name=code.title(), kind=kind)
                town.units[code] = structure.create_unit(db, unit, THE_SERVICE).id
            serving = {f"{name}_unit": town.units[name] for name in ("review", "protection")}
            for code in ("main", "outside"):
                unit = UnitPlan(
                    code=code,
                    name=code.title(),
                    kind=UnitKind.HANDLING,
                    inside=code == "main",
                    **serving,
                )
                town.units[code] = structure.create_unit(db, unit, THE_SERVICE).id
            structure.set_national(
                db, THE_SERVICE, national=town.units["main"], outside=town.units["outside"]
            )
            office = OfficePlan(code="harbour", name="Harbour", kind="post", staff_count=40)
            town.offices["harbour"] = structure.create_office(db, office, THE_SERVICE).id
        yield town
    finally:
        house.close()


def a_plan(**changed: object) -> founding.Founding:
    """A plan nothing is wrong with, but for what is changed."""
    chosen: dict[str, object] = {
        "kind": founding.REAL,
        "name": "Customs",
        "country": "XA",
        "time_zone": "UTC",
        "retention": dict.fromkeys(founding.retention_classes(), 12),
    }
    return founding.Founding(**{**chosen, **changed})  # type: ignore[arg-type]  # keywords of tests
