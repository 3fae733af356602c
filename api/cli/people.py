"""`tribune staff …` and `tribune unit …`: for who runs the machine; the trail names the service."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from api import settings
from api.wiring import open_house
from cases import conflicts
from cases.actors import THE_SERVICE
from cases.database import House, Work
from cases.staff import accounts, circle, readiness, structure
from cases.staff.accounts import Invitation
from cases.staff.roles import SeatWish

staff = typer.Typer(help="Accounts.", no_args_is_help=True)
unit = typer.Typer(help="Units and their key circles.", no_args_is_help=True)

Username = Annotated[str, typer.Argument(help="As in `tribune staff list`.")]


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.add_typer(staff, name="staff")
    app.add_typer(unit, name="unit")


@contextmanager
def opened() -> Generator[House]:
    """The house of the settings, for one command."""
    # What a command prints is for who typed it; receipts go beside it.
    house = open_house(settings.load(), publish_receipt=lambda line: typer.echo(line, err=True))
    try:
        yield house
    finally:
        house.close()


def parse_seat(db: Work, text: str) -> SeatWish:
    """A seat as people write it: "unit role", for a committee "unit role office".

    Raises:
        BadParameter: another form, or a unit or office nobody knows.
    """
    units = {one.code: one.id for one in structure.units(db)}
    offices = {one.code: one.id for one in structure.offices(db)}
    code, role, *post = text.split() if len(text.split()) in {2, 3} else ("", "")
    if code not in units or any(office not in offices for office in post):
        raise typer.BadParameter('a seat is "unit role" or "unit role office", by their codes')
    return SeatWish(units[code], role, offices[post[0]] if post else None)


@staff.command("list")
def list_staff() -> None:
    """Print every account: name, status, roles; `*` where the unit's key is held."""
    with opened() as house, house.glance() as db:
        codes = {one.id: one.code for one in structure.units(db)}
        for person in accounts.people(db):
            seats = ", ".join(
                f"{seat.role} ({codes[seat.unit]}){'*' if seat.holds_key else ''}"
                for seat in person.seats
            )
            typer.echo(f"{person.staff.username:<24} {person.staff.status:<9} {seats}")


@staff.command("invite")
def invite(
    username: Annotated[str, typer.Argument(help="Small letters, digits, dots and dashes.")],
    name: Annotated[str, typer.Option(help="As colleagues see it.")],
    seat: Annotated[list[str], typer.Option(help='"unit role", may be repeated.')],
    number: Annotated[str | None, typer.Option(help="Staff number.")] = None,
    office: Annotated[str | None, typer.Option(help="Code of the office they work at.")] = None,
) -> None:
    """Make an account and print the code with which its owner takes it over."""
    with opened() as house, house.unit_of_work() as db:
        offices = {one.code: one.id for one in structure.offices(db)}
        if office is not None and office not in offices:
            raise typer.BadParameter("there is no such office", param_hint="--office")
        invitation = Invitation(
            username=username,
            display_name=name,
            staff_number=number,
            office=offices[office] if office else None,
            seats=[parse_seat(db, text) for text in seat],
        )
        invited = accounts.invite(db, invitation, THE_SERVICE)
        conflicts.screen(db, invited.staff, THE_SERVICE)
    typer.echo(f"{username}: {invited.code}")


@staff.command("again")
def invite_again(username: Username) -> None:
    """Print a new code for who lost the first, or password and recovery code alike."""
    with opened() as house, house.unit_of_work() as db:
        code = accounts.invite_again(db, accounts.named(db, username).staff.id, THE_SERVICE)
    typer.echo(f"{username}: {code}")


@staff.command("disable")
def disable(username: Username) -> None:
    """Close an account at once."""
    with opened() as house, house.unit_of_work() as db:
        accounts.disable(db, accounts.named(db, username).staff.id, THE_SERVICE)


@staff.command("enable")
def enable(username: Username) -> None:
    """Open a closed account again."""
    with opened() as house, house.unit_of_work() as db:
        accounts.enable(db, accounts.named(db, username).staff.id, THE_SERVICE)


@staff.command("check")
def check() -> None:
    """Print the steps nobody could take today, and what the outside body lacks; 1 if there are any."""
    with opened() as house, house.glance() as db:
        lines = shortcomings(db)
    for line in lines or ["Every step can be proposed and confirmed."]:
        typer.echo(line)
    raise typer.Exit(code=1 if lines else 0)


def shortcomings(db: Work, *, invited: bool = False) -> list[str]:
    """What is missing, a line each; `invited` counts who has not enrolled yet."""
    lines = [
        f"outside body: nobody is {role}"
        for role in readiness.outside_roles_missing(db, invited=invited)
    ]
    return lines + [
        f"{gap.unit}: {gap.transition} has no {gap.part}"
        for gap in readiness.unready_steps(db, invited=invited)
    ]


@unit.command("list")
def list_units() -> None:
    """Print every unit: code, kind, side, whether it has its key, how many hold it."""
    with opened() as house, house.glance() as db:
        for one in structure.units(db):
            holders = {seat.staff for seat in circle.members(db, one.id) if seat.holds_key}
            side = "inside" if one.inside else "outside"
            state = f"open, {len(holders)} hold its key" if one.pk else "no key yet"
            typer.echo(f"{one.code:<16} {one.kind:<11} {side:<8} {state:<26} {one.name}")
