"""The rules on conflicts of interest: declarations, and names that are alike."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from cases import access, conflicts, declarations
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.conflicts import Subject
from cases.errors import NotPermitted
from cases.models.case import Declaration, DeclarationStatus
from cases.models.conflict import ToldApart
from cases.models.people import Staff
from cases.sealing.hierarchy import StaffKeys
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.builders import a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@pytest.fixture
def life(backend: Backend) -> Iterator[Life]:
    with closing(a_house(backend)) as house:
        yield a_life(house)


def call(life: Life, who: str, name: str, role: str = "case_manager", number: str = "") -> None:
    """Give a part of the cast to somebody of this name."""
    life.cast[who] = life.small.person(role, name=name, number=number or None)


def reads(life: Life, who: str) -> bool:
    with life.small.look() as db:
        return access.declared(db, life.cast[who], life.find(db, life.cast[who]))


def waiting(life: Life, by: str = "manager") -> list[declarations.Unsure]:
    who = life.cast[by]
    with life.small.work() as db:
        return declarations.undecided(db, life.find(db, who), by=who, keys=StaffKeys(db, who))


def answer(life: Life, by: str, *, same: bool) -> None:
    (one,) = waiting(life, by)
    who = life.cast[by]
    with life.small.work() as db:
        case, keys = life.find(db, who), StaffKeys(db, who)
        declarations.decide(db, case, one.id, conflict=same, by=who, keys=keys)


@pytest.mark.parametrize(
    ("one", "other", "asked"),
    [
        ("Moussa Diarra", "Mousa Diara", True),
        ("Hawa Traoré", "TRAORE Awa", True),
        ("Fatoumata Diop", "Fatou Diop", True),
        ("محمود احمد", "محمد احمد", True),
        ("Awa Traoré", "TRAORE Awa", False),  # the same: a wall, and no question
        ("Awa Traoré", "Oumar Traoré", False),
        ("Awa Traoré", "Moussa Diarra", False),
        ("", "Moussa Diarra", False),
    ],
)
def test_coi_r03_names_that_are_alike_are_asked_about(one: str, other: str, *, asked: bool) -> None:
    assert conflicts.alike(Subject(one), other) is asked


def test_coi_r03_two_numbers_decide_before_names_do() -> None:
    subject = Subject("Moussa Diarra", staff_number="C-7")
    assert not conflicts.alike(subject, "Mousa Diara", "C-8")
    assert conflicts.alike(subject, "Mousa Diara")
    assert conflicts.alike(subject, "Mousa Diara", "--")


@given(st.text(max_size=30), st.text(max_size=30))
def test_coi_r03_being_alike_goes_both_ways_and_is_never_being_the_same(one: str, two: str) -> None:
    assert conflicts.alike(Subject(one), two) == conflicts.alike(Subject(two), one)
    assert not conflicts.alike(Subject(one), one)


def test_coi_r03_who_has_a_like_name_sees_nothing_until_somebody_else_has_answered(
    life: Life,
) -> None:
    call(life, "manager2", "Mousa Diara")
    life.do("desk", "acknowledge")
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    life.declare("manager2")
    assert not reads(life, "manager2")
    life.declare("manager2")  # saying it again does not help
    assert not reads(life, "manager2")
    life.declare("manager")
    assert [one.alike for one in waiting(life)] == [("Moussa Diarra",)]
    answer(life, "manager", same=False)
    assert reads(life, "manager2")
    assert waiting(life) == []


@pytest.mark.parametrize("role", ["subject", "witness"])
def test_coi_r01_nobody_is_found_free_who_did_not_declare(life: Life, role: str) -> None:
    call(life, "manager2", "Mousa Diara")
    life.write("manager", "person", role=role, name="Moussa Diarra")
    life.declare("manager")
    assert waiting(life) == []
    with life.small.look() as db:
        (row,) = db.exec(select(Declaration))
    assert row.staff == life.cast["manager"].id


def test_coi_r14_who_has_to_declare_anew_is_not_found_free_instead(life: Life) -> None:
    call(life, "manager2", "Mousa Diara")
    life.declare("manager2")
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    life.declare("manager")
    assert waiting(life) == []
    life.declare("manager2")
    answer(life, "manager", same=False)
    assert reads(life, "manager2")


def test_coi_r03_it_is_the_same_person_and_the_case_is_gone(life: Life) -> None:
    call(life, "manager2", "Mousa Diara")
    life.declare("manager2")
    life.write("manager", "person", role="witness", name="Moussa Diarra")
    assert not reads(life, "manager2")
    life.declare("manager")
    answer(life, "manager", same=True)
    assert not life.sees("manager2")
    with life.small.look() as db:
        assert db.exec(select(Declaration).where(Declaration.status == "unsure")).all() == []


def test_coi_r03_two_who_were_told_apart_are_never_asked_about_again(life: Life) -> None:
    call(life, "manager2", "Mousa Diara")
    subject = life.write("manager", "person", role="subject", name="Moussa Diarra")
    life.declare("manager2")
    life.declare("manager")
    answer(life, "manager", same=False)
    life.change("manager", "person", subject, role="subject", name="DIARRA Moussa", office="PORT")
    assert reads(life, "manager2")
    life.write("manager", "person", role="subject", name="Mousa Diarra")  # another spelling
    life.declare("manager2")
    assert not reads(life, "manager2")
    life.declare("manager")
    assert [set(one.alike) for one in waiting(life)] == [{"Mousa Diarra"}]


def test_coi_r03_a_name_in_the_report_is_compared_when_somebody_declares(backend: Backend) -> None:
    with closing(a_house(backend)) as house:
        house.person(*OUTSIDE_ROLES, unit="outside")
        life = a_life(house, subjects=(Subject("Moussa Diarra"),))
        call(life, "manager2", "Mousa Diara")
        life.declare("manager2")
        assert not reads(life, "manager2")
        life.declare("manager")
        assert reads(life, "manager")


def test_coi_r03_a_colleague_of_the_same_post_does_not_answer(life: Life) -> None:
    call(life, "manager2", "Mousa Diara")
    life.write("triage", "person", role="subject", name="Moussa Diarra")
    post(life, "PORT", "manager", "manager2")
    life.declare("manager2")
    life.declare("manager")
    with pytest.raises(NotPermitted):
        answer(life, "manager", same=False)
    assert not reads(life, "manager2")
    post(life, "HQ", "manager", "manager2")  # headquarters is no post
    answer(life, "manager", same=False)
    assert reads(life, "manager2")


def test_coi_r03_nobody_answers_for_who_heads_them(life: Life) -> None:
    call(life, "head", "Mousa Diara", "head_ia")
    life.write("triage", "person", role="subject", name="Moussa Diarra")
    life.declare("head")
    life.declare("manager")
    with pytest.raises(NotPermitted):
        answer(life, "manager", same=False)
    life.declare("head2")
    answer(life, "head2", same=False)
    assert reads(life, "head")


def test_coi_r03_who_records_a_name_like_their_own_is_asked_about_too(life: Life) -> None:
    call(life, "manager2", "Mousa Diara")
    life.write("manager2", "person", role="witness", name="Moussa Diarra")
    assert not reads(life, "manager2")


def test_coi_r03_the_question_names_nobody_in_the_open(life: Life) -> None:
    call(life, "manager2", "Mousa Diara")
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    life.declare("manager2")
    life.declare("manager")
    answer(life, "manager", same=False)
    with life.small.look() as db:
        (row,) = db.exec(select(ToldApart))
        assert len(row.tag) == 16
        other = conflicts.resembled(
            db,
            [life.case_id],
            Staff(id=life.cast["manager"].id, username="x", display_name="Mousa Diara"),
            [Subject("Moussa Diarra")],
        )
        assert other  # told apart is one person, not everybody of that name


def test_coi_r01_nobody_reads_before_they_declared_and_r14_a_new_subject_asks_again(
    life: Life,
) -> None:
    assert not reads(life, "manager")
    life.declare("manager")
    assert reads(life, "manager")
    life.write("triage", "person", role="subject", name="Nobody Known")
    assert not reads(life, "manager")
    with life.small.look() as db:
        assert {row.status for row in db.exec(select(Declaration))} == {DeclarationStatus.VOID}


def post(life: Life, office: str, *people: str) -> None:
    """Send people to work at an office."""
    with life.small.work() as db:
        for who in people:
            db.get_one(Staff, life.cast[who].id).office = life.small.offices[office]
        log.emit(db, "config.changed", by=THE_SERVICE)
