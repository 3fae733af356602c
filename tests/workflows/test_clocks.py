"""What is owed by which day, what pauses it, and that nothing is gained or lost by a pause."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import catalogue, clocks, engine
from workflows.calendar import WorkingCalendar, due_on
from workflows.clocks import ClockKind, Elapsed, Pause, Step
from workflows.model import Span, SpanKind

CLOCKS = catalogue.clocks()
REASONS = CLOCKS.pauses
STATES = catalogue.workflow().states_by_code
DAY = timedelta(days=1)
MONDAY = date(2026, 3, 2)

calendars = st.builds(
    WorkingCalendar,
    country=st.sampled_from(["ML", "MZ", "GT", "HN", "TZ", "BE", "XA"]),
    closed=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=10),
)
kinds = st.sampled_from([SpanKind.WORKING_DAYS, SpanKind.CALENDAR_DAYS])
starts = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def lives(draw: st.DrawFn) -> list[Step]:
    """States entered one after another, no two of them on an earlier day than the one before."""
    found, day = [], draw(starts)
    for state in draw(st.lists(st.sampled_from(sorted(STATES)), min_size=1, max_size=12)):
        found.append(Step(state, day))
        day += draw(st.integers(0, 60)) * DAY
    return found


@st.composite
def interruptions(draw: st.DrawFn, since: date) -> list[Pause]:
    """Pauses that are over, one after another."""
    found, day = [], since
    for _ in range(draw(st.integers(0, 4))):
        begun = day + draw(st.integers(0, 30)) * DAY
        day = begun + draw(st.integers(0, 120)) * DAY
        found.append(Pause(begun, day, "suspended"))
    return found


@given(lives(), st.integers(0, 400))
def test_gross_is_all_of_it_and_net_is_what_no_pause_took(life: list[Step], rest: int) -> None:
    today = life[-1].on + rest * DAY
    paused = clocks.pauses(life, REASONS)
    whole = clocks.elapsed(life[0].on, today, paused)
    stays = clocks.stages(life, today, REASONS)
    assert whole.gross == (today - life[0].on).days == sum(stay.time.gross for stay in stays)
    assert whole.net == sum(stay.time.net for stay in stays)
    assert 0 <= whole.net <= whole.gross


@given(lives())
def test_pauses_follow_one_another_and_only_the_last_may_last(life: list[Step]) -> None:
    found = clocks.pauses(life, REASONS)
    assert all(one.until is not None for one in found[:-1])
    for one, two in pairwise(found):
        assert one.until is not None
        assert one.until <= two.since
        assert one.until < two.since or one.reason != two.reason
    assert (bool(found) and found[-1].until is None) == (life[-1].state in REASONS)


@given(st.data(), starts, kinds, st.integers(1, 120), calendars)
def test_a_pause_leaves_as_many_days_as_there_were(
    data: st.DataObject, start: date, kind: SpanKind, length: int, calendar: WorkingCalendar
) -> None:
    due = due_on(Span(kind=kind, value=length), start, calendar)
    assert due is not None
    for one in data.draw(interruptions(start)):
        assert one.until is not None
        after = clocks.moved(due, [one], kind, calendar)
        if due < one.since:
            assert after == due  # late before, late after
            break
        if kind is SpanKind.WORKING_DAYS:
            left = calendar.working_days_between(one.since, due)
            assert calendar.working_days_between(one.until, after) in (left, max(left, 1))
            assert calendar.is_working_day(after)
        else:
            assert after - one.until == due - one.since
        assert after >= due
        due = after


@given(st.data(), starts, kinds, calendars)
def test_pauses_one_by_one_or_all_at_once_end_on_the_same_day(
    data: st.DataObject, start: date, kind: SpanKind, calendar: WorkingCalendar
) -> None:
    due = start + 40 * DAY
    paused = data.draw(interruptions(start))
    step_by_step = due
    for one in paused:
        step_by_step = clocks.moved(step_by_step, [one], kind, calendar)
    assert clocks.moved(due, paused, kind, calendar) == step_by_step


def test_a_pause_that_lasts_moves_nothing_yet() -> None:
    open_ = [Pause(MONDAY, None, "suspended")]
    due = MONDAY + 10 * DAY
    assert clocks.moved(due, open_, SpanKind.CALENDAR_DAYS, WorkingCalendar()) == due
    assert clocks.elapsed(MONDAY - 5 * DAY, MONDAY + 9 * DAY, open_) == Elapsed(gross=14, net=5)


def test_a_clock_goes_on_after_a_pause_and_begins_anew_after_other_work() -> None:
    asked = [
        Step("triage", MONDAY),
        Step("awaiting_reporter", MONDAY + DAY),
        Step("triage", MONDAY + 20 * DAY),
    ]
    assert clocks.run_start(asked, REASONS) == MONDAY
    assert clocks.run_start(asked[:2], REASONS) == MONDAY + DAY
    returned = [
        Step("triage", MONDAY),
        Step("assessed", MONDAY + DAY),
        Step("reopened", MONDAY + 2 * DAY),
        Step("assessed", MONDAY + 3 * DAY),
    ]
    assert clocks.run_start(returned, REASONS) == MONDAY + 3 * DAY


def test_stays_for_one_reason_in_a_row_are_one_pause() -> None:
    life = [
        Step("triage", MONDAY),
        Step("not_admitted", MONDAY + DAY),
        Step("under_review", MONDAY + 3 * DAY),
        Step("closed", MONDAY + 8 * DAY),
        Step("merged", MONDAY + 9 * DAY),
        Step("reopened", MONDAY + 20 * DAY),
    ]
    assert clocks.pauses(life, REASONS) == (
        Pause(MONDAY + DAY, MONDAY + 3 * DAY, "closed"),
        Pause(MONDAY + 3 * DAY, MONDAY + 8 * DAY, "appeal"),
        Pause(MONDAY + 8 * DAY, MONDAY + 20 * DAY, "closed"),
    )


MALI, MOZAMBIQUE, HONDURAS = (WorkingCalendar(country=code) for code in ("ML", "MZ", "HN"))
BELGIUM, GUATEMALA = WorkingCalendar(country="BE"), WorkingCalendar(country="GT")
TANZANIA = WorkingCalendar(country="TZ")
WORKING, CALENDAR = SpanKind.WORKING_DAYS, SpanKind.CALENDAR_DAYS


@pytest.mark.parametrize(
    ("calendar", "kind", "days", "start", "asked", "answered", "end", "why"),
    [
        # 10 from 14 December: 15 to 24 are 8 days; asked on the 18th, 6 were left.
        # From 5 January 6, 7, 8, 11, 12, 13: Mali has no day off there.
        (MALI, WORKING, 10, (2026, 12, 14), (2026, 12, 18), (2027, 1, 5), (2027, 1, 13), "6 left"),
        # 15 from 1 September: 2-4, 8-11, 14-18, 21-23; the 7th is off. Asked on the 11th, 8 are left.
        # From 2 October (Friday): the 5th is off for Sunday the 4th; 6-9, 12-15.
        (MOZAMBIQUE, WORKING, 15, (2026, 9, 1), (2026, 9, 11), (2026, 10, 2), (2026, 10, 15), "8"),
        # 5 from 30 March: 31, 1, then Holy Week, 6, 7, 8 April. Asked on the 31st, 4 are left.
        # From 13 April: the 14th is off; 15, 16, 17, 20.
        (
            HONDURAS,
            WORKING,
            5,
            (2026, 3, 30),
            (2026, 3, 31),
            (2026, 4, 13),
            (2026, 4, 20),
            "4 left",
        ),
        # 10 from 20 July: the 21st is off; 22-24, 27-31, 3, 4 August. Asked on 27 July, 6 are left:
        # 28-31 July, 3, 4 August. From 10 August: 11-14, 17, 18; the 15th is a Saturday.
        (
            BELGIUM,
            WORKING,
            10,
            (2026, 7, 20),
            (2026, 7, 27),
            (2026, 8, 10),
            (2026, 8, 18),
            "6 left",
        ),
        # 2 from 14 September: the 15th is off; 16, 17. Asked on the 14th itself, both are left.
        # From 19 October: the 20th is off; 21, 22.
        (GUATEMALA, WORKING, 2, (2026, 9, 14), (2026, 9, 14), (2026, 10, 19), (2026, 10, 22), "2"),
        # 2 from 2 April: Easter and Karume's day, so 8 and 9. Asked on the 8th, 1 is left.
        # From 24 December: Christmas on Friday, a weekend, then Monday 28.
        (
            TANZANIA,
            WORKING,
            2,
            (2026, 4, 2),
            (2026, 4, 8),
            (2026, 12, 24),
            (2026, 12, 28),
            "1 left",
        ),
        # 90 days from 1 October: 30 December. Suspended from 1 December to 1 March, 90 days of winter.
        (
            BELGIUM,
            CALENDAR,
            90,
            (2026, 10, 1),
            (2026, 12, 1),
            (2027, 3, 1),
            (2027, 3, 30),
            "29 left",
        ),
        # Due on 12 January; asked on the 13th: late stays late.
        (TANZANIA, CALENDAR, 11, (2026, 1, 1), (2026, 1, 13), (2026, 2, 13), (2026, 1, 12), "late"),
    ],
)
def test_pauses_on_real_calendars_end_where_they_end_by_hand(
    *,
    calendar: WorkingCalendar,
    kind: SpanKind,
    days: int,
    start: tuple[int, int, int],
    asked: tuple[int, int, int],
    answered: tuple[int, int, int],
    end: tuple[int, int, int],
    why: str,
) -> None:
    due = due_on(Span(kind=kind, value=days), date(*start), calendar)
    assert due is not None
    pause = Pause(date(*asked), date(*answered), "awaiting_reporter")
    assert clocks.moved(due, [pause], kind, calendar) == date(*end), why


@pytest.mark.parametrize(
    ("code", "kind", "start", "due", "latest"),
    [
        ("acknowledgement", "statutory", (2026, 12, 28), (2027, 1, 4), (2027, 1, 4)),
        ("feedback", "statutory", (2026, 11, 30), (2027, 2, 28), (2027, 5, 30)),
        ("review_request", "statutory", (2026, 12, 20), (2027, 1, 19), (2027, 1, 19)),
        # Belgium: 21-24, 28-31 December, 4, 5 January; Christmas and New Year are Fridays.
        ("interview_notice_subject", "statutory", (2026, 12, 18), (2027, 1, 5), (2027, 1, 5)),
        ("interview_notice_witness", "statutory", (2026, 12, 31), (2027, 1, 1), (2027, 1, 1)),
        ("reply", "statutory", (2026, 12, 18), (2027, 1, 5), (2027, 1, 12)),
        ("suspension_review", "service", (2026, 12, 1), (2027, 3, 1), (2027, 3, 1)),
        ("referral", "service", (2026, 12, 15), (2027, 1, 14), (2027, 1, 14)),
        ("effect_check", "service", (2026, 9, 1), (2027, 2, 28), (2027, 2, 28)),
        ("check_in_exposure", "statutory", (2026, 12, 24), (2027, 1, 7), (2027, 1, 7)),
        ("check_in_month", "statutory", (2026, 12, 24), (2027, 1, 23), (2027, 1, 23)),
        ("check_in_quarter", "statutory", (2026, 12, 24), (2027, 3, 24), (2027, 3, 24)),
        ("check_in_half_year", "statutory", (2026, 12, 24), (2027, 6, 22), (2027, 6, 22)),
        ("check_in_year", "statutory", (2026, 12, 24), (2027, 12, 24), (2027, 12, 24)),
    ],
)
def test_what_is_owed_beside_the_stages_is_owed_on_the_day_counted_by_hand(
    code: str,
    kind: str,
    start: tuple[int, int, int],
    due: tuple[int, int, int],
    latest: tuple[int, int, int],
) -> None:
    clock = CLOCKS[code]
    assert clock.kind == ClockKind(kind)
    assert clock.due(date(*start), BELGIUM) == date(*due)
    assert clock.latest(date(*start), BELGIUM) == date(*latest)


def test_a_referral_is_asked_after_a_month_and_then_every_year() -> None:
    days = list(islice(CLOCKS["referral"].again(date(2026, 1, 31)), 3))
    assert days == [date(2026, 3, 2), date(2027, 3, 2), date(2028, 3, 2)]
    assert list(CLOCKS["reply"].again(MONDAY)) == [CLOCKS["reply"].due(MONDAY)]


WD, CD = "working_days", "calendar_days"


@pytest.mark.parametrize(
    ("state", "priority", "complex_case", "span", "ceiling"),
    [
        ("received", None, False, (WD, 2), (CD, 7)),
        ("received", "P0", False, ("hours", 1), (CD, 7)),
        ("triage", "P0", False, ("hours", 4), None),
        ("triage", "P1", False, (WD, 2), None),
        ("triage", "P2", False, (WD, 5), None),
        ("triage", "P3", False, (WD, 10), None),
        ("triage", "P4", False, (WD, 15), None),
        ("preliminary_inquiry", None, False, (WD, 30), (WD, 45)),
        ("investigation", None, False, (CD, 90), (CD, 365)),
        ("investigation", None, True, (CD, 180), (CD, 365)),
        ("suspended", None, False, (CD, 90), None),
        ("quality_review", None, False, (WD, 10), None),
        ("decision_pending", None, False, (WD, 15), (WD, 30)),
        ("implementing", None, False, (CD, 60), None),
        ("under_review", None, False, (CD, 30), (CD, 45)),
    ],
)
def test_each_stage_has_its_span_and_its_ceiling(
    *,
    state: str,
    priority: str | None,
    complex_case: bool,
    span: tuple[str, int],
    ceiling: tuple[str, int] | None,
) -> None:
    found = engine.state_span(
        catalogue.workflow(), state, priority=priority, complex_case=complex_case
    )
    assert found is not None
    assert (found.kind, found.value) == span
    due = STATES[state].due
    assert due is not None
    most = due.ceiling
    assert (None if most is None else (most.kind, most.value)) == ceiling


def test_a_clock_nobody_defined_is_not_found() -> None:
    with pytest.raises(KeyError):
        CLOCKS["tea"]


def test_the_longest_time_is_the_ceiling_of_an_investigation() -> None:
    due = STATES["investigation"].due
    assert due is not None
    assert due.ceiling is not None
    assert due.ceiling.value == CLOCKS.warnings.longest_days
    assert REASONS.keys() <= STATES.keys()
