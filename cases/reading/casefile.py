"""One whole case, for those who declared that they have no conflict in it.

The look is recorded before anything is opened: which parts, at which number of the case. Parts a role does
not reach are left out, not emptied.
"""

import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from cases import access, evidence, family
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import Locked, NotPermitted
from cases.links import ties
from cases.messages import Said, read_thread
from cases.models.case import Case, CaseWrap, KeyKind, Record, Report
from cases.objects import handling, held
from cases.objects.shapes import InspectionWatch
from cases.permits import ReadPermit
from cases.reading import clocks, history, redacted, sentences
from cases.reading.history import Entry
from cases.sealing import records
from cases.sealing.hierarchy import StaffKeys
from workflows import catalogue
from workflows.model import Grade, Locale

RECORD_PARTS = {
    "assessment": ("meta", "title", "summary", "assessment"),
    "allegations": ("allegation",),
    "persons": ("person",),
    "notes": ("note",),
    "tasks": ("task",),
    "consignments": ("consignment",),
    "items": ("item", "custody"),
    "plan": ("plan", "plan_approval"),
    "interviews": ("interview", "notice_approval"),
    "investigation_report": ("investigation_report",),
    "review": ("review_checklist",),
    "bundle": ("bundle_clearance",),
    "decisions": ("decision",),
    "outcomes": ("outcome",),
    "recommendations": ("recommendation",),
    "referrals": ("referral",),
    "protection": ("protection_plan", "threat", "retaliation", "inspection_watch"),
}
"""Part of the case file -> the fields of the records it is made of."""

PARTS = (
    "reports",
    "threads",
    *RECORD_PARTS,
    "links",
    "evidence",
    "redacted",
    "deadlines",
    "history",
)

REACH = {
    "extract": (
        "allegations",
        "persons",
        "consignments",
        "items",
        "evidence",
        "redacted",
        "deadlines",
        "history",
    ),
    "items": ("items", "evidence", "redacted", "deadlines", "history"),
    "plan": (
        "reports",
        "threads",
        "persons",
        "notes",
        "tasks",
        "protection",
        "links",
        "redacted",
        "deadlines",
        "history",
    ),
    "decision": PARTS,
    "requests": ("allegations", "persons", "interviews", "outcomes", "redacted"),
}
"""What a role reaches whose permission names a part; the others reach everything."""


ON_REQUEST = "requests"
"""The part of who answers people that ask what is kept on them, once two let them in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case as one person may read it.

    Attributes:
        etag: names this state of the parts this person may read.
        parts: by name; records as their values with `id`, `version` and `created_on` beside them.
    """

    case: Case
    etag: str
    roles: frozenset[str]
    parts: Mapping[str, Any] = field(repr=False)


def reach(db: Work, by: StaffActor, case: Case) -> tuple[str, ...]:
    """The parts of the case file that a person's roles reach in this case; none for who sees its head."""
    grants = catalogue.permissions().grants("read_case", access.case_roles(db, by, case))
    reached = {
        part
        for grant in grants
        if grant.grade in (Grade.YES, Grade.ASSIGNED)
        or (grant.part == ON_REQUEST and _let_in(db, by, case))
        for part in (REACH[grant.part] if grant.part else PARTS)
    }
    return tuple(part for part in PARTS if part in reached)


def _let_in(db: Work, by: StaffActor, case: Case) -> bool:
    """Whether the person was let into this case by name."""
    statement = select(CaseWrap.id).where(
        CaseWrap.case_id == case.id, CaseWrap.recipient == by.id, CaseWrap.kind == KeyKind.INT
    )
    return db.exec(statement).first() is not None


_WRITTEN = select(Record.id, col(Record.redacted_on).is_not(None).label("gone")).where(
    col(Record.case_id).in_(bindparam("cases", expanding=True)),
    col(Record.field).in_(bindparam("fields", expanding=True)),
)


