"""`tribune init`: found a real installation, by flags or by asking, all of it or nothing."""

import base64
import binascii
import csv
import shutil
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import typer

from api import settings, wiring
from api.cli.people import parse_seat, shortcomings
from api.settings import Settings
from cases.actors import THE_SERVICE
from cases.database import Work, connect
from cases.errors import NotFounded
from cases.models.people import UnitKind
from cases.sealing import hpke
from cases.staff import accounts, changes, founding, structure
from cases.staff.accounts import Invitation
from cases.staff.structure import OfficePlan, UnitPlan
from workflows import countries

NO_RECOVERY = "none"

OFFICE_COLUMNS = ("code", "name", "kind", "parent", "unit", "staff_count")
STAFF_COLUMNS = ("username", "name", "staff_number", "office", "seats")

COMMON_UNITS = (
    ("review", "Independent review", UnitKind.REVIEW, True),
    ("protection", "Protection of reporters and witnesses", UnitKind.PROTECTION, True),
    ("custody", "Custody of identities", UnitKind.CUSTODY, True),
    ("oversight", "External oversight", UnitKind.OVERSIGHT, False),
)
MAIN, OUTSIDE = "main", "outside"


class CannotFound(Exception):
    """The installation cannot be founded; the text lists everything that stands in the way."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["Nothing was founded:", *(f"  - {fault}" for fault in faults)]))
        self.faults = faults


@dataclass
class Answers:
    """What was chosen, by flags or when asked.

    Attributes:
        retention: months by class.
        days_off: closed although the country works; `working_days` the other way round.
        offices: rows of the offices' file; `people` of the staff's.
    """

    name: str
    country: str
    time_zone: str
    national_unit: str
    outside_unit: str
    retention: dict[str, int]
    recovery_pk: bytes | None = field(repr=False)
    days_off: tuple[date, ...]
    working_days: tuple[date, ...]
    offices: list[dict[str, str]]
    people: list[dict[str, str]]
    admin: str


def init(
    *,
    data: Annotated[Path | None, typer.Option(help="Directory of everything kept.")] = None,
    name: Annotated[str | None, typer.Option(help="The administration's name.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, ISO 3166.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Such as Africa/Bamako.")] = None,
    national_unit: Annotated[
        str | None, typer.Option(help="Name of the unit that handles reports.")
    ] = None,
    outside_unit: Annotated[
        str | None,
        typer.Option(help="Name of the body outside the line for complaints about the chief."),
    ] = None,
    retention: Annotated[
        list[str] | None,
        typer.Option(help="Months closed cases are kept, K1=12, once for each class."),
    ] = None,
    recovery: Annotated[
        str | None, typer.Option(help="`none`, or the file with the recovery public key.")
    ] = None,
    offices: Annotated[
        Path | None, typer.Option(help=f"CSV with the columns {', '.join(OFFICE_COLUMNS)}.")
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            "--staff", help=f"CSV with the columns {', '.join(STAFF_COLUMNS)}; seats with `;`."
        ),
    ] = None,
    admin: Annotated[
        str | None, typer.Option(help="User name of the first system administrator.")
    ] = None,
    day_off: Annotated[
        list[str] | None,
        typer.Option(help="A day the administration is closed, 2026-12-24; may be repeated."),
    ] = None,
    working_day: Annotated[
        list[str] | None,
        typer.Option(help="A day it works although the country does not; may be repeated."),
    ] = None,
) -> None:
    """Found an installation; prints the enrolment codes of the first people, once."""
    found = settings.load(**({"data": data} if data else {}))
    _refuse_what_is_there(found)
    given = {
        "name": name, "country": country, "time_zone": time_zone, "admin": admin,
        "national_unit": national_unit, "outside_unit": outside_unit, "recovery": recovery,
    }  # fmt: skip
    own_days = (day_off or [], working_day or [])
    answers = _answers(given, retention or [], own_days, offices, people)
    codes, gaps = _found(found, answers)
    typer.echo("Founded. Hand each person their code; it is shown this once and lasts 14 days:\n")
    for username, code in codes.items():
        typer.echo(f"  {username:<24} {code}")
    if gaps:
        typer.echo("\nStill to be appointed (see `tribune staff check`):\n")
        for gap in gaps:
            typer.echo(f"  {gap}")
    if answers.recovery_pk is None:
        typer.echo("\nWithout a recovery key nobody can restore access that everybody has lost.")
    typer.echo(f"\nKeep a copy of {found.root_keys} and {found.vault_keys} on another disk.")


def _answers(
    given: dict[str, str | None],
    retention: list[str],
    own_days: tuple[list[str], list[str]],
    offices: Path | None,
    people: Path | None,
) -> Answers:
    """Read the flags, ask for what is missing when somebody is there, and list every fault."""
    faults: list[str] = []
    if sys.stdin.isatty():
        _ask(given, retention)
    months = _months(retention, faults)
    texts = {
        "name": "--name: the administration needs a name",
        "country": "--country: the country's two letters",
        "time_zone": "--time-zone: where days begin and end",
        "national_unit": "--national-unit: the unit that handles reports",
        "outside_unit": "--outside-unit: the body outside the line, for complaints about the chief",
        "recovery": "--recovery: a file with the recovery public key, or `none`",
        "admin": "--admin: user name of the first system administrator",
    }
    faults += [text for key, text in texts.items() if not given[key]]
    zone = given["time_zone"] or "UTC"
    if zone not in available_timezones():
        faults.append("--time-zone: no such time zone")
    country = (given["country"] or "XX").upper()
    if len(country) != 2 or not country.isalpha():  # noqa: PLR2004  (ISO 3166-1 alpha-2)
        faults.append("--country: two letters")
    elif not countries.known(country):
        faults.append("--country: no country has these two letters (ISO 3166-1)")
    recovery_pk = _recovery_key(given["recovery"], faults)
    days_off = _days("--day-off", own_days[0], faults)
    working_days = _days("--working-day", own_days[1], faults)
    if set(days_off) & set(working_days):
        faults.append("--working-day: a day cannot be a day off as well")
    office_rows = _rows("--offices", offices, OFFICE_COLUMNS, faults)
    staff_rows = _rows("--staff", people, STAFF_COLUMNS, faults)
    if faults:
        raise CannotFound(faults)
    return Answers(
        name=given["name"] or "",
        country=country,
        time_zone=zone,
        national_unit=given["national_unit"] or "",
        outside_unit=given["outside_unit"] or "",
        retention=months,
        recovery_pk=recovery_pk,
        days_off=days_off,
        working_days=working_days,
        offices=office_rows,
        people=staff_rows,
        admin=given["admin"] or "",
    )


def _ask(given: dict[str, str | None], retention: list[str]) -> None:
    questions = {
        "name": "Name of the administration",
        "country": "Country (two letters)",
        "time_zone": "Time zone",
        "national_unit": "Name of the unit that handles reports",
        "outside_unit": "Name of the outside body for complaints about the chief",
        "recovery": "File with the recovery public key, or none",
        "admin": "User name of the first system administrator",
    }
    for key, question in questions.items():
        given[key] = given[key] or typer.prompt(question, default="", show_default=False)
    chosen = {text.partition("=")[0] for text in retention}
    for name in founding.retention_classes():
        if name not in chosen:
            months = typer.prompt(f"Months a closed case of class {name} is kept", default="")
            retention += [f"{name}={months}"] * bool(months)


def _months(retention: list[str], faults: list[str]) -> dict[str, int]:
    months: dict[str, int] = {}
    for text in retention:
        name, _, number = text.partition("=")
        if name not in founding.retention_classes() or not number.isdecimal() or int(number) < 1:
            faults.append(f"--retention {text}: a known class, =, and whole months")
        else:
            months[name] = int(number)
    missing = [name for name in founding.retention_classes() if name not in months]
    if missing:
        faults.append(f"--retention: months are missing for {', '.join(missing)}")
    return months


def _days(flag: str, texts: list[str], faults: list[str]) -> tuple[date, ...]:
    days = []
    for text in texts:
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            faults.append(f"{flag} {text}: a day, as in 2026-12-24")
    return tuple(days)


def _recovery_key(chosen: str | None, faults: list[str]) -> bytes | None:
    """The key in a file: its 1,216 bytes, or the same in base64."""
    if not chosen or chosen == NO_RECOVERY:
        return None
    try:
        raw = Path(chosen).read_bytes()
        if len(raw) != hpke.PUBLIC_KEY_BYTES:
            raw = base64.b64decode(b"".join(raw.split()), validate=True)
    except (OSError, binascii.Error):
        raw = b""
    if len(raw) != hpke.PUBLIC_KEY_BYTES:
        faults.append("--recovery: the file holds no public key of 1,216 bytes, raw or in base64")
    return raw


def _rows(
    flag: str, path: Path | None, columns: tuple[str, ...], faults: list[str]
) -> list[dict[str, str]]:
    if path is None:
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        faults.append(f"{flag}: the file cannot be read as CSV in UTF-8")
        return []
    if any(set(columns) - row.keys() or None in row or None in row.values() for row in rows):
        faults.append(f"{flag}: every line needs the columns {', '.join(columns)}")
        return []
    return [{name: value.strip() for name, value in row.items()} for row in rows]


def _refuse_what_is_there(found: Settings) -> None:
    engine = connect(found.database_url.get_secret_value(), pool_size=1)
    found.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        kind = founding.identity(engine).kind
    except NotFounded:
        kind = None
    finally:
        engine.dispose()
    if kind == founding.DEMO:
        raise CannotFound([f"{found.data} holds a demo, and a demo never becomes real"])
    if kind == founding.REAL:
        raise CannotFound(["there is an installation already"])
    keys = (found.root_keys, found.vault_keys, found.log_keys)
    held = [str(folder) for folder in keys if folder.is_dir() and any(folder.iterdir())]
    if held:
        raise CannotFound(
            [f"{folder} holds keys already; nothing overwrites them" for folder in held]
        )


def _found(found: Settings, answers: Answers) -> tuple[dict[str, str], list[str]]:
    """Keys, databases and rows.

    Returns:
        Enrolment codes by username, and what is still missing, a line each.
    """
    try:
        house = wiring.new_house(
            found, time_zone=ZoneInfo(answers.time_zone), publish_receipt=lambda _line: None
        )
        try:
            with house.unit_of_work() as db, changes.together(db, THE_SERVICE):
                codes = _fill(db, answers)
            with house.glance() as db:
                return codes, shortcomings(db, invited=True)
        finally:
            house.close()
    except BaseException:
        # Nothing is sealed with these keys, and a second try would refuse to run beside them.
        for folder in (found.root_keys, found.vault_keys, found.log_keys):
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _fill(db: Work, answers: Answers) -> dict[str, str]:
    plan = founding.Founding(
        kind=founding.REAL,
        name=answers.name,
        country=answers.country,
        time_zone=answers.time_zone,
        retention=answers.retention,
        days_off=answers.days_off,
        working_days=answers.working_days,
        recovery_pk=answers.recovery_pk,
    )
    founding.found(db, plan, THE_SERVICE)
    units = _make_units(db, answers)
    structure.set_national(db, THE_SERVICE, national=units[MAIN], outside=units[OUTSIDE])
    offices: dict[str, UUID] = {}
    for row in answers.offices:
        offices[row["code"]] = _make_office(db, row, offices, units)
    first = {
        "username": answers.admin,
        "name": answers.admin,
        "staff_number": "",
        "office": "",
        "seats": f"{MAIN} system_admin",
    }
    invited = {row["username"]: row for row in answers.people}
    codes = {}
    for row in (*([] if answers.admin in invited else [first]), *answers.people):
        db.flush()  # the seats of the next one are looked up by the codes of units and offices
        seats = [parse_seat(db, seat) for seat in row["seats"].split(";") if seat.strip()]
        invitation = Invitation(
            username=row["username"],
            display_name=row["name"],
            staff_number=row["staff_number"] or None,
            office=_known(offices, row["office"]),
            seats=seats,
        )
        codes[row["username"]] = accounts.invite(db, invitation, THE_SERVICE).code
    return codes


def _make_units(db: Work, answers: Answers) -> dict[str, UUID]:
    units: dict[str, UUID] = {}
    for code, name, kind, inside in COMMON_UNITS:
        plan = UnitPlan(code=code, name=name, kind=kind, inside=inside)
        units[code] = structure.create_unit(db, plan, THE_SERVICE).id
    main = UnitPlan(
        code=MAIN,
        name=answers.national_unit,
        kind=UnitKind.HANDLING,
        review_unit=units["review"],
        protection_unit=units["protection"],
        custody_unit=units["custody"],
    )
    outside = UnitPlan(
        code=OUTSIDE,
        name=answers.outside_unit,
        kind=UnitKind.HANDLING,
        inside=False,
        review_unit=units["review"],
    )
    for plan in (main, outside):
        units[plan.code] = structure.create_unit(db, plan, THE_SERVICE).id
    return units


def _make_office(
    db: Work, row: dict[str, str], offices: dict[str, UUID], units: dict[str, UUID]
) -> UUID:
    plan = OfficePlan(
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        parent=_known(offices, row["parent"]),
        unit=_known(units, row["unit"]),
        staff_count=int(row["staff_count"]) if row["staff_count"].isdecimal() else 0,
    )
    return structure.create_office(db, plan, THE_SERVICE).id


def _known(table: dict[str, UUID], code: str) -> UUID | None:
    if code and code not in table:
        raise CannotFound([f"nothing is called {code}: parents come before what is below them"])
    return table[code] if code else None
