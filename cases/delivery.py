"""When what reporters send becomes visible to staff: at the tick, not at the moment it was sent.

A parcel names what one act of a reporter brought. It waits, sealed, in a row of its own that names neither
case nor report, so that the rows of the trail cannot be joined to cases:

    env = WE1(K_delivery, ctx("delivery", id), pad(JSON of the parcel))

Everything that staff could notice of the act happens when the parcel is handed over: rows are marked
delivered, the case takes its next number, and the reporter's step of the workflow is taken, with the
service's time. A tick of zero, and reports of danger, are handed over at once.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlmodel import col, func, select

from cases import transitions
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.events import Object
from cases.database import House, Work
from cases.errors import NotAllowed, TooMuchWaiting
from cases.models.case import Attachment, Case, Delivery, Record, Report, ReportReturn
from cases.models.links import FollowUp
from cases.models.trail import AuditLeaf
from cases.notifications import occasions
from cases.sealing import envelope, facts, padding
from cases.sealing.keyring import Keyring

BATCH = 500
"""Parcels handed over in one unit of work."""

MOST_WAITING = 100
"""Records of one report that may wait at once. Anybody can send them without a name, so their number has an
end: the tick, and whoever reads what comes of it, would drown in the rest."""

ANSWER = "reporter_answers"
"""The step that a reporter's message or file takes where the case waits for it (T06)."""

FORGETTING = frozenset({"archived", "purged"})
"""States in which a case is only kept, or no longer: reporters add nothing to it."""

FOLLOW_UP = "follow_up"
LOOK, NOTHING, DONE = FOLLOW_UPS = ("look", "nothing", "done")
"""What is to be done about an answer to a check-in: look into it, nothing, no longer anything."""
FOLLOW_UP_DAYS = 2
"""Calendar days to look into it."""

_HELD = "parcels"


class Kind(StrEnum):
    """What a parcel brings."""

    REPORT = "report"
    """A new case with its first report and the records it came with."""
    RECORDS = "records"
    """Records and files added to a report that was sent before."""
    RETURN = "return"
    """Only that the receipt was used: one flag for the figures, set once, never dated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What becomes visible together.

    Attributes:
        report: the report it belongs to.
        lane: 0 for what cannot wait, 1 for the rest.
        order: counts what was sent for one report, so that it is handed over in the order it was sent.
        records: (id, version) of each record.
        attachments: stored ids.
        event: the reporter's step of the workflow that this act asks for, taken if the case allows it then.
        follow_up: what is to be done about an answer to a check-in, and by when, from its delivery on.
        event_id: of the trail's event about it; a `RETURN` has none.
    """

    kind: Kind
    report: UUID
    lane: int = log.LANE_REPORTER
    order: int = 0
    records: tuple[tuple[UUID, int], ...] = ()
    attachments: tuple[UUID, ...] = ()
    event: str | None = None
    follow_up: str | None = None
    event_id: UUID = field(default_factory=uuid4)


def at_once(db: Work, lane: int) -> bool:
    """Whether what is sent in this lane is visible as soon as it is kept."""
    return lane == log.LANE_STAFF or not db.house.terms.reporter_tick


def waiting(db: Work, report: UUID) -> int:
    """How many records of a report wait for the tick."""
    statement = select(func.count()).where(
        Record.report_id == report, col(Record.delivered).is_(False)
    )
    return db.exec(statement).one()


def next_in_line(db: Work, report: UUID) -> int:
    """The `order` of what is sent for a report now.

    Raises:
        TooMuchWaiting: of this report so much waits that nothing more is taken before the tick.
    """
    before = waiting(db, report)
    if before >= MOST_WAITING:
        raise TooMuchWaiting
    return before + 1


