"""What the administration proposes is told to those who may agree to it, in the words of every other e-mail."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import twofold
from cases.models.mail import Outbox
from cases.models.people import UnitKind
from cases.notifications import Kind, errands, rounds
from cases.notifications.rounds import Fate
from cases.proposals import waits
from cases.staff import mailboxes
from cases.staff.accounts import Invitation
from cases.staff.bodies import Agreement
from cases.staff.mailboxes import Mailbox
from cases.staff.pending import HouseAction
from cases.staff.roles import SeatWish
from cases.staff.structure import OfficePlan, UnitPlan
from cases.staff.wording import Wording
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from cases.actors import StaffActor
    from cases.database import Work
    from cases.notifications.letters import Letter
    from tests.databases import Backend
    from workflows.model import Locale

pytestmark = pytest.mark.one_database


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    with closing(a_house(backend, mails=True)) as house:
        yield house


def somebody(small: SmallHouse, *roles: str, language: Locale = "en") -> StaffActor:
    who = small.person(*roles)
    with small.work() as db:
        box = Mailbox(address=f"{who.username}@customs.example", language=language)
        mailboxes.keep(db, who.id, box, who)
    return who


def told(small: SmallHouse) -> list[tuple[UUID, Kind, UUID | None]]:
    """(person, kind, case) of every errand there is."""
    with small.look() as db:
        found = [(row.staff, errands.opened(db, row)) for row in db.exec(select(Outbox))]
    return [(staff, errand.kind, errand.case) for staff, errand in found]


def proposals(
    small: SmallHouse, colleague: UUID
) -> dict[HouseAction, Callable[[Work, StaffActor], object]]:
    """A way to propose each act of the administration; those about a person are about this one."""
    main, port = small.units["main"], small.offices["PORT"]
    day = small.house.today() + timedelta(days=30)
    wish = SeatWish(main, "analyst")
    plan = UnitPlan(code="new", name="New", kind=UnitKind.HANDLING)
    office = OfficePlan(code="post", name="Post", kind="post", unit=main)
    text = Wording(code="received", language="en", text="We have your report.")
    return {
        HouseAction.GIVE_ROLE: lambda db, by: twofold.give_role(db, colleague, wish, by),
        HouseAction.INVITE_AGAIN: lambda db, by: twofold.invite_again(db, colleague, by),
        HouseAction.OPEN_ACCOUNT: lambda db, by: twofold.enable(db, colleague, by),
        HouseAction.CREATE_UNIT: lambda db, by: twofold.create_unit(db, plan, by),
        HouseAction.CHANGE_UNIT: lambda db, by: twofold.change_unit(
            db, main, by, {"review_unit": None}
        ),
        HouseAction.CREATE_OFFICE: lambda db, by: twofold.create_office(db, office, by),
        HouseAction.CHANGE_OFFICE: lambda db, by: twofold.change_office(
            db, port, by, {"head": colleague}
        ),
        HouseAction.CERTIFY: lambda db, by: twofold.certify(db, colleague, "corruption", day, by),
        HouseAction.WORD_TEXT: lambda db, by: twofold.word_text(db, text, by),
        HouseAction.CHANGE_CALENDAR: lambda db, by: twofold.change_calendar(
            db, by, closed=[day], opened=[]
        ),
        HouseAction.CHANGE_REFERRAL_BODY: lambda db, by: twofold.change_referral_body(
            db, Agreement(body="police", accepts_anonymous=False), by
        ),
    }


@pytest.mark.parametrize("action", HouseAction)
def test_each_act_of_two_is_told_to_who_may_be_the_second_and_to_nobody_else(
    small: SmallHouse, action: HouseAction
) -> None:
    first = "case_manager" if action is HouseAction.CERTIFY else "system_admin"
    by, second = somebody(small, first), somebody(small, first, "intake_officer")
    somebody(small, "triage_officer", "legal_counsel")
    concerned = somebody(small, first)
    with small.work() as db:
        proposals(small, concerned.id)[action](db, by)
    spared = {by.id, concerned.id} if _is_about(action) else {by.id}
    expected = {second.id, concerned.id} - spared
    assert {staff for staff, *_ in told(small)} == expected
    assert {(kind, case) for _, kind, case in told(small)} == {(Kind.PROPOSAL, None)}


def _is_about(action: HouseAction) -> bool:
    return action in {
        HouseAction.GIVE_ROLE,
        HouseAction.INVITE_AGAIN,
        HouseAction.OPEN_ACCOUNT,
        HouseAction.CERTIFY,
        HouseAction.CHANGE_OFFICE,
    }


def test_the_roles_of_somebody_who_is_invited_are_told_as_well(small: SmallHouse) -> None:
    by, second = somebody(small, "system_admin"), somebody(small, "system_admin")
    seats = (SeatWish(small.units["main"], "analyst"),)
    invitation = Invitation(username="new.colleague", display_name="New Colleague", seats=seats)
    with small.work() as db:
        twofold.invite(db, invitation, by)
    assert told(small) == [(second.id, Kind.PROPOSAL, None)]


def letters(small: SmallHouse) -> list[Letter]:
    """What goes out within minutes."""
    taken: list[Letter] = []

    def carry(letter: Letter) -> Fate:
        taken.append(letter)
        return Fate.TAKEN

    small.clock.now += errands.LONGEST_DELAY
    rounds.run(small.house, carry, waits)
    return taken


def test_the_mail_says_no_more_than_that_something_waits_in_the_reader_s_language(
    small: SmallHouse,
) -> None:
    by = somebody(small, "system_admin")
    somebody(small, "system_admin", language="fr")
    somebody(small, "system_admin", language="ar")
    with small.work() as db:
        twofold.create_unit(db, UnitPlan(code="q7", name="Quetzal", kind=UnitKind.HANDLING), by)
    sent = letters(small)
    assert {one.language for one in sent} == {"fr", "ar"}
    assert not [one for one in sent if "Quetzal" in one.subject + one.body or "q7" in one.body]
    french = next(one for one in sent if one.language == "fr")
    assert french.subject == "Tribune : une urgence vous attend"


@pytest.mark.parametrize("before", ["agreed", "refused", "expired"])
def test_what_was_answered_before_the_mail_left_is_not_told(small: SmallHouse, before: str) -> None:
    by, second = somebody(small, "system_admin"), somebody(small, "system_admin")
    plan = UnitPlan(code="new", name="New", kind=UnitKind.REVIEW)
    with small.work() as db:
        waits = twofold.create_unit(db, plan, by).id
    if before == "expired":
        small.clock.move(days=8)
    else:
        answer = twofold.confirm if before == "agreed" else twofold.refuse
        with small.work() as db:
            answer(db, waits, second)
    assert letters(small) == []
    assert told(small) == []
