"""Proof of the day of a report, for its author: kept outside, it holds whatever is said here later.

It is offered, never pushed: it is evidence on the device of whoever has it. Nothing of it is finer than
the day, it leads to a checkpoint that others than staff have as well, and asking for it leaves no event.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import col, select

from cases.actors import ReporterActor
from cases.audit import log, proofs
from cases.audit.proofs import Inclusion
from cases.database import Work
from cases.errors import NotFound, NotInLogYet
from cases.models.case import Report
from cases.models.trail import AuditBody, AuditEvent

SUBMITTED = "case.submitted"


@dataclass(frozen=True, slots=True)
class OwnProof:
    """That a report is in the log.

    Attributes:
        body: the exact bytes committed to.
        salt: 32 bytes, with which they make the leaf.
    """

    inclusion: Inclusion
    body: bytes
    salt: bytes = field(repr=False)


def of_submission(db: Work, by: ReporterActor) -> OwnProof:
    """The proof of one's own report.

    Raises:
        NotFound: what the event said was erased.
        NotInLogYet: no published checkpoint covers it: it waits for the tick, or for the next publication.
        LogInconsistent: the rows do not lead to the signed root.
    """
    report = db.get_one(Report, by.report_id)
    keyring = db.house.keyring
    # A case has one such event, of the report it began with; what was merged into it keeps its own.
    tags = [log.tag(keyring, "case", report.origin_case_id, version) for version in keyring.roots]
    days = (
        report.received_on,
        report.received_on + timedelta(days=1),
    )  # it may be made at midnight
    statement = (
        select(AuditBody, AuditEvent.leaf)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
        .where(col(AuditBody.case_tag).in_(tags), col(AuditEvent.day).in_(days))
    )
    opened = (log.open_body(keyring, row, leaf) for row, leaf in db.exec(statement))
    own = next((one for one in opened if one.body.kind == SUBMITTED), None)
    if own is None:
        raise NotFound
    published = proofs.published(db)
    if published is None:
        raise NotInLogYet
    found = proofs.covered(db, own.body.id, published)
    return OwnProof(found, own.raw, own.salt)
