"""The rows of a month, read from plain columns and blind tokens; no record is opened.

Filter tokens (category, office, channel) are looked up in a dictionary, figure tokens (anonymous,
finding) found by trying their short lists. The stock of open cases is summed by the database: where a
case stands now, unless it moved since; then its steps tell where it stood.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlmodel import col

from cases import access
from cases.models.case import Case, CaseStep, Report
from cases.models.facts import ANONYMOUS, AllegationFact, CaseFact, ReportFact
from cases.sealing import facts as tokens
from cases.statistics.indicators import (
    BANDS,
    CLOSING,
    DIMENSIONS,
    NOT_STATED,
    OLDEST,
    SHUT,
    UNKNOWN,
    AllegationRow,
    ClosingRow,
    Counted,
    MonthFacts,
    ReportRow,
    StockRow,
    last_closing,
)
from cases.statistics.posts import MONTHS
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from uuid import UUID

    from cases.database import Work
    from cases.statistics.months import Month

DAY = timedelta(days=1)
ACKNOWLEDGED = ("acknowledged", "triage")
"""Where a received case goes: acknowledged, or at once to triage in an emergency, with advice."""


@dataclass(frozen=True, slots=True)
class Words:
    """Filter tokens and the codes behind them, for each dimension."""

    codes: Mapping[str, Mapping[int, str]]

    def say(self, dimension: str, token: int | None) -> str:
        """The code behind a token."""
        if token is None:
            return NOT_STATED
        return self.codes[dimension].get(token, UNKNOWN) or NOT_STATED


def load(
    db: Work, month: Month, *, as_of: date, without: Collection[UUID] = frozenset()
) -> MonthFacts:
    """Everything a month is counted from, for all units.

    Args:
        as_of: the day on which the month is evaluated; before its end, the month is still running.
        without: cases that are left out, because the person who looks must not know of them.
    """
    lists = access.filter_lists(db)
    words = Words(
        {name: tokens.filter_codes(db.house.keyring, name, lists[name]) for name in DIMENSIONS}
    )
    known: list[ColumnElement[bool]] = [col(Case.delivered).is_(True)]
    if without:
        known.append(col(Case.id).not_in(without))
    last = min(month.last, as_of)
    return MonthFacts(
        as_of=as_of,
        reports=list(_reports(db, words, known, month, as_of)),
        opened=list(_opened(db, words, known, month)),
        closed=list(_closed(db, words, known, month.first, last)),
        allegations=list(_allegations(db, words, known, month)),
        at_start=_stock(db, words, known, month.first - DAY),
        at_end=_stock(db, words, known, last),
    )


def cases_by_office(
    db: Work, month: Month, units: Collection[UUID], *, without: Collection[UUID] = frozenset()
) -> dict[str, int]:
    """Code of an office -> how many cases some units had from there in the year that ends with a month."""
    codes = tokens.filter_codes(db.house.keyring, "office", access.filter_lists(db)["office"])
    statement = (
        select(col(CaseFact.office), func.count().label("came"))
        .join(Case, col(Case.id) == col(CaseFact.case_id))
        .where(
            col(Case.received_on).between(month.plus(1 - MONTHS).first, month.last),
            col(Case.unit).in_(units),
            col(Case.delivered).is_(True),
            col(Case.id).not_in(without),
        )
        .group_by(col(CaseFact.office))
    )
    came = {codes.get(row.office): row.came for row in db.rows(statement)}
    return {code: count for code, count in came.items() if code}


def _reports(
    db: Work, words: Words, known: list[ColumnElement[bool]], month: Month, as_of: date
) -> Iterator[ReportRow]:
    received = col(Report.received_on).between(month.first, month.last)
    steps = db.rows(
        select(col(CaseStep.case_id), col(CaseStep.entered_on), col(CaseStep.automatic))
        .join(Report, col(Report.origin_case_id) == col(CaseStep.case_id))
        .where(received, col(CaseStep.state).in_(ACKNOWLEDGED), col(CaseStep.entered_on) <= as_of)
        .order_by(col(CaseStep.n).desc())
    )
    # In descending order the last one that is kept is the first that was taken.
    acknowledged = {row.case_id: (row.entered_on, row.automatic) for row in steps}
    statement = (
        select(
            col(Case.unit),
            col(Report.id),
            col(Report.received_on),
            col(Report.origin_case_id),
            col(ReportFact.category),
            col(ReportFact.office),
            col(ReportFact.channel),
            col(ReportFact.anonymous),
        )
        .join(Case, col(Case.id) == col(Report.case_id))
        .join(ReportFact, col(ReportFact.report_id) == col(Report.id))
        .where(received, col(Report.delivered), *known)
    )
    for row in db.rows(statement):
        said = tokens.figure_code(db.house.keyring, row.id, "anonymous", row.anonymous, ANONYMOUS)
        on, automatic = acknowledged.get(row.origin_case_id, (None, False))
        yield ReportRow(
            **_place(words, row, row.category),
            received_on=row.received_on,
            anonymous=said == "yes",
            acknowledged_on=on,
            automatic=automatic,
        )


def _opened(
    db: Work, words: Words, known: list[ColumnElement[bool]], month: Month
) -> Iterator[Counted]:
    statement = (
        select(
            col(Case.unit),
            col(CaseFact.assessed_category),
            col(CaseFact.office),
            col(CaseFact.channel),
        )
        .join(CaseFact, col(CaseFact.case_id) == col(Case.id))
        .where(
            col(Case.received_on).between(month.first, month.last),
            col(Case.merged_into).is_(None),
            *known,
        )
    )
    for row in db.rows(statement):
        yield Counted(**_place(words, row, row.assessed_category))


def _closed(
    db: Work, words: Words, known: list[ColumnElement[bool]], first: date, last: date
) -> Iterator[ClosingRow]:
    candidates = select(col(CaseStep.case_id)).where(
        col(CaseStep.entered_on).between(first, last), col(CaseStep.state).in_(CLOSING)
    )
    closings = {
        case_id: day
        for case_id, steps in _steps(db, col(CaseStep.case_id).in_(candidates))
        if (day := last_closing(steps, first, last)) is not None
    }
    statement = (
        select(
            col(Case.id),
            col(Case.unit),
            col(Case.received_on),
            col(CaseFact.assessed_category),
            col(CaseFact.office),
            col(CaseFact.channel),
        )
        .join(CaseFact, col(CaseFact.case_id) == col(Case.id))
        .where(col(Case.id).in_(candidates), col(Case.merged_into).is_(None), *known)
    )
    for row in db.rows(statement):
        if row.id in closings:
            days = (closings[row.id] - row.received_on).days
            yield ClosingRow(**_place(words, row, row.assessed_category), days=days)


def _allegations(
    db: Work, words: Words, known: list[ColumnElement[bool]], month: Month
) -> Iterator[AllegationRow]:
    findings = tuple(catalogue.code_list("findings").by_code)
    statement = (
        select(
            col(AllegationFact.record_id),
            col(AllegationFact.category),
            col(AllegationFact.office),
            col(AllegationFact.channel),
            col(AllegationFact.finding),
            col(Case.unit),
        )
        .join(Case, col(Case.id) == col(AllegationFact.case_id))
        .where(
            col(AllegationFact.decided_on).between(month.first, month.last),
            col(AllegationFact.finding).is_not(None),
            *known,
        )
    )
    for row in db.rows(statement):
        finding = tokens.figure_code(
            db.house.keyring, row.record_id, "finding", row.finding, findings
        )
        yield AllegationRow(**_place(words, row, row.category), finding=finding or UNKNOWN)


def _stock(db: Work, words: Words, known: list[ColumnElement[bool]], day: date) -> list[StockRow]:
    """The cases open at the end of a day, summed by place and age."""
    moved = col(Case.entered_on) > day
    stood = (
        select(col(CaseStep.state))
        .where(col(CaseStep.case_id) == col(Case.id), col(CaseStep.entered_on) <= day)
        .order_by(col(CaseStep.n).desc())
        .limit(1)
        .scalar_subquery()
    )
    # A case without a step by then had been received, but nobody on staff could see it yet: open.
    state = case((moved, func.coalesce(stood, "received")), else_=col(Case.state))
    band = case(
        *((col(Case.received_on) >= day - timedelta(days=most), name) for most, name in BANDS),
        else_=OLDEST,
    )
    # Any: columns of several types, which a statement only passes on.
    place: list[Any] = [
        col(Case.unit),
        col(CaseFact.assessed_category),
        col(CaseFact.office),
        col(CaseFact.channel),
    ]
    statement = (
        select(*place, band.label("age"), func.count().label("open"))
        .join(CaseFact, col(CaseFact.case_id) == col(Case.id))
        .where(
            col(Case.received_on) <= day,
            col(Case.merged_into).is_(None),
            state.not_in(SHUT),
            *known,
        )
        # By name: repeated, its days would be other parameters, and PostgreSQL would not know it.
        .group_by(*place, "age")
    )
    return [
        StockRow(**_place(words, row, row.assessed_category), age=row.age, count=row.open)
        for row in db.rows(statement)
    ]


def _steps(
    db: Work, which: ColumnElement[bool]
) -> Iterator[tuple[UUID, Iterator[tuple[str, date]]]]:
    """The steps of some cases, case by case, in the order in which they were taken."""
    rows = db.rows(
        select(col(CaseStep.case_id), col(CaseStep.state), col(CaseStep.entered_on))
        .where(which)
        .order_by(col(CaseStep.case_id), col(CaseStep.n))
    )
    for case_id, steps in groupby(rows, key=lambda row: row.case_id):
        yield case_id, ((step.state, step.entered_on) for step in steps)


# Any: a row's columns have the types of its statement; what is read here, every one of them has.
def _place(words: Words, row: Row[Any], category: int | None) -> dict[str, Any]:
    """Where a row belongs, in words."""
    return {
        "unit": row.unit,
        "category": words.say("category", category),
        "office": words.say("office", row.office),
        "channel": words.say("channel", row.channel),
    }
