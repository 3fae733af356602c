"""Letting people in and out of a case, and what the keys do about it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import access, assignments, holds, messages
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import EnvelopeInvalid, NotAllowed, NotFound, NotPermitted, NotReady, Unacceptable
from cases.models.case import Case, CaseWrap, KeyKind, Record, Report
from cases.models.people import Posting
from cases.objects import things
from cases.sealing import hierarchy, records
from cases.sealing.hierarchy import StaffKeys
from cases.sealing.hpke import Secret
from cases.staff import accounts, interests
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from cases.actors import Actor
    from cases.database import Work
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


def unassign(life: Life, who: str, role: str, name: str) -> None:
    by, person = life.cast[who], life.cast[name]
    with life.small.work() as db:
        keys = StaffKeys(db, by)
        assignments.unassign(db, life.find(db, by), role, person.id, by=by, keys=keys)


def test_a_case_is_taken_in_ones_own_role_by_one_person(life: Life) -> None:
    life.triaged()
    for who in ("manager", "manager2"):
        life.declare(who)
    by, other = life.cast["manager"], life.cast["manager2"]
    with life.small.work() as db, pytest.raises(NotPermitted):
        assignments.take(db, life.find(db, by), "triage_officer", by=by)
    with life.small.work() as db:
        assignments.take(db, life.find(db, by), "case_manager", by=by)
    assert life.case().assignee == by.id
    with life.small.work() as db, pytest.raises(NotAllowed):
        assignments.take(db, life.find(db, other), "case_manager", by=other)


def test_who_is_assigned_sees_the_case_and_opens_it(life: Life) -> None:
    life.triaged()
    assert not life.sees("lead")
    life.assign("head", "lead_investigator", "lead")
    assert life.sees("lead")
    assert life.opens("lead")
    assert life.case().assignee == life.cast["lead"].id


def test_nobody_is_assigned_to_a_role_they_do_not_hold(life: Life) -> None:
    life.triaged()
    with pytest.raises(Unacceptable):
        life.assign("head", "lead_investigator", "counsel")
    with pytest.raises(Unacceptable):
        life.assign("head", "intake_officer", "desk")


def test_coi_r06_nobody_is_assigned_to_two_of_the_four_offices(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["both"] = small.person("investigator", "quality_reviewer")
    life.triaged()
    life.assign("head", "investigator", "both")
    with pytest.raises(NotReady) as refused:
        life.assign("head", "quality_reviewer", "both")
    assert refused.value.guards == ("reviewer_took_no_part",)


def test_who_leaves_cannot_open_what_is_written_afterwards(life: Life) -> None:
    life.investigated()
    with life.small.look() as db:
        wraps = db.exec(select(CaseWrap).where(CaseWrap.case_id == life.case_id)).all()
        stolen = next(row for row in wraps if row.recipient == life.cast["investigator"].id)
        shred = life.small.house.vault.key(KeyKind.INT, life.case_id)
        seed = life.cast["investigator"].seed
        old = hierarchy.unwrap(life.small.house.keyring, shred, stolen, Secret(seed))
    before = life.case().epoch
    unassign(life, "head", "investigator", "investigator")
    assert life.case().epoch == before + 1
    assert not life.sees("investigator")
    assert not life.opens("investigator")
    assert life.opens("lead")
    note = life.write("lead", "note", text="after they left")
    with life.small.work() as db:
        row = db.exec(select(Record).where(Record.id == note)).one()
        permit = log.emit(db, "case.read", by=life.cast["lead"], case=life.case())
        with pytest.raises(EnvelopeInvalid):
            records.open_(db, permit, old, row)


def test_after_the_keys_are_renewed_everything_older_still_opens(life: Life) -> None:
    life.investigated()
    life.answer("before")
    unassign(life, "head", "investigator", "investigator")
    life.answer("after")
    by = life.cast["lead"]
    with life.small.work() as db:
        case, keys = db.get_one(Case, life.case_id), StaffKeys(db, by)
        report = db.exec(select(Report).where(Report.case_id == case.id)).one()
        assert (case.epoch, report.conv_epoch) == (2, 2)
        permit = log.emit(db, "record.read", by=by, case=case)
        found = things.held(db, case, "allegation", permit=permit, keys=keys)
        assert found[0].value["category"] == "AUT-02"
        said = messages.read_thread(db, permit, report, keys)
        assert [one.body for one in said if one.body] == ["before", "after"]
        own = messages.read_own_thread(db, life.reporter(db))
        assert [one.body for one in own if one.body] == ["before", "after"]


def test_of_two_parts_one_may_end_without_the_key(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["both"] = small.person("investigator", "analyst")
    life.triaged()
    life.assign("head", "investigator", "both")
    life.assign("head", "analyst", "both")
    unassign(life, "head", "analyst", "both")
    assert life.opens("both")
    unassign(life, "head", "investigator", "both")
    assert not life.sees("both")


def test_a_rerouted_case_is_gone_for_the_unit_it_came_from(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["outside"] = small.person("head_ia", unit="outside")
    life.investigated()
    by = life.cast["head"]
    with small.work() as db:
        keys = StaffKeys(db, by)
        case = life.find(db, by)
        holds.decide(db, case, "reroute", {"reason": "they are friends"}, by=by, keys=keys)
        assignments.reroute(db, case, small.units["outside"], by=by, keys=keys)
    for who in ("head", "manager", "triage", "lead"):
        assert not life.sees(who)
        assert not life.opens(who)
    assert life.sees("outside")
    assert life.opens("outside")
    assert life.case().state == "investigation"
    life.declare("outside")
    with small.work() as db:
        case, keys = life.find(db, life.cast["outside"]), StaffKeys(db, life.cast["outside"])
        permit = log.emit(db, "record.read", by=life.cast["outside"], case=case)
        found = things.held(db, case, "decision", permit=permit, keys=keys)
    assert found[-1].value["fields"]["reason"] == "they are friends"


def test_a_case_is_rerouted_to_a_unit_that_handles(life: Life) -> None:
    life.triaged()
    life.declare("head")
    by = life.cast["head"]
    for unit in ("review", "main"):
        with life.small.work() as db, pytest.raises(Unacceptable):
            assignments.reroute(
                db,
                life.find(db, by),
                life.small.units[unit],
                by=by,
                keys=StaffKeys(db, by),
            )


def test_a_merged_report_keeps_its_thread_to_itself(small: SmallHouse) -> None:
    target = a_life(small)
    source = a_life(small, target.cast)
    target.triaged()
    source.triaged()
    target.declare("head")
    target.declare("manager")
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    source.answer("mine")
    target.answer("theirs")
    with small.work() as db:
        for one, other in ((source, target), (target, source)):
            own = [said.body for said in messages.read_own_thread(db, one.reporter(db))]
            assert ("mine" in own) == (one is source)
            foreign = db.exec(select(Report).where(Report.origin_case_id == other.case_id)).one()
            with pytest.raises(NotFound):
                hierarchy.reporter_key(db, one.reporter(db), foreign, KeyKind.CONV)
        by = target.cast["manager"]
        case = access.find(db, target.reference, by)
        reports = db.exec(select(Report).where(Report.case_id == case.id)).all()
        permit = log.emit(db, "record.read", by=by, case=case, opens=[source.case_id])
        keys = StaffKeys(db, by)
        bodies = {
            said.body
            for report in reports
            for said in messages.read_thread(db, permit, report, keys)
        }
    assert {"mine", "theirs"} <= bodies


def test_who_leaves_a_merged_case_cannot_read_on_in_either_thread(small: SmallHouse) -> None:
    target = a_life(small)
    source = a_life(small, target.cast)
    target.triaged()
    source.triaged()
    target.declare("head")
    target.declare("manager")
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    target.assign("head", "investigator", "investigator")
    unassign(target, "head", "investigator", "investigator")
    source.answer("after")
    assert source.case().epoch == 2
    by = target.cast["manager"]
    with small.work() as db:
        case = access.find(db, target.reference, by)
        reports = db.exec(select(Report).where(Report.case_id == case.id)).all()
        assert {report.conv_epoch for report in reports} == {2}
        permit = log.emit(db, "record.read", by=by, case=case, opens=[source.case_id])
        keys = StaffKeys(db, by)
        bodies = {
            said.body
            for report in reports
            for said in messages.read_thread(db, permit, report, keys)
        }
    assert "after" in bodies


def test_a_wall_around_one_of_two_merged_cases_stands_around_both(small: SmallHouse) -> None:
    target = a_life(small)
    source = a_life(small, target.cast)
    target.triaged()
    source.triaged()
    target.declare("manager2", "have")
    source.declare("head2", "have")
    assert source.sees("manager2")
    assert target.sees("head2")
    target.declare("head")
    target.declare("manager")
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    for who in ("manager2", "head2"):
        assert not source.sees(who)
        assert not target.sees(who)


@pytest.mark.parametrize("role", ["lead_investigator", "investigator", "analyst"])
def test_coi_r04_nobody_inquires_into_an_office_where_they_were_posted(
    small: SmallHouse, role: str
) -> None:
    """One by one as by the step that begins the investigation."""
    life = a_life(small)
    life.cast["posted"] = small.person(role)
    life.triaged()
    with small.work() as db:
        until = small.house.today() - timedelta(days=300)
        posting = Posting(
            staff=life.cast["posted"].id,
            office=small.offices["PORT"],
            since=date(2020, 1, 1),
            until=until,
        )
        db.add(posting)
        log.emit(db, "config.changed", by=life.cast["head"])
    with pytest.raises(NotReady) as refused:
        life.assign("head", role, "posted")
    assert refused.value.guards == ("investigators_not_posted_there",)
    assert not life.opens("posted")
    small.clock.move(days=500)
    with small.work() as db:
        interests.state(db, life.cast["posted"].id, by=life.cast["posted"])
    life.assign("head", role, "posted")
    assert life.opens("posted")


def test_nobody_inquires_while_their_own_doubt_is_undecided(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["unsure"] = small.person("investigator", "triage_officer")
    life.triaged()
    life.declare("unsure", "unsure")
    with pytest.raises(NotReady) as refused:
        life.assign("head", "investigator", "unsure")
    assert refused.value.guards == ("investigators_free",)


@pytest.mark.parametrize("taken", [accounts.disable, accounts.invite_again])
def test_a_closed_or_renewed_account_keeps_no_key_of_a_case(
    life: Life, taken: Callable[[Work, UUID, Actor], object]
) -> None:
    life.investigated()
    lead, admin = life.cast["lead"].id, THE_SERVICE
    wraps = select(CaseWrap).where(CaseWrap.recipient == lead)
    with life.small.look() as db:
        assert db.exec(wraps).first() is not None
    before = life.case().seq
    with life.small.work() as db:
        taken(db, lead, admin)
    with life.small.look() as db:
        assert db.exec(wraps).first() is None
        told = [one.body for one in log.told_of(db, life.case_id)]
    revoked = [one.d["staff"] for one in told if one.kind == "case.revoke"]
    assert revoked == [str(lead)]
    assert life.case().seq == before + 1
    assert life.opens("manager")
