"""What is due becomes at most one e-mail for each person, and is judged once more before."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import conflicts, notifications
from cases.audit import log
from cases.audit.events import Details
from cases.models.mail import Outbox, OutboxStatus
from cases.models.people import Membership, Staff, StaffStatus
from cases.notifications import Kind, errands, rounds
from cases.notifications.rounds import Fate
from cases.proposals import waits
from cases.staff import mailboxes
from cases.staff.mailboxes import Mailbox
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from cases.actors import StaffActor
    from cases.notifications.letters import Letter
    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@dataclass
class Postman:
    """Takes every e-mail, or does with it what it is told to."""

    fate: Fate = Fate.TAKEN
    letters: list[Letter] = field(default_factory=list)

    def __call__(self, letter: Letter) -> Fate:
        self.letters.append(letter)
        return self.fate


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    with closing(a_house(backend, mails=True)) as house:
        yield house


@pytest.fixture
def postman() -> Postman:
    return Postman()


def somebody(small: SmallHouse, role: str = "case_manager") -> StaffActor:
    who = small.person(role)
    with small.work() as db:
        box = Mailbox(address=f"{who.username}@customs.example", language="en")
        mailboxes.keep(db, who.id, box, who)
    return who


def tell(small: SmallHouse, who: StaffActor, *kinds: Kind, case: UUID | None = None) -> None:
    with small.work() as db:
        for kind in kinds:
            notifications.queue(db, kind, [who.id], case=case)


def tomorrow(small: SmallHouse, postman: Postman) -> rounds.Round:
    small.clock.move(days=1)
    return rounds.run(small.house, postman, waits)


def states(small: SmallHouse) -> list[str]:
    with small.look() as db:
        return [row.status for row in db.exec(select(Outbox))]


def test_nothing_is_sent_before_its_time(small: SmallHouse, life: Life, postman: Postman) -> None:
    tell(small, somebody(small), Kind.NEW_REPORT, case=life.case_id)
    small.clock.move(hours=1)
    assert rounds.run(small.house, postman, waits) == rounds.Round()
    assert postman.letters == []


def test_the_day_makes_one_mail_however_much_happened(
    small: SmallHouse, life: Life, postman: Postman
) -> None:
    who, other = somebody(small), somebody(small)
    tell(small, who, Kind.NEW_REPORT, Kind.REPLY, Kind.ASSIGNED, case=life.case_id)
    tell(small, other, Kind.REPLY, case=life.case_id)
    assert tomorrow(small, postman).sent == 2
    assert len({one.to for one in postman.letters}) == 2
    # Alike but for whom they are for: not even their number is told.
    assert len({(one.subject, one.body) for one in postman.letters}) == 1
    assert states(small) == []
    assert tomorrow(small, postman) == rounds.Round()


def test_what_is_urgent_comes_within_minutes_and_says_only_that(
    small: SmallHouse, life: Life, postman: Postman
) -> None:
    tell(small, somebody(small), Kind.EMERGENCY, case=life.case_id)
    small.clock.now += errands.LONGEST_DELAY
    assert rounds.run(small.house, postman, waits).sent == 1
    assert postman.letters[0].subject == "Tribune: something urgent waits for you"


def test_whoever_was_walled_meanwhile_is_not_told(
    small: SmallHouse, life: Life, postman: Postman
) -> None:
    who = somebody(small)
    tell(small, who, Kind.REPLY, Kind.ASSIGNED, case=life.case_id)
    with small.work() as db:
        conflicts.wall(db, life.case_id, [who.id])
        log.emit(db, "conflict.matched", by=who, d=Details(count=1))
    assert tomorrow(small, postman) == rounds.Round(spared=1)
    assert (postman.letters, states(small)) == ([], [])


def test_a_walled_case_changes_neither_the_number_of_mails_nor_their_time(
    small: SmallHouse, postman: Postman
) -> None:
    walled, seen = a_life(small), a_life(small)
    who, like_them = somebody(small), somebody(small)
    tell(small, who, Kind.REPLY, Kind.NEW_REPORT, case=walled.case_id)
    with small.work() as db:
        conflicts.wall(db, walled.case_id, [who.id])
        log.emit(db, "conflict.matched", by=who, d=Details(count=1))
    for one in (who, like_them):
        tell(small, one, Kind.REPLY, case=seen.case_id)
    at: dict[str, list[timedelta]] = {}
    for hour in range(49):
        rounds.run(small.house, postman, waits)
        for letter in postman.letters:
            at.setdefault(letter.to, []).append(timedelta(hours=hour))
        postman.letters.clear()
        small.clock.move(hours=1)
    first, second = at.values()
    assert first == second
    assert len(first) == 1


@pytest.mark.parametrize("gone", ["disabled", "without a role", "without an address"])
def test_whoever_is_not_there_any_more_is_not_told(
    small: SmallHouse, life: Life, postman: Postman, gone: str
) -> None:
    who = somebody(small)
    tell(small, who, Kind.EMERGENCY, case=life.case_id)
    tell(small, who, Kind.ESCALATED)
    with small.work() as db:
        if gone == "disabled":
            db.get_one(Staff, who.id).status = StaffStatus.DISABLED
        elif gone == "without a role":
            for seat in db.exec(select(Membership).where(Membership.staff == who.id)):
                db.delete(seat)
        else:
            mailboxes.remove(db, who.id, who)
        log.emit(db, "role.changed", by=who, d=Details(staff=who.id))
    assert tomorrow(small, postman) == rounds.Round(spared=1)
    assert states(small) == []


def test_a_proposal_that_was_answered_meanwhile_is_not_told(
    small: SmallHouse, life: Life, postman: Postman
) -> None:
    tell(small, somebody(small), Kind.PROPOSAL, Kind.DECLARATION, case=life.case_id)
    assert tomorrow(small, postman) == rounds.Round(spared=1)


def test_a_proposal_whose_proposer_could_not_make_it_any_more_is_not_told(
    small: SmallHouse, life: Life, postman: Postman
) -> None:
    life.triaged()
    life.propose("head", "authorise", mandate="look", legal_basis="article 1")
    who = somebody(small)
    with small.work() as db:
        conflicts.wall(db, life.case_id, [life.cast["head"].id])
        log.emit(db, "conflict.matched", by=who, d=Details(count=1))
    tell(small, who, Kind.PROPOSAL, case=life.case_id)
    assert tomorrow(small, postman) == rounds.Round(spared=1)


@pytest.mark.parametrize("fate", [Fate.NOT_NOW, Fate.NO_SERVER])
def test_what_was_not_taken_is_tried_again_under_the_same_id_and_given_up_in_the_end(
    small: SmallHouse, life: Life, postman: Postman, fate: Fate
) -> None:
    tell(small, somebody(small), Kind.REPLY, case=life.case_id)
    postman.fate = fate
    small.clock.move(days=1)
    outcomes = []
    for n in range(1, rounds.MOST_TRIES + 1):
        outcomes.append(rounds.run(small.house, postman, waits))
        assert (
            rounds.run(small.house, postman, waits) == rounds.Round()
        )  # not before its pause is over
        small.clock.now += rounds.pause(n)
    assert outcomes == [rounds.Round(later=1)] * (rounds.MOST_TRIES - 1) + [rounds.Round(failed=1)]
    assert len({letter.id for letter in postman.letters}) == 1
    assert states(small) == [OutboxStatus.FAILED]
    with small.look() as db:
        assert rounds.in_trouble(db)
    small.clock.now += rounds.KEPT_AS_FAILED
    rounds.run(small.house, postman, waits)
    with small.look() as db:
        assert not rounds.in_trouble(db)


@pytest.mark.parametrize("fate", [Fate.NEVER, Fate.UNKNOWN])
def test_what_may_have_arrived_or_never_will_is_not_sent_again(
    small: SmallHouse, life: Life, postman: Postman, fate: Fate
) -> None:
    tell(small, somebody(small), Kind.REPLY, case=life.case_id)
    postman.fate = fate
    assert tomorrow(small, postman) == rounds.Round(failed=1)
    postman.fate = Fate.TAKEN
    assert tomorrow(small, postman) == rounds.Round()
    assert len(postman.letters) == 1


def test_what_a_worker_had_in_hand_when_it_was_cut_off_is_not_sent_again(
    small: SmallHouse, life: Life, postman: Postman
) -> None:
    tell(small, somebody(small), Kind.REPLY, case=life.case_id)

    class PowerCutError(BaseException):
        pass

    def cut(_: Letter) -> Fate:
        raise PowerCutError

    small.clock.move(days=1)
    with pytest.raises(PowerCutError):
        rounds.run(small.house, cut, waits)
    assert rounds.run(small.house, postman, waits) == rounds.Round()
    small.clock.now += rounds.IN_HAND
    assert rounds.run(small.house, postman, waits) == rounds.Round(failed=1)
    assert postman.letters == []


def test_without_a_server_one_try_is_enough_for_a_round(
    small: SmallHouse, life: Life, postman: Postman
) -> None:
    for _ in range(3):
        tell(small, somebody(small), Kind.REPLY, case=life.case_id)
    postman.fate = Fate.NO_SERVER
    assert tomorrow(small, postman) == rounds.Round(later=1)
    postman.fate = Fate.TAKEN
    assert (
        rounds.run(small.house, postman, waits).sent == 2
    )  # those whom the first round did not reach


def test_logs_tell_how_many_and_not_whom(
    small: SmallHouse, life: Life, postman: Postman, caplog: pytest.LogCaptureFixture
) -> None:
    tell(small, somebody(small), Kind.REPLY, case=life.case_id)
    postman.fate = Fate.NOT_NOW
    tomorrow(small, postman)
    postman.fate = Fate.NEVER
    tomorrow(small, postman)
    told = "".join(str(record.__dict__) for record in caplog.records)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "@" not in told
    assert life.case_id.hex not in told.replace("-", "")
