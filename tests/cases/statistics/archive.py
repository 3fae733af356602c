"""Cases that were handled, written straight into the tables: figures read nothing else of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.models.case import Case, CaseStep, Report
from cases.models.facts import AllegationFact, CaseFact, ReportFact
from cases.sealing.facts import figure_token, filter_token

if TYPE_CHECKING:
    from datetime import date

    from cases.database import Work
    from cases.sealing.keyring import Keyring
    from tests.cases.builders import SmallHouse


@dataclass(frozen=True, kw_only=True)
class Life:
    """What happened to one case.

    Attributes:
        steps: (state, day) from its delivery on; the first is `received`.
        findings: (finding, day decided) of each allegation.
    """

    received_on: date
    steps: tuple[tuple[str, date], ...]
    unit: str = "main"
    category: str = "COR-01"
    assessed: str | None = None
    office: str = "PORT"
    channel: str = "web"
    anonymous: bool = True
    automatic: bool = False
    findings: tuple[tuple[str, date], ...] = ()
    delivered: bool = True
    merged_into: UUID | None = None
    id: UUID = field(default_factory=uuid4)


def archive(house: SmallHouse, *lives: Life) -> None:
    """Write cases as their handling would have left them."""
    with house.work() as db:
        for life in lives:
            _write(db, house, life)
        log.emit(db, "config.changed", by=THE_SERVICE, about=log.DIRECTORY)


def _write(db: Work, house: SmallHouse, life: Life) -> None:
    keyring = db.house.keyring
    state, entered_on = life.steps[-1]
    where = {"office": life.office, "channel": life.channel}
    filters = {name: filter_token(keyring, name, code) for name, code in where.items()}
    db.add(
        Case(
            id=life.id,
            reference=life.id.hex[:9],
            unit=house.units[life.unit],
            workflow="complaint",
            workflow_version=1,
            state=state,
            entered_on=entered_on,
            seq=len(life.steps),
            delivered=life.delivered,
            commitment=b"",
            received_on=life.received_on,
            updated_on=entered_on,
            acknowledge_by=life.received_on,
            feedback_by=life.received_on,
            closed_on=entered_on if state in {"closed", "not_admitted"} else None,
            merged_into=life.merged_into,
        )
    )
    db.add(
        CaseFact(
            case_id=life.id,
            category=filter_token(keyring, "category", life.category),
            procedure=filter_token(keyring, "procedure", ""),
            assessed_category=_token(keyring, life.assessed),
            **filters,
        )
    )
    for n, (entered, day) in enumerate(life.steps, start=1):
        automatic = life.automatic and entered == "acknowledged"
        db.add(CaseStep(case_id=life.id, n=n, state=entered, entered_on=day, automatic=automatic))
    report = Report(
        case_id=life.merged_into or life.id,
        origin_case_id=life.id,
        received_on=life.received_on,
        delivered=life.delivered,
        conv_commitment=b"",
        id_commitment=b"",
    )
    db.add(report)
    anonymous = "yes" if life.anonymous else "no"
    db.add(
        ReportFact(
            report_id=report.id,
            category=filter_token(keyring, "category", life.category),
            procedure=filter_token(keyring, "procedure", ""),
            anonymous=figure_token(keyring, report.id, "anonymous", anonymous),
            **{
                name: figure_token(keyring, report.id, name, "")
                for name in ("type", "language", "relation", "gender")
            },
            **filters,
        )
    )
    for finding, day in life.findings:
        record = uuid4()
        db.add(
            AllegationFact(
                record_id=record,
                case_id=life.id,
                category=filter_token(keyring, "category", life.category),
                anonymous=figure_token(keyring, record, "anonymous", anonymous),
                finding=figure_token(keyring, record, "finding", finding),
                decided_on=day,
                **filters,
            )
        )


def _token(keyring: Keyring, category: str | None) -> int | None:
    return None if category is None else filter_token(keyring, "category", category)
