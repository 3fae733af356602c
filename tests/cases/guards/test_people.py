"""Guards about who may act, and beside whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from cases.actors import Seat
from cases.audit import log
from cases.models.case import Assignment, Case
from cases.models.people import Posting, Staff
from cases.staff import interests
from tests.cases.walks import Life, a_life, against

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database


def test_investigators_are_free_and_were_not_posted_there(small: SmallHouse) -> None:
    life = a_life(small)
    life.triaged()
    life.authorise()
    team = {"lead_investigator": life.cast["lead"].id, "plan": "ask"}
    with small.work() as db:
        db.add(
            Posting(
                staff=life.cast["lead"].id,
                office=small.offices["PORT"],
                since=date(2020, 1, 1),
                until=small.house.today() - timedelta(days=300),
            )
        )
        log.emit(db, "config.changed", by=life.cast["head"])
    assert against(life, "manager", "assign", **team) == ("investigators_not_posted_there",)
    small.clock.move(days=500)
    with small.work() as db:
        interests.state(db, life.cast["lead"].id, by=life.cast["lead"])
    assert against(life, "manager", "assign", **team) == ()


def test_coi_r04_somebody_who_works_at_the_office_does_not_investigate_it(life: Life) -> None:
    life.triaged()
    life.authorise()
    with life.small.work() as db:
        db.get_one(Staff, life.cast["lead"].id).office = life.small.offices["PORT"]
        log.emit(db, "config.changed", by=life.cast["head"])
    team = {"lead_investigator": life.cast["lead"].id, "plan": "ask"}
    assert against(life, "manager", "assign", **team) == ("investigators_not_posted_there",)


def test_coi_r06_whoever_took_part_does_not_review(small: SmallHouse) -> None:
    life = a_life(small)
    life.triaged()
    life.both(
        "manager",
        "head",
        "refuse",
        closure_reason="out_of_mandate",
        reasons="no",
        message="Sorry.",
    )
    life.do("overseer", "request_review", grounds="unfair")
    with small.work() as db:
        db.add(Assignment(case_id=life.case_id, staff=life.cast["reviser"].id, role="analyst"))
        log.emit(db, "case.assigned", by=life.cast["head"], case=db.get_one(Case, life.case_id))
    assert against(life, "reviser", "uphold", reasons="right") == ("review_officer_took_no_part",)


def reviewed(life: Life) -> None:
    """Settled nearby, and under review."""
    life.do("manager", "to_local", handler="The chief of the post")
    life.answer("thank you")
    life.do("manager", "resolved", closure_reason="resolved_locally", result="released")
    life.do("overseer", "request_review", grounds="unfair")


def steps_alone(life: Life) -> None:
    life.cast["manager"] = life.cast["both"]
    life.triaged()
    reviewed(life)


def a_note(life: Life) -> None:
    life.triaged()
    life.write("both", "note", text="Ask the shift.")
    reviewed(life)


@pytest.mark.parametrize("handled", [steps_alone, a_note])
def test_coi_r06_whoever_handled_the_case_alone_does_not_review(
    small: SmallHouse, handled: Callable[[Life], None]
) -> None:
    life = a_life(small)
    life.cast["both"] = small.person("case_manager")
    handled(life)
    # The same person has a seat in the review unit too.
    by = life.cast["both"]
    seat = Seat(small.units["review"], "review_officer", holds_key=False)
    life.cast["both"] = replace(by, seats=(*by.seats, seat))
    refused = against(life, "both", "uphold", reasons="right")
    assert refused == ("review_officer_took_no_part",)
    assert against(life, "reviser", "uphold", reasons="right") == ()


def test_coi_r06_who_reviewed_before_may_review_again(life: Life) -> None:
    life.triaged()
    reviewed(life)
    life.write("reviser", "note", text="The log was not asked for.")
    life.both("reviser", "overseer", "uphold", reasons="right")
    life.do("overseer", "request_review", grounds="still unfair", new_facts="a film")
    assert against(life, "reviser", "uphold", reasons="right") == ()
