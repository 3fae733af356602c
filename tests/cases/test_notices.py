"""What the body outside the line is told of a report that concerns an administrator."""

from __future__ import annotations

import secrets
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlmodel import col, select

from cases import intake, notices
from cases.audit import log
from cases.intake import Receipt, Submission
from cases.models.case import Case
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from cases.actors import StaffActor
    from cases.notices import Notice
    from tests.databases import Backend


def sent(small: SmallHouse, concern: str = "", *, danger: bool = False) -> Case:
    """Send a report and give its case."""
    submission = Submission(
        body="Something happened.",
        danger=danger,
        concerns=frozenset({concern} if concern else ()),
    )
    with small.look() as db:
        before = set(db.exec(select(Case.id)))
    intake.submit(intake.prepare(small.house, submission), Receipt(secrets.token_bytes(32)))
    with small.look() as db:
        return db.exec(select(Case).where(col(Case.id).not_in(before))).one()


def told(small: SmallHouse, who: StaffActor) -> list[Notice]:
    with small.work() as db:
        return notices.read(db, who)


def test_coi_r11_the_outside_unit_is_told_of_a_report_about_an_administrator(
    backend: Backend,
) -> None:
    with closing(a_house(backend, tick=timedelta(hours=1))) as small:
        head, other = (small.person("head_ia", unit=unit) for unit in ("outside", "main"))
        came_on = small.house.today()
        case = sent(small, "system_administrator")
        midnight = datetime.combine(came_on + timedelta(days=1), time(), UTC)
        for moment, number in ((timedelta(minutes=59), 0), (timedelta(hours=1), 1)):
            small.clock.now = midnight + moment
            assert len(told(small, head)) == number
        [notice] = told(small, head)
        assert (notice.unit, notice.came_on, notice.read) == (case.unit, came_on, True)
        assert told(small, other) == []
        with small.look() as db:
            about_case = {one.body.kind for one in log.told_of(db, case.id)}
        assert about_case == {"case.submitted"}


def test_a_notice_prints_nothing_at_the_moment_a_report_of_danger_comes(backend: Backend) -> None:
    """Receipts are printed at once for such a report: one more would tell what it concerns."""
    with closing(a_house(backend)) as small:
        numbers = []
        for concern in ("", "system_administrator"):
            before = len(small.printed)
            sent(small, concern, danger=True)
            numbers.append(len(small.printed) - before)
        assert numbers[0] == numbers[1] > 0


def test_a_look_that_finds_nothing_new_lies_elsewhere(backend: Backend) -> None:
    """Otherwise every look would make the next one slower."""
    with closing(a_house(backend)) as small:
        head = small.person("head_ia", unit="outside")
        sent(small, "system_administrator")
        small.clock.move(days=1)
        for _ in range(3):
            told(small, head)
        with small.look() as db:
            shelf = log.told_of(db, f"notices {small.units['outside']}")
        assert [one.body.kind for one in shelf] == ["conflict.matched", "record.read"]
