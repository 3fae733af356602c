"""Reading the things of a case as they stand: its own, or also those of what was merged into it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from cases import family
from cases.database import Work
from cases.models.case import Case, KeyKind, Record
from cases.permits import ReadPermit
from cases.sealing import records

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys


# Asked by most rules, so put together once.
_THINGS = (
    select(Record)
    .where(
        col(Record.case_id).in_(bindparam("cases", expanding=True)),
        col(Record.kind) == KeyKind.INT,
        col(Record.field).in_(bindparam("kinds", expanding=True)),
        col(Record.delivered),
    )
    .order_by(col(Record.n), col(Record.id), col(Record.version))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A thing as it stands (Any: every kind has its own shape)."""

    id: UUID
    version: int
    row: Record = field(repr=False)
    value: dict[str, Any] = field(repr=False)


def rows(db: Work, case: Case, *kinds: str) -> list[Record]:
    """The newest version of each thing of these kinds that was neither taken away nor deleted, oldest first."""
    return _newest(db, [case.id], kinds)


def rows_of_family(db: Work, case: Case, *kinds: str) -> list[Record]:
    """The same, also of what was merged into the case."""
    return _newest(db, family.ids(db, case), kinds)


def _newest(db: Work, cases: Collection[UUID], kinds: Collection[str]) -> list[Record]:
    return latest(db.exec(_THINGS, params={"cases": list(cases), "kinds": kinds}))


def latest(rows: Iterable[Record]) -> list[Record]:
    """The newest version of each thing that was neither taken away nor deleted, in the order they come in.

    By the version: what came with a merged case and was corrected since bears numbers of two cases.
    """
    newest: dict[UUID, Record] = {}
    for row in rows:
        if row.id not in newest or newest[row.id].version < row.version:
            newest[row.id] = row
    return [row for row in newest.values() if not row.deleted and row.redacted_on is None]


def held(db: Work, case: Case, kind: str, *, permit: ReadPermit, keys: "StaffKeys") -> list[Held]:
    """The things of a kind as they stand, opened."""
    return [_opened(db, case, row, permit, keys) for row in rows(db, case, kind)]


def held_of_family(
    db: Work, case: Case, kind: str, *, permit: ReadPermit, keys: "StaffKeys"
) -> list[Held]:
    """The same, also of what was merged into the case.

    Args:
        permit: covers all of these cases.
    """
    cases = family.of(db, case)
    return [
        _opened(db, cases[row.case_id], row, permit, keys) for row in _newest(db, cases, (kind,))
    ]


def _opened(db: Work, case: Case, row: Record, permit: ReadPermit, keys: "StaffKeys") -> Held:
    value = records.open_(db, permit, keys.case_key(case, row.epoch), row)
    return Held(id=row.id, version=row.version, row=row, value=value)