def hold(db: Work, parcel: Parcel) -> UUID:
    """Keep a parcel until it is due.

    Returns:
        The id that its event is to have (`log.emit(event_id=…)`): until that one is in the tree, nothing
        of the parcel is seen.
    """
    keyring = db.house.keyring
    identity = uuid4()
    row = Delivery(id=identity, root_ver=keyring.root_version, env=_seal(keyring, identity, parcel))
    db.add(row)
    db.info.setdefault(_HELD, []).append((row, parcel))
    return parcel.event_id


def settle(db: Work, lane: int = log.LANE_REPORTER) -> None:
    """End of a reporter's unit of work: hand over what need not wait; the rest stays for the tick."""
    held: list[tuple[Delivery, Parcel]] = db.info.pop(_HELD, [])
    if at_once(db, lane):
        for row, parcel in held:
            if not _hand_over(db, parcel):
                continue  # its report still waits, sent when there was a tick: it goes with that
            if row in db.new:
                db.expunge(row)
            else:
                db.delete(row)


def deliver(house: House, *, lanes: Collection[int] = (log.LANE_STAFF, log.LANE_REPORTER)) -> int:
    """Hand over what waits in these lanes now; safe to run twice at once.

    Everything that waits is looked through before anything is handed over, so that nobody's parcels stand
    in the way of others, however many they are: first the reports, then what was added to them, in the order
    it was sent. What comes meanwhile waits for the next tick.

    Returns:
        How many parcels were handed over; those that could not be are kept.
    """
    reports, additions = _due(house, lanes)
    return _deliver_all(house, reports) + _deliver_all(house, additions)


def _due(house: House, lanes: Collection[int]) -> tuple[list[UUID], list[UUID]]:
    """What is to be handed over, in order: parcels that bring a report, and all others."""
    found: list[tuple[Parcel, UUID]] = []
    after = UUID(int=0)
    with house.glance() as db:
        while True:
            rows = db.exec(
                select(Delivery)
                .where(col(Delivery.id) > after)
                .order_by(col(Delivery.id))
                .limit(BATCH)
            ).all()
            if not rows:
                break
            opened = [(_open(house.keyring, row), row.id) for row in rows]
            told = _in_the_tree(db, [parcel.event_id for parcel, _ in opened])
            found += [
                one for one in opened if one[0].kind == Kind.RETURN or one[0].event_id in told
            ]
            after = rows[-1].id
            db.expunge_all()
    # One case after the other and always in the same order: two deliverers cannot block each other.
    found.sort(key=lambda one: (one[0].report.bytes, one[0].order, one[1].bytes))
    due = [(parcel.kind, identity) for parcel, identity in found if parcel.lane in lanes]
    return (
        [identity for kind, identity in due if kind == Kind.REPORT],
        [identity for kind, identity in due if kind != Kind.REPORT],
    )


def _in_the_tree(db: Work, event_ids: Collection[UUID]) -> set[UUID]:
    """Which of these events are leaves: nothing is seen that could still vanish without a trace."""
    statement = select(AuditLeaf.event_id).where(col(AuditLeaf.event_id).in_(event_ids))
    return set(db.exec(statement))


def _deliver_all(house: House, due: Sequence[UUID]) -> int:
    handed = 0
    for start in range(0, len(due), BATCH):
        with house.unit_of_work() as db:
            handed += _deliver(db, due[start : start + BATCH])
    return handed


def _deliver(db: Work, due: Sequence[UUID]) -> int:
    statement = select(Delivery).where(col(Delivery.id).in_(due))
    rows = {row.id: row for row in db.exec(statement.with_for_update(skip_locked=True))}
    handed = 0
    for identity in due:
        row = rows.get(identity)
        if row is not None and _hand_over(db, _open(db.house.keyring, row)):
            db.delete(row)
            handed += 1
    return handed


