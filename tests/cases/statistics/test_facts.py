"""What is read of a month from the tables, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from cases.statistics import facts
from cases.statistics.indicators import SHUT, MonthFacts, last_closing
from cases.statistics.months import Month
from tests.cases.builders import a_house
from tests.cases.statistics.archive import Life, archive
from tests.cases.statistics.rows import age_band

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.cases.builders import SmallHouse
    from tests.databases import Backend

MARCH = Month(2026, 3)
AS_OF = date(2026, 4, 7)


def day(number: int) -> date:
    """A day of March; negative numbers and those over 31 lie in other months."""
    return MARCH.first + timedelta(days=number - 1)


@pytest.fixture
def house(backend: Backend) -> Iterator[SmallHouse]:
    with closing(a_house(backend)) as made:
        yield made


def load(house: SmallHouse, *, without: frozenset[UUID] = frozenset()) -> MonthFacts:
    with house.look() as db:
        return facts.load(db, MARCH, as_of=AS_OF, without=without)


def test_codes_come_back_from_blind_tokens(house: SmallHouse) -> None:
    archive(
        house,
        Life(
            received_on=day(3),
            steps=(("received", day(3)), ("acknowledged", day(5)), ("closed", day(20))),
            category="DIG-02",
            assessed="COR-03",
            channel="phone",
            anonymous=False,
            findings=(("substantiated", day(19)), ("unfounded", day(19))),
        ),
        Life(received_on=day(4), steps=(("received", day(4)),), category="", office="gone"),
    )
    seen = load(house)
    main = house.units["main"]
    one, other = sorted(seen.reports, key=lambda row: row.received_on)
    assert (one.unit, one.category, one.office, one.channel) == (main, "DIG-02", "PORT", "phone")
    assert (one.anonymous, one.acknowledged_on, one.automatic) == (False, day(5), False)
    assert (other.category, other.office, other.anonymous) == ("not_stated", "unknown", True)
    assert other.acknowledged_on is None
    assert sorted(row.category for row in seen.opened) == ["COR-03", "not_stated"]
    [closed] = seen.closed
    assert (closed.category, closed.days) == ("COR-03", 17)
    assert sorted(row.finding for row in seen.allegations) == ["substantiated", "unfounded"]
    assert {row.category for row in seen.allegations} == {"DIG-02"}


def test_only_what_was_delivered_is_counted(house: SmallHouse) -> None:
    archive(house, Life(received_on=day(3), steps=(("received", day(3)),), delivered=False))
    seen = load(house)
    assert seen == MonthFacts(
        as_of=AS_OF, reports=[], opened=[], closed=[], allegations=[], at_start=[], at_end=[]
    )


def test_a_merged_report_counts_as_a_report_and_no_longer_as_a_case(house: SmallHouse) -> None:
    target = Life(received_on=day(2), steps=(("received", day(2)), ("acknowledged", day(3))))
    source = Life(
        received_on=day(5),
        steps=(("received", day(5)), ("acknowledged", day(7)), ("merged", day(40))),
        merged_into=target.id,
    )
    archive(house, target, source)
    seen = load(house)
    # Its own acknowledgement stays its own.
    assert sorted(row.acknowledged_on for row in seen.reports if row.acknowledged_on) == [
        day(3),
        day(7),
    ]
    assert (len(seen.opened), [row.count for row in seen.at_end]) == (1, [1])


def test_an_emergency_and_the_services_own_acknowledgement_count_as_such(
    house: SmallHouse,
) -> None:
    archive(
        house,
        Life(received_on=day(2), steps=(("received", day(2)), ("triage", day(2)))),
        Life(
            received_on=day(3),
            steps=(("received", day(3)), ("acknowledged", day(9)), ("triage", day(10))),
            automatic=True,
        ),
        # After the day on which the month is evaluated: not yet.
        Life(received_on=day(31), steps=(("received", day(31)), ("acknowledged", day(39)))),
    )
    rows = sorted(load(house).reports, key=lambda row: row.received_on)
    assert [(row.acknowledged_on, row.automatic) for row in rows] == [
        (day(2), False),
        (day(9), True),
        (None, False),
    ]


def test_cases_one_must_not_know_of_are_in_no_row(house: SmallHouse) -> None:
    life = Life(
        received_on=day(2),
        steps=(("received", day(2)), ("acknowledged", day(3)), ("closed", day(8))),
        findings=(("unfounded", day(8)),),
    )
    still_open = Life(received_on=day(-9), steps=(("received", day(-9)), ("triage", day(50))))
    archive(house, life, still_open)
    seen = load(house, without=frozenset({life.id, still_open.id}))
    everything = (seen.reports, seen.opened, seen.closed, seen.allegations, seen.at_start)
    assert not any(everything)
    assert not seen.at_end
    assert all((load(house).reports, load(house).closed, load(house).at_start))


PATH = ("received", "acknowledged", "triage", "assessed", "preliminary_inquiry", "closed",
        "monitoring", "closed", "under_review", "reopened", "assessed", "not_admitted", "archived")  # fmt: skip


def a_life(random_: random.Random) -> Life:
    """A case of any age at any point of a long path."""
    received = day(random_.randint(-420, 45))
    on, steps = received, []
    for state in PATH[: random_.randint(1, len(PATH))]:
        steps.append((state, on))
        on += timedelta(days=random_.choice((0, 0, 1, 5, 30, 90)))
    return Life(
        received_on=received,
        steps=tuple(steps),
        office=random_.choice(("PORT", "HQ", "")),
        channel=random_.choice(("web", "letter_box")),
        assessed=random_.choice((None, "COR-01", "SRV-01")),
        unit=random_.choice(("main", "outside")),
    )


def test_the_stock_and_the_closings_are_those_that_a_walk_through_every_case_finds(
    house: SmallHouse,
) -> None:
    lives = [a_life(random.Random(number)) for number in range(250)]
    archive(house, *lives)
    seen = load(house)
    for at, rows in ((MARCH.first - timedelta(days=1), seen.at_start), (MARCH.last, seen.at_end)):
        expected: Counter[tuple[object, ...]] = Counter()
        for life in lives:
            before = [state for state, on in life.steps if on <= at]
            if life.received_on <= at and before[-1] not in SHUT:
                age = age_band((at - life.received_on).days)
                unit = house.units[life.unit]
                place = (life.assessed or "not_stated", life.office or "not_stated", life.channel)
                expected[(unit, *place, age)] += 1
        counted = {
            (row.unit, row.category, row.office, row.channel, row.age): row.count for row in rows
        }
        assert sum(expected.values()) > 40
        assert counted == dict(expected)
    closings = [
        (closed - life.received_on).days
        for life in lives
        if (closed := last_closing(life.steps, MARCH.first, MARCH.last))
    ]
    assert len(closings) > 5
    assert sorted(row.days for row in seen.closed) == sorted(closings)
    received = [life for life in lives if MARCH.first <= life.received_on <= MARCH.last]
    assert len(seen.reports) == len(seen.opened) == len(received)
