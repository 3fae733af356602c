"""What was merged into a case is of the same matter: every rule asks the whole family."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cases.audit import log
from cases.errors import ConflictOfInterest
from cases.models.case import Assignment, Case
from cases.models.people import Staff
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Life, a_life, against

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    with closing(a_house(backend)) as house:
        yield house


@pytest.fixture
def target(small: SmallHouse) -> Life:
    return a_life(small).triaged()


@pytest.fixture
def source(small: SmallHouse, target: Life) -> Life:
    return a_life(small, target.cast).triaged()


def merge(source: Life, target: Life) -> None:
    for who in ("manager", "head"):
        target.declare(who)
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    for who in ("manager", "head"):
        target.declare(who)


def was(life: Life, who: str, role: str) -> None:
    """Somebody had a part in a case once."""
    with life.small.work() as db:
        staff = life.cast[who].id
        db.add(Assignment(case_id=life.case_id, staff=staff, role=role, active=False))
        log.emit(db, "case.assigned", by=life.cast["head"], case=db.get_one(Case, life.case_id))


# Who.


def test_coi_r06_who_inquired_into_what_was_merged_reviews_and_decides_nothing_of_it(
    source: Life, target: Life
) -> None:
    source.cast["both"] = source.small.person("quality_reviewer", "decision_authority")
    was(source, "both", "lead_investigator")
    merge(source, target)
    target.authorise()
    target.team()
    target.reply()
    target.do("lead", "reply_closed", reply="I was not there")
    both = target.cast["both"].id
    report = {
        "findings": target.supported(),
        "exculpatory": "nothing was found",
        "report_record": [target.things["evidence"]],
    }
    assert against(target, "lead", "submit_report", reviewer=both, **report) == (
        "reviewer_took_no_part",
    )
    target.submit()
    deciders = [both, target.cast["decider"].id]
    assert against(target, "reviewer", "pass", decision_authorities=deciders) == (
        "deciders_took_no_part",
    )


def test_who_inquired_into_what_was_merged_is_no_second_person_for_it(
    source: Life, target: Life
) -> None:
    was(source, "head2", "analyst")
    merge(source, target)
    with pytest.raises(ConflictOfInterest):
        target.both("head", "head2", "authorise", mandate="look", legal_basis="article 1")


def test_coi_r06_who_had_a_part_in_what_was_merged_does_not_review_the_case(
    source: Life, target: Life
) -> None:
    was(source, "reviser", "case_manager")
    merge(source, target)
    refusal = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    target.both("manager", "head", "refuse", **refusal)
    target.do("overseer", "request_review", grounds="unfair")
    assert against(target, "reviser", "uphold", reasons="right") == ("review_officer_took_no_part",)


def test_coi_r04_who_works_where_what_was_merged_happened_does_not_inquire(
    small: SmallHouse, source: Life
) -> None:
    target = a_life(small, source.cast, office="HQ")
    target.do("desk", "acknowledge")
    target.do("triage", "start_triage")
    target.allege(office="HQ")
    target.assess()
    merge(source, target)
    target.authorise()
    with small.work() as db:
        db.get_one(Staff, target.cast["lead"].id).office = small.offices["PORT"]
        log.emit(db, "config.changed", by=target.cast["head"])
    team = {"lead_investigator": target.cast["lead"].id, "plan": "ask"}
    assert against(target, "manager", "assign", **team) == ("investigators_not_posted_there",)
