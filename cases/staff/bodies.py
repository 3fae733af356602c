"""The register of authorities to which cases are referred: what was agreed with each, as two people keep it.

An authority without an entry is referred to as the code list has it, and is taken to accept anonymous matters.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

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
class Terms:
    """What was agreed with one authority.

    Attributes:
        body: its code.
        agreement: the reference of the agreement with it.
        legal_basis: on which cases go there.
        channel: the secure channel by which they go.
        public_key: to which papers are sealed, as the authority gave it.
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


def check(terms: Terms) -> None:
    """Refuse what is said of an authority that is on no list.

    Raises:
        NotFound: as said.
    """
    if terms.body not in catalogue.code_list(LIST):
        raise NotFound


def keep(db: Work, terms: Terms, by: Actor) -> None:
    """Hold what was agreed with an authority from now on; two people say so.

    The trail keeps the SHA-256 of the entry as JSON with sorted names.

    Raises:
        NotFound: as `check`.
    """
    check(terms)
    directory.hold(db)
    row = _row(db, terms.body)
    said = asdict(terms)
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
            field=terms.body,
            sha=hashlib.sha256(told).hexdigest(),
        ),
    )
    record_directory_change(db, by)


def of(db: Work, body: str) -> Terms | None:
    """What was agreed with an authority; None where the register has nothing about it."""
    row = _row(db, body)
    return None if row is None else _terms(row)


def every(db: Work) -> Mapping[str, Terms]:
    """The whole register, by code."""
    return {row.body: _terms(row) for row in db.exec(select(ReferralBody))}


def accepts_anonymous(db: Work, body: str) -> bool:
    """Whether an authority takes a matter of which nobody knows who reported it."""
    terms = of(db, body)
    return terms is None or terms.accepts_anonymous


def _row(db: Work, body: str) -> ReferralBody | None:
    return db.exec(select(ReferralBody).where(ReferralBody.body == body)).first()


def _terms(row: ReferralBody) -> Terms:
    return Terms(**{name: getattr(row, name) for name in Terms.__dataclass_fields__})
