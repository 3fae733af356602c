"""The family of a case: itself and what was merged into it. It is one matter, and rules ask all of it.

What was merged keeps its things, its keys and the threads of its reporters under its own name, so that
nothing sealed is ever sealed anew; nothing is merged into what was merged, so a family is one deep.
"""

from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from cases.database import Work
from cases.models.case import Case

# Asked by most rules, so put together once.
_IN = col(Case.merged_into) == bindparam("case")
_IDS = select(Case.id).where(_IN)
_MERGED = select(Case).where(_IN).order_by(col(Case.id))


def ids(db: Work, case: Case) -> list[UUID]:
    """The ids of a case and of what was merged into it."""
    return [case.id, *db.exec(_IDS, params={"case": case.id})]


def of(db: Work, case: Case) -> dict[UUID, Case]:
    """A case and what was merged into it, by id."""
    return {case.id: case} | {one.id: one for one in merged(db, case)}


def merged(db: Work, case: Case, *, to_change: bool = False) -> list[Case]:
    """What was merged into a case; the rows are locked where they are to change."""
    statement = _MERGED.with_for_update() if to_change else _MERGED
    return list(db.exec(statement, params={"case": case.id}))


def target(db: Work, case: Case, *, to_change: bool = False) -> Case:
    """The case in which the matter goes on: what a case was merged into, else itself.

    Its row is locked where it is to change, and read anew.
    """
    if case.merged_into is None:
        return case
    return db.get_one(
        Case, case.merged_into, with_for_update=to_change, populate_existing=to_change
    )
