"""The commands about the installation itself, and those that need none."""

import json
import tempfile
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api import settings, wiring
from api.cli.manual import write_manual
from api.cli.people import opened
from api.main import create_app
from cases import migrations
from cases.actors import THE_SERVICE
from cases.sealing import stocktaking
from cases.staff import calendars, founding
from workflows import catalogue, diagram
from workflows.model import Locale

vault = typer.Typer(help="The vault of keys that can be destroyed.", no_args_is_help=True)
workflow = typer.Typer(help="What may happen to a case.", no_args_is_help=True)


class Branch(StrEnum):
    """The two databases."""

    MAIN = "main"
    VAULT = "vault"


class Form(StrEnum):
    """How a workflow is shown."""

    MERMAID = "mermaid"
    TABLE = "table"


class Language(StrEnum):
    """The languages of the interface."""

    EN = "en"
    FR = "fr"
    ES = "es"
    PT = "pt"
    AR = "ar"


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command("migrate")(migrate)
    app.command("calendar")(show_calendar)
    app.command("openapi")(openapi)
    app.command("settings")(show_settings)
    app.command("version")(version)
    app.add_typer(vault, name="vault")
    workflow.command("manual")(write_manual)
    app.add_typer(workflow, name="workflow")


def migrate(
    new: Annotated[
        str | None, typer.Option(help="Write a migration from the tables; what it changes.")
    ] = None,
    branch: Annotated[Branch, typer.Option(help="Which database a new one is for.")] = Branch.MAIN,
) -> None:
    """Bring both databases to the newest shape, or write the migration that will."""
    found = settings.load()
    if new is not None:
        with tempfile.TemporaryDirectory() as folder:  # compared with a database at head
            url = f"sqlite:///{folder}/{branch}.db"
            migrations.upgrade(url, branch)
            migrations.write(url, branch, new)
        return
    wiring.migrate(found)
    typer.echo("Both databases have the newest shape.")


def openapi(
    out: Annotated[Path | None, typer.Option(help="Write here instead of printing.")] = None,
) -> None:
    """Export the description of the interface; needs no installation."""
    with tempfile.TemporaryDirectory() as folder:
        found = settings.for_directory(Path(folder))
        house = wiring.new_house(found, time_zone=ZoneInfo("UTC"), publish_receipt=lambda _: None)
        try:
            plan = founding.Founding(
                kind=founding.REAL,
                name="",
                country="XX",
                time_zone="UTC",
                retention=dict.fromkeys(founding.retention_classes(), 1),
            )
            with house.unit_of_work() as db:
                founding.found(db, plan, THE_SERVICE)
            described = create_app(found, house=house, background=False).openapi()
        finally:
            house.close()
    text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")


def show_calendar(
    year: Annotated[int | None, typer.Option(help="By default the present one.")] = None,
    language: Annotated[Language, typer.Option(help="Of the holidays' names.")] = Language.EN,
) -> None:
    """Print the days of a year on which the administration does not work, or works although others rest."""
    locale: Locale = language.value
    with opened() as house, house.glance() as db:
        chosen = year or house.today().year
        found = calendars.year(db, chosen, locale)
    days = {day: f"public holiday: {name}" for day, name in found.holidays.items()}
    days |= dict.fromkeys(found.closed, "day off of the administration")
    days |= {day: f"worked ({days.get(day, 'day of rest')})" for day in found.opened}
    typer.echo(f"{chosen}, {found.country}: {found.working_days} working days\n")
    for day, why in sorted(days.items()):
        typer.echo(f"  {day:%Y-%m-%d %a}  {why}")


def show_settings() -> None:
    """Print every setting with its default and meaning, as a Markdown table."""
    typer.echo(settings.table(), nl=False)


def version() -> None:
    """Print the version."""
    typer.echo(metadata.version("tribune"))


@vault.command("check")
def check_vault() -> None:
    """Compare vault and blob store with the main database; deletes nothing."""
    with opened() as house, house.glance() as db:
        stock = stocktaking.take_stock(db)
    typer.echo(f"vault rows that protect nothing known   {stock.orphan_keys}")
    typer.echo(f"cases without a key (shredded, or lost)  {stock.missing_keys}")
    typer.echo(f"files no attachment refers to            {len(stock.orphan_blobs)}")
    typer.echo(f"attachments whose file is gone           {stock.missing_blobs}")
    for name in stock.orphan_blobs:
        typer.echo(f"  {house.blobs.root / name}")
    raise typer.Exit(code=1 if stock.missing_blobs else 0)


@vault.command("rekey")
def rekey_vault(
    *,
    servers_are_stopped: Annotated[
        bool,
        typer.Option("--servers-are-stopped", help="A running server knows the old key only."),
    ] = False,
) -> None:
    """Make a new vault key, seal every row under it and destroy the old one: each quarter.

    Afterwards no old copy of the vault opens anything, so what was forgotten is forgotten in backups too.
    """
    if not servers_are_stopped:
        raise typer.BadParameter(
            "stop servers and worker first, then say so", param_hint="--servers-are-stopped"
        )
    done = 0
    for rows in wiring.renew_vault_key(settings.load()):
        done += rows
        typer.echo(f"\r{done} rows under the new key", nl=False)
    typer.echo("\nThe old key is destroyed.")


@workflow.command("show")
def show_workflow(
    form: Annotated[Form, typer.Option("--format", help="How it is shown.")] = Form.TABLE,
    language: Annotated[Language, typer.Option(help="Of the names of states.")] = Language.EN,
) -> None:
    """Print the current workflow: a Mermaid state diagram, or a table of its steps."""
    current = catalogue.workflow()
    if form is Form.TABLE:
        typer.echo(diagram.table(current), nl=False)
        return
    locale: Locale = language.value
    typer.echo(diagram.mermaid(current, catalogue.code_list("case_states"), locale), nl=False)
