"""What is to be told to whom: rows that say nothing, for those alone who may know."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from cases import conflicts, notifications
from cases.audit import log
from cases.audit.events import Details
from cases.errors import Unacceptable
from cases.models.mail import Outbox, StaffMailbox
from cases.notifications import Kind, errands
from cases.notifications.kinds import PACES, Pace
from cases.staff import mailboxes
from cases.staff.mailboxes import Mailbox
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import a_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.actors import StaffActor
    from tests.databases import Backend

pytestmark = pytest.mark.one_database

ADDRESS = "awa.diarra@customs.example"


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    with closing(a_house(backend, mails=True)) as house:
        yield house


def with_box(small: SmallHouse, who: StaffActor, *, hurried: bool = True) -> StaffActor:
    with small.work() as db:
        box = Mailbox(address=ADDRESS, language="fr", hurried=hurried)
        mailboxes.keep(db, who.id, box, who)
    return who


def rows(small: SmallHouse) -> list[Outbox]:
    with small.look() as db:
        return list(db.exec(select(Outbox)))


def test_somebody_with_an_address_is_told_once(small: SmallHouse) -> None:
    who = with_box(small, small.person("case_manager"))
    with small.work() as db:
        told = notifications.queue(db, Kind.ASSIGNED, [who.id, who.id])
    assert (told, [row.staff for row in rows(small)]) == (1, [who.id])


def test_without_an_address_nobody_is_told(small: SmallHouse) -> None:
    who = small.person("case_manager")
    with small.work() as db:
        assert notifications.queue(db, Kind.EMERGENCY, [who.id]) == 0
    assert rows(small) == []


def test_an_installation_without_mail_keeps_no_errands(backend: Backend) -> None:
    with closing(a_house(backend)) as small:
        who = with_box(small, small.person("case_manager"))
        with small.work() as db:
            assert notifications.queue(db, Kind.EMERGENCY, [who.id]) == 0
        assert rows(small) == []


def test_nobody_is_told_what_they_did_themselves(small: SmallHouse) -> None:
    who = with_box(small, small.person("case_manager"))
    with small.work() as db:
        assert notifications.queue(db, Kind.ASSIGNED, [who.id], by=who) == 0


def test_whoever_is_walled_gets_no_errand(small: SmallHouse) -> None:
    life = a_life(small)
    walled = with_box(small, small.person("case_manager"))
    other = with_box(small, small.person("case_manager"))
    with small.work() as db:
        conflicts.wall(db, life.case_id, [walled.id])
        log.emit(db, "conflict.matched", by=other, d=Details(count=1))
        notifications.queue(db, Kind.REPLY, [walled.id, other.id], case=life.case_id)
    assert [row.staff for row in rows(small)] == [other.id]


def test_a_row_says_neither_what_happened_nor_where(small: SmallHouse) -> None:
    life = a_life(small)
    who = with_box(small, small.person("case_manager"))
    with small.work() as db:
        for kind in Kind:
            notifications.queue(db, kind, [who.id], case=life.case_id)
    found = rows(small)
    # Of the same length, and equal in everything but id, moment and what is sealed.
    assert len({len(row.env) for row in found}) == 1
    assert {(row.staff, row.mail, row.status, row.tries) for row in found} == {
        (who.id, None, "waiting", 0)
    }
    clear = repr([(row.staff, row.mail, row.status, row.after, row.tries) for row in found])
    assert life.case_id.hex not in clear.replace("-", "")
    with small.look() as db:
        assert {errands.opened(db, row) for row in found} == {
            errands.Errand(kind, life.case_id) for kind in Kind
        }


def test_an_address_is_not_in_the_database_in_clear(small: SmallHouse) -> None:
    who = with_box(small, small.person("case_manager"))
    with small.look() as db:
        kept = db.exec(select(StaffMailbox)).one()
        assert ADDRESS.encode() not in kept.env
        assert mailboxes.own(db, who) == Mailbox(address=ADDRESS, language="fr")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "awa",
        "awa@localhost",
        "Awa <awa@customs.example>",
        "awa@customs.example\r\nBcc: all@customs.example",
        "awa@customs.example\n",
        "a wa@customs.example",
        f"{'a' * 250}@x.example",
    ],
)
def test_what_is_no_address_is_refused(small: SmallHouse, address: str) -> None:
    who = small.person("case_manager")
    with pytest.raises(Unacceptable), small.work() as db:
        mailboxes.keep(db, who.id, Mailbox(address=address, language="fr"), who)


def test_an_address_that_was_taken_away_is_gone(small: SmallHouse) -> None:
    who = with_box(small, small.person("case_manager"))
    with small.work() as db:
        mailboxes.remove(db, who.id, who)
    with small.look() as db:
        assert mailboxes.own(db, who) is None


def test_every_kind_has_a_pace() -> None:
    assert PACES.keys() == set(Kind)
    assert PACES[Kind.EMERGENCY] is Pace.AT_ONCE


zones = st.sampled_from(["Africa/Bamako", "America/Guatemala", "Africa/Dar_es_Salaam"]).map(
    ZoneInfo
)
moments = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2030-01-01"),
    timezones=st.just(UTC),
)


@given(moments, zones)
def test_the_mail_of_the_day_comes_at_one_hour_within_a_day(now: datetime, zone: ZoneInfo) -> None:
    moment = errands.next_digest(now, zone)
    assert timedelta(0) < moment - now <= timedelta(days=1)
    assert moment.astimezone(zone).time() == errands.DIGEST_HOUR


@given(moments, zones, st.booleans())
def test_what_cannot_wait_comes_within_minutes_but_never_at_the_moment(
    now: datetime,
    zone: ZoneInfo,
    hurried: bool,  # noqa: FBT001
) -> None:
    soon = errands.not_before(Pace.AT_ONCE, hurried=hurried, now=now, zone=zone)
    assert errands.SHORTEST_DELAY <= soon - now <= errands.LONGEST_DELAY
    chosen = errands.not_before(Pace.SOON, hurried=hurried, now=now, zone=zone)
    assert (chosen - now <= errands.LONGEST_DELAY) or not hurried
    daily = errands.not_before(Pace.DAILY, hurried=hurried, now=now, zone=zone)
    assert daily == errands.next_digest(now, zone)
