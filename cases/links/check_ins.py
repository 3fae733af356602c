"""What a reporter answers when the service asks whether all is well, and what follows from it.

Every answer leaves a row that says by when somebody is to look into it, the same whatever was answered.
A serious one opens a case of retaliation, sealed in the reporter's own session as any report is, and tied to
the first: on the one side by a record of the new case, on the other by one of the thread.

The new report has a thread and a key of its own. The receipt leads to it by way of the reporter's first seed:

    lookup_n = HKDF(seed, ctx("reporter/next-lookup", n))[:16]
    kek_n    = HKDF(seed, ctx("reporter/next-kek", n))

so that one receipt opens both, a new receipt does too, and no row says that the two belong together.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlmodel import col, select

from cases import access, assignments, delivery, holds, messages
from cases.actors import ReporterActor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotAllowed, NotFound
from cases.intake import Submission
from cases.intake.receipts import next_kek, next_key, next_lookup
from cases.links import opening, ties
from cases.messages.thread import hand_in
from cases.messages.wishes import has_ended
from cases.models.case import Case, KeyKind, Report, ReporterKey
from cases.models.links import FollowUp
from cases.models.people import Unit
from cases.sealing import envelope, facts, hierarchy, records

if TYPE_CHECKING:
    from cases.intake.arrival import Arrival
    from cases.sealing.hierarchy import StaffKeys

ACT = "follow_up"
"""The act of looking into an answer."""

SERIOUS = "serious"
MOST = 20
"""Matters that one receipt leads to."""


def answer(
    db: Work, by: ReporterActor, answers: dict[str, str], *, wants_to_talk: bool, text: str
) -> None:
    """Keep an answer; a serious one opens a case of retaliation, unless one is open already.

    Raises:
        NotAllowed, Unacceptable, TooMuchWaiting: as `messages.answer_check_in`.
    """
    messages.demand_check_in(db, by, answers)
    if SERIOUS in answers.values():
        _claim(db, by, text)
    messages.answer_check_in(db, by, answers, wants_to_talk=wants_to_talk, text=text)


def matter(db: Work, by: ReporterActor, n: int) -> ReporterActor:
    """The same person as the author of what came of their report: the n-th, from 1.

    Raises:
        NotFound: there is no such matter.
    """
    keyring = db.house.keyring
    row = db.get(ReporterKey, next_lookup(keyring, by.seed, n))
    if row is None or by.handover:
        raise NotFound
    kek = next_kek(keyring, by.seed, n)
    opened = envelope.open_(kek, keyring.ctx("reporter/sk", row.lookup), row.wrap)
    return ReporterActor(row.report_id, opened[:-1])


def matters(db: Work, by: ReporterActor) -> list[ReporterActor]:
    """Everything that came of a report, in order."""
    found: list[ReporterActor] = []
    while len(found) < MOST:
        try:
            found.append(matter(db, by, len(found) + 1))
        except NotFound:
            break
    return found


def _claim(db: Work, by: ReporterActor, text: str) -> None:
    before = matters(db, by)
    reports = [db.get(Report, one.report_id) for one in before]
    cases = [db.get_one(Case, one.case_id) for one in reports if one is not None]
    if len(before) == MOST or not all(has_ended(case) for case in cases):
        return  # what is said now is read with the first
    report = db.get_one(Report, by.report_id)
    origin = db.get_one(Case, report.case_id)
    pair = uuid4()
    tie = {"pair": str(pair), "kind": ties.RETALIATION, "note": None}
    coming = opening.arrival(
        db,
        Submission(body=text, type="retaliation", category=opening.RETALIATION_CATEGORY),
        db.get_one(Unit, origin.unit),
        walled=opening.walled_from(db, origin),
        retaliation=True,
        level=origin.level,
        beside={ties.FIELD: tie | {"case": str(origin.id), "follows": True}},
    )
    db.house.vault.keep(coming.shreds)
    key = next_key(db.house, by.seed, len(before) + 1, coming.report_id, coming.seed)
    coming.write(db, key)
    coming.record(db, by=None)
    _tie(db, by, report, origin, coming=coming, tie=tie)


def _tie(
    db: Work,
    by: ReporterActor,
    report: Report,
    origin: Case,
    *,
    coming: "Arrival",
    tie: dict[str, str | None],
) -> None:
    """Write the first case's side into the thread, the one place there that its author can seal to."""
    row = records.seal(
        db.house.keyring,
        hierarchy.reporter_key(db, by, report, KeyKind.CONV),
        tie | {"case": str(coming.case_id), "follows": False},
        case_id=report.origin_case_id,
        kind=KeyKind.CONV,
        epoch=report.conv_epoch,
        field=ties.FIELD,
        on=db.house.today(),
        report_id=report.id,
        delivered=False,
    )
    hand_in(db, row, by=by, case=origin)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer that somebody is to look into."""

    case: Case
    due_on: date


def waiting(db: Work, by: StaffActor) -> list[Waiting]:
    """The answers to look into, in the cases this person may see, the most urgent first; recorded as a list."""
    rows = db.exec(
        select(FollowUp)
        .where(
            col(FollowUp.case_id).in_(access.visible_cases(db, by).with_only_columns(col(Case.id)))
        )
        .order_by(col(FollowUp.due_on), col(FollowUp.id))
    )
    open_ = [row for row in rows if _asked(db, row) == delivery.LOOK]
    cases = access.known(db, by, {row.case_id for row in open_})
    log.emit_list(db, list(cases), by=by, d=Details(filters=[ACT]))
    return [Waiting(cases[row.case_id], row.due_on) for row in open_]


def follow_up(db: Work, case: Case, note: str, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Say what was done about the answers of a case; it stays in the file.

    Raises:
        NotAllowed: nothing waits.
        NotPermitted, DeclarationNeeded: as `assignments.demand`.
    """
    assignments.demand(db, by, ACT, case)
    rows = db.exec(select(FollowUp).where(FollowUp.case_id == case.id)).all()
    due = [row for row in rows if _asked(db, row) == delivery.LOOK]
    if not due:
        raise NotAllowed(action=ACT, state=case.state)
    holds.decide(db, case, ACT, {"note": note}, by=by, keys=keys)
    for row in due:
        row.asked = facts.figure_token(db.house.keyring, row.id, delivery.FOLLOW_UP, delivery.DONE)


def _asked(db: Work, row: FollowUp) -> str | None:
    keyring = db.house.keyring
    return facts.figure_code(keyring, row.id, delivery.FOLLOW_UP, row.asked, delivery.FOLLOW_UPS)
