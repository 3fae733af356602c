"""A new epoch: the log goes on under another name after a legitimate restore, and says so.

The tree is not begun anew: it goes on from the entries that were restored, so that whatever was proved of
them is still proved. What was signed under the old name and is no longer in the database stays provable
by whoever holds it; the event `log.epoch` is the first of the new epoch and carries the last root of the old.
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from cases.actors import THE_SERVICE
from cases.audit import log, memory, note, signer, storage, tree
from cases.audit.events import Details
from cases.audit.memory import State
from cases.audit.signer import Signer
from cases.database import House
from cases.errors import SamePerson

APPROVERS = 2
ADOPTED = "memory.adopted"
"""What an event says was done when the signer was given its memory back."""


def next_origin(origin: str) -> str:
    """The name of the epoch after this one."""
    host, _, number = origin.rpartition("/")
    return f"{host}/{int(number) + 1}"


def begin(house: House, folder: Path, approvers: Sequence[UUID]) -> tuple[State, Signer]:
    """Begin a new epoch with what the database holds now.

    Broken off half-way it can be repeated; then the event is there twice.

    Args:
        folder: of the log's key and memory.
        approvers: two people who have looked at what was lost and approve of it.

    Returns:
        What the old epoch had signed, and the signer of the new one.

    Raises:
        SamePerson: not two different people.
        KeysMissing, StateMissing, StateInvalid: there is no epoch to end.
    """
    if len(set(approvers)) < APPROVERS:
        raise SamePerson
    key = memory.key_of(folder)
    last = memory.recall_of(folder, key)
    origin = next_origin(last.origin)
    with house.unit_of_work() as db:
        size = storage.size(db)
        edge = tree.compact(storage.rows(db), size)
        directory = storage.directory_number(db)
        log.emit(
            db,
            "log.epoch",
            by=THE_SERVICE,
            about=log.TRAIL,
            d=Details(
                epoch=signer.epoch_of(origin),
                at=size,
                n=last.size,
                sha=last.head.root.hex(),
                approvers=list(approvers),
            ),
        )
    return last, signer.begin_epoch(folder, origin, edge, directory=directory)


def adopt(house: House, folder: Path, checkpoint: bytes) -> Signer:
    """Give the signer its lost memory back from a checkpoint that somebody outside has kept.

    It is on record: whoever adopts an older one than was signed last can make a log that was cut off go on.

    Raises:
        Forked: the database's log is not the one of the checkpoint.
        NoteInvalid: the checkpoint is none, or was signed with another key.
        AlreadyThere: the memory is not lost.
        RowsMissing: the database holds fewer entries than the checkpoint says.
        KeysMissing: there is no key.
    """
    key = memory.key_of(folder)
    held = note.parse_checkpoint(note.open_note(checkpoint, [key.verifier]).text)
    with house.unit_of_work() as db:
        edge = tree.compact(storage.rows(db), held.size)
        directory = storage.directory_number(db)
        given = Details(action=ADOPTED, n=held.size)
        log.emit(db, "config.changed", by=THE_SERVICE, about=log.TRAIL, d=given)
        return signer.adopt(folder, checkpoint, edge, directory=directory)
