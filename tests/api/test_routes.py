"""Every way in: its gate, every role tried against it, and what must not change by looking."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import MetaData, func, select

from tests.api.asking import NOWHERE, SLOW, Asked, doors, problem, requests, roles_of, table
from tests.api.inhabited import inhabit
from workflows import catalogue
from workflows.model import Grade

if TYPE_CHECKING:
    from tests.api.inhabited import Plot
    from tests.world import Member, World

pytestmark = pytest.mark.one_database

COMMITTED = Path(__file__).with_name("routes.txt")
SCRIPT = Path(__file__).parents[2] / "api" / "demo.toml"

ENDS_SESSIONS = frozenset({"signOut", "closeReporterSession"})
OPENLY = frozenset(
    {"GET /", "GET /healthz", "GET /readyz", "GET /v1/docs", "GET /v1/intake", "GET /v1/openapi.json",
     "POST /v1/reporter/session", "POST /v1/reports", "POST /v1/session", "POST /v1/session/enrolment"}
)  # fmt: skip


def one_of_each(*, units: bool) -> list[str]:
    """User names of the demo's cast: one for each combination of roles, or of roles and units."""
    kinds = {}
    for one in reversed(tomllib.loads(SCRIPT.read_text("utf-8"))["staff"]):
        seats = [seat.split() for seat in one["seats"]]
        kind = {(seat[1], seat[0] if units else "") for seat in seats}
        kinds[frozenset(kind)] = one["username"]
    return sorted(kinds.values())


@pytest.fixture(scope="module")
def plots(small_world: World) -> dict[str, Plot]:
    """A case of the main unit, and one that only the outside unit may know of."""
    return {
        "mine": inhabit(small_world),
        "outside": inhabit(small_world, "outside", body="About the head of internal affairs."),
    }


# The table


def test_every_way_in_and_its_gate_stand_in_the_committed_table(small_world: World) -> None:
    found = doors(small_world)
    assert len(found) > 80
    assert all(door.gates for door in found), "a route that nobody guards"
    assert table(found) == COMMITTED.read_text("utf-8"), (
        f"the table of routes changed; if this is meant, {COMMITTED.name} should say:\n{table(found)}"
    )


def test_every_gate_names_acts_of_the_permission_table(small_world: World) -> None:
    known = catalogue.permissions().acts
    named = {act for one in requests(small_world) for act in one.acts}
    assert named
    assert named <= set(known)


def test_only_these_doors_are_open_to_everybody(small_world: World) -> None:
    assert {str(one) for one in requests(small_world) if one.gates == ("everyone",)} == OPENLY


# Tokens


def test_without_a_token_every_other_door_is_shut(small_world: World) -> None:
    wrong = small_world.anybody()
    for one in requests(small_world):
        if str(one) in OPENLY:
            continue
        answer = one.ask(wrong)
        assert (answer.status_code, problem(answer)) == (401, "not-signed-in"), str(one)


def test_a_token_nobody_was_given_opens_no_door(small_world: World) -> None:
    token = small_world.as_("head").token or ""
    forged = [token[:-4] + "AAAA", token[::-1], "x", "é", "a" * 5_000, "Basic abc"]
    for one in requests(small_world):
        if str(one) in OPENLY:
            continue
        for text in forged if one.operation in {"me", "readOwnReport"} else forged[:1]:
            header = {"Authorization": f"Bearer {text}".encode()}
            answer = small_world.anybody().ask(
                one.method,
                one.path.format(**NOWHERE),
                headers=header,  # type: ignore[arg-type]
            )
            assert answer.status_code == 401, f"{one} {text[:8]}"


def test_a_reporter_opens_no_door_of_staff_and_staff_none_of_reporters(
    small_world: World, plots: dict[str, Plot]
) -> None:
    reporter, head = plots["mine"].reporter.caller, small_world.as_("head")
    for one in requests(small_world):
        if one.of_staff:
            assert problem(one.ask(reporter)) == "not-signed-in", str(one)
        if one.of_reporters:
            assert problem(one.ask(head)) == "not-signed-in", str(one)


