"""Who inquires, and may not any more since somebody was named, a tie was stated, or they were moved."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import pytest

from cases import access, assignments
from cases.audit import log
from cases.errors import ProposalVoid, Unacceptable
from cases.models.conflict import InterestKind
from cases.sealing.hierarchy import StaffKeys
from cases.staff import accounts, interests, structure
from cases.staff.interests import Line
from cases.staff.structure import OfficePlan
from tests.cases.builders import a_house
from tests.cases.walks import Life, a_life, merge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@pytest.fixture
def life(backend: Backend) -> Iterator[Life]:
    with closing(a_house(backend)) as house:
        yield a_life(house).investigated()


def tie(life: Life, who: str, name: str) -> None:
    """State a tie as its owner does."""
    by = life.cast[who]
    line = Line(kind=InterestKind.TIE, since=date(2020, 1, 1), name=name)
    with life.small.work() as db:
        interests.add(db, line, by=by)
        assignments.tie_stated(db, by=by, keys=StaffKeys(db, by))


def move(life: Life, who: str, office: str) -> None:
    """Send somebody to work elsewhere."""
    staff, head = life.cast[who].id, life.cast["head"]
    with life.small.work() as db:
        accounts.change(db, staff, head, {"office": life.small.offices[office]})
    with life.small.work() as db:
        assignments.moved(db, staff)
        if not db.info.get("traced"):
            log.emit(db, "config.changed", by=head)


def inquires(life: Life, who: str) -> bool:
    """Whether somebody has a part, sight and a key."""
    with life.small.look() as db:
        named = life.cast[who].id in access.people(db, life.case(), *assignments.INQUIRY)
    assert named == life.sees(who) == life.opens(who)
    return named


def told(life: Life) -> list[str]:
    with life.small.look() as db:
        return [one.body.kind for one in log.told_of(db, life.case_id)][-2:]


def test_coi_r13_somebody_named_since_whom_an_investigator_has_a_tie_with(life: Life) -> None:
    tie(life, "investigator", "Moussa Diarra")
    assert inquires(life, "investigator")
    life.write("manager", "person", role="witness", name="Awa Traoré")
    assert inquires(life, "investigator")
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    assert not inquires(life, "investigator")
    assert inquires(life, "lead")
    assert told(life) == ["case.revoke", "conflict.matched"]
    tie(life, "lead", "Awa Diop")
    life.write("lead", "person", role="subject", name="DIOP Awa")  # by their own hand
    assert not inquires(life, "lead")
    assert life.case().assignee is None


def test_coi_r13_a_tie_stated_since_with_somebody_named(life: Life) -> None:
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    tie(life, "investigator", "Awa Traoré")
    assert inquires(life, "investigator")
    tie(life, "investigator", "Moussa Diarra")
    assert not inquires(life, "investigator")
    assert inquires(life, "lead")


def test_coi_r05_no_emergency_lets_in_who_has_a_tie(life: Life) -> None:
    life.cast["x"] = life.small.person("investigator")
    staff = life.cast["x"].id
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    made = life.break_glass("head", staff)
    tie(life, "x", "Moussa Diarra")
    with pytest.raises(ProposalVoid):
        life.confirm("head2", made)
    life.refuse("head2", made)
    with pytest.raises(Unacceptable):
        life.break_glass("head", staff)


def let_in(life: Life) -> str:
    """Somebody of the unit, let in by an emergency."""
    life.cast["x"] = life.small.person("investigator")
    life.confirm("head2", life.break_glass("head", life.cast["x"].id))
    assert life.opens("x")
    assert life.sees("x")
    return "x"


def test_coi_r04_no_emergency_lets_in_who_works_where_it_happened(life: Life) -> None:
    life.cast["x"] = life.small.person("investigator")
    move(life, "x", "PORT")
    with pytest.raises(Unacceptable):
        life.break_glass("head", life.cast["x"].id)


def test_coi_r13_an_emergency_ends_with_a_tie_to_somebody_named_since(life: Life) -> None:
    who = let_in(life)
    tie(life, who, "Moussa Diarra")
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    assert not inquires(life, who)
    assert inquires(life, "lead")


def test_coi_r13_an_emergency_ends_with_a_tie_stated_since(life: Life) -> None:
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    who = let_in(life)
    tie(life, who, "Moussa Diarra")
    assert not inquires(life, who)
    with life.small.look() as db:
        looks = [
            one.body.d
            for one in log.told_of(db, life.case_id)
            if "persons" in one.body.d.get("parts", ())
        ]
    assert [one["action"] for one in looks][-2:] == ["break_glass", "state_tie"]


def test_coi_r04_an_emergency_ends_with_a_move_to_the_office(life: Life) -> None:
    who = let_in(life)
    move(life, who, "PORT")
    assert not inquires(life, who)
    assert inquires(life, "lead")


def test_coi_r13_a_tie_with_somebody_who_came_with_a_merged_case(life: Life) -> None:
    tie(life, "investigator", "Moussa Diarra")
    other = a_life(life.small, life.cast).triaged()
    other.write("manager", "person", role="subject", name="Moussa Diarra")
    for who in ("manager", "head"):
        life.declare(who)
    other.both("manager", "head", "merge", target_case=life.reference, basis="the same")
    assert not inquires(life, "investigator")
    assert inquires(life, "lead")


def test_coi_r04_who_is_moved_to_the_office_inquires_no_more(life: Life) -> None:
    move(life, "investigator", "PORT")
    assert not inquires(life, "investigator")
    assert inquires(life, "lead")
    move(life, "lead", "HQ")
    assert inquires(life, "lead")
    assert told(life) == ["case.revoke", "conflict.matched"]


def test_coi_r04_an_allegation_about_the_office_where_somebody_works(life: Life) -> None:
    other = a_life(life.small, life.cast, office="HQ")
    other.do("desk", "acknowledge")
    other.do("triage", "start_triage")
    other.allege(office="HQ")
    other.assess()
    other.authorise()
    move(life, "lead", "PORT")
    other.team()
    assert inquires(other, "lead")
    other.allege("another", office="PORT")
    assert not inquires(other, "lead")


# What an emergency opened before cases became one.


@pytest.fixture
def source(life: Life) -> Life:
    """A case that an emergency opened to somebody, and that was then merged into the other."""
    other = a_life(life.small, life.cast).triaged()
    other.write("manager", "person", role="subject", name="Awa Traoré")
    life.cast["x"] = life.small.person("investigator")
    other.confirm("head2", other.break_glass("head", life.cast["x"].id))
    for who in ("manager", "head"):
        life.declare(who)
    other.both("manager", "head", "merge", target_case=life.reference, basis="the same")
    for who in ("manager", "head"):
        life.declare(who)
    assert other.sees("x")
    assert other.opens("x")
    return other


def another_post(life: Life) -> None:
    """A post that no case is about."""
    plan = OfficePlan(code="north", kind="post", name="North")
    with life.small.work() as db:
        made = structure.create_office(db, plan, life.cast["head"])
        life.small.offices["north"] = made.id


def is_shut(source: Life) -> bool:
    """Whether nothing of what was merged is open to them any more, and the trail says so."""
    with source.small.look() as db:
        kinds = [one.body.kind for one in log.told_of(db, source.case_id)]
    ended = "break_glass.ended" in kinds
    assert ended == (not source.sees("x")) == (not source.opens("x"))
    return ended


def test_coi_r13_an_emergency_into_what_was_merged_ends_with_a_tie_to_somebody_named_since(
    life: Life, source: Life
) -> None:
    tie(life, "x", "Moussa Diarra")
    life.write("manager", "person", role="witness", name="Awa Traoré")
    assert not is_shut(source)
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    assert is_shut(source)
    assert told(life)[-2:] == ["case.revoke", "conflict.matched"]
    assert inquires(life, "lead")


def test_coi_r04_an_emergency_into_what_was_merged_ends_with_a_move_to_the_office(
    life: Life, source: Life
) -> None:
    move(life, "x", "PORT")
    assert is_shut(source)


def test_coi_r04_an_emergency_into_what_was_merged_ends_with_an_allegation_about_their_office(
    life: Life, source: Life
) -> None:
    another_post(life)
    move(life, "x", "north")
    assert not is_shut(source)
    life.write("manager", "allegation", category="AUT-02", office="north")
    assert is_shut(source)


def test_coi_r13_a_tie_stated_since_is_asked_of_what_they_can_open_and_of_no_more(
    life: Life, source: Life
) -> None:
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    tie(life, "x", "Moussa Diarra")
    assert not is_shut(source)  # who is named in the case that goes on they could find out so
    tie(life, "x", "Awa Traoré")
    assert is_shut(source)


def test_an_emergency_into_what_was_merged_ends_with_a_wall(life: Life, source: Life) -> None:
    by = life.cast["head"]
    with life.small.work() as db:
        case, walled = life.find(db, by), life.cast["x"].id
        assignments.shut_out(db, case, [walled], by=by, keys=StaffKeys(db, by))
    assert is_shut(source)


def test_coi_r01_an_emergency_into_what_was_merged_ends_with_a_conflict_of_ones_own(
    source: Life,
) -> None:
    source.declare("x", "have")
    assert is_shut(source)


# Parts in what was merged.


def part(life: Life, *roles: str) -> Life:
    """A case with somebody who has parts in it, and which is then merged into the other."""
    other = a_life(life.small, life.cast).triaged()
    other.write("manager", "person", role="subject", name="Awa Traoré")
    life.cast["x"] = life.small.person(*roles)
    for role in roles:
        other.assign("manager", role, "x")
    merge(other, life)
    assert has_part(other)
    assert not life.opens("x")
    return other


def has_part(source: Life) -> bool:
    """Whether somebody has a part in what was merged, with sight and a key."""
    with source.small.look() as db:
        rows = assignments.assignments(db, source.case())
        named = source.cast["x"].id in {row.staff for row in rows}
        is_theirs = source.case().assignee == source.cast["x"].id
    assert named == source.sees("x") == source.opens("x")
    assert named >= is_theirs
    return named


def test_coi_r01_a_part_in_what_was_merged_ends_with_a_conflict_of_ones_own(life: Life) -> None:
    other = part(life, "lead_investigator", "legal_counsel")
    other.declare("x", "have")
    assert not has_part(other)
    assert told(life)[-1] == "case.declared"  # and no word of whose part ended


def test_coi_r04_a_part_in_what_was_merged_ends_with_a_move_to_an_office_the_case_is_about(
    life: Life,
) -> None:
    another_post(life)
    life.write("manager", "allegation", category="AUT-02", office="north")
    other = part(life, "analyst")  # in which the office is not named
    move(life, "x", "north")
    assert not has_part(other)
    assert told(life) == ["case.revoke", "conflict.matched"]
    assert inquires(life, "lead")


def test_coi_r13_a_part_in_what_was_merged_ends_with_a_tie_to_somebody_named_since(
    life: Life,
) -> None:
    other = part(life, "analyst")
    tie(life, "x", "Moussa Diarra")
    assert has_part(other)
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    assert not has_part(other)
    assert inquires(life, "lead")


def test_coi_r13_a_tie_stated_since_is_not_asked_of_the_other_cases_that_were_merged(
    life: Life,
) -> None:
    other, closed = part(life, "analyst"), a_life(life.small, life.cast).triaged()
    closed.write("manager", "person", role="subject", name="Moussa Diarra")
    merge(closed, life)
    tie(life, "x", "Moussa Diarra")
    assert has_part(other)  # who is named in what is closed to them they could find out so
    tie(life, "x", "Awa Traoré")
    assert not has_part(other)


def test_who_leads_what_was_merged_has_no_part_in_it_behind_a_wall(life: Life) -> None:
    other, by = part(life, "lead_investigator"), life.cast["head"]
    assert other.case().assignee == life.cast["x"].id
    with life.small.work() as db:
        case, walled = life.find(db, by), life.cast["x"].id
        assignments.shut_out(db, case, [walled], by=by, keys=StaffKeys(db, by))
    assert not has_part(other)
