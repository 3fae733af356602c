from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from api import demo, settings, wiring
from cases.actors import THE_SERVICE
from cases.models.people import Membership, Staff, StaffStatus, Unit
from cases.sealing import passwords
from cases.staff import changes, circle, founding, readiness, signin, unlocks
from workflows import catalogue, engine
from workflows.model import NOT_STAFF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.demo import DemoCast
    from api.settings import Settings
    from cases.database import House
    from workflows.model import Transition

MAIN_TWICE = (
    "case_manager", "head_ia", "lead_investigator", "investigator", "decision_authority",
    "protection_officer", "identity_custodian", "system_admin", "legal_counsel",
    "quality_reviewer", "triage_officer",
)  # fmt: skip
OUTSIDE = {
    "intake_officer": 1,
    "triage_officer": 1,
    "case_manager": 2,
    "head_ia": 2,
    "lead_investigator": 1,
    "quality_reviewer": 1,
    "legal_counsel": 1,
    "decision_authority": 2,
}
ROLES = {entry.code for entry in catalogue.code_list("roles").entries} - NOT_STAFF


URL = "http://127.0.0.1:8000"


def without_argon2(password: str) -> unlocks.Stretched:
    """What these tests stretch with: they are about who there is, not about how hard it was."""
    value = hashlib.sha256(password.encode()).digest()
    return unlocks.Stretched(passwords.new_salt(), passwords.ARGON2, value)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlocks, "stretched", without_argon2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo to copy; a minute's work for every test would be a minute too much."""
    found = settings.for_directory(tmp_path_factory.mktemp("made") / "demo")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(unlocks, "stretched", without_argon2)
        demo.serve_from(found, url=URL)
    return found.data


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return settings.for_directory(tmp_path / "demo", reporter_tick_minutes=0)


@pytest.fixture
def cast(chosen: Settings, made: Path) -> DemoCast:
    shutil.copytree(made, chosen.data)
    return demo.serve_from(chosen, url=URL)


@pytest.fixture
def house(chosen: Settings, cast: DemoCast) -> Iterator[House]:
    opened = wiring.open_house(chosen)
    yield opened
    opened.close()


def test_every_role_has_somebody(cast: DemoCast) -> None:
    assert {role for person in cast.staff for role in person.roles} == ROLES
    for role in MAIN_TWICE:
        assert len(cast.people(role)) >= 2, role
    for role, count in OUTSIDE.items():
        assert len(cast.people(role, "outside")) >= count, role
    assert len(cast.people("review_officer", "review")) == 2
    assert cast.person("oversight_body", "oversight") == cast.person("oversight_body", "review")
    assert cast.people("protection_officer") == cast.people("protection_officer", "protection")
    assert cast.people("identity_custodian") == cast.people("identity_custodian", "custody")
    posts = {person.office for person in cast.people("local_committee")}
    assert len(posts) == 2
    assert posts <= {office["code"] for office in cast.offices}


@pytest.mark.parametrize("step", catalogue.workflow().transitions, ids=lambda step: step.id)
@pytest.mark.parametrize("unit", ["main", "outside"])
def test_the_cast_can_propose_and_confirm_every_step(step: Transition, unit: str) -> None:
    script = demo._script()
    serving = next(one for one in script["units"] if one["code"] == unit)["serving"].values()
    people = {
        person["username"]: {
            role for where, role, *_ in map(str.split, person["seats"]) if where in {unit, *serving}
        }
        for person in script["staff"]
    }
    assert not [gap for gap in engine.nobody_for(catalogue.workflow(), people) if gap[0] == step.id]


def test_nothing_is_missing_for_who_runs_it(house: House) -> None:
    with house.glance() as db:
        assert readiness.unready_steps(db) == ()
        assert readiness.outside_roles_missing(db) == ()
        changes.check_directory(db)


def test_everybody_is_enrolled_and_in_their_circle(house: House, cast: DemoCast) -> None:
    with house.glance() as db:
        staff = db.exec(select(Staff)).all()
        assert {one.status for one in staff} == {StaffStatus.ACTIVE}
        assert not any(circle.waiting(db, one.id) for one in staff)
        for seat in db.exec(select(Membership)):
            unit = db.get_one(Unit, seat.unit)
            assert seat.holds_key == (seat.role in circle.circle_roles(unit.kind))
    for person in cast.staff:
        with house.unit_of_work() as db:
            salted = signin.find_stretching(db, person.username)
            assert salted.parameters == passwords.ARGON2
            value = without_argon2(person.password).value
            assert signin.sign_in(db, person.username, stretched=value).must == ("second_factor",)


