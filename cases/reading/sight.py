"""How much of a case's head a person sees: all of it, or only that somebody knocked at the door.

The permission to see the queue names a part, `heads`, for those who do not work on what they see: the desk
that acknowledges, who has it forgotten, who looks across. They get the reference, the state, the day, the
channel and the language. Category, office, priority, level and handler say what a case is about, and the
days by which something is due follow from its priority: those are kept from them, in filters and orders too.
"""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, or_
from sqlmodel import col, select

from cases import access
from cases.actors import StaffActor
from cases.database import Work
from cases.models.case import Assignment, Case, Report
from cases.models.facts import ReportFact
from cases.models.people import Unit
from cases.sealing import facts
from workflows import catalogue
from workflows.model import LOCALES

HEADS = "heads"
"""The part of the permission that shows no more than that there is a case."""

FILTERS = frozenset(
    {"priority", "assignee", "category", "office", "procedure", "due_before", "overdue"}
)
"""Filters of the queue that ask for what `HEADS` does not show."""


def whole(roles: AbstractSet[str]) -> bool:
    """Whether these roles in a case show its whole head."""
    grants = catalogue.permissions().grants("see_queue", frozenset(roles))
    return any(grant.part != HEADS for grant in grants)


def condition(db: Work, by: StaffActor) -> ColumnElement[bool] | None:
    """Of which cases a person sees the whole head, in SQL; None for who sees none by halves."""
    grants = catalogue.permissions().grants("see_queue", by.roles)
    if all(grant.part != HEADS for grant in grants):
        return None
    handled = []
    for unit in db.exec(select(Unit)):
        kin = {unit.id, unit.review_unit, unit.protection_unit, unit.custody_unit}
        if whole({seat.role for seat in by.seats if seat.unit in kin} - access.NAMED):
            handled.append(unit.id)
    named = select(Assignment.case_id).where(
        Assignment.staff == by.id,
        col(Assignment.active),
        col(Assignment.role).in_(by.roles & access.NAMED),
    )
    return or_(col(Case.unit).in_(handled), col(Case.id).in_(named))


_STATED = (
    select(Report.case_id, Report.id, ReportFact.language)
    .join(ReportFact, col(ReportFact.report_id) == col(Report.id))
    .where(col(Report.case_id).in_(bindparam("cases", expanding=True)), col(Report.delivered))
    .order_by(col(Report.received_on).desc(), col(Report.id).desc())
)


def languages(db: Work, cases: Collection[UUID]) -> dict[UUID, str]:
    """The language of the first report of each case, where it was stated."""
    stated = db.rows(_STATED, cases=list(cases))
    # The oldest comes last and takes the place of the others.
    first = {case: (report, token) for case, report, token in map(tuple, stated)}
    keyring = db.house.keyring
    found = {
        case: facts.figure_code(keyring, report, "language", token, LOCALES)
        for case, (report, token) in first.items()
    }
    return {case: code for case, code in found.items() if code}
