"""How long a case is kept once it ended: its content, and before it who reported."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import col, select

from cases import family
from cases.database import Work
from cases.models.case import Case
from cases.models.facts import AllegationFact
from cases.models.people import Deployment
from cases.sealing import facts
from workflows import catalogue, keeping

DEFAULTS = {
    "not_admitted": "K1",
    "closed": "K3",
    "merged": "K3",
}
"""Retention class of a case by the state it ends in, where nothing else speaks for another one."""


def set_days(db: Work, case: Case, given: Mapping[str, object]) -> None:
    """Set the class of a case that just ended, and the days its class asks for.

    Args:
        given: the values of the step; a class named there is the one.
    """
    named, reason = given.get("retention_class"), given.get("closure_reason")
    case.retention_class = (
        named
        if isinstance(named, str)
        else case.retention_class
        or keeping.proposed_class(
            DEFAULTS[case.state],
            closure_reason=reason if isinstance(reason, str) else None,
            findings=_findings(db, case),
        )
    )
    count(db, case, ended=db.house.today(), judged=None)


def count(db: Work, case: Case, *, ended: date, judged: date | None) -> None:
    """Count the days of a case's class."""
    name = case.retention_class or DEFAULTS["closed"]
    months = db.exec(select(Deployment)).one().retention[name]
    case.archive_on = keeping.content_until(name, months, ended=ended, judged=judged)
    case.purge_on = case.archive_on
    case.forget_identity_on = keeping.identity_until(name, months, ended=ended)


def clear(case: Case) -> None:
    """Work begins again: what closing had set no longer holds, or retention would run meanwhile."""
    case.closed_on = case.archive_on = case.purge_on = case.forget_identity_on = None


def _findings(db: Work, case: Case) -> frozenset[str]:
    codes = tuple(catalogue.code_list("findings").by_code)
    cases = family.ids(db, case)
    rows = db.exec(select(AllegationFact).where(col(AllegationFact.case_id).in_(cases)))
    found = (
        facts.figure_code(db.house.keyring, row.record_id, "finding", row.finding, codes)
        for row in rows
        if row.finding is not None
    )
    return frozenset(code for code in found if code)
