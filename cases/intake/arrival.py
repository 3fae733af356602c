"""A report arrives: keys are made, everything it says is sealed, and the case begins.

Order: the vault's rows first, then one unit of work of the main database. A crash between the
two leaves keys that protect nothing.

Who can open what afterwards: `int` the unit that handles it, and the protection unit where
somebody is in danger; `conv` the reporter, and through `int` the unit; `id` the custodians and the
reporter. The desk that typed a report holds nothing.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from cases import conflicts, delivery, idempotency, notices
from cases.actors import ReporterActor, StaffActor
from cases.audit import log
from cases.audit.events import Object
from cases.database import House, Work
from cases.errors import IdempotencyMismatch
from cases.idempotency import Once
from cases.intake.receipts import Receipt, lookups, reporter_key
from cases.intake.routing import Destination, destination
from cases.intake.submission import Submission
from cases.models.case import (
    EMERGENCY,
    NO_PRIORITY,
    Case,
    CaseChain,
    CaseWrap,
    KeyKind,
    Recipient,
    Record,
    Report,
    ReporterKey,
)
from cases.models.facts import CaseFact, ReportFact
from cases.sealing import facts, hierarchy, hpke, padding, records, vault
from cases.sealing.hierarchy import Holder
from cases.transitions import FEEDBACK_MONTHS
from workflows import calendar, catalogue, engine

if TYPE_CHECKING:
    from cases.models.base import Table

ACKNOWLEDGE_DAYS = 7
"""Calendar days until the report is acknowledged (Directive (EU) 2019/1937, article 9(1)(b))."""

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CONFIDENTIAL_LEVEL = "L2"
SEALED_LEVEL = "L4"
"""Confidentiality of a case that goes around the administration's own line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the reporter is promised; the same for the first sending and for every repetition.

    Attributes:
        status: a code of `public_statuses`.
        repeated: nothing new was kept.
    """

    received_on: date
    acknowledge_by: date
    feedback_by: date
    status: str
    repeated: bool


def prepare(house: House, submission: Submission) -> "Arrival":
    """Seal a report for whoever is to have it; nothing is kept yet.

    Args:
        submission: checked by `submission.check`.

    Raises:
        NotOpenYet: the unit it would go to has no key yet, or nobody who could act.
        Unacceptable: no such office.
    """
    with house.glance() as db:
        to = destination(db, submission)
    return Arrival(house, submission, to)


def submit(
    arrival: "Arrival",
    receipt: Receipt,
    *,
    once: Once | None = None,
    desk: StaffActor | None = None,
) -> Outcome:
    """Keep a prepared report, once.

    Args:
        receipt: stretched outside, because that is slow and must not hold a connection.
        once: where the caller named the request by a key.
        desk: who typed it in, for somebody else; makes the receipt one that is to be handed over.

    Raises:
        IdempotencyMismatch: the key, or the caller's own receipt, was used with another body.
        NotOpenYet, Unacceptable: as `prepare`, which is done again where two requests met.
        Unavailable: the vault cannot be written.
    """
    try:
        return _submit(arrival, receipt, once, desk)
    except IntegrityError:
        # The same request came twice at once and the other was quicker; or, once in a million
        # million cases, two got the same reference. The second look tells.
        return _submit(prepare(arrival.house, arrival.submission), receipt, once, desk)


def promised(received_on: date, *, repeated: bool) -> Outcome:
    """What follows from the day a report was received."""
    acknowledge_by = received_on + timedelta(days=ACKNOWLEDGE_DAYS)
    workflow = catalogue.workflow()
    return Outcome(
        received_on=received_on,
        acknowledge_by=acknowledge_by,
        feedback_by=calendar.add_months(acknowledge_by, FEEDBACK_MONTHS),
        status=engine.public_status(workflow, engine.initial(workflow)),
        repeated=repeated,
    )


def _submit(
    arrival: "Arrival", receipt: Receipt, once: Once | None, desk: StaffActor | None
) -> Outcome:
    house = arrival.house
    with house.glance() as db:
        earlier = idempotency.recall(db, once) if once else None
        if earlier is None and receipt.body_tag is not None:
            earlier = _kept_under(db, receipt, receipt.body_tag)
        if earlier is not None:
            return promised(earlier, repeated=True)
    # All sealing is done before the unit of work: on SQLite it holds the only writer's lock.
    key = arrival.key(receipt, handover=desk is not None)
    house.vault.keep(arrival.shreds)
    try:
        # Nothing that is read meanwhile depends on what is added, so it is written in one go.
        with house.unit_of_work() as db, db.no_autoflush:
            arrival.write(db, key)
            arrival.record(db, by=desk)
            if once:
                idempotency.remember(db, once)
    except IntegrityError:
        house.vault.forget(arrival.shreds)
        raise
    return promised(arrival.today, repeated=False)


def _kept_under(db: Work, receipt: Receipt, body_tag: bytes) -> date | None:
    """The day of the report that a receipt made by its owner already belongs to.

    Raises:
        IdempotencyMismatch: it belongs to another report.
    """
    wanted = lookups(db.house.keyring, receipt.stretched).values()
    row = db.exec(select(ReporterKey).where(col(ReporterKey.lookup).in_(wanted))).first()
    if row is None:
        return None
    if not hmac.compare_digest(row.body_tag or b"", body_tag):
        raise IdempotencyMismatch
    return db.get_one(Report, row.report_id).received_on


class Arrival:
    """One report on its way in: its keys, and everything that is sealed with them."""

    def __init__(
        self,
        house: House,
        submission: Submission,
        to: Destination,
        *,
        priority: str | None = None,
        beside: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Seal a report.

        Args:
            priority: of a case whose reason to hurry is known before it is read: somebody has to be
                protected, so that the protection unit is let in.
            beside: further things to be sealed for staff alone, by their field (Any: JSON).
        """
        self.house, self.submission = house, submission
        self.to = to
        self.priority = EMERGENCY if submission.danger else priority
        self.beside = beside or {}
        self.inside = [hierarchy.unit_holder(to.unit)]
        if self.priority and to.protection and to.protection.pk:
            self.inside.append(hierarchy.unit_holder(to.protection))
        # Custodians who have no key yet close the intake: handlers never stand in for them. A unit without
        # custodians of its own (the outside body) keeps identities itself.
        self.keepers = hierarchy.unit_holder(to.custody or to.unit)
        self.today = house.today()
        self.lane = log.LANE_STAFF if submission.danger else log.LANE_REPORTER
        self.case_id, self.report_id = uuid4(), uuid4()
        self.keys = {kind: hierarchy.new_key() for kind in KeyKind}
        self.seed = hpke.new_seed()
        self.shreds = vault.new_keys((kind, self._owner(kind)) for kind in KeyKind)
        self.case, self.report, self.records = self._case(), self._report(), self._records()
        self.beyond: list[Table] = [
            *self._wraps(hpke.public_key(self.seed)),
            self._chain(self.case, self.report),
            *self._facts(),
            *conflicts.match_rows(house.keyring, self.case_id, submission.subjects),
            *conflicts.line_rows(house.keyring, self.case_id, to.lines),
        ]
        """The rows of the new case that nothing changes on the way in."""

    def write(self, db: Work, key: ReporterKey) -> None:
        """Write them and the receipt's, before anything is recorded of them."""
        db.add_all([self.case, self.report, *self.records, key])
        db.put_rows(self.beyond)

    def key(self, receipt: Receipt, *, handover: bool) -> ReporterKey:
        """The row that the receipt leads to."""
        return reporter_key(self.house, self.report_id, self.seed, receipt, handover=handover)

    def record(self, db: Work, *, by: StaffActor | None) -> None:
        """Build the walls, write the event, and hand the parcel over to be delivered."""
        if self.to.walled:
            conflicts.wall(db, self.case_id, self.to.walled)
        at_once = delivery.at_once(db, self.lane)
        log.emit(
            db,
            "case.submitted",
            by=by or ReporterActor(self.report_id, self.seed),
            case=self.case,
            obj=[
                Object(t="record", id=one.id, ver=one.version, c=one.content.hex())
                for one in self.records
            ],
            lane=self.lane,
            event_id=None if at_once else delivery.hold(db, self._parcel()),
        )
        if at_once:
            # Everything is still in memory, so nothing has to be written twice.
            delivery.show(db, self.case, self.report, self.records)
        if self.to.told is not None:
            notices.tell(db, self.to.told, of=self.to.unit.id)

    def _parcel(self) -> delivery.Parcel:
        return delivery.Parcel(
            kind=delivery.Kind.REPORT,
            report=self.report_id,
            lane=self.lane,
            records=tuple((one.id, one.version) for one in self.records),
        )

    def _owner(self, kind: KeyKind) -> UUID:
        return self.case_id if kind == KeyKind.INT else self.report_id

    def _case(self) -> Case:
        workflow = catalogue.workflow()
        promise = promised(self.today, repeated=False)
        return Case(
            id=self.case_id,
            reference=new_reference(),
            unit=self.to.unit.id,
            workflow=workflow.name,
            workflow_version=workflow.version,
            state=engine.initial(workflow),
            entered_on=self.today,
            commitment=hierarchy.case_commitment(
                self.house.keyring, self.keys[KeyKind.INT], self.case_id, 1
            ),
            received_on=self.today,
            updated_on=self.today,
            acknowledge_by=promise.acknowledge_by,
            feedback_by=promise.feedback_by,
            priority=self.priority or NO_PRIORITY,
            level=CONFIDENTIAL_LEVEL if self.to.unit.inside else SEALED_LEVEL,
        )

    def _report(self) -> Report:
        keyring = self.house.keyring
        conv, id_ = (
            hierarchy.report_commitment(keyring, self.keys[kind], self.report_id, kind, 1)
            for kind in (KeyKind.CONV, KeyKind.ID)
        )
        return Report(
            id=self.report_id,
            case_id=self.case_id,
            origin_case_id=self.case_id,
            received_on=self.today,
            conv_commitment=conv,
            id_commitment=id_,
        )

    def _chain(self, case: Case, report: Report) -> CaseChain:
        return hierarchy.link_thread(
            self.house.keyring,
            self.shreds[KeyKind.CONV, self.report_id],
            self.keys[KeyKind.INT],
            self.keys[KeyKind.CONV],
            case=case,
            report=report,
        )

    def _wraps(self, reporter_pk: bytes) -> list[CaseWrap]:
        reporter = Holder(Recipient.REPORTER, self.report_id, 1, reporter_pk)
        return [
            *self._sealed_to(KeyKind.INT, self.inside),
            *self._sealed_to(KeyKind.CONV, [reporter]),
            *self._sealed_to(KeyKind.ID, [self.keepers, reporter]),
        ]

    def _sealed_to(self, kind: KeyKind, holders: Iterable[Holder]) -> list[CaseWrap]:
        return [
            hierarchy.wrap(
                self.house.keyring,
                self.shreds[kind, self._owner(kind)],
                self.keys[kind],
                kind=kind,
                epoch=1,
                case_id=self.case_id,
                report_id=None if kind == KeyKind.INT else self.report_id,
                to=holder,
            )
            for holder in holders
        ]

    def _records(self) -> list[Record]:
        one = self.submission
        identity = {"name": one.identity.name, "contact": one.identity.contact}
        return [
            self._sealed(KeyKind.CONV, "report", one.statement()),
            self._sealed(KeyKind.ID, "identity", identity, floor=records.IDENTITY_FLOOR),
            self._sealed(KeyKind.INT, "meta", one.meta(), floor=padding.TEXT_FLOOR),
            *(
                self._sealed(
                    KeyKind.INT,
                    "person",
                    {
                        "name": who.name or "",
                        "role": who.role,
                        "staff_number": who.staff_number or "",
                    },
                )
                for who in one.subjects
            ),
            *(
                self._sealed(KeyKind.INT, field, dict(value))
                for field, value in self.beside.items()
            ),
        ]

    # Any: what JSON can hold.
    def _sealed(
        self,
        kind: KeyKind,
        field: str,
        data: dict[str, Any],
        *,
        floor: int = padding.TEXT_FLOOR,
    ) -> Record:
        return records.seal(
            self.house.keyring,
            self.keys[kind],
            data,
            case_id=self.case_id,
            kind=kind,
            epoch=1,
            field=field,
            on=self.today,
            report_id=None if kind == KeyKind.INT else self.report_id,
            delivered=False,
            floor=floor,
        )

    def _facts(self) -> tuple[ReportFact, CaseFact]:
        keyring = self.house.keyring
        stated = self.submission.dimensions()
        filters = {name: facts.filter_token(keyring, name, stated[name]) for name in facts.FILTERS}
        figures = {
            name: facts.figure_token(keyring, self.report_id, name, code)
            for name, code in stated.items()
            if name not in facts.FILTERS
        }
        return (
            ReportFact(report_id=self.report_id, **filters, **figures),
            CaseFact(case_id=self.case_id, **filters),
        )


def new_reference() -> str:
    """A reference such as `K7Q2-M9TD`: random, without sequence, without letters that look alike."""
    signs = "".join(secrets.choice(CROCKFORD) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"
