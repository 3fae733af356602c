"""The demo: a whole administration in one directory, with passwords that everybody who owns it can read.

    DIR/tribune.db vault.db blobs/ keys/     as a real installation of the embedded kind
    DIR/demo.json                            who can sign in; made with O_EXCL, mode 0600

It says DEMO everywhere and never becomes real.
"""

import json
import os
import secrets
import shutil
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api import wiring
from api.settings import Settings
from cases.actors import THE_SERVICE
from cases.assignments import INQUIRY
from cases.database import House, Work, connect
from cases.errors import NotFounded
from cases.models.people import UnitKind
from cases.staff import (
    accounts,
    certificates,
    changes,
    circle,
    founding,
    interests,
    signin,
    structure,
    unlocks,
)
from cases.staff.accounts import Invitation
from cases.staff.roles import SeatWish
from cases.staff.structure import OfficePlan, UnitPlan
from cases.staff.unlocks import Stretched
from workflows import calendar

FILE = "demo.json"
OWNER_ONLY = 0o600

DEFAULT_URL = "http://127.0.0.1:8000"

HEADQUARTERS = "headquarters"
"""Where everybody works for whom nothing else is said."""

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LETTERS = 4, 4
"""A password of 19 characters in four groups, easy to read out: 79 random bits."""

STRETCHING_THREADS = 2

FIRST_NUMBER = 1_001
"""Of the staff numbers."""

Script = Mapping[str, Any]
"""What `demo.toml` says (Any: TOML)."""


class NotADemo(Exception):
    """The directory cannot be served as a demo; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in.

    Attributes:
        unit: code of the unit of their first role.
        office: code of the office they work at.
        memberships: `{"unit", "role"}` each, with codes.
    """

    username: str
    password: str = field(repr=False)
    roles: tuple[str, ...]
    unit: str
    office: str | None
    memberships: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class DemoCast:
    """What `demo.json` says."""

    url: str
    units: tuple[dict[str, Any], ...]  # Any: JSON
    offices: tuple[dict[str, Any], ...]
    staff: tuple[DemoPerson, ...]

    def people(self, role: str, unit: str = "main") -> tuple[DemoPerson, ...]:
        """Everybody who holds a role in a unit."""
        wanted = {"unit": unit, "role": role}
        return tuple(person for person in self.staff if wanted in person.memberships)

    def person(self, role: str, unit: str = "main", nth: int = 0) -> DemoPerson:
        """One of those who hold a role in a unit."""
        return self.people(role, unit)[nth]


def serve_from(settings: Settings, *, reset: bool = False, url: str) -> DemoCast:
    """Make sure that a directory holds a demo, and say who can sign in.

    Args:
        settings: of the demo; its databases lie in its directory.
        reset: throw an earlier demo away.
        url: where it will be served; written into the file anew.

    Raises:
        NotADemo: the directory holds a real installation, half a demo, or one without its file.
    """
    kind = _kind(settings)
    if kind == founding.REAL:
        raise NotADemo(
            f"{settings.data} holds a real installation; a demo needs its own directory."
        )
    if reset:
        _remove(settings)
    elif kind == founding.DEMO:
        return _again(settings, url)
    elif any(settings.data.glob("keys/*/*")):
        raise NotADemo(f"The demo in {settings.data} was not finished; --reset makes a new one.")
    return create_demo(settings.data, settings, url=url)


