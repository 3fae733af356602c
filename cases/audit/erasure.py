"""Erasing what events say, after their time: the tree stays whole, and what is left is a random number.

The order is on record before anything goes: `audit.body_erased` names the leaves, `audit_erasure` the
events, both in one unit of work with the deletion. A body that is gone without them was taken.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col, delete

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import Case
from cases.models.trail import AuditBody, AuditErasure, AuditLeaf

RANGES = 200
"""Ranges of leaves in one event; each takes 40 bytes at most."""


def erase_case(db: Work, case: Case) -> int:
    """Erase what the trail says of a case, as far as it is in the tree.

    Returns:
        How many bodies went; repeating it does no harm.
    """
    keyring = db.house.keyring
    tags = [log.tag(keyring, "case", case.id, version) for version in keyring.roots]
    statement = (
        select(col(AuditLeaf.leaf_index), AuditBody)
        .join(AuditBody, col(AuditBody.event_id) == col(AuditLeaf.event_id))
        .where(col(AuditBody.case_tag).in_(tags))
        .order_by(col(AuditLeaf.leaf_index))
    )
    # Not what the tag says counts but what the event does: a tag that somebody changed erases nothing.
    found = [
        (index, row.event_id)
        for index, row in db.execute(statement)
        if log.open_body(keyring, row, b"").body.case == case.id
    ]
    ranges = list(joined([index for index, _ in found]))
    for start in range(0, len(ranges), RANGES):
        part = ranges[start : start + RANGES]
        count = sum(last - first + 1 for first, last in part)
        log.emit(
            db,
            "audit.body_erased",
            by=THE_SERVICE,
            case=case,
            about=log.TRAIL,
            d=Details(count=count, ranges=part),
        )
    _delete(db, [event for _, event in found])
    return len(found)


def still_told(db: Work, cases: Sequence[UUID]) -> list[UUID]:
    """Those of these cases of which the tree holds bodies."""
    keyring = db.house.keyring
    tags = {
        log.tag(keyring, "case", case, version): case for case in cases for version in keyring.roots
    }
    statement = (
        select(col(AuditBody.case_tag))
        .join(AuditLeaf, col(AuditLeaf.event_id) == col(AuditBody.event_id))
        .where(col(AuditBody.case_tag).in_(tags))
        .distinct()
    )
    return sorted({tags[tag] for tag in db.execute(statement).scalars()})


def joined(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as ranges, first and last each."""
    first = last = None
    for index in indices:
        if last is None or first is None:
            first = index
        elif index != last + 1:
            yield first, last
            first = index
        last = index
    if first is not None and last is not None:
        yield first, last


def _delete(db: Work, erased: Sequence[UUID]) -> None:
    if not erased:
        return
    db.add_all(AuditErasure(event_id=event) for event in erased)
    db.flush()
    if db.get_bind().dialect.name == "sqlite":
        db.exec(delete(AuditBody).where(col(AuditBody.event_id).in_(erased)))
    else:
        # The service has no right to the table, only to this function.
        db.execute(select(func.tribune_erase(list(erased))))
