"""The thread between a reporter and the service, and how a report stands."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import delivery, intake, messages, naming
from cases.actors import THE_SERVICE, ReporterActor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.errors import EnvelopeInvalid, NotAllowed, NotFound, Unacceptable, Unpermitted
from cases.intake import Receipt, Submission
from cases.messages import wishes
from cases.models.case import Case, KeyKind, Record, Report
from cases.sealing import hierarchy, records
from cases.sealing.hierarchy import StaffKeys
from cases.transitions import step_of, take
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from cases.messages import Said
    from tests.databases import Backend

pytestmark = pytest.mark.one_database


def sent(small: SmallHouse) -> ReporterActor:
    stretched = secrets.token_bytes(32)
    intake.submit(intake.prepare(small.house, Submission(body="x")), Receipt(stretched))
    with small.work() as db:
        return intake.visit(db, intake.enter(db, stretched).token)


def case_of(small: SmallHouse, by: ReporterActor) -> Case:
    with small.look() as db:
        return db.get_one(Case, db.get_one(Report, by.report_id).case_id)


def walked(small: SmallHouse, by: ReporterActor, *events: str, **given: object) -> None:
    for event in events:
        with small.work() as db:
            case = db.get_one(Case, case_of(small, by).id)
            take(db, case, step_of(case, event), by=THE_SERVICE, given=given)


def wrote(small: SmallHouse, by: ReporterActor, text: str, staff: StaffActor) -> None:
    with small.work() as db:
        report = db.get_one(Report, by.report_id)
        case = db.get_one(Case, report.case_id)
        keys = StaffKeys(db, staff)
        words = naming.cleared(db, case, {"/body": text}, by=staff, keys=keys)
        messages.post_as_staff(db, case, report, words["/body"], by=staff, keys=keys)


def read_by(small: SmallHouse, by: ReporterActor, staff: StaffActor) -> list[Said]:
    with small.work() as db:
        report = db.get_one(Report, by.report_id)
        case = db.get_one(Case, report.case_id)
        permit = log.emit(
            db,
            "record.read",
            by=staff,
            case=case,
            d=Details(parts=["thread"]),
            opens=[report.origin_case_id],
        )
        return messages.read_thread(db, permit, report, StaffKeys(db, staff))


def own(small: SmallHouse, by: ReporterActor) -> list[Said]:
    with small.look() as db:
        return messages.read_own_thread(db, by)


def stands(small: SmallHouse, by: ReporterActor) -> messages.Standing:
    with small.look() as db:
        return messages.standing(db, by)


def test_both_sides_read_the_same_in_the_order_it_was_said(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    by = sent(small)
    wrote(small, by, "first", manager)
    with small.work() as db:
        messages.post_as_reporter(db, by, "second")
    wrote(small, by, "third", manager)
    small.clock.move(days=1)
    walked(small, by, "acknowledge")
    expected = ["received", "first", "second", "third", "acknowledged"]
    assert [one.code or one.body for one in own(small, by)] == expected
    seen = read_by(small, by, manager)
    assert [one.code or one.body for one in seen] == expected
    assert [one.staff for one in seen] == [None, manager.id, None, manager.id, None]


def test_staff_do_not_see_what_waits_for_the_tick(backend: Backend) -> None:
    small = a_house(backend, tick=timedelta(hours=1))
    try:
        manager = small.person("case_manager")
        by = sent(small)
        small.integrate()
        delivery.deliver(small.house)
        with small.work() as db:
            messages.post_as_reporter(db, by, "not yet")
        assert [one.body for one in read_by(small, by, manager)] == [""]
        assert [one.body for one in own(small, by)] == ["", "not yet"]
    finally:
        small.close()


def test_a_message_takes_the_next_number_and_names_its_author_in_the_trail(
    small: SmallHouse,
) -> None:
    manager = small.person("case_manager")
    by = sent(small)
    wrote(small, by, "hello", manager)
    case = case_of(small, by)
    assert case.seq == 2
    with small.look() as db:
        [written] = [
            one.body for one in log.told_of(db, case.id) if one.body.kind == "message.sent"
        ]
        row = db.exec(select(Record).where(Record.field == "message")).one()
    assert (written.seq, written.actor.id) == (2, manager.id)
    assert row.n == 2


def test_nobody_without_the_key_writes_or_reads(small: SmallHouse) -> None:
    outsider = small.person("case_manager", unit="outside")
    by = sent(small)
    with small.work() as db:
        messages.post_as_reporter(db, by, "for the unit")
    with pytest.raises(NotFound):
        wrote(small, by, "hello", outsider)
    with pytest.raises(NotFound):
        read_by(small, by, outsider)


def test_a_message_cannot_be_sent_into_another_case(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    one, other = sent(small), sent(small)
    with small.work() as db:
        keys = StaffKeys(db, manager)
        mine, theirs = (db.get_one(Case, case_of(small, who).id) for who in (one, other))
        report = db.get_one(Report, other.report_id)
        words = naming.cleared(db, mine, {"/body": "x"}, by=manager, keys=keys)["/body"]
        for case in (mine, theirs):
            with pytest.raises(NotFound):
                messages.post_as_staff(db, case, report, words, by=manager, keys=keys)


def test_a_receipt_opens_no_other_thread_even_with_the_database(small: SmallHouse) -> None:
    one, other = sent(small), sent(small)
    impostor = ReporterActor(other.report_id, one.seed)
    with small.look() as db:
        report = db.get_one(Report, other.report_id)
        with pytest.raises(EnvelopeInvalid):
            hierarchy.reporter_key(db, impostor, report, KeyKind.CONV)
        with pytest.raises(NotFound):
            hierarchy.reporter_key(db, one, report, KeyKind.CONV)


def test_the_permit_of_a_reporter_covers_their_case_alone(small: SmallHouse) -> None:
    one, other = sent(small), sent(small)
    with small.look() as db:
        report = db.get_one(Report, one.report_id)
        key = hierarchy.reporter_key(db, one, report, KeyKind.CONV)
        row = db.exec(
            select(Record).where(Record.report_id == report.id, Record.field == "report")
        ).one()
        permit = log.reporter_permit(db, one, [case_of(small, other).id])
        with pytest.raises(Unpermitted):
            records.open_(db, permit, key, row)


def test_a_case_that_is_only_kept_takes_nothing_more(small: SmallHouse) -> None:
    by = sent(small)
    walked(small, by, "acknowledge", "start_triage", "complete_assessment", "refuse", "archive")
    with small.work() as db, pytest.raises(NotAllowed):
        messages.post_as_reporter(db, by, "x")
    assert stands(small, by).can == ("renew_receipt",)


# How it stands


def test_a_merged_report_shows_how_its_target_stands_and_never_says_merged(
    small: SmallHouse,
) -> None:
    one, other = sent(small), sent(small)
    walked(small, one, "acknowledge", "start_triage")
    walked(small, other, "acknowledge", "start_triage", "complete_assessment")
    walked(small, one, "complete_assessment")
    with small.work() as db:
        source = db.get_one(Case, case_of(small, other).id)
        source.merged_into = case_of(small, one).id
        take(db, source, step_of(source, "merge"), by=THE_SERVICE, given={})
    assert case_of(small, other).state == "merged"
    assert stands(small, other).status == stands(small, one).status == "assessing"


def test_the_day_of_the_acknowledgement_is_told(small: SmallHouse) -> None:
    by = sent(small)
    assert stands(small, by).acknowledged_on is None
    small.clock.move(days=2)
    walked(small, by, "acknowledge")
    told = stands(small, by).acknowledged_on
    assert told is not None
    assert told.isoformat() == "2026-03-04"


# What can be asked for


def concluded(small: SmallHouse) -> ReporterActor:
    by = sent(small)
    walked(small, by, "acknowledge", "start_triage", "complete_assessment", "refuse")
    return by


def test_a_review_is_offered_when_the_case_has_ended(small: SmallHouse) -> None:
    by = concluded(small)
    assert wishes.REVIEW in stands(small, by).can
    assert wishes.WITHDRAW not in stands(small, by).can
    with small.work() as db:
        messages.request_review(db, by, "why", new_facts=False)
    assert case_of(small, by).state == "under_review"
    assert own(small, by)[-1].code == "review_received"


def test_a_review_is_asked_for_within_thirty_days(small: SmallHouse) -> None:
    by = concluded(small)
    small.clock.move(days=30)
    with small.work() as db:
        messages.request_review(db, by, "why", new_facts=False)
    assert case_of(small, by).state == "under_review"


def test_later_a_review_needs_new_facts(small: SmallHouse) -> None:
    by = concluded(small)
    small.clock.move(days=31)
    with small.work() as db, pytest.raises(NotAllowed):
        messages.request_review(db, by, "why", new_facts=False)
    with small.work() as db:
        messages.request_review(db, by, "why", new_facts=True)
    assert case_of(small, by).state == "under_review"


def test_a_check_in_is_answered_in_words_of_the_list(small: SmallHouse) -> None:
    by = concluded(small)
    with small.work() as db:
        messages.answer_check_in(
            db, by, {"change": "some", "threat": "none"}, wants_to_talk=True, text=""
        )
    said = own(small, by)[-1]
    assert said.act == "answer_check_in"
    assert said.details == {"change": "some", "threat": "none", "wants_to_talk": "yes"}
    with small.work() as db, pytest.raises(Unacceptable):
        messages.answer_check_in(db, by, {"change": "perhaps"}, wants_to_talk=False, text="")


def test_a_name_given_later_is_for_the_custodians_alone(small: SmallHouse) -> None:
    custodian = small.person("identity_custodian", unit="custody")
    by = sent(small)
    with small.work() as db:
        messages.give_name(db, by, "Ama", "by phone")
    with small.work() as db:
        report = db.get_one(Report, by.report_id)
        case = db.get_one(Case, report.case_id)
        row = db.exec(select(Record).where(Record.field == "identity", Record.version == 2)).one()
        permit = log.emit(db, "identity.disclosed", by=custodian, case=case)
        key = StaffKeys(db, custodian).identity_key(report)
        assert records.open_(db, permit, key, row) == {"name": "Ama", "contact": "by phone"}
        first = db.exec(select(Record).where(Record.field == "identity", Record.version == 1)).one()
    assert len(first.env) == len(row.env)
    assert wishes.GIVE_NAME not in stands(small, by).can
