"""The administration's working calendar: its country's, corrected by days that two people set."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import twofold
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.events import Details
from cases.errors import DirectoryBroken, NotPermitted, SamePerson, Unacceptable
from cases.models.people import Deployment, OwnDays
from cases.sealing.directory import HeadMemory
from cases.staff import calendars, changes
from tests.cases.staff.people import a_plan, a_town

if TYPE_CHECKING:
    from uuid import UUID

    from cases.actors import StaffActor
    from tests.cases.staff.people import Town
    from tests.databases import Backend

pytestmark = pytest.mark.one_database

FRIDAY, MONDAY, SATURDAY = date(2026, 7, 3), date(2026, 7, 6), date(2026, 7, 4)


def propose(town: Town, by: StaffActor, closed: list[date], opened: list[date]) -> UUID:
    with town.house.unit_of_work() as db:
        return twofold.change_calendar(db, by, closed=closed, opened=opened).id


def confirm(town: Town, proposal: UUID, by: StaffActor) -> None:
    with town.house.unit_of_work() as db:
        twofold.confirm(db, proposal, by)


def next_day(town: Town, start: date) -> date:
    with town.house.glance() as db:
        return calendars.current(db).add_working_days(start, 1)


def test_own_days_hold_once_a_second_person_agreed_and_replace_the_earlier_ones(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    proposal = propose(town, sam, [MONDAY], [SATURDAY])
    assert next_day(town, FRIDAY) == MONDAY
    with pytest.raises(SamePerson):
        confirm(town, proposal, sam)
    confirm(town, proposal, hana)
    assert next_day(town, FRIDAY) == SATURDAY
    assert next_day(town, SATURDAY) == date(2026, 7, 7)
    confirm(town, propose(town, sam, [], []), hana)
    assert next_day(town, FRIDAY) == MONDAY
    object.__setattr__(town.house, "heads", HeadMemory())
    with town.house.glance() as db:
        changes.check_directory(db)


def test_who_keeps_no_deadlines_agrees_to_no_calendar(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    carla = town.person("carla", "main case_manager")
    proposal = propose(town, sam, [MONDAY], [])
    with pytest.raises(NotPermitted):
        confirm(town, proposal, carla)


def test_a_day_is_off_or_worked_and_not_both(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    with pytest.raises(Unacceptable) as refused:
        propose(town, sam, [MONDAY], [MONDAY])
    assert refused.value.problems == (("/opened", "duplicate"),)
    many = [date.fromordinal(730_000 + n) for n in range(calendars.MOST_DAYS + 1)]
    with pytest.raises(Unacceptable):
        propose(town, sam, many, [])


def test_days_that_other_hands_put_there_are_noticed(town: Town) -> None:
    with town.house.unit_of_work() as db:
        calendars.set_own_days(db, THE_SERVICE, [MONDAY], [])
    table = OwnDays.__table__  # type: ignore[attr-defined]  # SQLModel declares no such attribute
    with town.house.engine.begin() as connection:
        connection.execute(table.update().values(closed=[]))
    with pytest.raises(DirectoryBroken):
        next_day(town, FRIDAY)


def test_days_off_of_an_earlier_founding_hold_until_days_are_set(town: Town) -> None:
    with town.house.unit_of_work() as db, changes.together(db, THE_SERVICE):
        db.exec(select(Deployment)).one().days_off = [MONDAY.isoformat()]
        changes.record_directory_change(db, THE_SERVICE)
        log.emit(db, "config.changed", by=THE_SERVICE, d=Details(action="founded"))
    assert next_day(town, FRIDAY) == date(2026, 7, 7)
    with town.house.unit_of_work() as db:
        calendars.set_own_days(db, THE_SERVICE, [], [])
    assert next_day(town, FRIDAY) == MONDAY


def test_a_year_names_its_holidays_and_counts_its_working_days(town: Town) -> None:
    with town.house.unit_of_work() as db:
        calendars.set_own_days(db, THE_SERVICE, [MONDAY, date(2027, 1, 4)], [SATURDAY])
    with town.house.glance() as db:
        year = calendars.year(db, 2026, "en")
    assert (year.country, year.holidays) == ("XA", {})
    assert (year.closed, year.opened) == ((MONDAY,), (SATURDAY,))
    assert year.working_days == 365 - 104


@pytest.mark.parametrize("country", ["YY", "ml", ""])
def test_a_country_nobody_knows_founds_nothing(backend: Backend, country: str) -> None:
    with pytest.raises(Unacceptable) as refused, a_town(backend, a_plan(country=country)):
        pass
    assert refused.value.problems == (("/country", "unknown"),)


def test_an_installation_is_founded_with_days_of_its_own(backend: Backend) -> None:
    plan = a_plan(days_off=(MONDAY,), working_days=(SATURDAY,))
    with a_town(backend, plan) as town:
        assert next_day(town, FRIDAY) == SATURDAY
        assert next_day(town, SATURDAY) == date(2026, 7, 7)
