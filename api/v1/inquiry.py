"""The investigator's views of a case: its timeline, the custody of an item, a bundle for the reply."""

import hashlib
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Cursor, Listed, Page
from api.problems import responses
from api.v1.acts import on_case
from api.v1.cases import on_record
from api.v1.inquiry_shapes import (
    BundleQuery,
    BundleShape,
    HandledShape,
    Integrity,
    Measured,
    TimelineEntry,
)
from cases import access, assignments, evidence
from cases.actors import StaffActor
from cases.errors import BlobMissing, EnvelopeInvalid, NotFound
from cases.objects import bundles, handling
from cases.objects import custody as custody_log
from cases.reading import custody, timeline

router = APIRouter(route_class=GuardedRoute, tags=["cases"])

REFUSALS = responses("not-signed-in", "not-permitted", "declaration-needed", "not-found")

Custodian = Annotated[StaffActor, Depends(StaffWith("custody"))]


@router.get(
    "/v1/cases/{reference}/timeline",
    operation_id="readTimeline",
    summary="What was found, said, done and decided, day by day",
    responses={**REFUSALS, **responses("invalid-input")},
)
def read_timeline(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("read_case"))],
    reference: str,
    query: Annotated[Page, Query()],
) -> Listed[TimelineEntry]:
    """Items with their source and grading, interviews, custody and decisions, oldest first."""
    cursor = Cursor(at.house.keyring.key("cursor"), f"timeline {by.id} {reference}", query)
    with on_record(at, by) as db:
        found = timeline.page(db, reference, by=by, after=cursor.pair, limit=query.limit)
    return cursor.listed(found, TimelineEntry.of, lambda one: one.sort_key)


@router.get(
    "/v1/cases/{reference}/items/{identity}/custody",
    operation_id="readItemCustody",
    summary="Who had an item in hand",
    responses=REFUSALS,
)
def read_custody(at: AtDoor, by: Custodian, reference: str, identity: UUID) -> Listed[HandledShape]:
    """Everything that happened to an item, oldest first: what was entered, and what the trail tells."""
    with on_case(at, reference, by) as (db, case, keys):
        found = custody.of_item(db, case, identity, by=by, keys=keys)
    return Listed(items=[HandledShape.of(one) for one in found], next=None)


@router.post(
    "/v1/cases/{reference}/items/{identity}/integrity-check",
    operation_id="checkIntegrity",
    summary="Measure the files of an item again",
    responses={**REFUSALS, **responses("not-allowed")},
)
def check_integrity(at: AtDoor, by: Custodian, reference: str, identity: UUID) -> Integrity:
    """Compare the SHA-256 of each file with the one taken when it came; the result enters the custody log."""
    with on_case(at, reference, by) as (db, case, keys):
        assignments.demand(db, by, custody_log.ACT, case)
        files = handling.files_of_item(db, case, identity, by=by, keys=keys)
        opened = [(one, evidence.try_to_open(db, by, case, one, keys=keys)) for one in files]
    # The bytes are read after the looks were committed, and while nobody waits for the case.
    measured = [
        Measured(id=one, expected=expected, found=found, intact=found == expected)
        for one, (expected, pieces) in opened
        for found in (_hash(pieces),)
    ]
    with on_case(at, reference, by) as (db, case, keys):
        assignments.demand(db, by, custody_log.ACT, case)
        if custody_log.item(db, case, identity) is None:
            raise NotFound
        for one in measured:
            entry = custody_log.measured(identity, one.expected, one.found)
            custody_log.enter(db, case, entry, by=by, keys=keys)
    return Integrity(intact=all(one.intact for one in measured), files=measured)


def _hash(pieces: Iterator[bytes] | None) -> str | None:
    digest = hashlib.sha256()
    try:
        for piece in pieces if pieces is not None else ():
            digest.update(piece)
    except (BlobMissing, EnvelopeInvalid, OSError):
        return None
    return digest.hexdigest() if pieces is not None else None


@router.get(
    "/v1/cases/{reference}/bundle",
    operation_id="readBundle",
    summary="What the person concerned would be shown",
    responses={**REFUSALS, **responses("invalid-input")},
)
def read_bundle(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("right_of_reply", "clear_bundle"))],
    reference: str,
    query: Annotated[BundleQuery, Query()],
) -> BundleShape:
    """The chosen records and files with their hashes, and what of them could tell who reported."""
    with on_case(at, reference, by) as (db, case, keys):
        if not access.may(db, by, "clear_bundle", case):
            access.demand_in(db, by, "right_of_reply", case)
        access.demand_declaration(db, by, case)
        bundle = bundles.look(db, case, query.item, by=by, keys=keys)
        return BundleShape.of(bundle, at.language)
