"""The register of authorities to which cases are referred: what was agreed with each, as two people keep it.

An authority without an entry is referred to as the code list has it, and is taken to accept anonymous matters.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound
from cases.models.bodies import ReferralBody
from cases.sealing import directory
from cases.staff.changes import record_directory_change
from workflows import catalogue

LIST = "referral_bodies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What was agreed with one authority.

    Attributes:
        body: its code.
        agreement: the reference of the paper it is written in.
        legal_basis: on which cases go there.
        channel: the secure channel by which they go.
        public_key: as the authority gave it, for the people who seal papers to it; the service seals none.
        contact_role: who receives them there: a role, nobody's name.
        accepts_anonymous: whether it takes a matter of which nobody knows who reported it.
    """

    body: str
    agreement: str | None = None
    legal_basis: str | None = None
    channel: str | None = None
    public_key: str | None = None
    contact_role: str | None = None
    accepts_anonymous: bool

    # Any: text, or yes or no.
    def terms(self) -> dict[str, Any]:
        """What was agreed, by name, without the body: as a referral keeps it and as callers see it."""
        return {name: value for name, value in asdict(self).items() if name != "body"}


def check(agreed: Agreement) -> None:
    """Refuse what is said of an authority that is on no list.

    Raises:
        NotFound: as said.
    """
    if agreed.body not in catalogue.code_list(LIST):
        raise NotFound


def keep(db: Work, agreed: Agreement, by: Actor) -> None:
    """Hold what was agreed with an authority from now on; two people say so.

    The trail keeps the SHA-256 of the entry as JSON with sorted names.

    Raises:
        NotFound: as `check`.
    """
    check(agreed)
    directory.hold(db)
    row = _row(db, agreed.body)
    said = asdict(agreed)
    if row is None:
        db.add(ReferralBody(**said))
    else:
        for name, value in said.items():
            setattr(row, name, value)
    told = json.dumps(said, sort_keys=True).encode()
    log.emit(
        db,
        "config.changed",
        by=by,
        d=Details(
            action="referral_body.changed",
            field=agreed.body,
            sha=hashlib.sha256(told).hexdigest(),
        ),
    )
    record_directory_change(db, by)


def of(db: Work, body: str) -> Agreement | None:
    """What was agreed with an authority; None where the register has nothing about it."""
    row = _row(db, body)
    return None if row is None else _agreed(row)


def every(db: Work) -> Mapping[str, Agreement]:
    """The whole register, by code."""
    return {row.body: _agreed(row) for row in db.exec(select(ReferralBody))}


def accepts_anonymous(db: Work, body: str) -> bool:
    """Whether an authority takes a matter of which nobody knows who reported it."""
    agreed = of(db, body)
    return agreed is None or agreed.accepts_anonymous


def _row(db: Work, body: str) -> ReferralBody | None:
    return db.exec(select(ReferralBody).where(ReferralBody.body == body)).first()


def _agreed(row: ReferralBody) -> Agreement:
    return Agreement(**{name: getattr(row, name) for name in Agreement.__dataclass_fields__})