def etag(db: Work, by: StaffActor, case: Case) -> str:
    """Names the state of what this person may read of a case, 16 hex digits.

    Who reads everything gets a tag of the case's number. Who reads a part gets one of that part: otherwise
    the tag would tell how busy the rest is.
    """
    reached = reach(db, by, case)
    keyring = db.house.keyring
    if reached == PARTS:
        seen = str(case.seq)
    else:
        fields = {name for part in reached for name in RECORD_PARTS.get(part, ())}
        rows = db.rows(_WRITTEN, cases=family.ids(db, case), fields=list(fields))
        away = sum(bool(row.gone) for row in rows)
        seen = f"{case.state}:{len(rows)}:{away}:{','.join(reached)}"
    digest = hmac.digest(keyring.key("etag"), keyring.ctx("etag", case.id, seen), "sha256")
    return digest.hex()[:16]


def read(
    db: Work,
    reference: str,
    *,
    by: StaffActor,
    language: Locale,
    wanted: Collection[str] = PARTS,
) -> CaseFile:
    """The case file, or the parts of it that are asked for.

    Raises:
        NotFound: there is no such case for this person.
        DeclarationNeeded: they have not declared yet.
        NotPermitted: their part in the case reads no content.
        Locked: nobody of the unit's key circle has let them in yet.
    """
    case = access.find(db, reference, by)
    reached = reach(db, by, case)
    if not reached:
        raise NotPermitted
    access.demand_declaration(db, by, case)
    keys = StaffKeys(db, by)
    if not keys.case_keys([case]) and case.unit in by.units(*access.CIRCLE) - by.key_units():
        raise Locked
    parts = tuple(part for part in reached if part in wanted)
    reports = reports_of(db, case)
    related = {*family.ids(db, case), *(report.origin_case_id for report in reports)}
    permit = log.emit(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=list(parts), at=case.seq),
        opens=related,
    )
    opened: dict[str, Any] = {}
    if "reports" in parts:
        opened["reports"] = [_report(db, permit, keys, report) for report in reports]
    if "threads" in parts:
        opened["threads"] = [
            {
                "report": report.id,
                "messages": [_said(one, language) for one in read_thread(db, permit, report, keys)],
            }
            for report in reports
        ]
    opened |= _kept(db, permit, keys, related, parts, language=language)
    _word_tasks(opened.get("tasks", ()), language)
    opened |= _apart(db, case, opened.get("items", []), parts, by=by, permit=permit, keys=keys)
    if "redacted" in parts:
        opened["redacted"] = redacted.of_case(db, related, reports, reached)
    if "deadlines" in parts:
        recommended = "recommendations" in reached
        opened["deadlines"] = clocks.of_file(db, case, language, recommended=recommended)
    if "history" in parts:
        entries = history.of_case(db, case, by=by)
        opened["history"] = [asdict(one) | {"text": _worded(one, language)} for one in entries]
    _mark_seen(case, by, db)
    return CaseFile(
        case=case,
        etag=etag(db, by, case),
        roles=access.case_roles(db, by, case),
        parts=opened,
    )


# Any: the values of records, as JSON has them.
def _apart(
    db: Work,
    case: Case,
    items: list[dict[str, Any]],
    parts: Collection[str],
    *,
    by: StaffActor,
    permit: ReadPermit,
    keys: StaffKeys,
) -> dict[str, Any]:
    """The parts that are more than records of the case: ties to others, files, items not for everybody."""
    opened: dict[str, Any] = {}
    if "links" in parts:
        opened["links"] = ties.shown(db, case, by=by, permit=permit, keys=keys)
    if {"items", "evidence"}.isdisjoint(parts):
        return opened
    hidden = handling.hidden(db, case, by=by, permit=permit, keys=keys)
    unseen, closed = {str(one.id) for one in hidden}, handling.files(hidden)
    if "items" in parts:
        opened["items"] = [one for one in items if str(one.get("item", one["id"])) not in unseen]
    if "evidence" in parts:
        files = evidence.files_of(db, permit, case, keys)
        opened["evidence"] = [asdict(one) for one in files if one.id not in closed]
    return opened