def create_demo(
    directory: Path, settings: Settings, *, url: str = DEFAULT_URL, one_password: bool = False
) -> DemoCast:
    """Make a whole demo: keys, both databases, the cast, and the file that says who is in it.

    Args:
        directory: where the file goes.
        settings: say where everything else goes.
        url: where it will be served.
        one_password: as `provision_demo`.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    zone = ZoneInfo(_script()["administration"]["time_zone"])
    house = wiring.new_house(settings, time_zone=zone, publish_receipt=lambda _line: None)
    try:
        cast = provision_demo(house, url, one_password=one_password)
    finally:
        house.close()
    _write(directory / FILE, cast)
    return cast


def provision_demo(house: House, url: str = DEFAULT_URL, *, one_password: bool = False) -> DemoCast:
    """Found the demo in a house that is migrated and empty: all enrolled and in their circles.

    Args:
        house: as `wiring.new_house` makes it.
        url: where it will be served.
        one_password: the same for everybody, stretched once: quick, for tests.
    """
    script = _script()
    names = [person["username"] for person in script["staff"]]
    words = dict.fromkeys(names, _password()) if one_password else {n: _password() for n in names}
    with ThreadPoolExecutor(STRETCHING_THREADS) as threads:
        # Argon2 is most of the time this takes, so it begins first and the rows follow it.
        by_word = {
            word: threads.submit(unlocks.stretched, word) for word in dict.fromkeys(words.values())
        }
        with house.unit_of_work() as db:
            codes = _invite_everybody(db, script)
        with house.unit_of_work() as db, changes.together(db, THE_SERVICE):
            for name, code in codes.items():
                accounts.enrol(db, name, code, by_word[words[name]].result())
    stretched = {name: by_word[word].result() for name, word in words.items()}
    with house.unit_of_work() as db, changes.together(db, THE_SERVICE):
        _complete_circles(db, stretched)
        _let_investigators_begin(db, script)
    return _cast(script, words, url)


def _invite_everybody(db: Work, script: Script) -> dict[str, str]:
    """Units, offices and invitations.

    Returns:
        Enrolment codes by username.
    """
    about = script["administration"]
    plan = founding.Founding(
        kind=founding.DEMO,
        name=about["name"],
        country=about["country"],
        time_zone=about["time_zone"],
        retention=about["retention"],
    )
    codes = {}
    with changes.together(db, THE_SERVICE):
        founding.found(db, plan, THE_SERVICE)
        units: dict[str, UUID] = {}
        for unit in script["units"]:
            units[unit["code"]] = structure.create_unit(db, _unit_plan(unit, units), THE_SERVICE).id
        offices: dict[str, UUID] = {}
        for office in script["offices"]:
            offices[office["code"]] = structure.create_office(
                db, _office_plan(office, offices, units), THE_SERVICE
            ).id
        structure.set_national(db, THE_SERVICE, national=units["main"], outside=units["outside"])
        for number, person in enumerate(script["staff"], FIRST_NUMBER):
            invitation = Invitation(
                username=person["username"],
                display_name=person["name"],
                staff_number=f"A-{number}",
                office=offices[person.get("office", HEADQUARTERS)],
                seats=[_wish(seat, units, offices) for seat in person["seats"]],
            )
            codes[invitation.username] = accounts.invite(db, invitation, THE_SERVICE).code
    return codes


def _complete_circles(db: Work, stretched: Mapping[str, Stretched]) -> None:
    """Let whoever was first in a unit's circle give its seed to the others."""
    for unit in structure.units(db):
        circle_roles = circle.circle_roles(unit.kind)
        seats = [seat for seat in circle.members(db, unit.id) if seat.role in circle_roles]
        first = next((seat.staff for seat in seats if seat.holds_key), None)
        if first is None:
            continue
        name = accounts.person(db, first).staff.username
        signed_in = signin.sign_in(db, name, stretched=stretched[name].value)
        for staff_id in {seat.staff for seat in seats if not seat.holds_key}:
            circle.add_to_circle(db, unit.id, staff_id, signed_in.actor)
        signin.sign_out(db, signed_in.token, signed_in.actor)


def _let_investigators_begin(db: Work, script: Script) -> None:
    """Certificates for everything, and the statement of the year, for those who inquire."""
    until = calendar.add_months(db.house.today(), certificates.LONGEST_MONTHS)
    for person in script["staff"]:
        if not INQUIRY.intersection(seat.split()[1] for seat in person["seats"]):
            continue
        staff = accounts.named(db, person["username"]).staff.id
        interests.state(db, staff, by=THE_SERVICE)
        for group in certificates.groups():
            certificates.issue(db, staff, group, until, THE_SERVICE)