def _hand_over(db: Work, parcel: Parcel) -> bool:
    """Make a parcel's things visible; False when it has to wait for an earlier one."""
    report = db.get(Report, parcel.report)
    if report is None:
        return True  # forgotten meanwhile
    if parcel.kind == Kind.RETURN:
        if db.get(ReportReturn, report.id) is None:
            db.add(ReportReturn(report_id=report.id))
        return True
    case = _locked(db, report.case_id)
    if case is None:
        return True
    if parcel.kind == Kind.REPORT:
        show(db, case, report, _records(db, parcel))
        return True
    if not report.delivered:
        return False
    log.emit(
        db,
        "record.delivered",
        by=THE_SERVICE,
        case=case,
        obj=[Object(t="record", id=identity, ver=version) for identity, version in parcel.records],
    )
    for record in _records(db, parcel):
        record.delivered, record.n = True, case.seq
    for file in _files(db, parcel):
        file.delivered = True
    _take(db, case, parcel.event)
    _follow(db, case, parcel.follow_up)
    occasions.reporter_wrote(db, case)
    return True


def show(db: Work, case: Case, report: Report, records: Iterable[Record]) -> None:
    """Make a new case visible: it enters the workflow with its first report."""
    report.delivered = True
    transitions.enter(db, case, report)
    for record in records:
        record.delivered, record.n = True, case.seq


def _locked(db: Work, case_id: UUID) -> Case | None:
    statement = select(Case).where(Case.id == case_id).with_for_update()
    return db.exec(statement.execution_options(populate_existing=True)).first()


def _records(db: Work, parcel: Parcel) -> list[Record]:
    identities = [identity for identity, _ in parcel.records]
    found = db.exec(select(Record).where(col(Record.id).in_(identities)))
    return [record for record in found if (record.id, record.version) in parcel.records]


def _files(db: Work, parcel: Parcel) -> list[Attachment]:
    if not parcel.attachments:
        return []
    return list(db.exec(select(Attachment).where(col(Attachment.id).in_(parcel.attachments))))


def _take(db: Work, case: Case, event: str | None) -> None:
    """Take the reporter's step, when the case still stands where it leads from."""
    if event is None:
        return
    try:
        step = transitions.step_of(case, event)
    except NotAllowed:
        return  # nobody waits for it: the words are in the thread all the same
    transitions.take(db, case, step, by=THE_SERVICE, given={})


def _follow(db: Work, case: Case, asked: str | None) -> None:
    """Leave a row for an answer to a check-in, the same whatever it was."""
    if asked is not None:
        row = uuid4()
        token = facts.figure_token(db.house.keyring, row, FOLLOW_UP, asked)
        due = db.house.today() + timedelta(days=FOLLOW_UP_DAYS)
        db.add(FollowUp(id=row, case_id=case.id, asked=token, due_on=due))


def _seal(keyring: Keyring, identity: UUID, parcel: Parcel) -> bytes:
    value = {
        "kind": parcel.kind,
        "report": parcel.report.hex,
        "lane": parcel.lane,
        "order": parcel.order,
        "records": [[one.hex, version] for one, version in parcel.records],
        "attachments": [one.hex for one in parcel.attachments],
        "event": parcel.event,
        "follow_up": parcel.follow_up,
        "event_id": parcel.event_id.hex,
    }
    # The floor holds every parcel there is: its size does not tell a report from a sign-in.
    plain = padding.pad(json.dumps(value).encode(), padding.TEXT_FLOOR * 2)
    return envelope.seal(keyring.key("delivery"), keyring.ctx("delivery", identity), plain)


def _open(keyring: Keyring, row: Delivery) -> Parcel:
    key = keyring.key("delivery", row.root_ver)
    value = json.loads(padding.unpad(envelope.open_(key, keyring.ctx("delivery", row.id), row.env)))
    return Parcel(
        kind=Kind(value["kind"]),
        report=UUID(value["report"]),
        lane=value["lane"],
        order=value["order"],
        records=tuple((UUID(one), version) for one, version in value["records"]),
        attachments=tuple(UUID(one) for one in value["attachments"]),
        event=value["event"],
        follow_up=value.get("follow_up"),  # parcels of an older version have none
        event_id=UUID(value["event_id"]),
    )
