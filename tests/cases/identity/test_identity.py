"""Who a reporter is: asked for, granted by two custodians, read and closed again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import select

from cases import assignments, deadlines, identity, messages
from cases.audit import log
from cases.errors import (
    AlreadyProposed,
    DirectoryBroken,
    NotAllowed,
    NotFound,
    NotPermitted,
    NotReady,
    ProposalVoid,
    SamePerson,
    Unacceptable,
)
from cases.models.case import Case, CaseStep, CaseWrap, KeyKind, Recipient, Report
from cases.models.timed import TimedAccess, TimedStatus
from cases.sealing.hierarchy import StaffKeys
from tests.cases.identity import asking
from tests.cases.walks import NAMED, Life, a_life, merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cases.builders import SmallHouse


HANDED_ON = "identity_handed_on"


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small, identity=NAMED).after(inquired)


def inquired(life: Life) -> None:
    """With somebody who may ask."""
    life.assign("manager", "lead_investigator", "lead")
    life.declare("lead")
    life.declare("head")


def told(life: Life) -> list[str]:
    """The kinds of events about the identity, oldest first."""
    with life.small.look() as db:
        bodies = [one.body for one in log.told_of(db, life.case_id)]
    return [body.kind for body in bodies if body.kind.startswith("identity.")]


def wraps(life: Life) -> list[str]:
    """To whom the identity's key is sealed."""
    with life.small.look() as db:
        found = db.exec(select(CaseWrap.recipient_type).where(CaseWrap.kind == KeyKind.ID))
        return sorted(found)


def test_two_custodians_open_it_for_hours_and_the_trail_tells_the_whole_life(life: Life) -> None:
    before = wraps(life)
    asked = asking.opened(life)
    seen = asking.read(life)
    assert (seen.given, seen.name) == (True, "A. Reporter")
    assert wraps(life) == sorted([*before, Recipient.STAFF])
    life.small.clock.move(hours=4)
    with pytest.raises(NotPermitted):
        asking.read(life)
    deadlines.run_due(life.small.house)
    assert asking.row(life, asked).status == TimedStatus.EXPIRED
    assert wraps(life) == before
    assert told(life) == [
        "identity.requested",
        "identity.granted",
        "identity.granted",
        "identity.disclosed",
        "identity.expired",
    ]
    assert deadlines.run_due(life.small.house) == 0


@pytest.mark.one_database
def test_one_custodian_alone_opens_nothing(life: Life) -> None:
    asked = asking.ask(life)
    with pytest.raises(ProposalVoid):
        asking.confirm(life, "custodian", asked)
    asking.answer(life, "custodian", asked)
    with pytest.raises(SamePerson):
        asking.confirm(life, "custodian", asked)
    with pytest.raises(NotPermitted):
        asking.read(life)
    assert Recipient.STAFF not in wraps(life)


@pytest.mark.one_database
def test_who_asks_never_answers_though_they_were_a_custodian_as_well(life: Life) -> None:
    small = life.small
    both = small.person("identity_custodian", unit="custody")
    asked = asking.ask(life)
    with small.work() as db:
        row = db.get_one(TimedAccess, asked)
        row.staff = both.id
        log.emit(db, "identity.requested", by=both)
    with small.work() as db, pytest.raises(SamePerson):
        identity.answer(db, asked, grants=True, reason="", by=both, keys=StaffKeys(db, both))


@pytest.mark.one_database
def test_a_custodian_sees_who_asks_and_why_and_no_case(life: Life) -> None:
    asked = asking.ask(life)
    custodian = life.cast["custodian"]
    with life.small.work() as db:
        [one] = identity.waiting(db, by=custodian, keys=StaffKeys(db, custodian))
    assert (one.id, one.reference, one.purpose) == (asked, life.reference, "interview")
    assert (one.staff, one.reason) == (life.cast["lead"].id, asking.WHY)
    assert not life.sees("custodian")
    assert not life.opens("custodian")
    with pytest.raises(NotFound):
        asking.read(life, "custodian")


@pytest.mark.one_database
def test_custodians_of_another_unit_and_walled_ones_know_of_no_request(life: Life) -> None:
    small, asked = life.small, asking.ask(life)
    elsewhere = small.person("identity_custodian", unit="outside")
    walled = life.cast["custodian"]
    with small.work() as db:
        keys = StaffKeys(db, life.cast["head"])
        case = life.find(db, life.cast["head"])
        assignments.shut_out(db, case, [walled.id], by=life.cast["head"], keys=keys)
        log.emit(db, "conflict.matched", by=life.cast["head"], case=case)
    for who in (elsewhere, walled):
        with small.work() as db:
            assert identity.waiting(db, by=who, keys=StaffKeys(db, who)) == []
        with small.work() as db, pytest.raises(NotFound):
            identity.answer(db, asked, grants=True, reason="", by=who, keys=StaffKeys(db, who))


@pytest.mark.one_database
@pytest.mark.parametrize("who", ["manager", "head", "triage", "counsel", "dpo"])
def test_only_who_protects_or_inquires_may_ask(life: Life, who: str) -> None:
    with pytest.raises((NotPermitted, NotFound)):
        asking.ask(life, who)