# Every role, every route


@pytest.mark.parametrize("username", one_of_each(units=False))
def test_a_role_passes_exactly_the_gates_that_the_permission_table_opens_for_it(
    small_world: World, username: str
) -> None:
    by, roles = small_world.as_(username), roles_of(small_world, username)
    for one in requests(small_world):
        if not one.of_staff or one.operation in ENDS_SESSIONS | SLOW:
            continue
        answer = one.ask(by)
        where = f"{one} as {username}: {answer.status_code} {answer.text[:200]}"
        assert answer.status_code < 500, where
        if not one.allows(roles):
            assert (answer.status_code, problem(answer)) == (403, "not-permitted"), where
        elif "{reference}" in one.path:
            assert (answer.status_code, problem(answer)) == (404, "not-found"), where
        elif by_themselves(one, roles):
            assert problem(answer) not in {"not-signed-in", "not-permitted"}, where
        else:
            assert problem(answer) in {"not-permitted", "not-found"}, where


def by_themselves(asked: Asked, roles: frozenset[str]) -> bool:
    """Whether these roles may do it alone: the table does not ask for a second person."""
    house = ("/v1/staff", "/v1/units", "/v1/offices", "/v1/calendar", "/v1/referral-bodies")
    if asked.method == "GET" or not asked.acts or not asked.path.startswith(house):
        return True
    grants = [one for act in asked.acts for one in catalogue.permissions().grants(act, roles)]
    return any(one.grade is not Grade.SECOND for one in grants)


@pytest.mark.parametrize("username", one_of_each(units=True))
def test_a_case_is_there_for_who_may_know_of_it_and_for_nobody_else(
    small_world: World, plots: dict[str, Plot], username: str
) -> None:
    by, roles = small_world.as_(username), roles_of(small_world, username)
    seats = next(one.memberships for one in small_world.cast.staff if one.username == username)
    circle = {"triage_officer", "case_manager", "head_ia"}
    for name, unit in (("mine", "main"), ("outside", "outside")):
        plot = plots[name]
        knows = any(one["unit"] == unit and one["role"] in circle for one in seats)
        # The protection officer was named in both cases.
        knows |= username == plot.life.who("protector").username
        for one in requests(small_world):
            if "{reference}" not in one.path or not one.typical or not one.allows(roles):
                continue
            ids = NOWHERE | {"reference": plot.life.reference}
            answer = one.ask(by, ids, body={} if one.body is not None else None)
            where = f"{one} ({name}) as {username}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code < 500, where
            if knows:
                assert answer.status_code != 404 or len(one.parameters) > 1, where
            elif problem(answer) != "invalid-input":
                assert (answer.status_code, problem(answer)) == (404, "not-found"), where


# Looking changes nothing


def counted(world: World) -> dict[str, int]:
    """Rows by table, the trail's and the sessions' apart: a look leaves its trace there."""
    tables = MetaData()
    with world.house.engine.connect() as db:
        tables.reflect(db)
        return {
            name: db.execute(select(func.count()).select_from(one)).scalar_one()
            for name, one in tables.tables.items()
            if not name.startswith(("audit_", "alembic", "sign_in"))
        }


def test_looking_changes_nothing(small_world: World, plots: dict[str, Plot]) -> None:
    before = counted(small_world)
    assert len(before) > 25
    people: list[Member] = [small_world.as_(name) for name in ("manager", "admin")]
    looked = 0
    for plot in plots.values():
        ids = NOWHERE | {
            "reference": plot.life.reference,
            "id": plot.exhibit,
            "proposal": plot.proposal,
            "staff": small_world.id_of("lead"),
            "unit": small_world.cast.units[0]["code"],
        }
        for one in requests(small_world):
            if one.method == "GET":
                for by in (*people, plot.reporter.caller, small_world.anybody()):
                    looked += one.ask(by, ids).is_success
    assert looked > 60
    assert counted(small_world) == before
