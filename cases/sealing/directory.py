"""The authenticated directory: rows that say who may do what carry a MAC and are checked on every load.

    mac = HMAC-SHA-256(K_dir, ctx("dir/row", table, JSON of every other column))

Whoever can write the database could otherwise put their own public key in a unit's row and receive
every new report, or give themselves a role. The MAC covers one row; `DirectoryHead` covers all of them,
so that an old but genuine row cannot be put back:

    digest = SHA-256 over the sorted (table, id, version, mac) of the rows of `HEADED`
    head   = HMAC-SHA-256(K_dir, ctx("dir/head", n, digest, event))
"""

import hashlib
import hmac
import json
from contextlib import closing
from datetime import date
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, QueryContext
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import col, func, select

from cases.database import Work, ticket
from cases.errors import DirectoryBroken
from cases.models.base import Authority
from cases.models.bodies import ReferralBody
from cases.models.conflict import OfficeHead
from cases.models.people import (
    Deployment,
    DirectoryHead,
    Membership,
    Office,
    OwnDays,
    Posting,
    Staff,
    Unit,
)
from cases.sealing.keyring import Keyring

HEADED = (
    Deployment,
    OwnDays,
    Unit,
    Office,
    OfficeHead,
    Staff,
    Posting,
    Membership,
    ReferralBody,
)
"""The tables whose state as a whole is numbered. The other authority rows follow single cases."""


_NEWEST = select(func.max(DirectoryHead.n))
"""Asked at every request of staff, so put together once."""

CHECKED_AT_ONCE = 1_000
"""Rows in memory while all of them are checked."""

CHANGING = "directory_changing"
"""Marks a unit of work that changes the directory."""


class HeadMemory:
    """The newest directory head this process has verified; it never goes back."""

    def __init__(self) -> None:
        self.n = 0
        self.since = 0
        """The ticket at which `n` was learnt: a unit of work that began later must see it."""
        self.lock = Lock()
        self.routes: dict[str, tuple[int, Any]] = {}
        """Office code -> (number of the directory, where its reports go then): kept by `intake`."""

    def learn(self, n: int) -> None:
        """Remember a head that was verified."""
        self.n, self.since = n, ticket()


def row_mac(keyring: Keyring, row: Authority) -> bytes:
    """The MAC that a row should carry, over every column but itself."""
    mapper = inspect(type(row))
    columns = {
        column.key: _plain(getattr(row, column.key))
        for column in mapper.column_attrs
        if column.key != "mac"
    }
    body = json.dumps(columns, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    context = keyring.ctx("dir/row", mapper.local_table.name, body)
    return hmac.digest(keyring.key("dir-mac"), context, "sha256")


def _plain(value: object) -> object:
    """A column's value as JSON can hold it, the same before storing and after loading."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    return value


@event.listens_for(Authority, "before_insert", propagate=True)
@event.listens_for(Authority, "before_update", propagate=True)
def _sign(_mapper: Mapper[Authority], _connection: object, row: Authority) -> None:
    state = inspect(row)
    db = state.session
    if not isinstance(db, Work):
        message = "authority rows change inside a unit of work only"
        raise TypeError(message)
    if state.persistent and not db.is_modified(row):
        return
    row.version += 1
    row.mac = row_mac(db.house.keyring, row)


@event.listens_for(Authority, "load", propagate=True)
def _check_loaded(row: Authority, context: QueryContext) -> None:
    _check(row, context.session)


@event.listens_for(Authority, "refresh", propagate=True)
def _check_refreshed(row: Authority, context: QueryContext, _names: object) -> None:
    _check(row, context.session)


def _check(row: Authority, db: object) -> None:
    if not isinstance(db, Work):
        message = "authority rows are read inside a unit of work only"
        raise TypeError(message)
    if not hmac.compare_digest(row.mac, row_mac(db.house.keyring, row)):
        raise DirectoryBroken(type(row).__name__)


@event.listens_for(Work, "before_flush")
def _demand_a_true_start(db: Work, *_: object) -> None:
    """Before the directory changes, check that it is what its head says.

    Otherwise the next honest change would number, and so make good, what somebody slipped in.
    """
    if db.info.get(CHANGING) or not _changes_the_directory(db):
        return
    db.info[CHANGING] = True
    with db.no_autoflush:
        hold(db)
        head = newest_head(db)
        if head is not None:
            _verified(db)


_ADMINISTRATION = select(Deployment.id).with_for_update()


def hold(db: Work) -> None:
    """Let nobody else change the directory until this unit of work ends.

    Changes of the directory follow one another, so that none starts from another's middle. Whoever changes
    it and cases as well holds it first, then the cases, as far as they are known by then, then the rows of
    people: who works on a case has locked the case when they ask about somebody.
    """
    db.exec(_ADMINISTRATION).all()


def _changes_the_directory(db: OrmSession) -> bool:
    rows = (*db.new, *db.deleted, *filter(db.is_modified, db.dirty))
    return any(isinstance(row, HEADED) for row in rows)


def digest(db: Work) -> bytes:
    """SHA-256 over the whole directory as it stands, 32 bytes."""
    total = hashlib.sha256()
    for table in HEADED:
        (key,) = inspect(table).primary_key
        rows = db.exec(select(key, table.version, table.mac)).all()
        for identity, version, mac in sorted(rows, key=lambda row: row[0].bytes):
            total.update(f"{table.__tablename__}\0{identity.hex}\0{version}\0".encode() + mac)
    return total.digest()


def check_rows(db: Work) -> None:
    """Check the MAC of every row that says who may do what, whether anybody would load it or not.

    Raises:
        DirectoryBroken: one was changed by other hands; names its table.
    """
    for mapper in Authority.__subclasses__():
        every = select(mapper).execution_options(yield_per=CHECKED_AT_ONCE)
        with closing(db.exec(every)) as rows:
            for _ in rows:
                pass  # a row that does not carry its MAC does not load


def newest_head(db: Work) -> DirectoryHead | None:
    """The head row with the greatest number."""
    return db.exec(select(DirectoryHead).order_by(col(DirectoryHead.n).desc()).limit(1)).first()


def head_mac(keyring: Keyring, n: int, whole: bytes, event_id: UUID) -> bytes:
    """The MAC over a head row."""
    return hmac.digest(
        keyring.key("dir-mac"), keyring.ctx("dir/head", n, whole, event_id), "sha256"
    )


def verify_head(db: Work) -> int:
    """Check the directory as a whole, when it changed since this process last looked.

    Returns:
        The number of the newest head.

    Raises:
        DirectoryBroken: a row was put back, taken away or slipped in, or the count fell.
    """
    memory = db.house.heads
    n = db.exec(_NEWEST).one() or 0
    with memory.lock:
        if n == memory.n:
            return n
        if n < memory.n:
            # One that began before the newest change was committed may still see what was before.
            if db.ticket > memory.since:
                raise DirectoryBroken("DirectoryHead")
            return n
        n = _verified(db)
        if not db.info.get(CHANGING):  # what this unit of work changed may yet be taken back
            memory.learn(n)
        return n


def _verified(db: Work) -> int:
    seen = 0
    while (head := newest_head(db)) is not None and head.n != seen:
        mac = head_mac(db.house.keyring, head.n, head.digest, head.event_id)
        if hmac.compare_digest(head.mac, mac) and head.digest == digest(db):
            return head.n
        # PostgreSQL shows each statement what is committed by then: a change may have come between.
        seen = head.n
    raise DirectoryBroken("DirectoryHead")
