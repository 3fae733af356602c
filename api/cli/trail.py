"""`tribune audit …`: the trail, for who runs the machine and for the auditor who sits beside them."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from api import settings
from api.sequencing import HALTED
from api.settings import Settings
from api.wiring import open_house
from cases import verification
from cases.audit import epochs, memory, note, storage
from cases.audit.faults import Finding
from cases.audit.memory import State, StateInvalid, StateMissing
from cases.audit.note import Verifier
from cases.audit.sequencer import waiting
from cases.audit.treecheck import Progress
from cases.database import House
from cases.errors import KeysMissing
from cases.models.trail import Lane
from cases.sealing import passwords
from cases.staff import signin

audit = typer.Typer(
    help="The audit trail: its state, its checks, its epochs.", no_args_is_help=True
)

APPROVING = frozenset({"head_ia", "internal_auditor", "oversight_body"})
"""Who may say that what a restore lost is known and accepted."""

FAULTY = 40
"""Exit code of a check that found faults, as of the auditors' own checker."""


class Tongue(StrEnum):
    """The languages that findings are said in."""

    EN = "en"
    FR = "fr"


Lang = Annotated[Tongue, typer.Option("--lang", help="Language of the findings.")]
Approver = Annotated[
    list[str], typer.Option("--approved-by", help="User name; twice, for two people.")
]


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.add_typer(audit, name="audit")


@contextmanager
def opened() -> Generator[tuple[House, Settings]]:
    """The house of the settings, whatever state it is in: what is broken is to be found out here."""
    chosen = settings.load()
    house = open_house(
        chosen, publish_receipt=lambda line: typer.echo(line, err=True), trusting=False
    )
    try:
        yield house, chosen
    finally:
        house.close()


@audit.command()
def status() -> None:
    """Print how the log stands: entries, the last signature, what waits, and why it is halted."""
    with opened() as (house, chosen):
        with house.glance() as db:
            size, newest = storage.size(db), storage.newest_checkpoint(db)
        typer.echo(f"Entries in the log: {size}")
        if newest is None:
            typer.echo("Nothing has been signed yet.")
        else:
            age = house.now() - newest.created_at
            typer.echo(f"Signed: {newest.size}, {int(age.total_seconds())} seconds ago")
        typer.echo(
            f"Waiting: {waiting(house.engine, Lane.AT_ONCE)} of staff and the service, "
            f"{waiting(house.engine, Lane.TICK)} of reporters for their tick"
        )
        signed, verifiers, why = _signer(chosen)
        for one in verifiers:
            typer.echo(f"Key to check it with: {note.vkey(one)}")
        if signed is None:
            typer.echo(f"The signer's memory cannot be read here ({why}).")
        halted = chosen.log_keys / HALTED
        if signed is not None and halted.exists():
            typer.echo(_halted(json.loads(halted.read_text("utf-8"))))
            raise typer.Exit(FAULTY)


@audit.command()
def checkpoint() -> None:
    """Print the newest checkpoint, a signed note of three lines: what an auditor keeps."""
    with opened() as (house, _), house.glance() as db:
        newest = storage.newest_checkpoint(db)
    if newest is None:
        raise typer.BadParameter("nothing has been signed yet")
    typer.echo(newest.note, nl=False)


@audit.command()
def verify(*, lang: Lang = Tongue.EN) -> None:
    """Check the whole trail against itself, its signatures, the signer's memory and the cases."""
    with opened() as (house, chosen):
        signed, verifiers, _ = _signer(chosen)
        findings = verification.verify(
            house, signed=signed, verifiers=verifiers, progress=_progress()
        )
    _say(findings, lang, remembered=signed is not None)


@audit.command()
def scrub(*, lang: Lang = Tongue.EN) -> None:
    """The same check, put on record in the trail; the worker does it each night."""
    with opened() as (house, chosen):
        signed, verifiers, _ = _signer(chosen)
        findings = verification.scrub(
            house, signed=signed, verifiers=verifiers, progress=_progress()
        )
    _say(findings, lang, remembered=signed is not None)


@audit.command("new-epoch")
def new_epoch(*, approved_by: Approver) -> None:
    """Let the log go on after a backup was restored. Two people approve, with their passwords."""
    with opened() as (house, chosen):
        approvers = [_approver(house, username) for username in approved_by]
        last, begun = epochs.begin(house, chosen.log_keys, approvers)
    typer.echo(
        f"The log goes on as {begun.origin}. {last.origin} had signed {last.size} entries; keep its "
        f"checkpoints. Give auditors the new key:\n{note.vkey(begun.verifier)}"
    )


