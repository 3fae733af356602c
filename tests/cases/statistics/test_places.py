"""Whose figures one may look at."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from cases.actors import Seat, StaffActor
from cases.errors import NotFound, NotPermitted, Unacceptable
from cases.statistics import places
from cases.statistics.places import FIGURES, NATIONAL, UNPUBLISHED, Map, Place, Spot
from workflows import catalogue

MAIN, SECOND, OUTSIDE, REVIEW = (UUID(int=n) for n in range(1, 5))
HQ, NORTH, PORT, SOUTH = (UUID(int=n) for n in range(11, 15))
WORLD = Map(
    inside={MAIN: "main", SECOND: "second"},
    outside={OUTSIDE: "outside"},
    offices={
        HQ: Spot(HQ, "hq", "national", None, 0),
        NORTH: Spot(NORTH, "north", "region", HQ, 300),
        PORT: Spot(PORT, "port", "post", NORTH, 9),
        SOUTH: Spot(SOUTH, "south", "region", HQ, 200),
    },
)
UNIT_PLACES = {code: Place("unit", unit, code) for unit, code in WORLD.units.items()}
OFFICE_PLACES = {spot.code: Place("office", spot.id, spot.code) for spot in WORLD.offices.values()}


def person(*roles: str, unit: UUID = MAIN, office: UUID | None = None) -> StaffActor:
    seats = tuple(Seat(unit, role, office=office) for role in roles)
    return StaffActor(uuid4(), "u", "U", 1, seats, "00000000", b"")


def seen(by: StaffActor, act: str = FIGURES) -> set[str]:
    return {
        place.code or "nation" for place in WORLD.places() if places.reaches(WORLD, by, act, place)
    }


INSIDE = {"nation", "main", "second", "hq", "north", "port", "south"}


@pytest.mark.parametrize(
    ("role", "reach"),
    [
        ("national_committee", INSIDE),
        ("internal_auditor", INSIDE),
        ("statistics_officer", INSIDE),
        ("head_ia", INSIDE),
        ("case_manager", {"main"}),
        ("dpo", {"main", "nation"}),
        ("triage_officer", set()),
        ("system_admin", set()),
        ("lead_investigator", set()),
    ],
)
def test_each_role_looks_as_far_as_the_permission_table_says(role: str, reach: set[str]) -> None:
    assert seen(person(role)) == reach


def test_a_local_committee_sees_its_post_and_what_lies_below() -> None:
    assert seen(person("local_committee", office=NORTH)) == {"north", "port"}
    assert seen(person("local_committee", office=PORT)) == {"port"}
    assert seen(person("local_committee")) == set()


def test_nobody_but_its_own_people_sees_the_outside_unit() -> None:
    for role in catalogue.code_list("roles").by_code:
        assert "outside" not in seen(person(role, office=HQ)), role
    assert "outside" in seen(person("head_ia", unit=OUTSIDE))
    assert seen(person("case_manager", unit=OUTSIDE)) == {"outside"}


def test_unpublished_months_are_for_the_head_and_the_statistics_officers() -> None:
    assert seen(person("head_ia"), UNPUBLISHED) == {"main"}
    assert seen(person("statistics_officer"), UNPUBLISHED) == INSIDE
    for role in set(catalogue.code_list("roles").by_code) - {"head_ia", "statistics_officer"}:
        assert seen(person(role, office=HQ), UNPUBLISHED) == set(), role


def test_exact_figures_are_for_the_head_of_that_unit_alone() -> None:
    head = person("head_ia")
    assert [place for place in WORLD.places() if places.is_head_of(head, place)] == [
        UNIT_PLACES["main"]
    ]
    assert not any(
        places.is_head_of(person("statistics_officer", "case_manager"), place)
        for place in WORLD.places()
    )


def test_who_names_no_place_gets_their_own() -> None:
    def own(by: StaffActor) -> Place:
        return places.choose(WORLD, by, office=None, unit=None)

    assert own(person("head_ia")) == UNIT_PLACES["main"]
    assert own(person("head_ia", unit=OUTSIDE)) == UNIT_PLACES["outside"]
    assert own(person("case_manager", unit=SECOND)) == UNIT_PLACES["second"]
    assert own(person("statistics_officer")) == NATIONAL
    assert own(person("protection_officer", unit=REVIEW)) == NATIONAL
    assert own(person("local_committee", office=PORT)) == OFFICE_PLACES["port"]
    with pytest.raises(NotFound):
        own(person("local_committee"))
    with pytest.raises(NotFound):
        own(person("triage_officer"))


def test_a_place_that_is_not_there_and_one_that_is_not_shown_are_the_same() -> None:
    committee = person("local_committee", office=PORT)
    for office, unit in (("nowhere", None), ("north", None), (None, "main"), (None, "outside")):
        with pytest.raises(NotFound):
            places.choose(WORLD, committee, office=office, unit=unit)
    with pytest.raises(Unacceptable):
        places.choose(WORLD, committee, office="port", unit="main")


def test_the_nation_and_its_offices_count_inside_units_only() -> None:
    assert WORLD.counted(NATIONAL) == (frozenset({MAIN, SECOND}), None)
    assert WORLD.counted(OFFICE_PLACES["north"]) == (
        frozenset({MAIN, SECOND}),
        frozenset({"north", "port"}),
    )
    assert WORLD.counted(UNIT_PLACES["outside"]) == (frozenset({OUTSIDE}), None)


def test_what_is_published_together_is_the_nation_and_offices_with_all_below_them() -> None:
    territory = WORLD.territory(frozenset({PORT}))
    assert territory.below == {"^hq": {"hq", "north", "south"}}
    assert WORLD.territory(frozenset()).below == {
        "^hq": {"hq", "north", "port", "south"},
        "^north": {"north", "port"},
    }
    assert territory.scope("hq") == "^hq"
    assert territory.scope("south") == "=south"
    assert territory.forbids(("", "=port", "DIG-01", ""))
    assert not territory.forbids(("", "=south", "DIG-01", ""))
    assert not territory.forbids(("", "^hq", "DIG-01", ""))
    assert not territory.forbids(("", "=port", "COR-01", ""))


def test_who_has_no_figures_is_shown_those_of_the_next_above() -> None:
    shown = WORLD.standing_in(OFFICE_PLACES["port"])
    assert [place.code for place in shown] == ["port", "north", "hq", None]
    assert WORLD.standing_in(NATIONAL) == [NATIONAL]


def test_publishing_takes_a_seat_in_an_inside_unit() -> None:
    places.demand_publisher(WORLD, person("head_ia"))
    places.demand_publisher(WORLD, person("statistics_officer", unit=REVIEW))
    for by in (person("head_ia", unit=OUTSIDE), person("national_committee")):
        with pytest.raises(NotPermitted):
            places.demand_publisher(WORLD, by)


def test_a_circle_in_the_tree_of_offices_ends() -> None:
    loop = Map(
        {}, {}, {HQ: Spot(HQ, "hq", "post", PORT, 0), PORT: Spot(PORT, "port", "post", HQ, 0)}
    )
    assert loop.is_below(HQ, PORT)
    assert [spot.code for spot in loop.upward(PORT)] == ["port", "hq"]
    assert not loop.is_below(HQ, SOUTH)