def test_every_unit_that_handles_can_take_reports(house: House) -> None:
    with house.glance() as db:
        deployment = changes.the_deployment(db)
        assert deployment.kind == founding.DEMO
        for unit_id in (deployment.national_unit, deployment.outside_unit):
            unit = db.get_one(Unit, unit_id)
            assert unit.pk is not None
            assert unit.review_unit is not None
        main = db.get_one(Unit, deployment.national_unit)
        outside = db.get_one(Unit, deployment.outside_unit)
        assert (main.inside, outside.inside) == (True, False)
        assert None not in (main.protection_unit, main.custody_unit)


def test_the_file_is_for_its_owner_only_and_says_who_can_sign_in(
    chosen: Settings, cast: DemoCast
) -> None:
    path = chosen.data / demo.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = json.loads(path.read_text("utf-8"))
    assert set(said) == {"url", "units", "offices", "staff"}
    assert set(said["units"][0]) == {"code", "name", "kind", "inside"}
    assert said["units"][0]["code"] == "main"
    assert set(said["offices"][0]) == {"code", "name", "kind", "parent", "unit"}
    assert set(said["staff"][0]) == {
        "username", "password", "roles", "unit", "office", "memberships",
    }  # fmt: skip
    words = [person["password"] for person in said["staff"]]
    assert len(set(words)) == len(words) == len(cast.staff)
    assert all(len(word) >= passwords.SHORTEST_PASSWORD for word in words)
    assert words[0] not in repr(cast)


def test_another_directory_has_other_passwords(cast: DemoCast, tmp_path: Path) -> None:
    second = settings.for_directory(tmp_path / "second")
    other = demo.serve_from(second, url=URL)
    assert {one.password for one in cast.staff}.isdisjoint(one.password for one in other.staff)


def test_a_demo_is_found_again_under_its_new_address(chosen: Settings, cast: DemoCast) -> None:
    again = demo.serve_from(chosen, url="http://127.0.0.1:9000")
    assert again.staff == cast.staff
    assert json.loads((chosen.data / demo.FILE).read_text("utf-8"))["url"] == again.url
    assert demo.serve_from(chosen, url=again.url) == again


def test_a_demo_whose_file_is_gone_says_so_and_can_be_made_anew(
    chosen: Settings, cast: DemoCast
) -> None:
    (chosen.data / demo.FILE).unlink()
    (chosen.data / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(demo.NotADemo, match="--reset"):
        demo.serve_from(chosen, url=cast.url)
    anew = demo.serve_from(chosen, url=cast.url, reset=True)
    assert {one.password for one in anew.staff}.isdisjoint(one.password for one in cast.staff)
    assert (chosen.data / "notes.txt").exists()


def test_half_a_demo_says_so(chosen: Settings) -> None:
    wiring.new_house(chosen, time_zone=ZoneInfo("UTC")).close()
    with pytest.raises(demo.NotADemo, match="--reset"):
        demo.serve_from(chosen, url=URL)
    demo.serve_from(chosen, url=URL, reset=True)


@pytest.mark.parametrize("reset", [False, True])
def test_a_real_installation_is_never_touched(chosen: Settings, *, reset: bool) -> None:
    house = wiring.new_house(chosen, time_zone=ZoneInfo("UTC"))
    plan = founding.Founding(
        kind=founding.REAL,
        name="Customs",
        country="XA",
        time_zone="UTC",
        retention=dict.fromkeys(founding.retention_classes(), 12),
    )
    with house.unit_of_work() as db:
        founding.found(db, plan, THE_SERVICE)
    house.close()
    before = sorted(path.name for path in chosen.data.rglob("*"))
    with pytest.raises(demo.NotADemo, match="real installation"):
        demo.serve_from(chosen, url=URL, reset=reset)
    assert before == sorted(path.name for path in chosen.data.rglob("*"))
    assert not (chosen.data / demo.FILE).exists()
    assert os.access(chosen.root_keys / "1.key", os.R_OK)