@audit.command()
def adopt(
    file: Annotated[Path, typer.Argument(help="The newest checkpoint that anybody has kept.")],
) -> None:
    """Give the signer its lost memory back, from a checkpoint that somebody outside has kept."""
    with opened() as (house, chosen):
        signer = epochs.adopt(house, chosen.log_keys, file.read_bytes())
    typer.echo(f"The signer remembers {signer.signed.size} entries of {signer.origin}.")


@audit.command()
def checker() -> None:
    """Print the auditors' own checker: one file of Python that needs nothing of ours."""
    typer.echo(
        resources.files("cases.audit").joinpath("tribune_verify.py").read_text("utf-8"), nl=False
    )


def _signer(chosen: Settings) -> tuple[State | None, list[Verifier], str]:
    """What the signer remembers and is checked with, as far as this user may read it; else why not."""
    try:
        key = memory.key_of(chosen.log_keys)
        signed = memory.recall_of(chosen.log_keys, key)
        return signed, memory.verifiers_of(chosen.log_keys), ""
    except (KeysMissing, StateMissing, StateInvalid, OSError) as error:
        return None, [], type(error).__name__


def _halted(reason: dict[str, Any]) -> str:
    """Why nothing is signed, in words (Any: JSON)."""
    words = {
        "RolledBack": "the database holds fewer entries than were signed: an older copy was put back",
        "Forked": "the entries are not those that were signed: the past was changed",
        "DirectoryRolledBack": "the directory of staff is older than the one that was signed",
        "StateMissing": "the signer has lost its memory: `tribune audit adopt` gives it back",
        "RowsMissing": "rows of the tree are missing",
        "RowsInTheWay": "somebody put rows into the tree that keep new entries out of it",
    }
    said = words.get(str(reason["reason"]), str(reason["reason"]))
    return f"HALTED since {reason['at']}: {said}. Run `tribune audit verify`."


def _approver(house: House, username: str) -> UUID:
    """Who approves, once they have shown that they are at the keyboard."""
    typed = typer.prompt(f"Password of {username}", hide_input=True)
    code = typer.prompt(
        "Code of the second factor, if there is one", default="", show_default=False
    )
    with house.glance() as db:
        how = signin.find_stretching(db, username)
    word = passwords.stretch(typed, how.salt, how.parameters)
    with house.unit_of_work() as db:
        signed_in = signin.sign_in(db, username, stretched=word, printed=typed, code=code or None)
    if not APPROVING.intersection(seat.role for seat in signed_in.actor.seats):
        raise typer.BadParameter(f"{username} is neither head of a unit, auditor nor overseer")
    return signed_in.actor.id


def _progress() -> Progress:
    """Says every few seconds how far it is, on a terminal."""
    last = datetime.now(UTC)

    def say(done: int, of: int) -> None:
        nonlocal last
        now = datetime.now(UTC)
        if sys.stderr.isatty() and ((now - last).total_seconds() > 1 or done == of):
            typer.echo(f"\r{done} of {of} entries", nl=done == of, err=True)
            last = now

    return say


def _say(findings: list[Finding], lang: Tongue, *, remembered: bool) -> None:
    """Print what was found, faults last; end with the exit code of a check."""
    faults = [one for one in findings if one.is_fault]
    for one in sorted(findings, key=lambda one: one.is_fault):
        typer.echo(f"{'✗' if one.is_fault else '·'} {one.said(lang.value)}")
    if not remembered:
        typer.echo(SAID[lang]["not remembered"])
    typer.echo(SAID[lang]["faults"].format(n=len(faults)) if faults else SAID[lang]["whole"])
    if faults:
        raise typer.Exit(FAULTY)


SAID = {
    Tongue.EN: {
        "whole": "✓ The trail is whole.",
        "faults": "{n} fault(s). Change nothing, keep this output, and call whoever audits you.",
        "not remembered": "· The signer's memory was not at hand: whether an older copy of the database "
        "was put back is for the sequencer's machine to say, or for a checkpoint an auditor has kept.",
    },
    Tongue.FR: {
        "whole": "✓ Le journal est intact.",
        "faults": "{n} anomalie(s). Ne changez rien, conservez ce résultat et appelez votre auditeur.",
        "not remembered": "· La mémoire du signataire n'était pas accessible : si une copie plus ancienne de "
        "la base a été remise en place, la machine du séquenceur le dira, ou un état signé qu'un auditeur a "
        "conservé.",
    },
}
