"""Who must not know: where a report goes, and walls that hold at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select, update

from cases import conflicts
from cases.actors import THE_SERVICE, StaffActor
from cases.audit import log
from cases.conflicts import Subject, WallMemory, normalise_name, normalise_number
from cases.errors import NotOpenYet
from cases.models.case import SubjectMatch, Wall, WallCount
from cases.models.people import Deployment, Office, Staff, Unit, UnitKind
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.lives import a_life

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from cases.conflicts import Route
    from tests.cases.builders import SmallHouse
    from tests.cases.lives import Life

pytestmark = pytest.mark.one_database


def routed(
    small: SmallHouse,
    concerns: Collection[str] = (),
    office: str | None = None,
    *subjects: Subject,
) -> Route:
    with small.look() as db:
        place = db.exec(select(Office).where(Office.code == office)).one() if office else None
        return conflicts.route(db, concerns, place, subjects)


def unit_of(small: SmallHouse, route: Route) -> str:
    return {identity: code for code, identity in small.units.items()}[route.unit.id]


def wall(small: SmallHouse, life: Life, *people: StaffActor) -> int:
    with small.work() as db:
        built = conflicts.wall(db, life.case, [who.id for who in people])
        log.emit(db, "conflict.matched", by=THE_SERVICE)
    return built


def walled(small: SmallHouse, who: StaffActor) -> frozenset[UUID]:
    with small.look() as db:
        return small.house.walls.of(db, who.id)


@pytest.mark.parametrize(
    ("concern", "unit", "told"),
    [
        ("internal_affairs", "outside", False),
        ("head_of_internal_affairs", "outside", False),
        ("head_of_customs", "outside", False),
        ("committee_member", "main", False),
        ("system_administrator", "main", True),
    ],
)
def test_what_a_report_concerns_decides_where_it_goes(
    small: SmallHouse, concern: str, unit: str, *, told: bool
) -> None:
    for office in (None, "PORT"):
        route = routed(small, {concern}, office)
        assert (unit_of(small, route), route.tell_outside) == (unit, told)


def test_who_is_concerned_beside_an_administrator_still_goes_outside(small: SmallHouse) -> None:
    route = routed(small, {"system_administrator", "head_of_customs"})
    assert (unit_of(small, route), route.tell_outside) == ("outside", True)


def test_an_office_leads_to_the_nearest_unit_above_it(small: SmallHouse) -> None:
    with small.work() as db:
        north = Unit(
            id=uuid4(),
            code="north",
            name="North",
            kind=UnitKind.HANDLING,
            pk=b"k",
            epoch=1,
        )
        region = Office(code="NORTH", name="x", kind="region", unit=north.id)
        post = Office(code="POST", name="x", kind="post", parent=region.id)
        lost = Office(code="LOST", name="x", kind="post")
        db.add_all((north, region, post, lost))
        log.emit(db, "config.changed", by=THE_SERVICE)
        small.units["north"] = north.id
    wanted = {"HQ": "main", "PORT": "main", "NORTH": "north", "POST": "north", "LOST": "main"}
    assert {office: unit_of(small, routed(small, (), office)) for office in wanted} == wanted
    assert unit_of(small, routed(small)) == "main"


INSIDE = (
    "intake_officer", "triage_officer", "case_manager", "head_ia", "lead_investigator",
    "investigator", "analyst", "legal_counsel", "quality_reviewer", "decision_authority",
    "evidence_custodian",
)  # fmt: skip


@pytest.mark.parametrize("role", INSIDE)
def test_whoever_handles_reports_is_gone_around_when_named(small: SmallHouse, role: str) -> None:
    who = small.person(role, name="Awa Traoré", number="C-7/19")
    for subject in (Subject(staff_number="c7 19"), Subject(name="TRAORE  awa")):
        route = routed(small, (), "PORT", subject)
        assert unit_of(small, route) == "outside"
        assert route.walled == {who.id}


@pytest.mark.parametrize(
    ("role", "unit"),
    [
        ("system_admin", "main"),
        ("local_committee", "main"),
        ("case_manager", "outside"),
        ("review_officer", "review"),
        ("protection_officer", "protection"),
        ("identity_custodian", "custody"),
    ],
)
def test_anybody_else_who_is_named_is_walled(small: SmallHouse, role: str, unit: str) -> None:
    who = small.person(role, unit=unit, name="Awa Traoré", number="C-7")
    route = routed(small, (), None, Subject(name="Awa Traore"))
    assert (unit_of(small, route), route.walled) == ("main", frozenset({who.id}))


def test_staff_without_any_role_are_walled_before_they_get_one(small: SmallHouse) -> None:
    who = small.person(number="C-8")
    assert routed(small, (), None, Subject(staff_number="C 8")).walled == {who.id}


def test_strangers_and_empty_names_match_nobody(small: SmallHouse) -> None:
    small.person("head_ia", name="Awa Traoré", number=None)
    for subject in (
        Subject(),
        Subject(name="", staff_number=""),
        Subject(name="   ", staff_number="--"),
        Subject(name="Awa"),
        Subject(name="Awa Traoré Diallo"),
        Subject(staff_number="C-9"),
    ):
        route = routed(small, (), None, subject)
        assert (unit_of(small, route), route.walled) == ("main", frozenset())


def test_namesakes_are_all_walled(small: SmallHouse) -> None:
    people = {small.person("dpo", name="Awa Traoré").id for _ in range(3)}
    assert routed(small, (), None, Subject(name="Traoré Awa")).walled == people


def test_nothing_is_taken_where_nobody_could_open_it(small: SmallHouse) -> None:
    with small.work() as db:
        db.get_one(Unit, small.units["outside"]).pk = None
        log.emit(db, "config.changed", by=THE_SERVICE)
    with pytest.raises(NotOpenYet):
        routed(small, {"internal_affairs"})
    with small.work() as db:
        db.exec(select(Deployment)).one().national_unit = None
        log.emit(db, "config.changed", by=THE_SERVICE)
    with pytest.raises(NotOpenYet):
        routed(small)


# Walls


def test_a_wall_holds_at_once_in_every_process_and_for_that_person_only(small: SmallHouse) -> None:
    life, who, other = a_life(small), small.person("case_manager"), small.person("case_manager")
    assert walled(small, who) == frozenset()
    with small.work() as db:
        conflicts.wall(db, life.case, [who.id])
        assert small.house.walls.of(db, who.id) == {life.case}
        log.emit(db, "conflict.matched", by=THE_SERVICE)
    assert walled(small, who) == {life.case}
    assert walled(small, other) == frozenset()
    with small.look() as db:
        assert WallMemory().of(db, who.id) == {life.case}


def test_a_wall_that_was_taken_back_hides_no_later_one(small: SmallHouse) -> None:
    one, two, who = a_life(small), a_life(small), small.person("case_manager")

    def fail() -> None:
        with small.work() as db:
            conflicts.wall(db, one.case, [who.id])
            assert small.house.walls.of(db, who.id) == {one.case}
            log.emit(db, "conflict.matched", by=THE_SERVICE)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert walled(small, who) == frozenset()
    wall(small, two, who)
    assert walled(small, who) == {two.case}


def test_a_wall_is_built_once(small: SmallHouse) -> None:
    life, who, other = a_life(small), small.person("dpo"), small.person("dpo")
    assert [wall(small, life, who), wall(small, life, who), wall(small, life, who, other)] == [
        1,
        0,
        1,
    ]
    with small.look() as db:
        assert conflicts.wall_count(db) == 2
        assert len(db.exec(select(Wall)).all()) == 2


def test_tags_differ_in_every_case_and_name_nobody(small: SmallHouse) -> None:
    lives, who = [a_life(small) for _ in range(3)], small.person("dpo", number="C-7")
    for life in lives:
        wall(small, life, who)
    with small.look() as db:
        tags = db.exec(select(Wall.tag)).all()
    assert len(set(tags)) == 3
    assert {len(tag) for tag in tags} == {16}
    assert who.id.bytes not in b"".join(tags)


def test_a_wall_of_other_hands_only_hides(small: SmallHouse) -> None:
    life, who = a_life(small), small.person("case_manager")
    wall(small, life, who)
    with small.house.engine.begin() as connection:
        connection.execute(update(WallCount).values(n=9))
        connection.execute(update(Wall).where(col(Wall.case_id) == life.case).values(mac=b"x"))
    assert walled(small, who) == {life.case}


# Names


ACCENTED = st.text(st.characters(categories=("L", "M", "Zs")), max_size=20)


@given(ACCENTED)
def test_a_normalised_name_stays_as_it_is(name: str) -> None:
    once = normalise_name(name)
    assert normalise_name(once) == once


@given(st.lists(st.sampled_from(["Awa", "Traoré", "Ould", "Ångström", "Nguyễn"]), min_size=1))
def test_order_case_accents_and_spaces_make_no_other_name(words: list[str]) -> None:
    name = " ".join(words)
    assert normalise_name("  ".join(reversed(words)).upper()) == normalise_name(name)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Awa Traoré", "TRAORE AWA"),
        ("Müller Straße", "strasse muller"),
        ("Ａｗａ", "awa"),
        ("José María", "Jose\u0301 Mari\u0301a"),
        ("İbrahim", "ibrahim"),
        ("محمد", "مُحَمَّد"),
    ],
)
def test_names_that_people_write_differently_are_one(one: str, two: str) -> None:
    assert normalise_name(one) == normalise_name(two)


def test_numbers_are_letters_and_digits(small: SmallHouse) -> None:
    assert normalise_number(" c-7/19 ") == normalise_number("Ｃ７１９") == "C719"
    assert normalise_number("--") == ""


# Newcomers


def test_newcomers_are_found_in_the_cases_that_name_them(small: SmallHouse) -> None:
    small.person(*OUTSIDE_ROLES, unit="outside")
    by_name = a_life(small, subjects=(Subject(name="Awa Traoré"),))
    by_number = a_life(small, subjects=(Subject(staff_number="C 7"),))
    a_life(small, subjects=(Subject(name="Somebody Else", staff_number="D1"),))
    with small.look() as db:
        named = Staff(username="n", display_name="TRAORE Awa", staff_number="c7")
        assert conflicts.cases_naming(db, named) == {by_name.case, by_number.case}
        unnumbered = Staff(username="n", display_name="TRAORE Awa")
        assert conflicts.cases_naming(db, unnumbered) == {by_name.case}
        stranger = Staff(username="n", display_name="Nobody", staff_number="E5")
        assert conflicts.cases_naming(db, stranger) == frozenset()


def test_tokens_of_one_person_differ_in_every_case(small: SmallHouse) -> None:
    small.person(*OUTSIDE_ROLES, unit="outside")
    for _ in range(2):
        a_life(small, subjects=(Subject(name="Awa Traoré", staff_number="C7"),))
    with small.look() as db:
        tokens = db.exec(select(SubjectMatch.token)).all()
    assert len(tokens) == len(set(tokens)) == 4
    rows = conflicts.match_rows(small.house.keyring, uuid4(), [Subject(), Subject(name=" ")])
    assert rows == []
