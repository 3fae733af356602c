"""Interviews: notice in time, or a reason for less that somebody else approved."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from cases.errors import NotAllowed, NotPermitted, SamePerson, Unacceptable
from cases.objects import short_notice
from cases.objects.interviews import earliest
from cases.reading import casefile
from cases.sealing.hierarchy import StaffKeys
from tests.cases.redacting import redact
from tests.cases.walks import Life, a_life, merge
from tests.cases.writing import refused, values
from workflows.calendar import MONDAY_TO_FRIDAY

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database


@pytest.fixture
def held(life: Life) -> dict[str, Any]:
    """What an interview with a person concerned holds who was told a week before: too late."""
    person = life.write("manager", "person", role="witness", name="Somebody")
    return {
        "person": str(person),
        "capacity": "subject",
        "notice_on": "2026-02-20",
        "held_on": "2026-03-02",
        "rights": ["presumption"],
        "record": "Q: … A: …",
        "interviewers": [str(life.cast["lead"].id)],
    }


def planned(held: dict[str, Any], **more: object) -> dict[str, Any]:
    """The same before it was held, on the day for which it is announced."""
    later = {"held_on", "rights", "record"}
    before = {name: one for name, one in held.items() if name not in later}
    return before | {"planned_on": held["held_on"]} | more


def approve(life: Life, who: str, interview: UUID) -> None:
    """Approve shorter notice."""
    by = life.cast[who]
    life.declare(who)
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        short_notice.approve(db, case, interview, by=by, keys=keys)


def test_a_person_concerned_has_ten_working_days_and_a_witness_one_day() -> None:
    told = date(2026, 3, 2)
    assert earliest("subject", told, MONDAY_TO_FRIDAY) == date(2026, 3, 16)
    assert earliest("witness", told, MONDAY_TO_FRIDAY) == date(2026, 3, 3)
    assert earliest("victim", told, MONDAY_TO_FRIDAY) == told


def test_an_interview_is_announced_in_time_or_says_why_not(
    life: Life, held: dict[str, Any]
) -> None:
    assert refused(life, "manager", "interview", **held) == ["/held_on too_early"]
    untold = held | {"notice_on": None}
    assert refused(life, "manager", "interview", **untold) == ["/notice_on missing"]
    assert refused(life, "manager", "interview", **held | {"notice_on": "2026-02-16"}) == []
    assert refused(life, "manager", "interview", **held | {"held_on": "2026-03-03"}) == [
        "/held_on out_of_range"
    ]
    # A witness has a day, and who is concerned has ten however they are called.
    witness: dict[str, Any] = held | {"capacity": "witness"}
    assert refused(life, "manager", "interview", **witness) == []
    concerned = life.write("manager", "person", role="subject", name="Somebody Else")
    witness["person"] = str(concerned)
    assert refused(life, "manager", "interview", **witness) == ["/held_on too_early"]
    late: dict[str, Any] = held | {"notice_on": "2026-02-16"}
    assert refused(life, "manager", "interview", **late | {"rights": []}) == ["/rights missing"]
    assert refused(life, "manager", "interview", **late, signed="refused") == [
        "/refusal_reason missing"
    ]
    assert refused(life, "manager", "interview", **late, began="10:00", ended="09:00") == [
        "/ended wrong_order"
    ]


@pytest.mark.parametrize("role", ["subject", "subject_entity"])
@pytest.mark.parametrize("capacity", ["expert", "facilitator", "reporter", "victim", "witness"])
def test_of_whom_something_is_alleged_has_ten_days_however_they_are_called(
    life: Life, held: dict[str, Any], capacity: str, role: str
) -> None:
    accused = life.write("manager", "person", role="expert", further_roles=[role], name="Another")
    heard: dict[str, Any] = held | {"capacity": capacity, "notice_on": "2026-03-01"}
    assert refused(life, "manager", "interview", **heard) == []
    heard["person"] = str(accused)
    assert refused(life, "manager", "interview", **heard) == ["/held_on too_early"]
    assert refused(life, "manager", "interview", **heard | {"notice_on": "2026-02-16"}) == []


@pytest.mark.parametrize(("capacity", "notice_on"), [("subject", None), ("witness", "2026-03-02")])
def test_a_reason_for_less_notice_counts_once_somebody_else_approved_it(
    life: Life, held: dict[str, Any], capacity: str, notice_on: str | None
) -> None:
    late = held | {"capacity": capacity, "notice_on": notice_on, "waiver": "He leaves tonight."}
    refusal = ["/waiver not_approved"]
    assert refused(life, "manager", "interview", **late) == refusal
    interview = life.write("manager", "interview", **planned(late))
    assert refused(life, "manager", "interview", interview, **late) == refusal
    with pytest.raises(SamePerson):
        approve(life, "manager", interview)
    approve(life, "head", interview)
    with pytest.raises(NotAllowed):
        approve(life, "head2", interview)
    assert refused(life, "manager", "interview", interview, **late) == []
    # Another interview has its own approval, though every word of it is the same.
    assert refused(life, "manager", "interview", **late) == refusal
    another = life.write("manager", "interview", **planned(late))
    assert refused(life, "manager", "interview", another, **late) == refusal
    (approval,) = values(life, "notice_approval")
    assert (approval["interview"], approval["version"]) == (str(interview), 1)
    assert (approval["by"], approval["on"]) == (str(life.cast["head"].id), "2026-03-02")


@pytest.mark.parametrize(
    "anew", ["person", "capacity", "notice_on", "held_on", "waiver", "interviewers"]
)
def test_what_was_approved_is_this_reason_and_notice_for_this_person_heard_by_others(
    life: Life, held: dict[str, Any], anew: str
) -> None:
    late = held | {"waiver": "He leaves tonight."}
    interview = life.write("manager", "interview", **planned(late))
    approve(life, "head", interview)
    other = life.write("manager", "person", role="subject", name="Somebody Else")
    changed = {
        "person": str(other),
        "capacity": "subject_unknown",
        "notice_on": None,
        "held_on": "2026-02-27",
        "waiver": "It suits us.",
        "interviewers": [str(life.cast["head"].id)],
    }
    late[anew] = changed[anew]
    assert refused(life, "manager", "interview", interview, **late) == ["/waiver not_approved"]
    life.change("manager", "interview", interview, **planned(late))
    approve(life, "head2", interview)
    assert refused(life, "manager", "interview", interview, **late) == []


def test_what_was_held_as_approved_is_not_rewritten_as_held_on_another_day(
    life: Life, held: dict[str, Any]
) -> None:
    late = held | {"notice_on": None, "waiver": "He leaves tonight."}
    interview = life.write("manager", "interview", **planned(late))
    approve(life, "head", interview)
    assert refused(life, "manager", "interview", interview, **late) == []
    life.small.clock.move(days=18)
    later: dict[str, Any] = late | {"held_on": "2026-03-20", "planned_on": "2026-03-20"}
    refusal = ["/waiver not_approved"]
    assert refused(life, "manager", "interview", interview, **later) == refusal


def test_what_was_approved_for_a_witness_is_approved_anew_for_somebody_accused(
    life: Life, held: dict[str, Any]
) -> None:
    late: dict[str, Any] = held | {"capacity": "witness", "notice_on": None, "waiver": "He leaves."}
    interview = life.write("manager", "interview", **planned(late))
    approve(life, "head", interview)
    accused = {"role": "subject", "name": "Somebody"}
    life.change("manager", "person", UUID(held["person"]), **accused)
    refusal = ["/waiver not_approved"]
    assert refused(life, "manager", "interview", interview, **late) == refusal
    approve(life, "head2", interview)
    with pytest.raises(NotAllowed):
        approve(life, "head", interview)
    assert refused(life, "manager", "interview", interview, **late) == []


def test_who_gave_the_reason_or_hears_them_does_not_approve_it(
    life: Life, held: dict[str, Any]
) -> None:
    late = planned(held, waiver="He leaves tonight.")
    late["interviewers"] = [str(life.cast["head"].id)]
    interview = life.write("manager2", "interview", **late)
    # The words are the first hand's, though another wrote it anew.
    life.change("manager", "interview", interview, **late, place="Gate 2")
    for who in ("manager2", "manager", "head"):
        with pytest.raises(SamePerson):
            approve(life, who, interview)
    with pytest.raises(NotPermitted):
        approve(life, "triage", interview)
    approve(life, "head2", interview)


def test_who_gave_the_reason_before_cases_became_one_does_not_approve_it_where_the_matter_goes_on(
    small: SmallHouse, life: Life, held: dict[str, Any]
) -> None:
    life.triaged()
    late = planned(held, waiver="He leaves tonight.")
    interview = life.write("manager2", "interview", **late)
    target = a_life(small, life.cast).triaged()
    merge(life, target)
    target.change("manager", "interview", interview, **late)
    for who in ("manager2", "manager"):
        with pytest.raises(SamePerson):
            approve(target, who, interview)
    approve(target, "head", interview)


def test_who_reads_the_interviews_reads_who_approved_a_shorter_notice(
    life: Life, held: dict[str, Any]
) -> None:
    interview = life.write("manager", "interview", **planned(held, waiver="He leaves tonight."))
    approve(life, "head", interview)
    by = life.cast["manager2"]
    life.declare("manager2")
    with life.small.work() as db:
        found = casefile.read(db, life.reference, by=by, language="en", wanted=["interviews"])
    approvals = [one for one in found.parts["interviews"] if one["field"] == "notice_approval"]
    assert [(one["interview"], one["by"]) for one in approvals] == [
        (str(interview), str(life.cast["head"].id))
    ]


def test_there_is_nothing_to_approve_without_an_interview_that_gives_a_reason(
    life: Life, held: dict[str, Any]
) -> None:
    interview = life.write("manager", "interview", **planned(held))
    some_day = planned(held, planned_on=None, waiver="He is ill.")
    for identity, code in (
        (interview, "nothing_to_approve"),
        (life.write("manager", "interview", **some_day), "nothing_to_approve"),
        (life.things["person"], "unknown_value"),
    ):
        with pytest.raises(Unacceptable) as wrong:
            approve(life, "head", identity)
        assert wrong.value.problems == (("/interview", code),)


def test_what_was_held_without_approval_is_approved_afterwards_and_the_days_tell(
    life: Life, held: dict[str, Any]
) -> None:
    late = held | {"waiver": "He leaves tonight."}
    interview = life.write("manager", "interview", **planned(late))
    life.small.clock.move(days=3)
    approve(life, "head", interview)
    assert refused(life, "manager", "interview", interview, **late) == []
    (approval,), (kept,) = (values(life, kind) for kind in ("notice_approval", "interview"))
    assert (approval["on"], kept["held_on"]) == ("2026-03-05", "2026-03-02")


def test_what_was_in_time_when_it_was_held_stays_so_whatever_is_alleged_since(
    life: Life, held: dict[str, Any]
) -> None:
    expert = held | {"capacity": "expert"}
    del expert["notice_on"]
    interview = life.write("manager", "interview", **expert)
    life.change("manager", "person", UUID(held["person"]), role="subject", name="Somebody")
    life.declare("manager")
    signed = expert | {"signed": "agreed"}
    assert refused(life, "manager", "interview", interview, **signed) == []
    # A new day is asked about as what they are now.
    assert refused(life, "manager", "interview", interview, **signed, notice_on="2026-03-01") == [
        "/held_on too_early"
    ]


def test_an_approval_does_not_keep_what_is_not_relevant(life: Life, held: dict[str, Any]) -> None:
    interview = life.write("manager", "interview", **planned(held, waiver="He is ill."))
    approve(life, "head", interview)
    redact(life, interview)
    assert values(life, "interview") == []


def test_what_was_approved_before_cases_became_one_holds_where_the_matter_goes_on(
    small: SmallHouse, life: Life, held: dict[str, Any]
) -> None:
    life.triaged()
    late = held | {"waiver": "He leaves tonight."}
    interview = life.write("manager", "interview", **planned(late))
    approve(life, "head", interview)
    target = a_life(small, life.cast).triaged()
    merge(life, target)
    target.declare("manager2")
    assert refused(target, "manager2", "interview", interview, **late) == []
    again = late | {"waiver": "It suits us."}
    assert refused(target, "manager2", "interview", interview, **again) == ["/waiver not_approved"]