@pytest.mark.one_database
def test_asking_twice_is_refused_and_so_are_unknown_purposes_and_reports(life: Life) -> None:
    with pytest.raises(Unacceptable):
        asking.ask(life, purpose="curiosity")
    asking.ask(life)
    with pytest.raises(AlreadyProposed):
        asking.ask(life)
    by = life.cast["lead"]
    with life.small.work() as db, pytest.raises(NotFound):
        identity.ask(db, life.find(db, by), uuid4(), "interview", "why", by=by)


@pytest.mark.one_database
def test_a_refusal_says_why_to_who_asked(life: Life) -> None:
    asked = asking.ask(life)
    asking.answer(life, "custodian", asked, grants=False)
    by = life.cast["lead"]
    with life.small.work() as db:
        [mine] = identity.of_case(db, life.find(db, by), by=by)
    assert (mine.row.status, mine.refusal) == (TimedStatus.REFUSED, "so")
    with pytest.raises(ProposalVoid):
        asking.confirm(life, "custodian2", asked)


@pytest.mark.one_database
@pytest.mark.parametrize("hours", [0, -1, 73])
def test_hours_are_between_one_and_seventy_two(life: Life, hours: int) -> None:
    asked = asking.ask(life)
    with pytest.raises(Unacceptable):
        asking.answer(life, "custodian", asked, hours=hours)


@pytest.mark.one_database
def test_nobody_answers_a_request_for_ever(life: Life) -> None:
    asked = asking.ask(life)
    life.small.clock.move(days=9)
    with pytest.raises(ProposalVoid):
        asking.answer(life, "custodian", asked)
    deadlines.run_due(life.small.house)
    assert asking.row(life, asked).status == TimedStatus.EXPIRED


@pytest.mark.one_database
def test_a_custodian_closes_it_at_once(life: Life) -> None:
    asked = asking.opened(life)
    with life.small.work() as db:
        identity.revoke(db, asked, by=life.cast["custodian2"])
    with pytest.raises(NotPermitted):
        asking.read(life)
    assert Recipient.STAFF not in wraps(life)
    assert told(life)[-1] == "identity.revoked"


@pytest.mark.one_database
@pytest.mark.parametrize("how", ["wall", "unassign"])
def test_a_wall_and_the_end_of_a_part_close_it_at_once(life: Life, how: str) -> None:
    asking.opened(life)
    lead, by = life.cast["lead"], life.cast["manager"]
    with life.small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        if how == "wall":
            assignments.shut_out(db, case, [lead.id], by=by, keys=keys)
        else:
            assignments.unassign(db, case, "lead_investigator", lead.id, by=by, keys=keys)
    assert Recipient.STAFF not in wraps(life)
    with pytest.raises(NotFound):
        asking.read(life)


@pytest.mark.one_database
def test_what_somebody_asked_for_ends_with_what_they_were_let_into(life: Life) -> None:
    asked = asking.release(
        life
    )  # their unit holds the key: there is no part and no wrap of their own
    by, asker = life.cast["head2"], life.cast["head"]
    life.declare("head2")
    with life.small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        assignments.revoke(db, case, asker.id, by=by, keys=keys)
    assert asking.row(life, asked).status == TimedStatus.REVOKED


@pytest.mark.one_database
def test_what_is_over_opens_nothing_though_the_rows_of_before_are_put_back(life: Life) -> None:
    """The moment is under a MAC; who copied the key itself while it was open still has it."""
    asked = asking.opened(life)
    life.small.clock.move(hours=5)
    later = life.small.house.now() + timedelta(days=900)
    with life.small.house.engine.begin() as connection:
        connection.execute(update(TimedAccess).values(until=later))
    with pytest.raises(DirectoryBroken):
        asking.row(life, asked)
    with pytest.raises(DirectoryBroken):
        asking.read(life)


@pytest.mark.one_database
def test_an_anonymous_report_is_asked_about_in_the_same_way(small: SmallHouse) -> None:
    life = a_life(small).after(inquired)
    asking.opened(life)
    seen = asking.read(life)
    assert (seen.given, seen.name, seen.contact) == (False, "", "")


@pytest.mark.one_database
def test_a_name_given_later_is_what_is_read(small: SmallHouse) -> None:
    life = a_life(small).after(inquired)
    asking.opened(life)
    with small.work() as db:
        messages.give_name(db, life.reporter(db), "B. Later", "")
    assert asking.read(life).name == "B. Later"


@pytest.mark.one_database
@pytest.mark.parametrize("tells", [True, False])
def test_handing_it_on_takes_the_head_and_a_custodian_and_the_reporter_is_told(
    life: Life, *, tells: bool
) -> None:
    asked = asking.release(life, tells=tells)
    with pytest.raises(NotPermitted):
        asking.read(life, "head")
    asking.answer(life, "custodian", asked)
    assert asking.read(life, "head").name == "A. Reporter"
    assert "identity.released" in told(life)
    with life.small.work() as db:
        thread = messages.standard_texts_for(db, life.reporter(db))
    assert (HANDED_ON in [one.code for one in thread]) is tells


