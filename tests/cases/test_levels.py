"""Restricted cases are there for their head and for who was named, and for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import func, select

from cases import access, levels, pairs
from cases.audit import log
from cases.errors import NotAllowed, NotPermitted, SamePerson, Unacceptable
from cases.models.case import Case
from cases.sealing.hierarchy import StaffKeys
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.walks import Life, a_life, merge

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small).after(opened)


def opened(life: Life) -> None:
    for who in ("head", "head2", "manager"):
        life.declare(who)


def at(life: Life, level: str, who: str = "head") -> UUID | None:
    """Set the level, or propose to."""
    by = life.cast[who]
    with life.small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        waits = pairs.set_level(db, case, level, "so that few know", by=by, keys=keys)
        return waits.id if waits else None


def counted(life: Life, who: str) -> int:
    """How many cases somebody is told there are."""
    with life.small.look() as db:
        seen = access.visible_cases(db, life.cast[who]).subquery()
        return db.exec(select(func.count()).select_from(seen)).one()


@pytest.mark.parametrize("level", ["L3", "L4"])
def test_a_restricted_case_leaves_the_lists_of_all_who_are_not_named(
    life: Life, level: str
) -> None:
    ordinary = a_life(life.small, life.cast)
    life.assign("manager", "lead_investigator", "lead")
    life.do("desk", "acknowledge")
    unnamed = ("manager", "triage", "manager2")
    assert at(life, level) is None
    for who in unnamed:
        assert not life.sees(who)
        assert ordinary.sees(who)
        assert counted(life, who) == 1
    for who in ("head", "head2"):
        assert life.sees(who)
        assert counted(life, who) == 2
    assert life.sees("lead")
    assert not life.sees("desk")


@pytest.mark.one_database
def test_who_is_named_comes_back_and_who_is_let_go_goes(life: Life) -> None:
    at(life, "L3")
    life.assign("head", "case_manager", "manager")
    assert life.sees("manager")
    by = life.cast["head"]
    with life.small.work() as db:
        case = life.find(db, by)
        row = next(iter(access.people(db, case, "case_manager")))
        assert row == life.cast["manager"].id
        life.small.house.walls.of(db, row)
    life.assign("head", "case_manager", "manager2")
    assert (life.sees("manager"), life.sees("manager2")) == (False, True)


@pytest.mark.one_database
def test_the_desk_does_not_learn_of_a_restricted_case_that_waits_for_it(life: Life) -> None:
    assert life.sees("desk")
    at(life, "L3")
    assert not life.sees("desk")


@pytest.mark.one_database
def test_lowering_takes_two_and_raising_one(life: Life) -> None:
    at(life, "L4", "manager")
    waits = at(life, "L2")
    assert waits is not None
    assert life.case().level == "L4"
    with pytest.raises(SamePerson):
        life.confirm("head", waits)
    life.confirm("head2", waits)
    assert life.case().level == "L2"
    assert life.sees("manager")
    with life.small.look() as db:
        told = [
            one.body.d for one in log.told_of(db, life.case_id) if one.body.kind == "case.level"
        ]
    assert [(one["before"], one["after"]) for one in told] == [("L2", "L4"), ("L4", "L2")]


@pytest.mark.one_database
def test_a_level_is_one_of_four_and_another_one(life: Life) -> None:
    with pytest.raises(Unacceptable):
        at(life, "L9")
    with pytest.raises(NotAllowed):
        at(life, "L2")
    life.assign("manager", "lead_investigator", "lead")
    life.declare("lead")
    with pytest.raises(NotPermitted):
        at(life, "L3", "lead")


@pytest.mark.one_database
def test_an_assessment_raises_the_level_and_never_lowers_a_restricted_one(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    life.assess(confidentiality="L3")
    assert life.case().level == "L3"
    other = a_life(life.small, life.cast)
    other.do("desk", "acknowledge")
    other.do("triage", "start_triage")
    other.allege()
    for who in ("head", "triage"):
        other.declare(who)
    by = life.cast["head"]
    other.assign("head", "triage_officer", "triage")
    with life.small.work() as db:
        levels.change(db, other.find(db, by), "L4", "so", by=by, keys=StaffKeys(db, by))
    with pytest.raises(Unacceptable):
        other.assess(confidentiality="L2")


@pytest.mark.one_database
def test_no_more_than_two_inquire_into_a_sealed_case(life: Life) -> None:
    at(life, "L4")
    life.assign("head", "lead_investigator", "lead")
    life.assign("head", "investigator", "investigator")
    life.cast["third"] = life.small.person("investigator")
    with pytest.raises(NotAllowed):
        life.assign("head", "investigator", "third")


@pytest.mark.one_database
def test_what_is_in_a_case_speaks_for_its_level(small: SmallHouse) -> None:
    life = a_life(small, category="DIG-02")
    life.declare("head")
    by = life.cast["head"]
    with small.work() as db:
        found = levels.propose(db, life.find(db, by), by=by, keys=StaffKeys(db, by))
    assert (found.level, found.present, found.because) == ("L3", "L2", ("sexual_violence",))


@pytest.mark.one_database
def test_a_high_risk_of_who_reported_it_first_speaks_for_the_level_of_what_it_was_merged_into(
    small: SmallHouse,
) -> None:
    life = a_life(small).triaged()
    grave = {"detriment_likelihood": "almost_certain", "detriment_seriousness": "extreme"}
    merge(a_life(small, life.cast).triaged(**grave), life)
    by = life.cast["head"]
    with small.work() as db:
        found = levels.propose(db, life.find(db, by), by=by, keys=StaffKeys(db, by))
    assert (found.level, found.because) == ("L3", ("high_risk",))


@pytest.mark.one_database
def test_the_body_outside_the_line_works_on_what_was_sealed_from_everybody_else(
    small: SmallHouse,
) -> None:
    outside = small.person("case_manager", unit="outside")
    small.person(*OUTSIDE_ROLES, unit="outside")
    life = a_life(small, concerns=frozenset({"internal_affairs"}))
    life.cast["outside"] = outside
    assert life.case().level == "L4"
    assert life.sees("outside")
    assert not life.sees("head")


@pytest.mark.one_database
def test_who_forgets_cases_still_sees_which_wait_for_it(life: Life) -> None:
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        case.level, case.state = "L4", "archived"
        log.emit(db, "case.level", by=life.cast["head"], case=case)
    assert life.sees("dpo")
    assert not life.sees("manager")
