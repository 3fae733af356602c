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


def merged(db: Work, case: Case) -> list[Case]:
    """What was merged into a case."""
    return list(db.exec(_MERGED, params={"case": case.id}))


def target(db: Work, case: Case) -> Case:
    """The case in which the matter goes on: what a case was merged into, else itself."""
    return db.get_one(Case, case.merged_into) if case.merged_into else case
