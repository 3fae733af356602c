from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cases import twofold
from cases.actors import THE_SERVICE
from cases.errors import (
    AlreadyProposed,
    NotFound,
    NotPermitted,
    ProposalVoid,
    SamePerson,
    Unacceptable,
)
from cases.staff import accounts, circle, pending, roles
from cases.staff.accounts import Invitation

if TYPE_CHECKING:
    from uuid import UUID

    from cases.actors import StaffActor
    from tests.cases.staff.people import Town


pytestmark = pytest.mark.one_database


def propose(town: Town, staff: UUID, by: StaffActor, seat: str = "main system_admin") -> UUID:
    with town.house.unit_of_work() as db:
        return roles.propose_role(db, staff, town.seat(seat), by).id


def confirm(town: Town, proposal: UUID, by: StaffActor) -> None:
    with town.house.unit_of_work() as db:
        twofold.confirm(db, proposal, by)


def test_a_role_given_is_held_at_the_next_sign_in(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    town.person("ines", "main intake_officer")
    proposal = propose(town, town.people["ines"], sam, "outside triage_officer")
    assert not town.sign_in("ines").actor.units("triage_officer")
    confirm(town, proposal, hana)
    assert town.sign_in("ines").actor.units("triage_officer") == {town.units["outside"]}


def test_nobody_gives_or_takes_their_own_roles(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    with pytest.raises(SamePerson), town.house.unit_of_work() as db:
        roles.propose_role(db, sam.id, town.seat("main head_ia"), sam)
    with pytest.raises(SamePerson), town.house.unit_of_work() as db:
        roles.take_role(db, sam.id, town.units["main"], "system_admin", sam)


@pytest.mark.parametrize(
    "seat",
    ["main system_admin", "main dpo", "review review_officer", "main local_committee harbour"],
)
def test_a_role_needs_two_people(town: Town, seat: str) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    ines = town.person("ines", "main intake_officer", "main head_ia")
    before = town.sign_in("ines").actor.seats
    proposal = propose(town, ines.id, sam, seat)
    assert town.sign_in("ines").actor.seats == before
    for somebody, why in ((sam, SamePerson), (ines, SamePerson), (carla, NotPermitted)):
        with pytest.raises(why):
            confirm(town, proposal, somebody)
    with town.house.glance() as db:
        assert [one.id for one in pending.waiting(db)] == [proposal]
    confirm(town, proposal, hana)
    [new] = set(town.sign_in("ines").actor.seats) - set(before)
    wish = town.seat(seat)
    assert (new.unit, new.role, new.office) == (wish.unit, wish.role, wish.office)
    with pytest.raises(NotFound):
        confirm(town, proposal, hana)


def test_a_proposal_ends_after_a_week_and_can_be_made_again(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    ines = town.person("ines", "main intake_officer")
    proposal = propose(town, ines.id, sam)
    with pytest.raises(AlreadyProposed):
        propose(town, ines.id, sam)
    town.move(days=pending.PROPOSAL_DAYS + 1)
    with town.house.glance() as db:
        assert pending.waiting(db) == []
    with pytest.raises(ProposalVoid):
        confirm(town, proposal, hana)
    again = propose(town, ines.id, sam)
    with town.house.unit_of_work() as db:
        pending.refuse(db, again, hana)
    with pytest.raises(NotFound), town.house.unit_of_work() as db:
        pending.refuse(db, again, hana)


def test_what_somebody_proposed_whose_account_was_closed_is_void(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    ines = town.person("ines", "main intake_officer")
    proposal = propose(town, ines.id, sam, "main case_manager")
    with town.house.unit_of_work() as db:
        accounts.disable(db, sam.id, THE_SERVICE)
    with pytest.raises(ProposalVoid):
        confirm(town, proposal, hana)


def test_what_somebody_proposed_who_lost_the_role_for_it_is_void(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    ines = town.person("ines", "main intake_officer")
    proposal = propose(town, ines.id, sam, "main case_manager")
    with town.house.unit_of_work() as db:
        roles.take_role(
            db, sam.id, town.seat("main system_admin").unit, "system_admin", THE_SERVICE
        )
    with town.house.glance() as db:
        assert pending.waiting(db) == []
    with pytest.raises(ProposalVoid):
        confirm(town, proposal, hana)


def test_what_was_agreed_is_judged_again(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    ines = town.person("ines", "main intake_officer")
    proposal = propose(town, ines.id, sam, "main dpo")
    with town.house.unit_of_work() as db:
        roles.give_role(db, ines.id, town.seat("main dpo"), THE_SERVICE)
    with pytest.raises(Unacceptable):
        confirm(town, proposal, hana)


def test_somebody_is_invited_by_one_and_given_their_roles_by_two(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    invitation = Invitation(
        username="sofia",
        display_name="Sofia",
        seats=[town.seat("main system_admin"), town.seat("main dpo")],
    )
    with town.house.unit_of_work() as db:
        invited = accounts.invite(db, invitation, sam)
        assert roles.seats(db, invited.staff.id) == []
    for proposal in invited.proposals:
        confirm(town, proposal, hana)
    with town.house.glance() as db:
        held = {seat.role for seat in roles.seats(db, invited.staff.id)}
    assert held == {"dpo", "system_admin"}


@pytest.mark.parametrize(
    ("wish", "pointer", "why"),
    [
        ("main reporter", "/role", "unknown"),
        ("main system", "/role", "unknown"),
        ("main king", "/role", "unknown"),
        ("main local_committee", "/office", "missing"),
        ("main dpo harbour", "/office", "not_used"),
        ("main intake_officer", "/role", "taken"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    town: Town, wish: str, pointer: str, why: str
) -> None:
    ines = town.person("ines", "main intake_officer")
    with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
        roles.give_role(db, ines.id, town.seat(wish), THE_SERVICE)
    assert refused.value.problems == ((pointer, why),)


def test_a_committee_sits_at_a_post(town: Town) -> None:
    member = town.person("malik", "main local_committee harbour")
    assert [seat.office for seat in member.seats] == [town.offices["harbour"]]


def test_unknown_people_units_and_offices_are_refused(town: Town) -> None:
    ines = town.person("ines", "main intake_officer")
    wish = town.seat("main dpo")
    with pytest.raises(NotFound), town.house.unit_of_work() as db:
        roles.give_role(db, uuid4(), wish, THE_SERVICE)
    for strange in (
        roles.SeatWish(uuid4(), "dpo"),
        roles.SeatWish(wish.unit, "local_committee", uuid4()),
    ):
        with pytest.raises(Unacceptable), town.house.unit_of_work() as db:
            roles.give_role(db, ines.id, strange, THE_SERVICE)


def test_the_key_goes_with_the_last_role_that_brought_it(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    town.person("carla", "main case_manager", "main triage_officer")
    carla = town.people["carla"]
    with town.house.unit_of_work() as db:
        circle.add_to_circle(db, town.units["main"], carla, hana)
    with town.house.unit_of_work() as db:
        roles.take_role(db, carla, town.units["main"], "triage_officer", THE_SERVICE)
    assert town.sign_in("carla").actor.key_units() == {town.units["main"]}
    with town.house.unit_of_work() as db:
        roles.take_role(db, carla, town.units["main"], "case_manager", THE_SERVICE)
    assert not town.sign_in("carla").actor.seats
    with pytest.raises(NotFound), town.house.unit_of_work() as db:
        roles.take_role(db, carla, town.units["main"], "case_manager", THE_SERVICE)


def test_the_last_role_that_opens_a_unit_stays(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    with pytest.raises(Unacceptable), town.house.unit_of_work() as db:
        roles.take_role(db, hana.id, town.units["main"], "head_ia", THE_SERVICE)


def test_a_head_of_unit_agrees_to_accounts_but_does_not_make_them(town: Town) -> None:
    roles.demand_alone(town.person("sam", "main system_admin"), "manage_staff")
    with pytest.raises(NotPermitted):
        roles.demand_alone(town.person("hana", "main head_ia"), "manage_staff")
