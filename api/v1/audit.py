"""The trail for who checks it: checkpoints, tiles, events and proofs, and how the log is."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Response

from api import headers
from api.deps import AnyStaff, AtDoor, Door, StaffWith
from api.guard import GuardedRoute
from api.problems import responses
from api.v1.audit_shapes import (
    HASH,
    ConsistencyProof,
    InclusionProof,
    LogHealth,
    ReceiptState,
    TrailEvent,
    TrailEvents,
    TrailQuery,
)
from api.v1.cases import on_record
from cases.actors import StaffActor
from cases.audit import health, log, memory, note, proofs, storage, tiles
from cases.audit.memory import StateInvalid
from cases.audit.tiles import ENTRIES, TileInvalid
from cases.audit.tree import WIDTH, RowsMissing
from cases.database import Work
from cases.errors import KeysMissing, LogInconsistent, NotFound, NotInLogYet
from cases.reading import trail

router = APIRouter(prefix="/v1/audit", route_class=GuardedRoute, tags=["trail"])

Reading = Annotated[StaffActor, Depends(StaffWith("audit_trail"))]
Checking = Annotated[StaffActor, Depends(StaffWith("audit_trail", "verify_trail"))]

PROOF_FILE = "text/vnd.c2sp.tlog-proof"
BINARY = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
FOR_EVER = "private, max-age=31536000, immutable"
"""A full tile never changes; it is kept by who asked for it, since not everybody may."""

GATED = responses("not-signed-in", "not-permitted", "log-inconsistent")
# Any: FastAPI's own type for `responses=`.
CHECKPOINT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The signed note.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
    304: {"description": "The published checkpoint is the one the caller has."},
    **GATED,
    **responses("not-found"),
}
VKEY: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The line.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
    **responses("not-signed-in", "not-permitted", "not-found"),
}
TILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The tile.",
        "content": {BINARY: {"schema": {"type": "string", "format": "binary"}}},
    },
    **GATED,
    **responses("malformed-request", "not-found"),
}
INCLUSION: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The proof; as a file where `Accept` names its kind.",
        "content": {PROOF_FILE: {"schema": {"type": "string"}}},
    },
    **GATED,
    **responses("no-such-checkpoint", "not-found", "not-in-the-log-yet"),
}


@contextmanager
def looking(at: Door, by: StaffActor) -> Generator[Work]:
    """A look at what says nothing of anybody and needs no trace; that something was not there does.

    Events of walled cases and unknown ones are refused alike, and leave the same trace.
    """
    try:
        with at.glance() as db:
            yield db
    except NotFound:
        with at.unit_of_work() as db:
            log.emit(db, "access.refused", by=by)
        raise


@router.get(
    "/checkpoint",
    operation_id="readCheckpoint",
    summary="The newest published checkpoint",
    response_class=Response,
    responses=CHECKPOINT,
)
def read_checkpoint(
    at: AtDoor, _: Checking, if_none_match: Annotated[str | None, Header(max_length=1000)] = None
) -> Response:
    """The log's size and root, signed (c2sp.org/tlog-checkpoint); it moves each quarter of an hour."""
    with at.glance() as db:
        found = proofs.published(db)
    if found is None:
        raise NotFound
    note_ = found.note.encode()
    tag = f'"{hashlib.sha256(note_).hexdigest()[:32]}"'
    kept = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and tag.strip('"') in headers.tags(if_none_match):
        return Response(status_code=304, headers=kept)
    return Response(note_, media_type=TEXT, headers=kept)


@router.get(
    "/vkey",
    operation_id="readVerifierKey",
    summary="The key that checkpoints are checked with",
    response_class=Response,
    responses=VKEY,
)
def read_vkey(at: AtDoor, _: Checking) -> Response:
    """The key line, for comparing it with the one on paper: who checks a log takes no key from it.

    Not found where the sequencer alone can read the log's key, as a process of its own should.
    """
    try:
        key = memory.key_of(at.settings.log_keys)
    except (KeysMissing, StateInvalid, OSError):
        raise NotFound from None
    return Response(f"{note.vkey(key.verifier)}\n", media_type=TEXT)


@router.get(
    "/tile/{path:path}",
    operation_id="readTile",
    summary="256 hashes of the tree, or 256 of its leaves",
    response_class=Response,
    responses=TILE,
)
def read_tile(
    at: AtDoor,
    _: Checking,
    path: Annotated[
        str, Path(description="`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]` (c2sp.org/tlog-tiles).")
    ],
) -> Response:
    """A file of the tree as it is stored: whoever mirrors it computes the root and compares it."""
    try:
        tile = tiles.parse(f"tile/{path}")
    except TileInvalid:
        raise HTTPException(400) from None
    with at.glance() as db:
        newest = storage.newest_checkpoint(db)
        if newest is None or not tiles.implied(tile, newest.size):
            raise NotFound
        try:
            found = _bytes(db, tile)
        except RowsMissing as error:
            raise LogInconsistent from error
    whole = {"Cache-Control": FOR_EVER} if tile.width == WIDTH else {}
    return Response(found, media_type=BINARY, headers=whole)