# Any: as above.
def _word_tasks(tasks: Iterable[dict[str, Any]], language: Locale) -> None:
    """Say what the service asked for in the reader's language."""
    for one in tasks:
        if one.get("code"):
            one["title"] = catalogue.label("work_items", one["code"], language)


def reports_of(db: Work, case: Case) -> list[Report]:
    """The delivered reports of a case, oldest first."""
    statement = (
        select(Report)
        .where(Report.case_id == case.id, col(Report.delivered))
        .order_by(col(Report.received_on), col(Report.id))
    )
    return list(db.exec(statement))


def _report(db: Work, permit: ReadPermit, keys: StaffKeys, report: Report) -> dict[str, Any]:
    row = db.exec(
        select(Record).where(Record.report_id == report.id, Record.field == "report")
    ).one()
    value = records.open_(db, permit, keys.thread_key(report, row.epoch), row)
    return {"id": report.id, "received_on": report.received_on, **value}


def _said(one: Said, language: Locale) -> dict[str, Any]:
    return {
        "id": one.id,
        "author": one.author,
        "staff": one.staff,
        "sent_on": one.sent_on,
        "code": one.code,
        "body": one.worded(language),
        "act": one.act,
        "details": one.details,
        "deleted_on": one.deleted_on,
    }


# Any: as above.
def _kept(
    db: Work,
    permit: ReadPermit,
    keys: StaffKeys,
    cases: Iterable[UUID],
    parts: Collection[str],
    *,
    language: Locale,
) -> dict[str, Any]:
    """The parts that are records of the cases, read together: a case file has a score of them."""
    wanted = {part: fields for part, fields in RECORD_PARTS.items() if part in parts}
    every = {name for fields in wanted.values() for name in fields}
    found = _records(db, permit, keys, cases, every) if every else []
    return {
        part: [_with_rates(one, language) for one in found if one["field"] in fields]
        for part, fields in wanted.items()
    }


def _records(
    db: Work,
    permit: ReadPermit,
    keys: StaffKeys,
    cases: Iterable[UUID],
    fields: Collection[str],
) -> list[dict[str, Any]]:
    statement = (
        select(Record)
        .where(
            col(Record.case_id).in_(cases),
            Record.kind == KeyKind.INT,
            col(Record.field).in_(fields),
            col(Record.delivered),
        )
        .order_by(col(Record.n), col(Record.id), col(Record.version))
    )
    newest = held.latest(db.exec(statement))
    found = {case.id: case for case in db.exec(select(Case).where(col(Case.id).in_(cases)))}
    return [
        {
            "id": row.id,
            "version": row.version,
            "created_on": row.created_on,
            "field": row.field,
            **records.open_(db, permit, keys.case_key(found[row.case_id], row.epoch), row),
        }
        for row in newest
    ]


# Any: a record as it goes out.
def _with_rates(one: dict[str, Any], language: Locale) -> dict[str, Any]:
    """A comparison of inspections with what follows from its counts; any other record as it is."""
    if one["field"] != "inspection_watch":
        return one
    counts = {name: one[name] for name in InspectionWatch.model_fields}
    found = InspectionWatch.model_validate(counts).compared()
    text = catalogue.label("inspection_verdicts", found.verdict, language)
    return one | asdict(found) | {"text": text}


def _worded(entry: Entry, language: Locale) -> str:
    return sentences.sentence(
        entry.kind,
        language,
        actor=entry.actor,
        who=entry.who,
        details=entry.details,
        whom=entry.whom,
    )


def _mark_seen(case: Case, by: StaffActor, db: Work) -> None:
    """Remember that somebody who works on the case has read it up to its present number."""
    works_on_it = case.assignee == by.id or bool(access.named_roles(db, by.id, case))
    if works_on_it and case.seen_seq < case.seq:
        case.seen_seq = case.seq
