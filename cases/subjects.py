"""The index of what the cases of a unit name: written by whoever records it, read by the unit's circle.

Nothing is written when a report comes in: whoever can read the database and also send reports would learn
the token of any name they send, and with it how often it stands in the table. What a reporter named is looked
up, and gets a token of its own once staff record it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlmodel import col, delete, func, select

from cases import conflicts
from cases.database import Work
from cases.models.links import SubjectToken, SubjectWaiting
from cases.models.people import Unit
from cases.sealing import subjects as blind

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

PERSON, NAME = "person", "name"
"""Kinds of match: the same staff number; the same name."""
PERSONS = frozenset({PERSON, NAME})
CALLED = frozenset({NAME, "broker"})
"""Kinds of things that are called by a name; the others by letters and digits."""

NAMES, IDENTIFIERS = 1, 2
"""Numbers of the normalisers: of names, and of everything that is called by letters and digits."""

MOST = 16
"""Things that one record may name."""

BATCH = 500
"""Tokens asked for at once."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something a record names, normalised.

    Attributes:
        kind: a code of `subject_kinds`.
        about: the record names a person whom allegations are about.
    """

    kind: str
    plain: str = field(repr=False)
    about: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """That a case names something.

    Attributes:
        token: of the thing, within the unit.
    """

    case: UUID
    record: UUID
    kind: str
    about: bool
    token: bytes = field(repr=False)


def mark(kind: str, value: str | None, *, about: bool = False) -> Mark | None:
    """A value as it is compared; None when nothing of it is left."""
    normalise = conflicts.normalise_name if kind in CALLED else conflicts.normalise_number
    plain = normalise(value or "")
    return Mark(kind, plain, about) if plain else None


def token(db: Work, unit: UUID, one: Mark, keys: "StaffKeys") -> bytes:
    """The token of something within a unit.

    Raises:
        NotFound: the person is not in the unit's key circle.
    """
    normaliser = NAMES if one.kind in CALLED else IDENTIFIERS
    return blind.token(db.house.keyring, _key(db, unit, keys), normaliser, one.kind, one.plain)


def write(
    db: Work,
    unit: UUID,
    case: UUID,
    marks: Mapping[UUID, Sequence[Mark]],
    *,
    holds_key: bool,
    keys: "StaffKeys",
) -> None:
    """Keep what records of a case name now, instead of what they named before.

    Args:
        marks: by record; none for one that was taken away.
        holds_key: whether the person has the unit's seed; otherwise it waits for somebody who has.
    """
    for record, named in marks.items():
        if holds_key:
            _replace(db, unit, case, record, named, keys=keys)
        else:
            hand_over(db, unit, case, {record: named})


def _replace(
    db: Work,
    unit: UUID,
    case: UUID,
    record: UUID,
    named: Sequence[Mark],
    *,
    keys: "StaffKeys",
) -> None:
    keyring, key = db.house.keyring, _key(db, unit, keys)
    places = [blind.row_id(keyring, key, record, n) for n in range(MOST)]
    db.exec(delete(SubjectToken).where(col(SubjectToken.id).in_(places)))
    epoch = db.get_one(Unit, unit).epoch
    for place, one in zip(places, named[:MOST], strict=False):
        its = token(db, unit, one, keys)
        value = {"case": case.hex, "record": record.hex, "kind": one.kind, "about": one.about}
        db.add(
            SubjectToken(
                id=place,
                unit=unit,
                epoch=epoch,
                token=its,
                owner=blind.owner_tag(keyring, place, case),
                entry=blind.seal_entry(keyring, key, value, unit=unit, row=place, named=its),
            )
        )


def hand_over(db: Work, unit: UUID, case: UUID, marks: Mapping[UUID, Sequence[Mark]]) -> None:
    """Seal what records name to a unit whose seed the person does not hold."""
    keyring, to = db.house.keyring, db.get_one(Unit, unit)
    if to.pk is None:
        return  # nobody there could ever open it
    order = db.exec(select(func.count()).where(SubjectWaiting.unit == unit)).one()
    for record, named in marks.items():
        order += 1
        identity = uuid4()
        value = {
            "order": order,
            "case": case.hex,
            "record": record.hex,
            "marks": [[one.kind, one.plain, one.about] for one in named[:MOST]],
        }
        db.add(
            SubjectWaiting(
                id=identity,
                unit=unit,
                epoch=to.epoch,
                owner=blind.owner_tag(keyring, identity, case),
                blob=blind.seal_waiting(
                    keyring, to.pk, value, unit=unit, epoch=to.epoch, row=identity
                ),
            )
        )


def catch_up(db: Work, unit: UUID, keys: "StaffKeys") -> None:
    """Take into the index what was left for somebody who holds the unit's seed."""
    rows = db.exec(
        select(SubjectWaiting).where(SubjectWaiting.unit == unit).with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return
    keyring, seed = db.house.keyring, keys.unit_seed(unit)
    waited = [
        blind.open_waiting(keyring, seed, row.blob, unit=unit, epoch=row.epoch, row=row.id)
        for row in rows
    ]
    for value in sorted(waited, key=lambda one: int(one["order"])):
        named = [Mark(kind, plain, about) for kind, plain, about in value["marks"]]
        _replace(db, unit, UUID(value["case"]), UUID(value["record"]), named, keys=keys)
    for row in rows:
        db.delete(row)
    db.flush()  # whoever catches up looks something up next


def find(db: Work, unit: UUID, tokens: Collection[bytes], keys: "StaffKeys") -> Iterable[Entry]:
    """What cases of a unit name under these tokens, opened; walls are for the caller to keep."""
    wanted = sorted(tokens)
    for start in range(0, len(wanted), BATCH):
        rows = db.exec(
            select(SubjectToken).where(
                SubjectToken.unit == unit,
                col(SubjectToken.token).in_(wanted[start : start + BATCH]),
            )
        )
        for row in rows.all():
            yield _opened(db, row, keys)


def repeated(db: Work, unit: UUID, least: int, keys: "StaffKeys") -> Iterable[Entry]:
    """What is named at least so often in a unit, opened."""
    often = (
        select(SubjectToken.token)
        .where(SubjectToken.unit == unit)
        .group_by(col(SubjectToken.token))
        .having(func.count() >= least)
    )
    return find(db, unit, db.exec(often).all(), keys)


def _opened(db: Work, row: SubjectToken, keys: "StaffKeys") -> Entry:
    key = _key(db, row.unit, keys)
    value = blind.open_entry(
        db.house.keyring, key, row.entry, unit=row.unit, row=row.id, named=row.token
    )
    return Entry(
        UUID(value["case"]), UUID(value["record"]), value["kind"], value["about"], row.token
    )


def forget(db: Work, unit: UUID, case: UUID) -> None:
    """Take what a case names out of a unit's index; no key of the unit is needed for it."""
    keyring = db.house.keyring
    for table in (SubjectToken, SubjectWaiting):
        statement = select(table.id, table.owner).where(table.unit == unit)
        theirs = [
            row.id
            for row in db.rows(statement)
            if row.owner == blind.owner_tag(keyring, row.id, case)
        ]
        for start in range(0, len(theirs), BATCH):
            db.exec(delete(table).where(col(table.id).in_(theirs[start : start + BATCH])))


def _key(db: Work, unit: UUID, keys: "StaffKeys") -> bytes:
    seed, epoch = keys.unit_seed(unit), db.get_one(Unit, unit).epoch
    return blind.index_key(db.house.keyring, unit, epoch, seed)