def _bytes(db: Work, tile: tiles.Tile) -> bytes:
    if tile.level != ENTRIES:
        return tiles.hashes(storage.rows(db), tile)
    rows = storage.leaves(db, tile.first, tile.first + tile.width)
    if len(rows) != tile.width:
        raise RowsMissing(0, tile.first, tile.first + tile.width)
    return tiles.bundle(leaf for *_, leaf in rows)


@router.get(
    "/events",
    operation_id="readTrail",
    summary="What happened, and who looked",
    responses={
        **GATED,
        **responses("declaration-needed", "not-found", "audit-unavailable"),
    },
)
def read_trail(at: AtDoor, by: Reading, query: Annotated[TrailQuery, Query()]) -> TrailEvents:
    """Events in the order of the log, as far as the caller may read them; the look is recorded."""
    with on_record(at, by) as db:
        page = trail.page(db, by, reference=query.case, after=query.after, limit=query.limit)
    return TrailEvents.of(page)


@router.get(
    "/events/{event}",
    operation_id="readTrailEvent",
    summary="One event",
    responses={**GATED, **responses("not-found", "not-in-the-log-yet", "audit-unavailable")},
)
def read_event(at: AtDoor, by: Reading, event: UUID) -> TrailEvent:
    """One event of the log; the look is recorded. What the caller may not know of is not found."""
    with on_record(at, by) as db:
        return TrailEvent.of(trail.one(db, by, event))


@router.get(
    "/proof/inclusion",
    operation_id="proveInclusion",
    summary="That an event is in the log",
    response_model=InclusionProof,
    responses=INCLUSION,
)
def prove_inclusion(
    at: AtDoor,
    by: Reading,
    event_id: Annotated[UUID, Query(description="Of an event the caller may read.")],
    tree_size: Annotated[
        int | None, Query(description="Of a checkpoint; by default the newest.")
    ] = None,
    accept: Annotated[str, Header(max_length=1000, description="JSON, or a proof file.")] = "",
) -> Response | InclusionProof:
    """The way from an event to the root of a signed checkpoint, verified before it is answered."""
    with looking(at, by) as db:
        trail.demand(db, by, event_id)
        proof = proofs.inclusion(db, event_id, tree_size)
    if dict(headers.ranges(accept)).get(PROOF_FILE, 0) > 0:
        return Response(proof.file, media_type=PROOF_FILE, headers={"Vary": "Accept"})
    return InclusionProof.of(proof)


@router.get(
    "/proof/consistency",
    operation_id="proveConsistency",
    summary="That the log only grew between two checkpoints",
    responses={**GATED, **responses("no-such-checkpoint")},
)
def prove_consistency(
    at: AtDoor,
    _: Checking,
    first: Annotated[int, Query(description="Of a checkpoint, 1 or more.")],
    second: Annotated[int, Query(description="Of a later checkpoint, or the same.")],
) -> ConsistencyProof:
    """The way from one signed root to another, verified before it is answered."""
    with at.glance() as db:
        return ConsistencyProof.of(proofs.consistency(db, first, second))


@router.get(
    "/receipts/{leaf_hash}",
    operation_id="readAuditReceipt",
    summary="What became of what `X-Audit-Receipt` acknowledged",
    responses={**responses("not-signed-in", "not-found", "log-inconsistent")},
)
def read_receipt(
    at: AtDoor,
    by: AnyStaff,
    leaf_hash: Annotated[str, Path(pattern=HASH, description="As in `X-Audit-Receipt`.")],
) -> ReceiptState:
    """Whether the event is in the log, with its proof; for who did it, or may read it."""
    with looking(at, by) as db:
        event = trail.acknowledged(db, by, bytes.fromhex(leaf_hash))
        try:
            proof = proofs.inclusion(db, event)
        except NotInLogYet:
            return ReceiptState(state="pending", proof=None)
        return ReceiptState(state="logged", proof=InclusionProof.of(proof))


@router.get(
    "/health",
    operation_id="logHealth",
    summary="How the log is",
    responses=responses("not-signed-in", "not-permitted"),
)
def log_health(at: AtDoor, _: Checking) -> LogHealth:
    """Whether what is written gets signed in time, and when everything was last checked."""
    with at.glance() as db:
        house = at.house
        pulse = health.pulse(db, house.terms, now=house.now())
        scrub = health.last_scrub(db)
    return LogHealth.of(pulse.status(house.terms.unsigned_limit), pulse, scrub)
