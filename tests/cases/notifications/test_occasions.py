"""Each occasion tells those whom it concerns, and the whole of it says nothing to who carries the mail."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from api import mailing
from cases import delivery, pairs
from cases.models.mail import Outbox
from cases.notifications import Kind, errands, rounds
from cases.notifications.rounds import Fate
from cases.proposals import waits
from cases.sealing.hierarchy import StaffKeys
from cases.staff import mailboxes
from cases.staff.mailboxes import Mailbox
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Cast, Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.notifications.letters import Letter
    from tests.databases import Backend

pytestmark = pytest.mark.one_database

EVERYBODY = ("desk", "triage", "manager", "head", "lead", "counsel", "protector", "overseer")
MARK = "Quetzalcoatlus"
"""A word that stands nowhere but where these tests write it."""


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    with closing(a_house(backend, mails=True)) as house:
        yield house


@pytest.fixture
def cast(small: SmallHouse) -> Cast:
    people = Cast(small)
    with_boxes(small, people, *EVERYBODY)
    return people


def with_boxes(small: SmallHouse, cast: Cast, *names: str) -> None:
    for name in names:
        who = cast[name]
        with small.work() as db:
            box = Mailbox(address=f"{name}@customs.example", language="en")
            mailboxes.keep(db, who.id, box, who)


def told(small: SmallHouse, cast: Cast) -> set[tuple[str, Kind]]:
    """(name, kind) of every errand there is."""
    names = {who.id: name for name, who in cast.items()}
    with small.look() as db:
        return {(names[row.staff], errands.opened(db, row).kind) for row in db.exec(select(Outbox))}


def forget(small: SmallHouse) -> None:
    with small.work() as db:
        for row in db.exec(select(Outbox)):
            db.delete(row)


def test_a_report_is_told_to_the_desk_and_to_triage(small: SmallHouse, cast: Cast) -> None:
    a_life(small, cast)
    assert told(small, cast) == {("desk", Kind.NEW_REPORT), ("triage", Kind.NEW_REPORT)}


def test_danger_is_told_to_triage_protection_and_the_head(small: SmallHouse, cast: Cast) -> None:
    a_life(small, cast, danger=True)
    assert told(small, cast) == {(name, Kind.EMERGENCY) for name in ("triage", "protector", "head")}


def test_what_a_reporter_sends_is_told_at_the_tick_and_not_before(backend: Backend) -> None:
    with closing(a_house(backend, tick=timedelta(hours=1), mails=True)) as small:
        cast = Cast(small)
        with_boxes(small, cast, *EVERYBODY)
        life = a_life(small, cast)
        assert told(small, cast) == set()
        small.integrate()
        delivery.deliver(small.house)
        assert ("triage", Kind.NEW_REPORT) in told(small, cast)
        forget(small)
        life.answer()
        assert told(small, cast) == set()
        small.integrate()
        delivery.deliver(small.house)
        assert told(small, cast) == {("triage", Kind.REPLY)}


def test_an_answer_is_told_to_who_handles_the_case(small: SmallHouse, cast: Cast) -> None:
    life = a_life(small, cast)
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    forget(small)
    life.answer()
    assert told(small, cast) == {("triage", Kind.REPLY)}


def test_a_part_in_a_case_is_told_to_who_gets_it(small: SmallHouse, cast: Cast) -> None:
    life = a_life(small, cast).triaged()
    life.authorise()
    forget(small)
    life.team()
    assert told(small, cast) == {("lead", Kind.ASSIGNED)}


def test_a_proposal_is_told_to_those_who_may_confirm_it(small: SmallHouse, cast: Cast) -> None:
    life = a_life(small, cast).triaged()
    forget(small)
    life.propose("head", "authorise", mandate=MARK, legal_basis="article 1")
    # Counsel may confirm as well, but nobody was named to be counsel of this case.
    assert told(small, cast) == {("manager", Kind.PROPOSAL)}


def test_less_urgency_is_proposed_to_those_who_may_set_it(small: SmallHouse, cast: Cast) -> None:
    life = a_life(small, cast, danger=True)
    life.declare("manager")
    forget(small)
    with small.work() as db:
        by = cast["manager"]
        pairs.set_priority(db, life.find(db, by), "P3", "calm", by=by, keys=StaffKeys(db, by))
    kinds = {kind for _, kind in told(small, cast)}
    assert kinds == {Kind.PROPOSAL}
    assert ("manager", Kind.PROPOSAL) not in told(small, cast)


def test_who_is_unsure_is_told_to_those_who_decide(small: SmallHouse, cast: Cast) -> None:
    life = a_life(small, cast).triaged()
    forget(small)
    life.declare("manager", "unsure")
    assert told(small, cast) == {("head", Kind.DECLARATION)}


def test_coi_r13_a_match_is_told_to_the_head_but_not_to_the_one_it_is(
    small: SmallHouse, cast: Cast
) -> None:
    life = a_life(small, cast).triaged()
    cast["head2"] = small.person("head_ia", name="Awa Diarra")
    with_boxes(small, cast, "head2")
    forget(small)
    life.write("triage", "person", name="Awa Diarra", role="subject")
    assert told(small, cast) == {("head", Kind.CONFLICT)}


def test_nobody_who_carries_the_mail_learns_a_word(
    small: SmallHouse, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    life = _busy(small, cast)
    sent: list[bytes] = []

    def carry(letter: Letter) -> Fate:
        message = mailing.written(letter, sender="t@customs.example", at=small.house.now())
        sent.append(message.as_bytes() + message.get_content().encode())
        return Fate.TAKEN

    with small.look() as db:
        rows = repr(
            [row.model_dump(mode="python", warnings=False) for row in db.exec(select(Outbox))]
        )
    for _ in range(3):
        small.clock.move(days=1)
        rounds.run(small.house, carry, waits)
    assert len(sent) >= 3  # triage, manager, head; the desk sees no case that is acknowledged
    seen = b"\n".join(sent).decode() + rows + repr([one.__dict__ for one in caplog.records])
    words = (MARK, life.reference, str(life.case_id), life.case_id.hex, "PORT", "Testland")
    people = [word for who in cast.values() for word in (who.display_name, who.username)]
    # Of mails and logs; the outbox names whom it is for, by an id.
    assert [word for word in (*words, *people) if word in seen] == []
    # Two texts in all: their number, too, tells nothing but urgency.
    bodies = Counter(one.split(b"\r\n\r\n", 1)[1] for one in sent)
    assert len(bodies) <= 2


def _busy(small: SmallHouse, cast: Cast) -> Life:
    """A case in which everything happened of which staff are told, each time with the mark."""
    life = a_life(small, cast, body=f"{MARK} asked for money.")
    life.triaged(title=MARK, summary=MARK)
    life.answer(MARK)
    life.write("triage", "person", name=f"{MARK} Diarra", role="subject")
    life.propose("head", "authorise", mandate=MARK, legal_basis=MARK)
    life.declare("manager2", "unsure")
    return life
