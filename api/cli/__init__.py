"""`tribune …`: one Typer per room; every command opens the house it needs and closes it again."""

import sys

import typer

from api.cli import founding, house, mail, people, sequencing, serving, trail, working
from api.demo import NotADemo
from api.errors import code_of
from api.settings import SettingsWrong
from cases import errors

app = typer.Typer(
    name="tribune",
    help="Reports of wrongdoing in customs: received, handled, sealed and traced.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables
)
app.command("serve")(serving.serve)
app.command("worker")(working.worker)
app.command("sequencer")(sequencing.sequencer)
app.command("init")(founding.init)
house.add_to(app)
people.add_to(app)
app.add_typer(mail.mail, name="mail")
trail.add_to(app)

SAID = {
    errors.NotFounded: "There is no installation here yet: `tribune init` founds one.",
    errors.OutOfDate: "The database ({error}) has the shape of another version: `tribune migrate` first.",
    errors.KeysMissing: "A key is missing where the settings look for it: {error}.",
    errors.NeverForgets: "It was not said how many months cases of {error} are kept here, and what does not "
    "know when to forget does not start.",
    errors.SelfTestFailed: "This machine's {error} gives wrong answers; nothing was started.",
    errors.DirectoryBroken: "The directory is not the one that was recorded ({error}): restore it.",
    errors.NotFound: "There is nothing of that name.",
    errors.SamePerson: "Somebody else has to do this.",
}
"""What a command says when it cannot go on."""


def main() -> None:
    """Run a command; what cannot be done is said in one line, without a traceback."""
    try:
        app()
    except (SettingsWrong, NotADemo, founding.CannotFound) as error:
        sys.exit(str(error))
    except errors.Unacceptable as error:
        listed = ", ".join(
            f"{pointer.removeprefix('/')}: {code}" for pointer, code in error.problems
        )
        sys.exit(f"This cannot be taken: {listed}.")
    except errors.TribuneError as error:
        said = SAID.get(type(error), f"This cannot be done: {type(error).__name__}.")
        sys.exit(said.format(error=error))
    except Exception as error:
        if code_of(error) == "internal-error":
            raise
        # The text is left out: a database's error can hold its address, and that a password.
        sys.exit(f"This cannot be done now: {code_of(error)} ({type(error).__name__}).")
