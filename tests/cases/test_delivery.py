"""What reporters send is seen at the tick, not at the moment it was sent."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlmodel import col, delete, func, select

from api import background
from cases import delivery, evidence, intake, messages
from cases.actors import THE_SERVICE, ReporterActor
from cases.audit import log
from cases.errors import TooMuchWaiting
from cases.intake import Receipt, Submission
from cases.models.case import (
    Attachment,
    Case,
    CaseStep,
    Delivery,
    Record,
    Report,
    ReportReturn,
    ServiceMessage,
)
from cases.models.trail import AuditBody, AuditPending
from cases.transitions import step_of, take
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.databases import Backend


@pytest.fixture
def small(backend: Backend, request: pytest.FixtureRequest) -> Iterator[SmallHouse]:
    changes_code = "monkeypatch" in request.fixturenames
    house = a_house(backend, tick=timedelta(hours=1), anew=changes_code)
    yield house
    house.close()


def sent(small: SmallHouse) -> ReporterActor:
    """Send a report and come back to it."""
    stretched = secrets.token_bytes(32)
    intake.submit(intake.prepare(small.house, Submission(body="x")), Receipt(stretched))
    with small.work() as db:
        token = intake.enter(db, stretched).token
    with small.look() as db:
        return intake.visit(db, token)


def case_of(small: SmallHouse, by: ReporterActor) -> Case:
    with small.look() as db:
        return db.get_one(Case, db.get_one(Report, by.report_id).case_id)


def tick(small: SmallHouse) -> int:
    small.integrate()
    return delivery.deliver(small.house)


def walked(small: SmallHouse, by: ReporterActor, *events: str) -> None:
    """Let the service take steps that only staff may, which is not what is tested here."""
    for event in events:
        with small.work() as db:
            case = db.get_one(Case, case_of(small, by).id)
            take(db, case, step_of(case, event), by=THE_SERVICE, given={})


def kinds(small: SmallHouse, case_id: UUID) -> list[tuple[str, int | None]]:
    with small.look() as db:
        told = [one.body for one in log.told_of(db, case_id)]
    return sorted((body.kind, body.seq) for body in told)


def test_nothing_of_a_report_shows_before_the_tick(small: SmallHouse) -> None:
    by = sent(small)
    case = case_of(small, by)
    assert (case.delivered, case.seq) == (False, 0)
    with small.look() as db:
        assert not db.get_one(Report, by.report_id).delivered
        assert not any(db.exec(select(Record.delivered)).all())
        assert db.exec(select(func.count()).select_from(CaseStep)).one() == 0
        assert db.exec(select(func.count()).select_from(ServiceMessage)).one() == 0
    assert kinds(small, case.id) == [("case.submitted", None)]


def test_at_the_tick_the_case_enters_with_its_first_number(small: SmallHouse) -> None:
    by = sent(small)
    assert tick(small) == 2  # the report, and that its receipt was used
    case = case_of(small, by)
    assert (case.delivered, case.seq, case.state) == (True, 1, "received")
    with small.look() as db:
        assert all(db.exec(select(Record.delivered)).all())
        assert set(db.exec(select(Record.n))) == {1}
        assert db.get(ReportReturn, by.report_id) is not None
        assert not db.exec(select(Delivery)).all()
    assert ("case.status", 1) in kinds(small, case.id)


def test_delivering_again_changes_nothing(small: SmallHouse) -> None:
    by = sent(small)
    tick(small)
    assert tick(small) == 0
    assert case_of(small, by).seq == 1


def test_a_message_takes_its_number_at_the_tick(small: SmallHouse) -> None:
    by = sent(small)
    tick(small)
    with small.work() as db:
        messages.post_as_reporter(db, by, "more")
    before = case_of(small, by)
    assert before.seq == 1
    assert tick(small) == 1
    after = case_of(small, by)
    assert (after.seq, after.state) == (2, "received")
    found = kinds(small, after.id)
    assert ("message.sent", None) in found
    assert ("record.delivered", 2) in found


def test_what_was_sent_before_the_first_tick_comes_after_its_report(small: SmallHouse) -> None:
    by = sent(small)
    for text in ("one", "two", "three"):
        with small.work() as db:
            messages.post_as_reporter(db, by, text)
    assert tick(small) == 5
    with small.look() as db:
        said = messages.read_own_thread(db, by)
    assert [one.body for one in said if one.code is None] == ["one", "two", "three"]
    assert case_of(small, by).seq == 4


def test_a_message_waits_while_its_report_does(small: SmallHouse) -> None:
    by = sent(small)
    with small.work() as db:
        messages.post_as_reporter(db, by, "more")
        parcels = db.exec(select(Delivery)).all()
        for row in parcels:
            if delivery._open(db.house.keyring, row).kind == delivery.Kind.REPORT:
                db.delete(row)
    assert tick(small) == 1  # the return
    with small.look() as db:
        assert len(db.exec(select(Delivery)).all()) == 1


def forget_the_report_parcel(small: SmallHouse) -> Delivery:
    """Take the parcel of a report away, so that what was added to it cannot be handed over."""
    with small.work() as db:
        for row in db.exec(select(Delivery)).all():
            if delivery._open(db.house.keyring, row).kind == delivery.Kind.REPORT:
                db.delete(row)
                return row
    raise AssertionError


def test_what_cannot_be_handed_over_holds_up_nobody_else(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    flood = sent(small)
    kept = forget_the_report_parcel(small)
    for text in ("one", "two", "three", "four", "five"):
        with small.work() as db:
            messages.post_as_reporter(db, flood, text)
    other = sent(small)
    assert tick(small) == 3  # the other report, and that both receipts were used
    assert case_of(small, other).delivered
    with small.work() as db:
        db.merge(Delivery(id=kept.id, root_ver=kept.root_ver, env=kept.env))
    assert tick(small) == 6
    with small.look() as db:
        said = messages.read_own_thread(db, flood)
    assert [one.body for one in said if one.code is None] == ["one", "two", "three", "four", "five"]


def test_every_batch_is_handed_over_in_the_order_it_was_sent(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    by, texts = sent(small), [str(n) for n in range(9)]
    for text in texts:
        with small.work() as db:
            messages.post_as_reporter(db, by, text)
    assert tick(small) == 11
    with small.look() as db:
        said = messages.read_own_thread(db, by)
    assert [one.body for one in said if one.code is None] == texts


def test_of_one_report_only_so_much_waits(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = sent(small)
    with small.look() as db:
        monkeypatch.setattr(delivery, "MOST_WAITING", delivery.waiting(db, by.report_id) + 2)
    with small.work() as db:
        messages.post_as_reporter(db, by, "one")
    a_file(small, by)
    with pytest.raises(TooMuchWaiting), small.work() as db:
        messages.post_as_reporter(db, by, "two")
    with pytest.raises(TooMuchWaiting), small.work() as db:
        messages.give_name(db, by, "Ama", "")
    with pytest.raises(TooMuchWaiting), small.look() as db:
        evidence.place_for_reporter(db, by, uuid4(), most=5)
    tick(small)
    with small.work() as db:
        messages.post_as_reporter(db, by, "two")


def without_a_tick(small: SmallHouse) -> SmallHouse:
    """The same house, opened again by an operator who wants no tick."""
    terms = replace(small.house.terms, reporter_tick=timedelta(0))
    return replace(small, house=replace(small.house, terms=terms))


def test_what_was_held_while_there_was_a_tick_is_handed_over_without_one(small: SmallHouse) -> None:
    by = sent(small)
    at_once = without_a_tick(small)
    with at_once.work() as db:
        messages.post_as_reporter(db, by, "while its report still waits")
    with small.look() as db:
        assert len(db.exec(select(Delivery)).all()) == 3
    assert tick(at_once) == 3
    with small.look() as db:
        assert all(db.exec(select(Record.delivered)).all())


@pytest.mark.parametrize("reporter_tick", [timedelta(0), timedelta(hours=1)])
def test_the_background_hands_over_at_the_tick_or_at_each_turn_without_one(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch, reporter_tick: timedelta
) -> None:
    by = sent(small)
    terms = replace(small.house.terms, reporter_tick=reporter_tick)
    found: list[bool] = []
    worker = background.Background(replace(small.house, terms=terms))

    def turn(_: float) -> bool:
        found.append(case_of(small, by).delivered)
        small.clock.move(minutes=1)
        small.integrate()
        return any(found) or len(found) > 40

    monkeypatch.setattr(worker._stopped, "wait", turn)
    worker.run()
    # The clock stands at half past nine, so the tick is thirty turns away.
    assert found.index(True) == (30 if reporter_tick else 1)


@pytest.mark.parametrize("what", ["message", "file"])
def test_an_answer_takes_the_case_on_at_the_tick(small: SmallHouse, what: str) -> None:
    by = sent(small)
    tick(small)
    walked(small, by, "acknowledge", "start_triage", "ask_reporter")
    assert case_of(small, by).state == "awaiting_reporter"
    if what == "message":
        with small.work() as db:
            messages.post_as_reporter(db, by, "an answer")
    else:
        a_file(small, by)
    assert case_of(small, by).state == "awaiting_reporter"
    tick(small)
    assert case_of(small, by).state == "triage"
    with small.look() as db:
        codes = db.exec(select(ServiceMessage.code).order_by(col(ServiceMessage.n))).all()
    assert codes[-1] == "answer_received"


def test_a_name_given_later_is_no_answer(small: SmallHouse) -> None:
    by = sent(small)
    tick(small)
    walked(small, by, "acknowledge", "start_triage", "ask_reporter")
    with small.work() as db:
        messages.give_name(db, by, "Ama", "")
    tick(small)
    assert case_of(small, by).state == "awaiting_reporter"
    with small.look() as db:
        newest = select(Record).where(Record.field == "identity", Record.version == 2)
        assert db.exec(newest).one().delivered


def test_a_second_answer_in_one_tick_is_only_a_message(small: SmallHouse) -> None:
    by = sent(small)
    tick(small)
    walked(small, by, "acknowledge", "start_triage", "ask_reporter")
    for text in ("one", "two"):
        with small.work() as db:
            messages.post_as_reporter(db, by, text)
    assert tick(small) == 2
    assert case_of(small, by).state == "triage"


def a_file(small: SmallHouse, by: ReporterActor) -> None:
    with small.look() as db:
        place = evidence.place_for_reporter(db, by, uuid4(), most=5)
    with evidence.sealer(small.house, place) as sealer:
        sealer.update(b"content")
        sealed = sealer.finish()
    about = evidence.Described(name="a.txt", media_type="text/plain")
    with small.work() as db:
        evidence.keep_for_reporter(db, by, place, sealed, about)


def test_a_file_is_seen_at_the_tick(small: SmallHouse) -> None:
    by = sent(small)
    tick(small)
    a_file(small, by)
    with small.look() as db:
        assert not db.exec(select(Attachment)).one().delivered
    assert tick(small) == 1
    with small.look() as db:
        assert db.exec(select(Attachment)).one().delivered


def test_a_review_is_asked_for_at_the_tick(small: SmallHouse) -> None:
    by = sent(small)
    tick(small)
    walked(small, by, "acknowledge", "start_triage", "complete_assessment", "refuse")
    assert case_of(small, by).state == "not_admitted"
    with small.work() as db:
        messages.request_review(db, by, "You did not look.", new_facts=False)
    assert case_of(small, by).state == "not_admitted"
    tick(small)
    assert case_of(small, by).state == "under_review"


def test_what_was_forgotten_meanwhile_is_passed_over(small: SmallHouse) -> None:
    sent(small)
    with small.work() as db:
        for row in db.exec(select(Delivery)).all():
            parcel = delivery._open(db.house.keyring, row)
            db.delete(row)
            gone = replace(parcel, report=uuid4())
            delivery.hold(db, gone)
    assert tick(small) == 2


def test_a_parcel_looks_like_any_other_and_names_nothing(small: SmallHouse) -> None:
    by = sent(small)
    with small.work() as db:
        messages.post_as_reporter(db, by, "more")
    with small.look() as db:
        sizes = {len(row.env) for row in db.exec(select(Delivery))}
        held = set(db.exec(select(Delivery.id)))
        pending = set(db.exec(select(AuditPending.event_id)))
        enqueued = db.exec(
            select(AuditPending.enqueued_at).where(AuditPending.lane == log.LANE_REPORTER)
        ).all()
    assert len(sizes) == 1
    assert len(held) == 3
    assert not held & pending  # nothing but the sealed parcel says which event it waits for
    assert by.report_id not in held | pending
    assert set(enqueued) == {None}


def test_events_of_reporters_carry_a_day_and_no_number(small: SmallHouse) -> None:
    by = sent(small)
    with small.look() as db:
        told = [one.body for one in log.told_of(db, case_of(small, by).id)]
        bodies = db.exec(select(func.count()).select_from(AuditBody)).one()
    assert [(body.at, body.seq, body.actor.t, body.actor.id) for body in told] == [
        ("2026-03-02", None, "reporter", None)
    ]
    with small.work() as db:
        intake.visit(db, small.token(by))
        messages.read_own_thread(db, by)
        evidence.own_files(db, by)
    with small.look() as db:
        assert db.exec(select(func.count()).select_from(AuditBody)).one() == bodies


def test_each_night_the_whole_trail_is_checked_and_old_trails_are_forgotten(
    small: SmallHouse, caplog: pytest.LogCaptureFixture
) -> None:
    worker = background.Background(without_a_tick(small).house)
    worker.turn()
    assert nights(small) == []
    small.clock.move(days=1)
    worker.turn()
    worker.turn()
    assert len(nights(small)) == 1
    with small.work() as db:
        log.emit(db, "config.changed", by=THE_SERVICE)
    with small.work() as db:
        db.exec(delete(AuditPending))
        log.emit(db, "config.changed", by=THE_SERVICE)
    small.clock.move(days=1)
    with caplog.at_level("CRITICAL"):
        worker.turn()
    assert "the trail has faults" in caplog.text
    assert nights(small)[-1] > 0


def nights(small: SmallHouse) -> list[int]:
    """How many faults each check on record has found."""
    with small.look() as db:
        told = [one.body for one in log.told_of(db, log.TRAIL)]
    return [one.d["count"] for one in told if one.kind == "log.scrub"]
