"""The directory as a whole: every change of it is numbered, recorded and recognised again.

A change of units, offices, staff, postings or memberships ends with `record_directory_change`. It
writes `directory.changed` with the number and the digest of the whole directory, and a head row
with the same: whoever puts an older, genuine row back fits neither.
"""

from collections.abc import Generator
from contextlib import contextmanager

from sqlmodel import select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import DirectoryBroken, NotFounded
from cases.models.people import Deployment, DirectoryHead
from cases.sealing import directory

_TOGETHER = "directory_together"
_CHANGED = "directory_changed"


_DEPLOYMENT = select(Deployment)
_KEPT = "deployment"


def the_deployment(db: Work) -> Deployment:
    """The one administration of this installation.

    Raises:
        NotFounded: there is none yet.
    """
    # Many ask for it in one unit of work, and SQLAlchemy forgets what nobody holds.
    deployment: Deployment | None = db.info.get(_KEPT) or db.exec(_DEPLOYMENT).first()
    if deployment is None:
        raise NotFounded
    db.info[_KEPT] = deployment
    return deployment


def record_directory_change(db: Work, by: Actor) -> None:
    """Number and record the directory as it now stands; every change of it ends here."""
    if db.info.get(_TOGETHER):
        db.info[_CHANGED] = True
        return
    db.flush()  # rows get their version and MAC when they are flushed, and the digest reads those
    directory.hold(db)
    head = directory.newest_head(db)
    n = (head.n if head else 0) + 1
    whole = directory.digest(db)
    log.emit(db, "directory.changed", by=by, d=Details(n=n, sha=whole.hex()), about=log.DIRECTORY)
    event_id = db.info["event_id"]
    mac = directory.head_mac(db.house.keyring, n, whole, event_id)
    db.add(DirectoryHead(n=n, digest=whole, event_id=event_id, mac=mac))
    db.flush()  # the next change in this unit of work builds on it


@contextmanager
def together(db: Work, by: Actor) -> Generator[None]:
    """Many changes of the directory as one numbered change."""
    if db.info.get(_TOGETHER):  # part of a larger whole
        yield
        return
    db.info[_TOGETHER] = True
    try:
        yield
    finally:
        db.info.pop(_TOGETHER)
    if db.info.pop(_CHANGED, False):
        record_directory_change(db, by)


def check_directory(db: Work) -> None:
    """Compare the directory with the trail; done once when a process starts.

    Raises:
        DirectoryBroken: the newest head is not what the newest event says, or the rows are not
            what the head says.
    """
    directory.verify_head(db)
    head = directory.newest_head(db)
    told = [
        one.body for one in log.told_of(db, log.DIRECTORY) if one.body.kind == "directory.changed"
    ]
    newest = max(told, key=lambda body: int(body.d["n"]), default=None)
    if head is None and newest is None:
        return
    if (
        head is None
        or newest is None
        or (newest.d["n"], newest.d["sha"], newest.id) != (head.n, head.digest.hex(), head.event_id)
    ):
        raise DirectoryBroken("DirectoryHead")
