"""`tribune mail`: whether e-mail gets through."""

from enum import StrEnum
from typing import Annotated
from uuid import uuid4

import typer

from api import mailing, settings
from cases.database import utc_now
from cases.notifications import letters
from cases.notifications.rounds import Fate
from cases.staff import mailboxes

mail = typer.Typer(help="E-mail to staff.", no_args_is_help=True)

WORDS = {
    Fate.TAKEN: "The mail server took it.",
    Fate.NOT_NOW: "The mail server would not take it now.",
    Fate.NO_SERVER: "The mail server cannot be reached, cannot be trusted or refuses the sign-in.",
    Fate.NEVER: "The mail server refuses this address or this text for good.",
    Fate.UNKNOWN: "The line broke when the text had been sent: it may have arrived.",
}


class Language(StrEnum):
    """The languages e-mail is written in."""

    EN = "en"
    FR = "fr"
    ES = "es"
    PT = "pt"
    AR = "ar"


@mail.command("test")
def try_out(
    address: Annotated[str, typer.Argument(help="Where to.")],
    language: Annotated[Language, typer.Option(help="Of the text.")] = Language.EN,
) -> None:
    """Send one e-mail to an address and say what the server made of it; 1 if it was not taken."""
    found = settings.load()
    carry = mailing.carrier(found, now=utc_now)
    if carry is None:
        raise typer.BadParameter("no mail server is set: TRIBUNE_SMTP_HOST", param_hint="settings")
    if not mailboxes.is_address(address):
        raise typer.BadParameter("that is no address", param_hint="ADDRESS")
    fate = carry(letters.trial(uuid4(), address, language.value))
    typer.echo(WORDS[fate])
    raise typer.Exit(code=0 if fate is Fate.TAKEN else 1)
