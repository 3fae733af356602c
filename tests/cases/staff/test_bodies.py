"""The register of authorities to which cases are referred: what two people say was agreed with each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from cases import twofold
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import AlreadyProposed, DirectoryBroken, NotFound, NotPermitted, SamePerson
from cases.models.bodies import ReferralBody
from cases.models.trail import AuditBody, AuditEvent
from cases.sealing.directory import HeadMemory
from cases.staff import bodies, changes
from cases.staff.bodies import Agreement

if TYPE_CHECKING:
    from uuid import UUID

    from cases.actors import StaffActor
    from tests.cases.staff.people import Town

pytestmark = pytest.mark.one_database

COURT = Agreement(
    body="prosecutor",
    agreement="Protocol 12",
    legal_basis="article 40",
    channel="by hand, to the registry",
    public_key="age1qqqq",
    contact_role="deputy prosecutor",
    accepts_anonymous=False,
)


def propose(town: Town, by: StaffActor, agreed: Agreement) -> UUID:
    with town.house.unit_of_work() as db:
        return twofold.change_referral_body(db, agreed, by).id


def confirm(town: Town, proposal: UUID, by: StaffActor) -> None:
    with town.house.unit_of_work() as db:
        twofold.confirm(db, proposal, by)


def kept(town: Town, body: str) -> Agreement | None:
    with town.house.glance() as db:
        return bodies.of(db, body)


def test_what_was_agreed_holds_once_a_second_person_says_so_and_replaces_what_was_known(
    town: Town,
) -> None:
    sam = town.person("sam", "main system_admin")
    hana = town.person("hana", "main head_ia")
    proposal = propose(town, sam, COURT)
    with pytest.raises(AlreadyProposed):
        propose(town, sam, COURT)
    assert kept(town, "prosecutor") is None
    with pytest.raises(SamePerson):
        confirm(town, proposal, sam)
    confirm(town, proposal, hana)
    assert kept(town, "prosecutor") == COURT
    bare = Agreement(body="prosecutor", accepts_anonymous=True)
    confirm(town, propose(town, sam, bare), hana)
    police = replace(COURT, body="police")
    confirm(town, propose(town, sam, police), hana)
    with town.house.glance() as db:
        assert bodies.every(db) == {"prosecutor": bare, "police": police}
    object.__setattr__(town.house, "heads", HeadMemory())
    with town.house.glance() as db:
        changes.check_directory(db)


def test_who_does_not_keep_the_process_agrees_to_nothing_about_authorities(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    carla = town.person("carla", "main case_manager")
    with pytest.raises(NotPermitted):
        confirm(town, propose(town, sam, COURT), carla)


def test_an_authority_of_no_list_has_no_entry(town: Town) -> None:
    sam = town.person("sam", "main system_admin")
    with pytest.raises(NotFound):
        propose(town, sam, replace(COURT, body="the neighbours"))


def test_without_an_entry_anonymous_matters_are_taken_to_be_accepted(town: Town) -> None:
    with town.house.unit_of_work() as db:
        bodies.keep(db, COURT, THE_SERVICE)
        assert not bodies.accepts_anonymous(db, "prosecutor")
        assert bodies.accepts_anonymous(db, "police")


def test_the_trail_says_which_entry_was_changed_and_holds_its_hash(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    with town.house.unit_of_work() as db:
        bodies.keep(db, COURT, hana)
    tag = log.tag(town.house.keyring, "actor", hana.id)
    with town.house.glance() as db:
        rows = (
            select(AuditBody, AuditEvent.leaf)
            .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
            .where(AuditBody.actor_tag == tag)
        )
        details = [log.open_body(town.house.keyring, *row).body.d for row in db.exec(rows)]
    [told] = [one for one in details if one.get("action") == "referral_body.changed"]
    assert (told["field"], len(told["sha"])) == ("prosecutor", 64)


@pytest.mark.parametrize("values", [{"accepts_anonymous": True}, {"public_key": "age1evil"}])
def test_what_other_hands_put_there_is_noticed(town: Town, values: dict[str, object]) -> None:
    with town.house.unit_of_work() as db:
        bodies.keep(db, COURT, THE_SERVICE)
    table = ReferralBody.__table__  # type: ignore[attr-defined]  # SQLModel declares no such attribute
    with town.house.engine.begin() as connection:
        connection.execute(table.update().values(**values))
    with pytest.raises(DirectoryBroken):
        kept(town, "prosecutor")


def test_an_entry_that_was_taken_out_is_missed(town: Town) -> None:
    with town.house.unit_of_work() as db:
        bodies.keep(db, COURT, THE_SERVICE)
    table = ReferralBody.__table__  # type: ignore[attr-defined]  # as above
    with town.house.engine.begin() as connection:
        connection.execute(table.delete())
    object.__setattr__(town.house, "heads", HeadMemory())
    with town.house.glance() as db, pytest.raises(DirectoryBroken):
        changes.check_directory(db)
