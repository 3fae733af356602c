"""Walls: that one person may not know of one case.

A wall is a row `(case, HMAC(K_walls, ctx("wall", case, staff))[:16])`. The tag differs in every case, so
that whoever reads the database cannot learn one person's tag by sending a report about them, and it
says nothing about why the wall stands: subject, witness, manager and self-declared conflict look alike.
"""

import hmac
from collections.abc import Iterable
from threading import Lock
from uuid import UUID

from sqlmodel import select

from cases.database import Work
from cases.models.case import Wall, WallCount
from cases.sealing.keyring import Keyring

TAG_BYTES = 16

BUILDING = "walls_built"
"""Marks a unit of work that built walls."""


_COUNT = select(WallCount.n)
"""Asked at every look at cases, so put together once."""


class WallMemory:
    """For each person, the cases they are walled from; computed again when a wall is built."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[int, frozenset[UUID]]] = {}
        self._lock = Lock()

    def of(self, db: Work, staff: UUID) -> frozenset[UUID]:
        """The cases this person must not know of."""
        count = wall_count(db)
        building = bool(db.info.get(BUILDING))
        known = self._known.get(staff)
        if known is not None and known[0] == count and not building:
            return known[1]
        keyring = db.house.keyring
        # Columns, not rows: a false row could only hide a case, and the tag itself is a MAC.
        walled = frozenset(
            case_id
            for case_id, tag in db.exec(select(Wall.case_id, Wall.tag))
            if hmac.compare_digest(tag, wall_tag(keyring, case_id, staff))
        )
        if not building:  # what this unit of work built may yet be taken back, its count with it
            with self._lock:
                self._known[staff] = (count, walled)
        return walled


def wall_count(db: Work) -> int:
    """How many walls were ever built."""
    return db.exec(_COUNT).first() or 0


def wall_tag(keyring: Keyring, case_id: UUID, staff: UUID) -> bytes:
    """The blind name of one person in one case, 16 bytes."""
    context = keyring.ctx("wall", case_id, staff)
    return hmac.digest(keyring.key("walls"), context, "sha256")[:TAG_BYTES]


def wall(db: Work, case_id: UUID, people: Iterable[UUID]) -> int:
    """Build walls between people and a case; one that stands stays.

    Returns:
        How many were new.
    """
    tags = {wall_tag(db.house.keyring, case_id, staff) for staff in people}
    standing = set(db.exec(select(Wall.tag).where(Wall.case_id == case_id)))
    new = tags - standing
    db.add_all(Wall(case_id=case_id, tag=tag) for tag in new)
    if new:
        db.info[BUILDING] = True
        count = db.get(WallCount, 1, with_for_update=True) or WallCount(id=1, n=0)
        count.n += len(new)
        db.add(count)
    return len(new)
