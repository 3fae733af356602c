"""Coming back with a receipt: from the digits to the report, for the length of a session."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import delivery
from cases.actors import ReporterActor
from cases.audit import log
from cases.database import House, Work
from cases.errors import IdempotencyMismatch, NotPermitted, NotSignedIn, WrongReceipt
from cases.models.case import Case, KeyKind, Report, ReporterKey, ReportReturn
from cases.sealing import envelope, hpke, receipts, sessions
from cases.sealing.context import hkdf
from cases.sealing.sessions import Session
from workflows import calendar

if TYPE_CHECKING:
    from cases.sealing.keyring import Keyring

SESSION_SECONDS = 30 * 60
LONGEST_SECONDS = 8 * 3_600
"""A session can be extended for so long, from when it began."""

VALID_MONTHS = 120
"""A receipt outlives every retention class; what it opens is forgotten sooner, with the case."""

REPORTER, HANDOVER = "reporter", "handover"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt on its way in, stretched.

    Attributes:
        stretched: Argon2id of its digits.
        body_tag: for a receipt that its owner made: the tag of what is sent under it.
    """

    stretched: bytes = field(repr=False)
    body_tag: bytes | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session.

    Attributes:
        handover: the receipt came from a desk and is yet to be renewed.
    """

    token: str = field(repr=False)
    expires_in: int
    handover: bool


def lookups(keyring: "Keyring", stretched: bytes) -> Mapping[int, bytes]:
    """Under which lookup a receipt would be found, by version of the root secret."""
    return {
        version: receipts.lookup(
            receipts.secret(keyring.key("pepper", version), stretched), keyring.deployment
        )
        for version in keyring.roots
    }


def reporter_key(
    house: House, report_id: UUID, seed: bytes, receipt: Receipt, *, handover: bool
) -> ReporterKey:
    """The row a receipt leads to: the reporter's seed, and whether a desk handed it over."""
    keyring = house.keyring
    secret = receipts.secret(keyring.key("pepper"), receipt.stretched)
    lookup = receipts.lookup(secret, keyring.deployment)
    kek = receipts.kek(secret, keyring.deployment)
    flag = b"\x01" if handover else b"\x00"
    return ReporterKey(
        lookup=lookup,
        root_ver=keyring.root_version,
        report_id=report_id,
        pk=hpke.public_key(seed),
        wrap=envelope.seal(kek, keyring.ctx("reporter/sk", lookup), seed + flag),
        expires_month=calendar.add_months(house.today().replace(day=1), VALID_MONTHS),
        body_tag=receipt.body_tag,
    )


def next_lookup(keyring: "Keyring", seed: bytes, n: int) -> bytes:
    """Under which lookup the n-th report is found that came of the one a receipt leads to, 16 bytes."""
    return hkdf(seed, keyring.ctx("reporter/next-lookup", n), 16)


def next_kek(keyring: "Keyring", seed: bytes, n: int) -> bytes:
    """The key that opens the seed of that report, 32 bytes."""
    return hkdf(seed, keyring.ctx("reporter/next-kek", n))


def next_key(house: House, first: bytes, n: int, report_id: UUID, seed: bytes) -> ReporterKey:
    """The row that leads from a reporter's first seed to that of their n-th further report."""
    keyring = house.keyring
    lookup = next_lookup(keyring, first, n)
    kek = next_kek(keyring, first, n)
    return ReporterKey(
        lookup=lookup,
        root_ver=keyring.root_version,
        report_id=report_id,
        pk=hpke.public_key(seed),
        wrap=envelope.seal(kek, keyring.ctx("reporter/sk", lookup), seed + b"\x00"),
        expires_month=calendar.add_months(house.today().replace(day=1), VALID_MONTHS),
    )


