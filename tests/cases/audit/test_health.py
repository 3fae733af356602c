"""When the log counts as living, late and silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cases.actors import THE_SERVICE
from cases.audit import health, log
from cases.audit.events import Details
from cases.audit.health import Pulse
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
LIMIT = timedelta(hours=24)


def status(**more: Any) -> str:  # noqa: ANN401
    """How a log is that was signed and published a moment ago, but for what is said."""
    sound: dict[str, Any] = {
        "at": NOW, "size": 9, "signed_size": 9, "signed_at": NOW, "published_at": NOW,
        "waiting_since": None, "at_once": 0, "overdue": 0,
    }  # fmt: skip
    return Pulse(**sound | more).status(LIMIT)


@pytest.mark.parametrize(
    ("what", "seconds", "is_"),
    [
        ("waiting_since", 60, "living"),
        ("waiting_since", 61, "late"),
        ("signed_at", 16 * 60, "living"),
        ("signed_at", 16 * 60 + 1, "late"),
        ("signed_at", 24 * 3_600, "late"),
        ("signed_at", 24 * 3_600 + 1, "silent"),
        ("published_at", 9_000_000, "living"),
    ],
)
def test_a_log_is_late_once_something_is_overdue_and_silent_after_a_day(
    what: str, seconds: int, is_: str
) -> None:
    assert status(**{what: NOW - timedelta(seconds=seconds)}) == is_


def test_a_new_log_lives_until_what_was_written_first_waits_too_long() -> None:
    assert status(size=0, signed_size=0, signed_at=None, published_at=None) == "living"
    for hours, is_ in ((1, "late"), (25, "silent")):
        since = NOW - timedelta(hours=hours)
        assert status(signed_at=None, waiting_since=since) == is_


def test_reporters_events_that_missed_their_tick_make_the_log_late() -> None:
    assert status(overdue=1) == "late"


def test_a_clock_that_went_back_gives_no_negative_age() -> None:
    ahead = NOW + timedelta(seconds=5)
    one = Pulse(at=NOW, size=1, signed_size=1, signed_at=ahead, published_at=ahead,
                waiting_since=None, at_once=0, overdue=0)  # fmt: skip
    assert (one.unsigned_seconds, one.published_seconds) == (0, 0)


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    house = a_house(backend, tick=timedelta(hours=1))
    yield house
    house.close()


def pulse(small: SmallHouse) -> Pulse:
    with small.look() as db:
        return health.pulse(db, small.house.terms, now=small.house.now())


def test_what_reporters_send_does_not_show_before_it_is_overdue(small: SmallHouse) -> None:
    before = pulse(small)
    a_life(small)
    small.clock.move(hours=1)
    assert pulse(small).overdue == before.overdue == 0
    small.clock.move(days=1, hours=2)
    assert pulse(small).overdue > 0
    assert pulse(small).status(LIMIT) != "living"


def test_the_newest_scrub_in_the_log_is_the_last_one(small: SmallHouse) -> None:
    def last() -> health.Scrub | None:
        with small.look() as db:
            return health.last_scrub(db)

    assert last() is None
    for faults in (0, 3):
        small.clock.move(minutes=1)
        with small.work() as db:
            log.emit(db, "log.scrub", by=THE_SERVICE, about=log.TRAIL, d=Details(count=faults, n=1))
            log.emit(db, "audit.body_erased", by=THE_SERVICE, about=log.TRAIL, d=Details(count=1))
        small.integrate()
        found = last()
        assert found is not None
        assert (found.faults, found.at) == (faults, f"{small.house.now():%Y-%m-%dT%H:%M:%SZ}")
