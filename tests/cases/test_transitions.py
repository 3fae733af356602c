"""What a step sets besides the state: numbers, days, notices, keys."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import keeping, messages, transitions
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import NotAllowed
from cases.models.case import (
    NO_DATE,
    Case,
    CaseStep,
    CaseWrap,
    KeyKind,
    Report,
    ServiceMessage,
)
from cases.models.facts import CaseFact
from cases.models.people import Unit
from cases.reading import clocks
from cases.sealing import facts, hierarchy
from cases.sealing.hierarchy import StaffKeys
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life, deliver
from workflows import catalogue

if TYPE_CHECKING:
    from cases.actors import StaffActor
    from tests.cases.lives import Life
    from tests.databases import Backend

pytestmark = pytest.mark.one_database

MONDAY = date(2026, 3, 2)


def stand(small: SmallHouse, life: Life, state: str, **columns: object) -> None:
    """Put a case where a test begins."""
    with small.house.engine.begin() as connection:
        table = Case.__table__  # type: ignore[attr-defined]
        connection.execute(
            table.update().where(table.c.id == life.case).values(state=state, **columns)
        )


def take(
    small: SmallHouse, life: Life, event: str, by: StaffActor | None = None, /, **given: object
) -> Case:
    with small.work() as db:
        case = db.get_one(Case, life.case)
        step = transitions.step_of(case, event)
        keys = StaffKeys(db, by) if by else None
        transitions.take(db, case, step, by=by or THE_SERVICE, given=given, keys=keys)
        return case


def now(small: SmallHouse, life: Life) -> Case:
    with small.look() as db:
        return db.get_one(Case, life.case)


def texts(small: SmallHouse, life: Life) -> list[str]:
    with small.look() as db:
        rows = db.exec(select(ServiceMessage).where(ServiceMessage.report_id == life.report))
        return [row.code for row in sorted(rows, key=lambda row: row.n)]


def test_a_delivered_case_enters_its_first_state_with_its_first_number(small: SmallHouse) -> None:
    case = now(small, life := a_life(small))
    assert (case.state, case.delivered, case.seq, case.entered_on) == ("received", True, 1, MONDAY)
    assert case.due == date(2026, 3, 4)
    with small.look() as db:
        steps = db.exec(select(CaseStep)).all()
        assert [(one.n, one.state, one.entered_on) for one in steps] == [(1, "received", MONDAY)]
        told = [one.body for one in log.told_of(db, life.case) if one.body.kind == "case.status"]
    assert [(body.seq, body.d["after"], "before" in body.d) for body in told] == [
        (1, "received", False)
    ]
    assert texts(small, life) == ["received"]


def test_a_step_leaves_its_number_in_the_event_and_in_the_step(small: SmallHouse) -> None:
    life, officer = a_life(small), small.person("triage_officer")
    small.clock.move(days=1)
    case = take(small, life, "acknowledge", officer)
    assert (case.state, case.seq, case.entered_on) == ("acknowledged", 2, date(2026, 3, 3))
    with small.look() as db:
        step = db.exec(select(CaseStep).where(CaseStep.state == "acknowledged")).one()
        body = log.told_of(db, life.case)[-1].body
    assert (step.n, step.automatic) == (2, False)
    assert (body.seq, body.actor.id, body.d["before"], body.d["after"]) == (
        2,
        officer.id,
        "received",
        "acknowledged",
    )
    assert body.d["automatic"] is False


def test_what_the_service_does_by_itself_is_marked(small: SmallHouse) -> None:
    life = a_life(small)
    take(small, life, "acknowledge")
    with small.look() as db:
        assert db.exec(select(CaseStep).where(CaseStep.state == "acknowledged")).one().automatic
        assert log.told_of(db, life.case)[-1].body.d["automatic"] is True


@pytest.mark.parametrize(
    ("days", "feedback_by"),
    [
        (0, date(2026, 6, 2)),
        (2, date(2026, 6, 4)),
        (7, date(2026, 6, 9)),
        (20, date(2026, 6, 9)),  # too late, and not at the reporter's cost
    ],
)
def test_feedback_is_due_three_months_after_the_acknowledgement(
    small: SmallHouse, days: int, feedback_by: date
) -> None:
    life, officer = a_life(small), small.person("triage_officer")
    assert now(small, life).feedback_by == date(2026, 6, 9)
    small.clock.move(days=days)
    assert take(small, life, "acknowledge", officer).feedback_by == feedback_by
    with small.look() as db:
        assert messages.standing(db, life.reporter).feedback_by == feedback_by
        assert clocks.deadlines(db.get_one(Case, life.case))["feedback_by"] == feedback_by


def test_a_step_that_does_not_lead_from_here_is_refused(small: SmallHouse) -> None:
    life = a_life(small)
    with pytest.raises(NotAllowed) as refused:
        take(small, life, "decide")
    assert (refused.value.action, refused.value.state) == ("decide", "received")


def test_working_days_leave_out_weekends_and_the_houses_own_days_off(small: SmallHouse) -> None:
    life = a_life(small)
    small.clock.now = datetime(2026, 3, 6, 10, tzinfo=UTC)  # a Friday
    assert take(small, life, "acknowledge").due == date(2026, 3, 10)


def test_a_day_that_was_given_is_the_day_it_is_due(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "triage")
    case = take(small, life, "ask_reporter", due_on=date(2026, 3, 20))
    assert (case.due, case.due_at) == (date(2026, 3, 20), None)


def test_a_state_without_a_clock_is_due_on_no_date(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "preliminary_inquiry", due=MONDAY)
    case = take(small, life, "no_suspicion", closure_reason="unfounded")
    assert (case.due, case.due_at) == (NO_DATE, None)


def test_danger_is_due_by_the_hour_from_the_next_quarter_after_delivery(small: SmallHouse) -> None:
    small.clock.now = datetime(2026, 3, 2, 9, 31, 7, tzinfo=UTC)
    case = now(small, life := a_life(small, danger=True))
    assert case.priority == "P0"
    assert case.due_at == datetime(2026, 3, 2, 10, 45, tzinfo=UTC)
    assert case.due == MONDAY
    small.clock.now = datetime(2026, 3, 2, 22, 0, 0, tzinfo=UTC)
    case = take(small, life, "emergency")
    assert case.due_at is not None
    assert (
        timedelta(0) <= case.due_at - datetime(2026, 3, 3, 2, tzinfo=UTC) <= timedelta(minutes=15)
    )
    assert case.due == date(2026, 3, 3)


def test_the_clock_of_an_investigation_runs_from_its_authorisation(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "assessed")
    take(small, life, "authorise")
    small.clock.move(days=10)
    assert take(small, life, "assign").due == MONDAY + timedelta(days=90)
    small.clock.move(days=10)
    stand(small, life, "right_of_reply")
    assert take(small, life, "reply_closed", complex_case=True).due == MONDAY + timedelta(days=180)


def test_who_comes_back_from_a_question_has_the_days_that_were_left(small: SmallHouse) -> None:
    life = a_life(small)
    take(small, life, "acknowledge")
    assert take(small, life, "start_triage").due == date(2026, 3, 16)
    small.clock.move(days=4)  # Friday: 6 of 10 working days are left
    asked = take(small, life, "ask_reporter", due_on=date(2026, 4, 1))
    assert asked.due == date(2026, 4, 1)
    small.clock.move(days=10)  # Monday 16 March
    assert take(small, life, "silence").due == date(2026, 3, 24)
    small.clock.move(days=1)
    take(small, life, "ask_reporter", due_on=date(2026, 4, 1))
    small.clock.move(days=7)  # from Tuesday to Tuesday, 5 working days
    assert take(small, life, "silence").due == date(2026, 3, 31)


def test_an_extension_and_a_suspension_add_up(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "assessed")
    take(small, life, "authorise")
    take(small, life, "assign")
    first = MONDAY + timedelta(days=90)
    small.clock.move(days=20)
    review = small.house.today() + timedelta(days=30)
    assert take(small, life, "suspend", review_on=review).due == review
    small.clock.move(days=30)
    assert take(small, life, "resume").due == first + timedelta(days=30)
    small.clock.move(days=10)
    extended = first + timedelta(days=60)
    assert take(small, life, "extend", due_on=extended).due == extended
    take(small, life, "suspend", review_on=extended)
    small.clock.move(days=40)
    # What earlier steps said about the day comes with the step, as `deeds.clock_fields` brings it.
    assert take(small, life, "resume", due_on=extended).due == extended + timedelta(days=40)


def test_hours_do_not_pause(small: SmallHouse) -> None:
    life = a_life(small, danger=True)
    assert take(small, life, "emergency").due_at is not None
    take(small, life, "ask_reporter", due_on=MONDAY + timedelta(days=20))
    assert take(small, life, "silence").due_at is not None  # on the same day
    take(small, life, "ask_reporter", due_on=MONDAY + timedelta(days=20))
    small.clock.move(days=2)
    case = take(small, life, "silence")
    assert (case.due, case.due_at) == (MONDAY, None)


def test_without_an_authorisation_on_record_it_runs_from_the_entry(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "suspended")
    small.clock.move(days=5)
    assert take(small, life, "resume").due == MONDAY + timedelta(days=95)


def test_closing_sets_the_day_the_reason_and_how_long_the_case_is_kept(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "implementing")
    case = take(small, life, "close", closure_reason="completed", retention_class="K4")
    assert (case.closed_on, case.retention_class) == (MONDAY, "K4")
    assert case.archive_on == date(2031, 3, 2)
    with small.look() as db:
        token = db.get_one(CaseFact, life.case).closure_reason
    assert token == facts.figure_token(
        small.house.keyring, life.case, "closure_reason", "completed"
    )


@pytest.mark.parametrize(
    ("state", "event", "retention", "months"),
    [
        ("assessed", "refuse", "K1", 2),
        ("assessed", "merge", "K3", 36),
        ("preliminary_inquiry", "no_suspicion", "K3", 36),
    ],
)
def test_a_closing_that_names_no_retention_has_the_one_of_its_state(
    small: SmallHouse, state: str, event: str, retention: str, months: int
) -> None:
    life = a_life(small)
    stand(small, life, state)
    case = take(small, life, event)
    assert case.retention_class == retention
    assert case.archive_on == date(2026 + (2 + months) // 12, (2 + months) % 12 + 1, 2)


def test_every_concluded_state_has_a_retention_class() -> None:
    concluded = {state.code for state in catalogue.workflow().states if state.concluded}
    assert concluded == set(keeping.DEFAULTS)


def test_a_reopened_case_has_no_closing_day_and_is_not_on_its_way_out(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "preliminary_inquiry")
    take(small, life, "no_suspicion", closure_reason="unfounded")
    small.clock.move(days=3)
    under_review = take(small, life, "request_review")
    assert under_review.closed_on == MONDAY
    case = take(small, life, "reopen")
    assert (case.state, case.closed_on, case.archive_on, case.purge_on) == (
        "reopened",
        None,
        None,
        None,
    )


def test_an_upheld_closing_keeps_its_reason(small: SmallHouse) -> None:
    life = a_life(small)
    stand(small, life, "preliminary_inquiry")
    take(small, life, "no_suspicion", closure_reason="unfounded")
    take(small, life, "request_review")
    take(small, life, "uphold", closure_reason="completed")
    with small.look() as db:
        token = db.get_one(CaseFact, life.case).closure_reason
    expected = facts.figure_token(small.house.keyring, life.case, "closure_reason", "unfounded")
    assert token == expected


def test_a_withheld_notice_is_not_sent_and_the_status_goes_on_telling_nothing(
    small: SmallHouse,
) -> None:
    workflow = catalogue.workflow()
    step = next(one for one in workflow.transitions if one.tell_unless)
    assert step.source
    assert step.tell_unless
    told, quiet = a_life(small), a_life(small)
    for life, withheld in ((told, False), (quiet, True)):
        stand(small, life, step.source)
        take(small, life, step.event, **{step.tell_unless: withheld})
    assert now(small, quiet).quiet
    assert not now(small, told).quiet
    assert step.tell_reporter in texts(small, told)
    assert texts(small, quiet) == ["received"]


def test_every_delivered_report_of_a_case_is_told_and_no_other(backend: Backend) -> None:
    small = a_house(backend, tick=timedelta(hours=1))
    first, second = a_life(small), a_life(small)
    deliver(small)
    late = a_life(small)
    with small.work() as db:
        for life in (second, late):
            db.get_one(Report, life.report).case_id = first.case
        log.emit(db, "config.changed", by=THE_SERVICE)
    take(small, first, "acknowledge")
    assert texts(small, first) == texts(small, second) == ["received", "acknowledged"]
    assert texts(small, late) == []
    small.close()


def holders(small: SmallHouse, life: Life) -> set[str]:
    codes = {identity: code for code, identity in small.units.items()}
    with small.look() as db:
        rows = db.exec(
            select(CaseWrap).where(CaseWrap.case_id == life.case, CaseWrap.kind == KeyKind.INT)
        )
        return {codes[row.recipient] for row in rows}


def test_the_review_unit_is_let_in_by_every_ending_and_no_sooner(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    reviewer = small.person("review_officer", unit="review")
    for state, event in (("assessed", "refuse"), ("implementing", "close")):
        life = a_life(small)
        stand(small, life, "received")
        take(small, life, "acknowledge", manager)
        assert holders(small, life) == {"main"}
        stand(small, life, state)
        take(small, life, event, manager)
        assert holders(small, life) == {"main", "review"}
        with small.look() as db:
            assert StaffKeys(db, reviewer).case_key(db.get_one(Case, life.case))


def test_the_protection_unit_is_let_in_where_there_is_danger(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    assert holders(small, a_life(small, danger=True)) == {"main", "protection"}
    life = a_life(small)
    stand(small, life, "received", priority="P0")
    take(small, life, "emergency", manager)
    assert holders(small, life) == {"main", "protection"}


def test_whoever_has_a_key_is_given_no_second_one(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    with small.work() as db:
        case, keys = db.get_one(Case, life.case), StaffKeys(db, manager)
        review = hierarchy.unit_holder(db.get_one(Unit, small.units["review"]))
        assert transitions.give(db, case, review, keys)
        assert not transitions.give(db, case, review, keys)
        log.emit(db, "case.grant", by=manager, case=case)
    assert holders(small, life) == {"main", "review"}