def enter(db: Work, stretched: bytes) -> Opened:
    """Open a session for who showed a receipt. It leaves no event: the trail watches staff.

    Raises:
        WrongReceipt: unknown, expired or forgotten, all the same.
    """
    keyring = db.house.keyring
    found = lookups(keyring, stretched)
    row = db.exec(select(ReporterKey).where(col(ReporterKey.lookup).in_(found.values()))).first()
    if row is None or row.expires_month <= db.house.today():
        raise WrongReceipt
    if (KeyKind.CONV, row.report_id) not in db.house.vault.keys([(KeyKind.CONV, row.report_id)]):
        raise WrongReceipt
    secret = receipts.secret(keyring.key("pepper", row.root_ver), stretched)
    kek = receipts.kek(secret, keyring.deployment)
    opened = envelope.open_(kek, keyring.ctx("reporter/sk", row.lookup), row.wrap)
    handover = opened[-1:] == b"\x01"
    seed = opened[:-1]
    if not hmac.compare_digest(hpke.public_key(seed), row.pk):
        raise WrongReceipt
    if not handover and db.get(ReportReturn, row.report_id) is None:
        delivery.hold(db, delivery.Parcel(kind=delivery.Kind.RETURN, report=row.report_id))
        delivery.settle(db)
    return _begin(db, row.report_id, seed, handover=handover)


def visit(db: Work, token: str) -> ReporterActor:
    """Who a token belongs to.

    Raises:
        NotSignedIn: nobody, or the session has ended.
    """
    session = _resume(db, token)
    return ReporterActor(session.who, session.seed, handover=session.kind == HANDOVER)


def demand_renewed(by: ReporterActor) -> None:
    """Refuse a receipt that a desk handed over and that its owner has not renewed yet.

    Raises:
        NotPermitted: as said.
    """
    if by.handover:
        raise NotPermitted


def extend(db: Work, token: str) -> int:
    """Half an hour more, up to eight hours in all.

    Returns:
        Seconds that are left.

    Raises:
        NotSignedIn: the session has ended.
    """
    session = _resume(db, token)
    now = _now(db)
    ends = min(now + SESSION_SECONDS, session.idle_ends)
    sessions.renew(db, token, replace(session, ends=ends))
    return ends - now


def leave(db: Work, token: str) -> None:
    """End a session."""
    sessions.end(db, token)


def renew(db: Work, by: ReporterActor, receipt: Receipt) -> Opened:
    """Give a report a new receipt; the old one and every session opened with it are gone.

    Raises:
        IdempotencyMismatch: the owner made the new one, and it is known already.
        NotSignedIn: the report was forgotten meanwhile.
    """
    old = db.exec(
        select(ReporterKey).where(ReporterKey.report_id == by.report_id).with_for_update()
    ).first()
    report = db.get(Report, by.report_id)
    if old is None or report is None:
        raise NotSignedIn
    known = lookups(db.house.keyring, receipt.stretched).values()
    if db.exec(select(ReporterKey).where(col(ReporterKey.lookup).in_(known))).first():
        raise IdempotencyMismatch
    db.delete(old)
    db.flush()  # a report has one row at a time, and the session inserts before it deletes
    db.add(reporter_key(db.house, by.report_id, by.seed, receipt, handover=False))
    sessions.end_all(db, REPORTER, by.report_id)
    case = db.get_one(Case, report.case_id)
    log.emit(db, "receipt.renewed", by=by, case=case, lane=log.LANE_REPORTER)
    return _begin(db, by.report_id, by.seed, handover=False)


def _begin(db: Work, report_id: UUID, seed: bytes, *, handover: bool) -> Opened:
    now = _now(db)
    session = Session(
        kind=HANDOVER if handover else REPORTER,
        who=report_id,
        seed=seed,
        ends=now + SESSION_SECONDS,
        # Beyond this no extension leads; the row itself is kept only until `ends`.
        idle_ends=now + LONGEST_SECONDS,
    )
    return Opened(sessions.begin(db, session), SESSION_SECONDS, handover)


def _resume(db: Work, token: str) -> Session:
    session = sessions.resume(db, token, _now(db))
    if session.kind not in (REPORTER, HANDOVER):
        raise NotSignedIn
    return session


def _now(db: Work) -> int:
    return int(db.house.now().timestamp())