def _cast(script: Script, words: Mapping[str, str], url: str) -> DemoCast:
    staff = []
    for person in script["staff"]:
        seats = [seat.split() for seat in person["seats"]]
        staff.append(
            DemoPerson(
                username=person["username"],
                password=words[person["username"]],
                roles=tuple(dict.fromkeys(role for _, role, *_ in seats)),
                unit=seats[0][0],
                office=person.get("office", HEADQUARTERS),
                memberships=tuple({"unit": unit, "role": role} for unit, role, *_ in seats),
            )
        )
    units = [
        {"code": unit["code"], "name": unit["name"], "kind": unit["kind"],
         "inside": unit.get("inside", True)}
        for unit in sorted(script["units"], key=lambda unit: unit["kind"] != UnitKind.HANDLING)
    ]  # fmt: skip
    offices = [
        {name: office.get(name) for name in ("code", "name", "kind", "parent", "unit")}
        for office in script["offices"]
    ]
    return DemoCast(url, tuple(units), tuple(offices), tuple(staff))


def _unit_plan(unit: Mapping[str, Any], units: Mapping[str, UUID]) -> UnitPlan:
    serving = {name: units[code] for name, code in unit.get("serving", {}).items()}
    return UnitPlan(
        code=unit["code"],
        name=unit["name"],
        kind=UnitKind(unit["kind"]),
        inside=unit.get("inside", True),
        **serving,
    )


def _office_plan(
    office: Mapping[str, Any], offices: Mapping[str, UUID], units: Mapping[str, UUID]
) -> OfficePlan:
    return OfficePlan(
        code=office["code"],
        name=office["name"],
        kind=office["kind"],
        parent=offices[office["parent"]] if "parent" in office else None,
        unit=units[office["unit"]] if "unit" in office else None,
        staff_count=office["staff_count"],
    )


def _wish(seat: str, units: Mapping[str, UUID], offices: Mapping[str, UUID]) -> SeatWish:
    unit, role, *post = seat.split()
    return SeatWish(units[unit], role, offices[post[0]] if post else None)


def _script() -> Script:
    return tomllib.loads((resources.files("api") / "demo.toml").read_text("utf-8"))


def _password() -> str:
    groups = (
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LETTERS)) for _ in range(GROUPS)
    )
    return "-".join(groups)


def _kind(settings: Settings) -> str | None:
    """Whether the directory holds a demo or a real installation; None for neither."""
    if not (settings.data / "tribune.db").exists():
        return None
    engine = connect(settings.database_url.get_secret_value(), pool_size=1)
    try:
        return founding.identity(engine).kind
    except NotFounded:
        return None
    finally:
        engine.dispose()


def _again(settings: Settings, url: str) -> DemoCast:
    path = settings.data / FILE
    if not path.exists():
        raise NotADemo(
            f"{path} is gone, and nobody can sign in without it; --reset makes a new demo."
        )
    wiring.migrate(settings)  # a demo has nobody who would do it
    said = json.loads(path.read_text("utf-8"))
    staff = tuple(
        DemoPerson(
            **{**one, "roles": tuple(one["roles"]), "memberships": tuple(one["memberships"])}
        )
        for one in said["staff"]
    )
    cast = DemoCast(url, tuple(said["units"]), tuple(said["offices"]), staff)
    if said["url"] != url:
        _write(path, cast)
    return cast


def _write(path: Path, cast: DemoCast) -> None:
    """Put the file in its place whole, readable by its owner alone from its first byte on."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(cast), file, ensure_ascii=False, indent=2)
        file.write("\n")
    part.replace(path)


def _remove(settings: Settings) -> None:
    """Throw a demo away: what it made, and nothing else that may lie in the directory."""
    for path in (*settings.data.glob("tribune.db*"), *settings.data.glob("vault.db*")):
        path.unlink()
    for folder in (settings.blobs, settings.data / "keys"):
        if folder.exists():
            shutil.rmtree(folder)
    (settings.data / FILE).unlink(missing_ok=True)
