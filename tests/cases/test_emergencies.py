"""Breaking the glass: two people, one case, one more person, one hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from cases import assignments, deadlines, emergencies, notices, pairs
from cases.audit import log
from cases.errors import (
    ConflictOfInterest,
    NotAllowed,
    NotFound,
    NotPermitted,
    NotReady,
    SamePerson,
    Unacceptable,
)
from cases.models.case import CaseWrap, KeyKind
from cases.reading import casefile
from cases.sealing.hierarchy import StaffKeys
from tests.cases.identity import asking
from tests.cases.walks import Life, a_life, merge

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """A restricted case whose people are away."""
    return a_life(small).after(restricted)


def restricted(life: Life) -> None:
    for who in ("head", "head2"):
        life.declare(who)
    by = life.cast["head"]
    with life.small.work() as db:
        keys = StaffKeys(db, by)
        pairs.set_level(db, life.find(db, by), "L3", "so", by=by, keys=keys)


def broken(life: Life, name: str = "investigator", who: str = "head") -> UUID:
    """Propose it."""
    return life.break_glass(who, life.cast[name].id)


def reads(life: Life, who: str) -> bool:
    """Whether somebody reads the case once they have declared."""
    by = life.cast[who]
    with life.small.work() as db:
        found = casefile.read(db, life.reference, by=by, language="en")
    return bool(found.parts["reports"])


def told(life: Life) -> list[str]:
    """The kinds of events about the emergency."""
    with life.small.look() as db:
        kinds = [one.body.kind for one in log.told_of(db, life.case_id)]
    return [kind for kind in kinds if kind.startswith("break_glass.")]


def test_it_opens_for_an_hour_and_closes_by_itself(life: Life) -> None:
    who = life.cast["investigator"]
    assert not life.sees("investigator")
    life.confirm("head2", broken(life))
    life.declare("investigator")
    assert reads(life, "investigator")
    life.small.clock.move(hours=1)
    assert not life.sees("investigator")
    assert deadlines.run_due(life.small.house) == 1
    assert deadlines.run_due(life.small.house) == 0
    assert not life.opens("investigator")
    assert told(life) == ["break_glass.opened", "break_glass.ended"]
    with life.small.look() as db:
        held = select(CaseWrap).where(
            CaseWrap.kind == KeyKind.INT, col(CaseWrap.recipient) == who.id
        )
        assert db.exec(held).first() is None


@pytest.mark.one_database
def test_one_person_alone_breaks_nothing(life: Life) -> None:
    waits = broken(life)
    with pytest.raises(SamePerson):
        life.confirm("head", waits)
    assert not life.opens("investigator")


@pytest.mark.one_database
@pytest.mark.parametrize("who", ["manager", "lead"])
def test_only_heads_and_counsel_call_an_emergency(life: Life, who: str) -> None:
    role = {"manager": "case_manager", "lead": "lead_investigator"}[who]
    life.assign("head", role, who)
    life.declare(who)
    with pytest.raises(NotPermitted):
        broken(life, who=who)


@pytest.mark.one_database
def test_the_body_outside_the_line_is_told_at_once_and_not_of_which_case(life: Life) -> None:
    life.confirm("head2", broken(life))
    outside = life.small.person("head_ia", unit="outside")
    with life.small.work() as db:
        [one] = notices.read(db, outside)
    assert (one.concern, one.unit) == ("break_glass", life.small.units["main"])
    assert life.reference not in repr(one)


@pytest.mark.one_database
def test_it_passes_no_wall_and_lets_in_nobody_of_another_unit(life: Life) -> None:
    by, walled = life.cast["head"], life.cast["investigator"].id
    with life.small.work() as db:
        case = life.find(db, by)
        assignments.shut_out(db, case, [walled], by=by, keys=StaffKeys(db, by))
        log.emit(db, "conflict.matched", by=by, case=case)
    for name in ("investigator", "reviser", "desk"):
        with pytest.raises(Unacceptable):
            broken(life, name)


@pytest.mark.one_database
def test_a_wall_ends_it_at_once(life: Life) -> None:
    life.confirm("head2", broken(life))
    by = life.cast["head"]
    with life.small.work() as db:
        case, walled = life.find(db, by), life.cast["investigator"].id
        assignments.shut_out(db, case, [walled], by=by, keys=StaffKeys(db, by))
        log.emit(db, "conflict.matched", by=by, case=case)
    assert not life.sees("investigator")
    assert not life.opens("investigator")


@pytest.mark.one_database
def test_it_opens_no_identity(life: Life) -> None:
    life.confirm("head2", broken(life))
    life.declare("investigator")
    with pytest.raises(NotPermitted):
        asking.read(life, "investigator")


@pytest.mark.one_database
def test_it_gives_no_part_in_deciding(life: Life) -> None:
    life.confirm("head2", broken(life))
    life.declare("investigator")
    with pytest.raises(NotPermitted):
        broken(life, "lead", who="investigator")
    assert "quality_reviewer" not in emergencies.ROLES
    assert "decision_authority" not in emergencies.ROLES


@pytest.mark.one_database
def test_who_is_named_within_the_hour_stays(life: Life) -> None:
    life.confirm("head2", broken(life))
    life.assign("head", "investigator", "investigator")
    life.small.clock.move(hours=2)
    assert life.sees("investigator")
    deadlines.run_due(life.small.house)
    assert life.opens("investigator")


@pytest.mark.one_database
def test_a_case_that_is_open_to_somebody_needs_no_emergency(life: Life) -> None:
    life.assign("head", "investigator", "investigator")
    with pytest.raises(Unacceptable):
        broken(life)
    with pytest.raises(NotFound):
        broken(life, "lead", who="counsel")


@pytest.mark.one_database
def test_coi_r06_who_was_let_in_to_inquire_neither_reviews_nor_decides_nor_confirms(
    small: SmallHouse,
) -> None:
    life = a_life(small)
    life.cast["x"] = small.person(
        "lead_investigator", "quality_reviewer", "decision_authority", "legal_counsel"
    )
    life.investigated()
    life.reply()
    life.do("lead", "reply_closed", reply="no")
    life.confirm("head2", broken(life, "x"))
    with pytest.raises(NotReady) as refused:
        life.submit(reviewer=life.cast["x"].id)
    assert refused.value.guards == ("reviewer_took_no_part",)
    small.clock.move(hours=2)  # it is over, and was
    with pytest.raises(NotReady):
        life.submit(reviewer=life.cast["x"].id)
    life.submit()
    with pytest.raises(NotReady) as refused:
        life.do(
            "reviewer", "pass", decision_authorities=[life.cast[one].id for one in ("x", "decider")]
        )
    assert refused.value.guards == ("deciders_took_no_part",)
    life.assign("head", "legal_counsel", "x")
    deciders = [life.cast["decider"].id, life.cast["decider2"].id]
    waits = life.propose("reviewer", "pass", decision_authorities=deciders)
    with pytest.raises(ConflictOfInterest):
        life.confirm("x", waits)


@pytest.mark.one_database
def test_coi_r06_who_decides_is_not_let_in_to_inquire(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["x"] = small.person("lead_investigator", "decision_authority")
    life.declare("head")
    life.assign("head", "decision_authority", "x")
    by, left = life.cast["head"], life.cast["x"].id
    with small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        assignments.unassign(db, case, "decision_authority", left, by=by, keys=keys)
    with pytest.raises(Unacceptable):
        broken(life, "x")


@pytest.mark.one_database
def test_who_was_let_in_to_handle_still_confirms(small: SmallHouse) -> None:
    life = a_life(small).triaged()
    life.cast["x"] = small.person("case_manager")
    life.confirm("head2", broken(life, "x"))
    refusal = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    life.confirm("x", life.propose("manager", "refuse", **refusal))


def revoke(life: Life, who: str, name: str) -> None:
    """End what one person was let into, as a head does."""
    by, person = life.cast[who], life.cast[name]
    with life.small.work() as db:
        assignments.revoke(db, life.find(db, by), person.id, by=by, keys=StaffKeys(db, by))


@pytest.mark.one_database
def test_it_is_ended_early_and_the_keys_are_renewed(life: Life) -> None:
    life.confirm("head2", broken(life))
    epoch = life.case().epoch
    revoke(life, "head", "investigator")
    assert not life.sees("investigator")
    assert not life.opens("investigator")
    assert told(life) == ["break_glass.opened", "break_glass.ended"]
    assert life.case().epoch == epoch + 1
    with pytest.raises(Unacceptable):
        revoke(life, "head", "investigator")


@pytest.mark.one_database
@pytest.mark.parametrize("where", ["source", "target"])
def test_what_opened_a_merged_case_is_ended_early_there_and_where_it_goes_on(
    source: Life, target: Life, where: str
) -> None:
    source.confirm("head2", broken(source))
    merge(source, target)
    assert source.opens("investigator")
    revoke({"source": source, "target": target}[where], "head", "investigator")
    assert not source.sees("investigator")
    assert not source.opens("investigator")
    assert told(source) == ["break_glass.opened", "break_glass.ended"]
    assert (source.case().epoch, target.case().epoch) == (2, 2)


@pytest.mark.one_database
def test_nobody_ends_anything_in_a_case_that_is_not_there_for_them(
    source: Life, target: Life
) -> None:
    source.confirm("head2", broken(source))
    merge(source, target)
    restricted(target)
    assert source.sees("manager")
    assert not target.sees("manager")
    with pytest.raises(NotAllowed):
        revoke(source, "manager", "investigator")
    assert source.opens("investigator")
