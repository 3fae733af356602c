from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases.actors import THE_SERVICE
from cases.errors import NotFound, NotSignedIn, SamePerson, SignInFailed, Unacceptable
from cases.models.people import Enrolment, Posting, SignIn, Staff, StaffStatus, UnitWrap
from cases.staff import accounts, circle, signin, unlocks
from cases.staff.accounts import Invitation
from tests.cases.staff.people import stretched

if TYPE_CHECKING:
    from tests.cases.staff.people import Town


pytestmark = pytest.mark.one_database


def test_an_enrolment_code_works_once(town: Town) -> None:
    code = town.invite("carla", "main case_manager")
    town.enrol("carla", code)
    with pytest.raises(SignInFailed):
        town.enrol("carla", code)


def test_an_enrolment_code_may_be_typed_carelessly(town: Town) -> None:
    code = town.invite("carla", "main case_manager")
    town.enrol("CARLA", code.lower().replace(" ", "-").replace("o", "0"))


@pytest.mark.parametrize("code", ["", "short", "AAAA " * 8, "é" * 32])
def test_a_wrong_enrolment_code_fails_like_an_unknown_name(town: Town, code: str) -> None:
    town.invite("carla", "main case_manager")
    for name in ("carla", "nobody"):
        with pytest.raises(SignInFailed):
            town.enrol(name, code)


def test_an_enrolment_code_ends_after_two_weeks(town: Town) -> None:
    code = town.invite("carla", "main case_manager")
    town.move(days=accounts.ENROLMENT_DAYS + 1)
    with pytest.raises(SignInFailed):
        town.enrol("carla", code)


def test_a_code_moved_to_another_account_opens_nothing(town: Town) -> None:
    """Whoever writes the database copies the verifier of their own code over somebody else's."""
    code = town.invite("mallory", "main intake_officer")
    town.invite("hana", "main head_ia")
    rows = Enrolment.__table__  # type: ignore[attr-defined]
    with town.house.engine.begin() as connection:
        mine = connection.execute(rows.select().where(rows.c.staff == town.people["mallory"])).one()
        connection.execute(
            rows.update()
            .where(rows.c.staff == town.people["hana"])
            .values(verifier=mine.verifier, root_ver=mine.root_ver)
        )
    with pytest.raises(SignInFailed):
        town.enrol("hana", code)


def test_nothing_of_a_code_is_stored(town: Town) -> None:
    code = town.invite("carla", "main case_manager")
    with town.house.glance() as db:
        row = db.exec(select(Enrolment)).one()
    assert code.replace(" ", "").encode() not in row.verifier
    assert row.verifier.hex() not in repr(row)


@pytest.mark.parametrize(
    ("changed", "pointer", "why"),
    [
        ({"username": "carla"}, "/username", "taken"),
        ({"username": "Carla Mendes"}, "/username", "malformed"),
        ({"username": ""}, "/username", "malformed"),
        ({"staff_number": "A-1"}, "/staff_number", "taken"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(
    town: Town, changed: dict[str, str], pointer: str, why: str
) -> None:
    town.invite("carla", "main case_manager", staff_number="A-1")
    invitation = Invitation(**{"username": "new", "display_name": "New", **changed})  # type: ignore[arg-type]
    with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
        accounts.invite(db, invitation, THE_SERVICE)
    assert refused.value.problems == ((pointer, why),)


def test_a_move_to_another_office_leaves_the_earlier_posting(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    with town.house.unit_of_work() as db:
        accounts.change(db, actor.id, THE_SERVICE, {"office": town.offices["harbour"]})
    town.move(days=10)
    with town.house.unit_of_work() as db:
        accounts.change(db, actor.id, THE_SERVICE, {"office": None})
    with town.house.glance() as db:
        posting = db.exec(select(Posting)).one()
    assert posting.until is not None
    assert (posting.until - posting.since).days == 10


def test_who_lost_everything_enrols_anew_and_waits_for_the_circle(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    with town.house.unit_of_work() as db:
        circle.add_to_circle(db, town.units["main"], carla.id, hana)
    with town.house.unit_of_work() as db:
        code = accounts.invite_again(db, carla.id, THE_SERVICE)
    enrolled = town.enrol("carla", code)
    assert enrolled.must == ("unit_key",)
    again = town.sign_in("carla").actor
    assert again.epoch == carla.epoch + 1
    assert again.seed != carla.seed
    assert not again.key_units()


def test_who_enrolled_anew_is_not_let_in_by_a_session_from_before_that_was_put_back(
    town: Town,
) -> None:
    """Whoever writes the database kept a copy of the session's row, and somebody kept its token."""
    town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    before = town.sign_in("carla").token
    with town.house.glance() as db:
        kept = [row.model_dump() for row in db.exec(select(SignIn))]
    with town.house.unit_of_work() as db:
        code = accounts.invite_again(db, carla.id, THE_SERVICE)
    town.enrol("carla", code)
    with town.house.unit_of_work() as db:
        there = set(db.exec(select(SignIn.id)))
        db.add_all(SignIn(**row) for row in kept if row["id"] not in there)

    with town.house.glance() as db, pytest.raises(NotSignedIn):
        signin.visit(db, before)
    with town.house.glance() as db:
        assert signin.visit(db, town.sign_in("carla").token).actor.id == carla.id


def test_the_last_who_can_open_a_unit_is_not_invited_again(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
        accounts.invite_again(db, hana.id, THE_SERVICE)
    assert refused.value.problems == (("/staff", "last_key_holder"),)


def test_a_disabled_account_keeps_only_the_keys_nobody_else_has(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    with town.house.unit_of_work() as db:
        circle.add_to_circle(db, town.units["main"], carla.id, hana)
        accounts.disable(db, hana.id, THE_SERVICE)
    with town.house.glance() as db:
        assert [wrap.staff for wrap in db.exec(select(UnitWrap))] == [carla.id]
    with town.house.unit_of_work() as db:
        accounts.disable(db, carla.id, THE_SERVICE)
        assert db.get_one(Staff, carla.id).status == StaffStatus.DISABLED
    with town.house.unit_of_work() as db:
        accounts.enable(db, carla.id, THE_SERVICE)
    assert town.sign_in("carla").actor.key_units() == {town.units["main"]}


def test_nobody_closes_or_resets_their_own_account(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    for act in (accounts.disable, accounts.enable, accounts.invite_again):
        with pytest.raises(SamePerson), town.house.unit_of_work() as db:
            act(db, sam.id, sam)


def test_accounts_are_listed_page_by_page(town: Town) -> None:
    for name in ("anna", "berta", "clara"):
        town.invite(name, "main intake_officer")
    with town.house.glance() as db:
        first = accounts.people(db, limit=2)
        rest = accounts.people(db, after=first[-1].staff.username, limit=2)
        assert [one.staff.username for one in (*first, *rest)] == ["anna", "berta", "clara"]
        assert [seat.role for seat in rest[0].seats] == ["intake_officer"]
        assert accounts.named(db, "anna").staff.id == town.people["anna"]
        with pytest.raises(NotFound):
            accounts.named(db, "nobody")


def test_enrolment_makes_a_second_way_in(town: Town) -> None:
    enrolled = town.enrol("carla", town.invite("carla", "main case_manager"))
    assert len(enrolled.recovery_code.split()) == 8
    with town.house.glance() as db:
        staff = db.get_one(Staff, town.people["carla"])
        by_code = unlocks.open_with_code(db, staff, enrolled.recovery_code)
        assert by_code == unlocks.open_with_password(db, staff, stretched().value)
        assert by_code is not None