@pytest.mark.one_database
def test_handing_it_on_needs_a_ground_and_a_body(life: Life) -> None:
    with pytest.raises(Unacceptable) as wrong:
        asking.release(life, basis="because", body="the press")
    assert [at for at, _ in wrong.value.problems] == ["/basis", "/body"]
    with pytest.raises(Unacceptable) as wrong:
        asking.release(life, body="human_resources")
    assert wrong.value.problems == (("/basis", "not_for_this_body"),)
    asking.release(life, body="human_resources", basis="consent")


@pytest.mark.one_database
def test_where_the_risk_is_high_it_is_handed_on_only_when_protection_agreed(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    life.assess(detriment_likelihood="almost_certain", detriment_seriousness="extreme")
    with pytest.raises(NotReady) as refused:
        asking.release(life)
    assert refused.value.guards == ("exposure_agreed",)
    life.assign("head", "protection_officer", "protector")
    life.agree("protector", "refer")
    with pytest.raises(NotReady):
        asking.release(life)
    life.agree("protector", "release_identity")
    asking.release(life)


HIGH = {"likelihood": "almost_certain", "seriousness": "extreme"}
AT_TRIAGE = {f"detriment_{name}": value for name, value in HIGH.items()}


def rated_high(life: Life) -> None:
    life.rate("manager", **HIGH)


def assessed_high(life: Life) -> None:
    life.assess(**AT_TRIAGE)


def merged_with_high(life: Life) -> None:
    life.assess()
    merge(a_life(life.small, life.cast).triaged(**AT_TRIAGE), life)


@pytest.mark.one_database
@pytest.mark.parametrize("turns", [rated_high, assessed_high, merged_with_high])
def test_what_waited_to_be_handed_on_ends_when_the_risk_turns_high(
    life: Life, turns: Callable[[Life], None]
) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    asked, to_work = asking.release(life), asking.ask(life)
    turns(life)
    with pytest.raises(ProposalVoid):
        asking.answer(life, "custodian", asked)
    assert asking.row(life, asked).status == TimedStatus.REVOKED
    with pytest.raises(NotReady):
        asking.release(life)
    asking.answer(life, "custodian", to_work)


@pytest.mark.one_database
def test_who_agreed_for_the_protection_is_not_the_custodian_who_hands_it_on(life: Life) -> None:
    life.triaged(**AT_TRIAGE)
    life.cast["both"] = life.small.person(
        "protection_officer", "identity_custodian", unit="custody"
    )
    life.assign("head", "protection_officer", "both")
    life.agree("both", "release_identity")
    asked = asking.release(life)
    with pytest.raises(SamePerson):
        asking.answer(life, "both", asked)
    asking.answer(life, "custodian", asked)


@pytest.mark.one_database
@pytest.mark.parametrize("agreed", ["closed", "archived"])
def test_out_of_the_archive_a_name_at_risk_goes_with_an_agreement_since_the_closing(
    life: Life, agreed: str
) -> None:
    life.triaged(**AT_TRIAGE)
    life.assign("head", "protection_officer", "protector")
    life.agree("protector", "release_identity")
    for state in ("closed", "archived"):
        stands(life, state)
        with pytest.raises(NotReady):
            asking.release(life)
        if state == agreed:
            life.agree("protector", "release_identity")
            break
    if agreed == "closed":
        stands(life, "archived")
    asking.release(life)
    with pytest.raises(NotAllowed):
        life.agree("protector", "authorise")


def stands(life: Life, state: str) -> None:
    """Bring a case to where it ends, by the row alone."""
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        case.state = state
        log.emit(db, "case.status", by=life.cast["head"], case=case)
        day = life.small.house.today()
        db.add(CaseStep(case_id=case.id, n=case.seq, state=state, entered_on=day))


@pytest.mark.one_database
def test_nobody_is_told_that_it_went_where_nobody_may_know(life: Life) -> None:
    with pytest.raises(Unacceptable) as wrong:
        asking.release(life, body="fiu", tells=True)
    assert wrong.value.problems == (("/tell_reporter", "silence_demanded"),)
    asking.release(life, body="fiu", tells=False)


@pytest.mark.one_database
def test_what_was_forgotten_cannot_be_asked_for(life: Life) -> None:
    asked = asking.opened(life)
    report = asking.report_of(life)
    life.small.house.vault.forget([(KeyKind.ID, report)])
    with pytest.raises(NotFound):
        asking.read(life)
    with life.small.work() as db:
        custodian = life.cast["custodian"]
        [one] = identity.waiting(db, by=custodian, keys=StaffKeys(db, custodian))
        assert (one.id, one.reason) == (asked, None)


@pytest.mark.one_database
def test_an_administrator_holds_nothing_to_grant_with(life: Life) -> None:
    asked, admin = asking.ask(life), life.small.person("system_admin")
    with life.small.work() as db, pytest.raises(NotFound):
        identity.answer(db, asked, grants=True, reason="", by=admin, keys=StaffKeys(db, admin))
    with life.small.look() as db, pytest.raises(NotFound):
        StaffKeys(db, admin).identity_key(db.get_one(Report, asking.report_of(life)))
