"""The head of a case: what everybody sees of it who may know that it exists."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cases import access, conflicts
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import Case
from cases.models.facts import CaseFact
from cases.models.people import Staff, Unit
from cases.reading import casefile, sight
from cases.sealing import facts
from workflows import catalogue, engine
from workflows.model import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A case without its content.

    Attributes:
        must: what has to be done before anything else; an act of the permission table.
    """

    reference: str
    state: str
    phase: str
    priority: str | None
    category: str | None
    office: str | None
    channel: str | None
    language: str | None
    unit: str
    level: str | None
    received_on: date
    due: date | None
    due_at: datetime | None
    closed_on: date | None
    assignee: tuple[UUID, str] | None
    unread: bool
    declared: bool
    must: tuple[str, ...]
    etag: str


def of(db: Work, case: Case, *, by: StaffActor) -> Head:
    """The head of a case as it stands in this unit of work, as far as the person sees it."""
    fact = db.get_one(CaseFact, case.id)
    seen = access.glimpse(db, case)
    whole = sight.whole(access.case_roles(db, by, case))
    assignee = db.get_one(Staff, case.assignee) if case.assignee and whole else None
    workflow = catalogue.workflow(case.workflow, case.workflow_version)
    return Head(
        reference=case.reference,
        state=case.state,
        phase=workflow.states_by_code[case.state].phase,
        priority=seen.priority if whole else None,
        category=seen.category if whole else None,
        office=seen.office if whole else None,
        channel=_channel(db, fact),
        language=sight.languages(db, [case.id]).get(case.id),
        unit=db.get_one(Unit, case.unit).code,
        level=case.level if whole else None,
        received_on=case.received_on,
        due=seen.due if whole else None,
        due_at=case.due_at if whole else None,
        closed_on=case.closed_on,
        assignee=(assignee.id, assignee.display_name) if assignee else None,
        unread=case.seq > case.seen_seq,
        declared=access.declared(db, by, case),
        must=("reroute",) if whole and conflicts.to_be_rerouted(db, case) else (),
        etag=casefile.etag(db, by, case),
    )


def _channel(db: Work, fact: CaseFact) -> str | None:
    codes = catalogue.code_list("channels").by_code
    known = facts.filter_codes(db.house.keyring, "channel", codes)
    return known.get(fact.channel) or None


def look(db: Work, reference: str, *, by: StaffActor) -> Head:
    """The head of one case; the look is recorded.

    Raises:
        NotFound: there is none for this person.
    """
    case = access.find(db, reference, by)
    log.emit(db, "case.read", by=by, case=case, d=Details(at=case.seq))
    return of(db, case, by=by)


def steps(db: Work, case: Case, *, by: StaffActor) -> tuple[Transition, ...]:
    """The steps this person may take or propose from where the case stands."""
    workflow = catalogue.workflow(case.workflow, case.workflow_version)
    return engine.available(workflow, case.state, access.case_roles(db, by, case))
