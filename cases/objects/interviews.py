"""Interviews: notice in time, rights told, and what happens when nobody signs."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from cases.errors import Unacceptable
from cases.objects.persons import is_subject
from cases.objects.turns import Turn, demand
from cases.objects.values import Shape
from cases.staff import calendars
from workflows.lives import SUBJECT_NOTICE_DAYS, WITNESS_NOTICE_DAYS

if TYPE_CHECKING:
    from cases.objects.inquiry_shapes import Interview
    from workflows.calendar import WorkingCalendar

SUBJECTS = frozenset({"subject", "subject_unknown", "subject_entity"})
UNANNOUNCED = frozenset({"reporter", "victim", "victim_coerced", "facilitator", "expert"})
"""Capacities in which somebody is heard at their own wish, or without delay for their sake."""


def earliest(capacity: str, notice_on: date, calendar: "WorkingCalendar") -> date:
    """The first day on which somebody may be heard who was told on a day."""
    if capacity in SUBJECTS:
        return calendar.add_working_days(notice_on, SUBJECT_NOTICE_DAYS)
    if capacity in UNANNOUNCED:
        return notice_on
    return notice_on + timedelta(days=WITNESS_NOTICE_DAYS)


def settle(turn: Turn) -> Shape:
    """An interview that was held was announced in time, or says why not, and says which rights were told.

    Raises:
        Unacceptable: as said; held on a day to come; a signature refused without a reason; an end before the
            beginning; somebody else than the reporter is heard, and nobody says who; a wish whom to talk to is
            passed over in silence.
    """
    told = cast("Interview", turn.thing)
    if told.held_on is None:
        return told
    if told.capacity != "reporter":
        demand(person=told.person)
    if told.held_on > turn.today:
        raise Unacceptable([("/held_on", "out_of_range")])
    demand(rights=told.rights, record=told.record, interviewers=told.interviewers)
    if told.gender_wished is not None and told.wish_respected is None:
        raise Unacceptable([("/wish_respected", "missing")])
    if told.signed == "refused":
        demand(refusal_reason=told.refusal_reason)
    if told.began and told.ended and told.ended < told.began:
        raise Unacceptable([("/ended", "wrong_order")])
    if told.capacity not in UNANNOUNCED and not told.waiver:
        demand(notice_on=told.notice_on)
        capacity = "subject" if _is_about(turn, told) else told.capacity
        calendar = calendars.current(turn.db)
        if told.notice_on and told.held_on < earliest(capacity, told.notice_on, calendar):
            raise Unacceptable([("/held_on", "too_early")])
    return told


def _is_about(turn: Turn, told: "Interview") -> bool:
    """Whether something is alleged of who was heard: no other capacity makes their notice shorter."""
    return told.capacity in SUBJECTS or any(
        one.id == told.person and is_subject(one.value) for one in turn.others("person")
    )
