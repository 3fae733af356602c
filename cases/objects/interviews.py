"""Interviews: notice in time, rights told, and what happens when nobody signs.

Notice that is shorter than it should be needs a reason (`waiver`) and somebody else who approved it. What was
approved is this reason and this notice, for this person in this capacity on this day, under the rule that held
for them: where any of it is another, it is approved anew.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from cases.conflicts import SUBJECTS
from cases.errors import Unacceptable
from cases.objects.held import Held
from cases.objects.persons import roles
from cases.objects.turns import Turn, demand
from cases.objects.values import Shape
from cases.staff import calendars
from workflows.lives import SUBJECT_NOTICE_DAYS, WITNESS_NOTICE_DAYS

if TYPE_CHECKING:
    from cases.objects.inquiry_shapes import Interview
    from workflows.calendar import WorkingCalendar

APPROVAL = "notice_approval"
"""The field of the record that somebody approved a shorter notice: {interview, version, concerned, by, on}."""
APPROVED = ("person", "capacity", "notice_on", "waiver")
"""What of an interview was approved with its shorter notice."""

NOTICED = ("held_on", "notice_on", "capacity", "person", "waiver")
"""What of an interview that was held says whether its notice was long enough, and why if it was not."""

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
        Unacceptable: as said; announced too late without a reason that somebody else approved; held on a day to
            come; a signature refused without a reason; an end before the beginning; somebody else than the
            reporter is heard, and nobody says who; a wish whom to talk to is passed over in silence.
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
    if not _stands(turn, told) and not _in_time(turn, told, told.held_on):
        _demand_waived(turn, told)
    return told


def _stands(turn: Turn, told: "Interview") -> bool:
    """Whether it was held like that before: what is alleged of somebody since makes no notice late."""
    now = told.model_dump(mode="json")
    return bool(turn.before) and all(turn.before[name] == now[name] for name in NOTICED)


def _in_time(turn: Turn, told: "Interview", held_on: date) -> bool:
    # Whether anything is alleged of them comes first: an accused expert is heard as an accused.
    capacity = "subject" if _concerned(turn, told) else told.capacity
    if capacity in UNANNOUNCED:
        return True
    if told.notice_on is None:
        return False
    return held_on >= earliest(capacity, told.notice_on, calendars.current(turn.db))


def _demand_waived(turn: Turn, told: "Interview") -> None:
    """Refuse what was announced too late, or not at all, unless somebody else approved the reason for it."""
    if not told.waiver:
        demand(notice_on=told.notice_on)
        raise Unacceptable([("/held_on", "too_early")])
    if not any(_approves(turn, one, told) for one in turn.others(APPROVAL)):
        raise Unacceptable([("/waiver", "not_approved")])


def _approves(turn: Turn, approval: Held, told: "Interview") -> bool:
    """Whether an approval is of what the interview still says, by nobody who hears somebody in it.

    It may be younger than the interview: what happened without it is put on record with the day on which it
    was approved, rather than not at all.
    """
    earlier = turn.earlier
    if earlier is None or approval.value["interview"] != str(earlier.id):
        return False
    if UUID(approval.value["by"]) in told.interviewers:
        return False
    if approval.value["concerned"] != _concerned(turn, told):
        return False
    approved, now = turn.version(approval.value["version"]), told.model_dump(mode="json")
    # The day too: on an earlier one the same notice is shorter, and the reason is for that day.
    return approved["planned_on"] == now["held_on"] and all(
        approved[name] == now[name] for name in APPROVED
    )


def _concerned(turn: Turn, told: "Interview") -> bool:
    person = None if told.person is None else str(told.person)
    return concerned(told.capacity, person, turn.others("person"))


def concerned(capacity: str, person: str | None, people: Iterable[Held]) -> bool:
    """Whether something is alleged of who is heard: no other capacity makes their notice shorter."""
    return capacity in SUBJECTS or any(
        str(one.id) == person and not SUBJECTS.isdisjoint(roles(one.value)) for one in people
    )
