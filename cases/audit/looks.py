"""Looks that stay on record when what they were for is refused.

A unit of work that ends in a refusal is taken back, and the events it wrote with it. But a refusal can tell
what was looked at: which guards stand against a step, that a file differs. So such looks are remembered
beside the events, and whoever answers the refusal writes them again in a unit of work that is kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details, Object
from cases.database import Work
from cases.models.case import Case
from cases.permits import ReadPermit

_LOOKS = "looks"


@dataclass(frozen=True, slots=True)
class Look:
    """What was looked at, as its event says it."""

    kind: str
    case: UUID
    by: StaffActor
    obj: tuple[Object, ...]
    d: Details | None


def record(
    db: Work,
    kind: str,
    *,
    by: StaffActor,
    case: Case,
    obj: Sequence[Object] = (),
    d: Details | None = None,
    opens: Iterable[UUID] = (),
) -> ReadPermit:
    """Write a look, as `log.emit` does, and remember it for the case that the unit of work is given up."""
    db.info.setdefault(_LOOKS, []).append(Look(kind, case.id, by, tuple(obj), d))
    return log.emit(db, kind, by=by, case=case, obj=obj, d=d, opens=opens)


def of(given_up: Work) -> tuple[Look, ...]:
    """The looks of a unit of work that was taken back."""
    return tuple(given_up.info.get(_LOOKS, ()))


def repeat(db: Work, looks: Iterable[Look]) -> None:
    """Write looks again whose unit of work was taken back."""
    for one in looks:
        case = db.get_one(Case, one.case)
        log.emit(db, one.kind, by=one.by, case=case, obj=one.obj, d=one.d)
