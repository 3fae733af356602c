"""Proofs that are handed out: made from the table, and verified before anybody gets them.

    inclusion      an event is leaf `index` of the tree of `size` leaves, whose signed root is …
    consistency    the signed tree of `first` leaves is the beginning of that of `second`

The table, the checkpoint's row, its note and what is computed have to agree. Where they do not, somebody
changed the database: an error is answered instead of a proof that would accuse the reader's software.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.audit import note, proof_file, storage, tree
from cases.audit.leaf import ID_BYTES
from cases.audit.note import NoteInvalid
from cases.audit.spelling import LARGEST
from cases.audit.tree import ProofInvalid, RowsMissing
from cases.errors import LogInconsistent, NoSuchCheckpoint, NotFound, NotInLogYet
from cases.models.trail import AuditEvent

if TYPE_CHECKING:
    from uuid import UUID

    from sqlmodel import Session

    from cases.models.trail import AuditCheckpoint

TREE_SIZE = "/tree_size"
FIRST, SECOND = "/first", "/second"
"""The parameters by which callers name a checkpoint."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an event is in the log.

    Attributes:
        index: of its leaf.
        size: leaves of the tree.
        leaf: 49 bytes.
        hashes: the proof, from the leaf's sibling upwards.
        note: the signed checkpoint of that tree.
    """

    index: int
    size: int
    leaf: bytes
    hashes: tuple[bytes, ...]
    note: str

    @property
    def leaf_hash(self) -> bytes:
        """The hash of the leaf in the tree, 32 bytes."""
        return tree.leaf_hash(self.leaf)

    @property
    def file(self) -> str:
        """The same as a file that others' software checks (`proof_file`)."""
        return proof_file.written(self.index, self.hashes, self.note)


@dataclass(frozen=True, slots=True)
class Consistency:
    """That the log only grew between two checkpoints.

    Attributes:
        hashes: the proof; empty between a tree and itself.
        note: the signed checkpoint of the second tree.
    """

    first: int
    second: int
    hashes: tuple[bytes, ...]
    note: str


def inclusion(db: Session, event: UUID, size: int | None = None) -> Inclusion:
    """The proof that an event is in the tree of a checkpoint.

    Args:
        size: of the checkpoint; by default the newest.

    Raises:
        NotFound: there is no such event.
        NotInLogYet: it waits, or no checkpoint covers it yet.
        NoSuchCheckpoint: none has this size, or the one that has does not cover the event.
        LogInconsistent: the rows do not lead to the signed root.
    """
    if db.get(AuditEvent, event) is None:
        raise NotFound
    signed = _newest(db) if size is None else _checkpoint(db, size, TREE_SIZE)
    if signed is None:
        raise NotInLogYet
    try:
        return covered(db, event, signed)
    except NotInLogYet:
        if size is None or storage.index_of(db, event) is None:
            raise
        raise NoSuchCheckpoint(TREE_SIZE) from None


def covered(db: Session, event: UUID, signed: AuditCheckpoint) -> Inclusion:
    """The proof that an event, which exists, is in the tree of a checkpoint.

    Raises:
        NotInLogYet: it waits, or the checkpoint is older than its leaf.
        LogInconsistent: the rows do not lead to the signed root.
    """
    written, index = db.get_one(AuditEvent, event), storage.index_of(db, event)
    if index is None or index >= signed.size:
        raise NotInLogYet
    if written.leaf[1 : 1 + ID_BYTES] != event.bytes:
        raise LogInconsistent
    try:
        proof = tree.inclusion(storage.rows(db), index, signed.size)
        hash_ = tree.leaf_hash(written.leaf)
        tree.verify_inclusion(hash_, index, signed.size, proof, signed.root)
    except (RowsMissing, ProofInvalid) as error:
        raise LogInconsistent from error
    return Inclusion(index, signed.size, written.leaf, tuple(proof), signed.note)


def consistency(db: Session, first: int, second: int) -> Consistency:
    """The proof that one checkpoint's tree is the beginning of another's.

    Raises:
        NoSuchCheckpoint: none has one of the sizes, the first is empty, or larger than the second.
        LogInconsistent: the rows do not lead from one signed root to the other.
    """
    if not 1 <= first <= second:
        raise NoSuchCheckpoint(FIRST)
    begun, grown = _checkpoint(db, first, FIRST), _checkpoint(db, second, SECOND)
    try:
        proof = tree.consistency(storage.rows(db), first, second)
        tree.verify_consistency(first, second, proof, begun.root, grown.root)
    except (RowsMissing, ProofInvalid) as error:
        raise LogInconsistent from error
    return Consistency(first, second, tuple(proof), grown.note)


def published(db: Session) -> AuditCheckpoint | None:
    """The newest checkpoint that others than staff may have, its note checked against its row.

    Raises:
        LogInconsistent: the note does not say what the row says.
    """
    found = storage.published_checkpoint(db)
    return None if found is None else _agreeing(found)


def _newest(db: Session) -> AuditCheckpoint | None:
    found = storage.newest_checkpoint(db)
    return None if found is None else _agreeing(found)


def _checkpoint(db: Session, size: int, parameter: str) -> AuditCheckpoint:
    """The checkpoint of this size; sizes no tree can have are not looked up, no database holds them."""
    found = storage.checkpoint_of(db, size) if 0 <= size <= LARGEST else None
    if found is None:
        raise NoSuchCheckpoint(parameter)
    return _agreeing(found)


def _agreeing(row: AuditCheckpoint) -> AuditCheckpoint:
    """A checkpoint whose note says what its row says; whether the note is signed is for its reader.

    The key to check that with would come from the same hands as the rows.
    """
    text, split, _ = row.note.partition("\n\n")
    try:
        said = note.parse_checkpoint(text + "\n" if split else "")
    except NoteInvalid as error:
        raise LogInconsistent from error
    if (said.size, said.root) != (row.size, row.root):
        raise LogInconsistent
    return row
