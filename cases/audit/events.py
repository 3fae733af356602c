"""What an event may say: a closed list of kinds, each with its own closed set of details.

Bodies are canonical JSON (RFC 8785) of a subset in which `json.dumps` already is canonical: strings,
integers below 2^53, booleans, null, arrays and objects with keys of `[a-z_]`; no floats and no free text.
Details hold codes, numbers, ids and hashes, never a name, a subject, a file name or an address.
"""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16,64}$")]
Short = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")]
"""An id in 22 characters of base64url."""
Number = Annotated[int, Field(strict=True, gt=-(2**53), lt=2**53)]
"""An integer that every reader of JSON takes for the same."""
Parts = list[Code]

BODY_BYTES = 8_192
"""The longest body; a request that would exceed it writes several events."""

CHANGES = frozenset(
    {
        "case.submitted", "case.status", "case.assigned", "case.taken", "case.grant", "case.revoke",
        "case.rekey", "case.declared", "case.rerouted", "case.priority", "case.hold",
        "case.shred_ordered", "case.shredded", "record.created", "record.delivered",
        "record.redacted",
        "attachment.created", "message.sent", "proposal.made", "proposal.confirmed",
        "proposal.refused", "allegation.changed", "finding.decided", "outcome.changed",
        "subject.link", "conflict.matched", "deadline.near", "deadline.missed",
        "deadline.escalated", "receipt.renewed",
        "identity.requested", "identity.granted", "identity.refused", "identity.expired",
        "identity.revoked", "identity.released", "identity.shred_ordered", "identity.shredded",
        "case.level", "break_glass.opened", "break_glass.ended",
    }
)  # fmt: skip
"""The kinds that take the case's next number (`seq`) when they are about a delivered case."""

READS = frozenset(
    {
        "case.list", "case.read", "record.read", "attachment.read", "identity.disclosed",
        "access.refused", "search.run", "figures.read", "log.verified",
    }
)  # fmt: skip

HOUSE = frozenset(
    {
        "auth.login", "auth.unlock", "auth.failures", "session.end", "member.created",
        "member.key_published", "member.removed", "role.changed", "unit.key_rotated", "unlock.added",
        "recovery.used", "directory.changed", "config.changed", "snapshot.published", "audit.body_erased",
        "export.bundle", "attachment.exported", "log.heartbeat", "log.scrub", "log.rejected",
        "log.witness_failed", "log.key_rotated", "log.epoch",
    }
)  # fmt: skip

KINDS = CHANGES | READS | HOUSE


class Object(BaseModel):
    """One thing an event is about: its kind, its id, and for what was made a content commitment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    t: Code
    id: UUID
    ver: Number | None = None
    c: Hash | None = None


class Details(BaseModel):
    """The details an event may carry; which of them it does carry follows from its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Code | None = None
    before: Code | None = None
    after: Code | None = None
    role: Code | None = None
    field: Code | None = None
    fields: Parts | None = None
    parts: Parts | None = None
    reason: Code | None = None
    status: Code | None = None
    at: Number | None = None
    count: Number | None = None
    n: Number | None = None
    epoch: Number | None = None
    automatic: bool | None = None
    month: Code | None = None
    cuts: Parts | None = None
    filters: Parts | None = None
    sha: Hash | None = None
    pk: Hash | None = None
    staff: UUID | None = None
    unit: UUID | None = None
    target: UUID | None = None
    proposal: UUID | None = None
    purpose: Code | None = None
    ranges: list[tuple[Number, Number]] | None = None
    """First and last index of leaves whose bodies were erased, each."""
    approvers: list[UUID] | None = None


class Who(BaseModel):
    """The actor of an event; a reporter has neither id nor session."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    t: Literal["staff", "reporter", "system", "recovery"]
    id: UUID | None = None
    s: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None


class Body(BaseModel):
    """An event as it is committed to. `at` is a day for what reporters do, a UTC second for the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    id: UUID
    kind: str
    at: str
    actor: Who
    case: UUID | None = None
    unit: UUID | None = None
    seq: Number | None = None
    seen: Number
    obj: list[Object | Short] = Field(default_factory=list)
    """Objects; for `case.list` the case ids alone, 22 characters of base64url each."""
    d: dict[str, Any] = Field(default_factory=dict)


def moment(at: datetime | date) -> str:
    """A moment as the trail writes it: a UTC second, or a day where a second would identify."""
    if isinstance(at, datetime):
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return at.isoformat()


def canonical(body: Body) -> bytes:
    """The bytes an event is committed to; stored and exported as they are, never made again.

    Raises:
        ValueError: an unknown kind, or more than `BODY_BYTES`.
    """
    if body.kind not in KINDS:
        message = f"no such kind of event: {body.kind}"
        raise ValueError(message)
    value = body.model_dump(mode="json", exclude_none=False)
    value["obj"] = [
        item if isinstance(item, str) else item.model_dump(mode="json", exclude_none=True)
        for item in body.obj
    ]
    raw = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(raw) > BODY_BYTES:
        message = "an event body is too long"
        raise ValueError(message)
    return raw
