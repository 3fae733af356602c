"""The shapes of the trail at the door: bytes and hashes in base64, moments as the trail writes them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.paging import DEFAULT_LIMIT, MOST
from api.v1.case_shapes import Shape
from cases.audit.health import Pulse, Scrub, Status
from cases.audit.proofs import Consistency, Inclusion
from cases.audit.spelling import to_base64
from cases.intake.proof import OwnProof
from cases.reading.trail import Line, Page

HASH = r"^[0-9a-f]{64}$"
LAST_INDEX = 2**53 - 3
"""What comes after it is still a number that every reader of JSON takes for the same."""


class TrailQuery(BaseModel):
    """Which events are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    case: Annotated[
        str | None,
        Field(max_length=20, description="Reference of a case: its events alone."),
    ] = None
    after: Annotated[
        int,
        Field(ge=-1, le=LAST_INDEX, description="`next` of the page before; -1 begins the log."),
    ] = -1
    limit: Annotated[int, Field(ge=1, le=MOST, description="How many events at most.")] = (
        DEFAULT_LIMIT
    )


class TrailEvent(Shape):
    """One event of the log."""

    leaf_index: int
    event_id: UUID
    leaf: str = Field(description="49 bytes, base64.")
    body: str | None = Field(
        description="The exact bytes that were committed to, base64. Null where it was erased, or is not "
        "shown."
    )
    salt: str | None = Field(description="32 bytes, base64; null where the body is.")

    @classmethod
    def of(cls, line: Line) -> "TrailEvent":
        """From the reading room."""
        return cls(
            leaf_index=line.index,
            event_id=line.event,
            leaf=to_base64(line.leaf),
            body=None if line.body is None else to_base64(line.body),
            salt=None if line.salt is None else to_base64(line.salt),
        )


class TrailEvents(Shape):
    """One page of the log, in its order."""

    items: list[TrailEvent]
    next: int | None = Field(description="For `after` of the next page; null on the last one.")
    partial: bool = Field(description="Some bodies that are there are not shown to the caller.")

    @classmethod
    def of(cls, page: Page) -> "TrailEvents":
        """From the reading room."""
        return cls(
            items=[TrailEvent.of(line) for line in page.lines],
            next=page.lines[-1].index if page.more else None,
            partial=page.partial,
        )


class InclusionProof(Shape):
    """That a leaf is in the tree of a signed checkpoint (RFC 6962, 2.1.1)."""

    leaf_index: int
    tree_size: int
    leaf_hash: str = Field(description="32 bytes, base64.")
    hashes: list[str] = Field(
        description="32 bytes each, base64, from the leaf's sibling upwards; 63 at most."
    )
    checkpoint: str = Field(description="The signed note, as it was signed.")

    @classmethod
    def of(cls, proof: Inclusion) -> "InclusionProof":
        """From a proof that was verified."""
        return cls(
            leaf_index=proof.index,
            tree_size=proof.size,
            leaf_hash=to_base64(proof.leaf_hash),
            hashes=[to_base64(one) for one in proof.hashes],
            checkpoint=proof.note,
        )


class ConsistencyProof(Shape):
    """That one signed tree is the beginning of another (RFC 6962, 2.1.2)."""

    first: int
    second: int
    hashes: list[str] = Field(description="32 bytes each, base64; none between a tree and itself.")
    checkpoint: str = Field(description="The signed note of the second tree.")

    @classmethod
    def of(cls, proof: Consistency) -> "ConsistencyProof":
        """From a proof that was verified."""
        hashes = [to_base64(one) for one in proof.hashes]
        return cls(first=proof.first, second=proof.second, hashes=hashes, checkpoint=proof.note)


class ReceiptState(Shape):
    """What became of an acknowledged event."""

    state: Literal["pending", "logged"] = Field(
        description="`pending`: written, and not covered by a checkpoint yet."
    )
    proof: InclusionProof | None = Field(description="Once it is logged.")


class Waiting(Shape):
    """What waits to enter the log."""

    at_once: int = Field(description="Events of staff and of the service.")
    tick: int = Field(
        description="Events of reporters that should have entered by now. Those in time are not counted: "
        "the number would tell when somebody reports."
    )


class LastScrub(Shape):
    """When everything was last computed anew, and what was found."""

    at: str
    faults: int

    @classmethod
    def of(cls, scrub: Scrub | None) -> "LastScrub | None":
        """From the newest event of its kind."""
        return None if scrub is None else cls(at=scrub.at, faults=scrub.faults)


class LogHealth(Shape):
    """How the log is."""

    status: Status = Field(
        description="`late`: something waits for longer than it may; `silent`: nothing was signed for so "
        "long that staff are refused."
    )
    size: int
    signed_size: int
    unsigned_seconds: int = Field(description="Since when nothing was signed.")
    published_seconds: int | None = Field(
        description="Since when nothing was published; null before the first time."
    )
    pending: Waiting
    last_scrub: LastScrub | None

    @classmethod
    def of(cls, status: Status, pulse: Pulse, scrub: Scrub | None) -> "LogHealth":
        """From the log's pulse."""
        return cls(
            status=status,
            size=pulse.size,
            signed_size=pulse.signed_size,
            unsigned_seconds=pulse.unsigned_seconds,
            published_seconds=pulse.published_seconds,
            pending=Waiting(at_once=pulse.at_once, tick=pulse.overdue),
            last_scrub=LastScrub.of(scrub),
        )


class ReporterProof(Shape):
    """Proof of the day of reporting, for its author alone."""

    proof: str = Field(
        description="A proof file (c2sp.org/tlog-proof); `tribune_verify.py inclusion` checks it."
    )
    body: str = Field(description="What the log says of the report, base64.")
    salt: str = Field(description="32 bytes, base64.")

    @classmethod
    def of(cls, own: OwnProof) -> "ReporterProof":
        """From a proof that was verified."""
        return cls(proof=own.inclusion.file, body=to_base64(own.body), salt=to_base64(own.salt))
