"""The scrubber's first half: is the tree what its entries make it, and what was signed?

It needs no key of a case: rows, hashes, the writers' MAC and the signer's public key.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from sqlmodel import Session

from cases.audit import leaf, note, storage, tree
from cases.audit.faults import Finding, found
from cases.audit.memory import State
from cases.audit.note import NoteInvalid, Verifier
from cases.audit.storage import Entry
from cases.audit.tree import WIDTH, Range, RowsMissing
from cases.models.trail import AuditCheckpoint

MERGE_DELAY = timedelta(seconds=60)
"""The longest that an event of staff waits before it is in the tree."""

Progress = Callable[[int, int], None]
"""Called with how much is done, and of how much."""


def no_progress(_done: int, _all: int) -> None:
    """Nobody watches."""


def check_tiles(db: Session, writer_key: bytes, tiles: Sequence[int]) -> Iterator[Finding]:
    """Some tiles of 256 entries, each with the rows above it."""
    size, rows = storage.size(db), storage.rows(db)
    for tile in tiles:
        yield from _check_entries(db, writer_key, tile * WIDTH, min(size, (tile + 1) * WIDTH))[0]
        level, index = 1, tile
        while (index + 1) * WIDTH**level <= size:
            yield from _check_row(rows, level, index)
            level, index = level + 1, index // WIDTH


def check_tree(
    db: Session,
    writer_key: bytes,
    verifiers: Sequence[Verifier] = (),
    progress: Progress = no_progress,
) -> Iterator[Finding]:
    """The whole tree, every row above it and every checkpoint of it.

    Args:
        verifiers: keys of the log; without one, signatures are not looked at.
    """
    size, rows = storage.size(db), storage.rows(db)
    held = storage.count(db)
    if held != size:
        # A leaf was put where none belongs: what is there is checked, not the space before it.
        yield found("places_amiss", size=size, held=held)
        size = min(size, held)
    if beyond := storage.rows_beyond(db, size):
        yield found("rows_beyond", count=beyond)
    checkpoints = storage.checkpoints(db)
    pending = next(checkpoints, None)
    grown = Range()
    for start in range(0, size, WIDTH):
        stop = min(size, start + WIDTH)
        findings, hashes = _check_entries(db, writer_key, start, stop)
        yield from findings
        while pending and pending.size <= stop:
            known = pending.size - grown.size
            grown, hashes = grown.append(hashes[:known]), hashes[known:]
            yield from _check_checkpoint(pending, grown, verifiers)
            pending = next(checkpoints, None)
        grown = grown.append(hashes)
        progress(stop, size)
    while pending:
        yield found("checkpoint_ahead", size=pending.size, held=size)
        pending = next(checkpoints, None)
    level = 1
    while size >= WIDTH**level:
        for index in range(size // WIDTH**level):
            yield from _check_row(rows, level, index)
        level += 1


def _check_entries(
    db: Session, writer_key: bytes, start: int, stop: int
) -> tuple[list[Finding], list[bytes]]:
    """Entries against their rows of the tree; and the hashes that the entries themselves make."""
    findings: list[Finding] = []
    hashes: list[bytes] = []
    kept = _rows(storage.rows(db), 0, start, stop, findings)
    there = {one.index: one for one in storage.entries(db, start, stop)}
    for index in range(start, stop):
        row = kept.get(index)
        own, code = _judged(there.get(index), writer_key, row)
        if code:
            findings.append(found(code, index=index))
        hashes.append(own or row or tree.EMPTY_ROOT)
    return findings, hashes


def _judged(
    entry: Entry | None, writer_key: bytes, row: bytes | None
) -> tuple[bytes | None, str | None]:
    """The hash that an entry makes, and what is wrong with it."""
    if entry is None or entry.row is None:
        return None, "leaf_missing"
    own = tree.leaf_hash(entry.row[0])
    if own != row:
        return own, "leaf_changed"
    if not leaf.genuine(writer_key, entry.event, *entry.row):
        return own, "leaf_not_ours"
    return own, None


def _rows(
    rows: tree.Rows, level: int, start: int, stop: int, findings: list[Finding]
) -> dict[int, bytes]:
    there = rows(level, start, stop)
    if len(there) == stop - start:
        return dict(zip(range(start, stop), there, strict=True))
    findings.append(found("row_missing", level=level, start=start, last=stop - 1))
    return {}


def _check_row(rows: tree.Rows, level: int, index: int) -> list[Finding]:
    """An upper row against the 256 below it."""
    findings: list[Finding] = []
    below = _rows(rows, level - 1, index * WIDTH, (index + 1) * WIDTH, findings)
    own = _rows(rows, level, index, index + 1, findings)
    if below and own and Range().append(below.values()).root() != own[index]:
        findings.append(found("row_changed", level=level, index=index))
    return findings


def _check_checkpoint(
    checkpoint: AuditCheckpoint, grown: Range, verifiers: Sequence[Verifier]
) -> Iterator[Finding]:
    try:
        text = checkpoint.note.encode()
        opened = note.open_note(text, verifiers).text if verifiers else _unopened(text)
        signed = note.parse_checkpoint(opened)
    except NoteInvalid:
        yield found("checkpoint_forged", size=checkpoint.size)
        return
    if (signed.size, signed.root) != (checkpoint.size, checkpoint.root):
        yield found("checkpoint_forged", size=checkpoint.size)
    elif grown.root() != checkpoint.root:
        yield found("root_changed", size=checkpoint.size)


def _unopened(text: bytes) -> str:
    """The text of a note whose signatures nobody here can check."""
    body, _, _ = text.decode(errors="replace").partition("\n\n")
    return f"{body}\n"


def check_memory(db: Session, signed: State) -> Iterator[Finding]:
    """The database against what the signer remembers outside of it."""
    size = storage.size(db)
    if size < signed.size:
        yield found("rolled_back", held=size, signed=signed.size)
        return
    directory = storage.directory_number(db)
    if directory < signed.directory:
        yield found("directory_rolled_back", held=directory, signed=signed.directory)
    try:
        if tree.root(storage.rows(db), signed.size) != signed.head.root:
            yield found("forked", signed=signed.size)
    except RowsMissing as gap:
        yield found("row_missing", level=gap.level, start=gap.start, last=gap.stop - 1)
