"""What a thing names: people, offices and other things of the case, found by the marks in its shape."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from cases import access, evidence, family
from cases.database import Work
from cases.models.case import Attachment, Case, KeyKind, Record, Report
from cases.models.people import Staff, StaffStatus
from cases.objects.values import COLLEAGUE, OFFICE, REPORTER, Of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def named(thing: BaseModel, under: str = "") -> Iterator[tuple[str, Of, object]]:
    """Every id and code of a thing that names something: pointer, what it should be, and its value."""
    for name, told in type(thing).model_fields.items():
        yield from _in(getattr(thing, name), _mark(told), f"{under}/{name}")


def _in(value: object, mark: Of | None, pointer: str) -> Iterator[tuple[str, Of, object]]:
    if isinstance(value, BaseModel):
        yield from named(value, pointer)
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from _in(one, mark, f"{pointer}/{n}")
    elif mark is not None and value is not None:
        yield pointer, mark, value


def _mark(told: "FieldInfo") -> Of | None:
    found = [one for one in told.metadata if isinstance(one, Of)]
    return found[0] if found else _within(told.annotation)


def _within(annotation: object) -> Of | None:
    """The mark inside an annotation such as `list[ItemId]` or `PersonId | None`."""
    for one in getattr(annotation, "__metadata__", ()):
        if isinstance(one, Of):
            return one
    for inner in getattr(annotation, "__args__", ()):
        if (found := _within(inner)) is not None:
            return found
    return None


def faults(db: Work, case: Case, thing: BaseModel) -> list[tuple[str, str]]:
    """What a thing names that is not there: (pointer, `unknown_value`) each."""
    marks = list(named(thing))
    elsewhere = (COLLEAGUE, OFFICE, REPORTER)
    known = _present(db, case) if any(mark not in elsewhere for _, mark, _ in marks) else {}
    return [
        (pointer, "unknown_value")
        for pointer, mark, value in marks
        if not _is_there(db, case, known, mark, value)
    ]


def _is_there(db: Work, case: Case, known: dict[UUID, str], mark: Of, value: object) -> bool:
    if mark == OFFICE:
        return value in access.office_codes(db)
    if not isinstance(value, UUID):
        return False
    if mark == COLLEAGUE:
        return a_colleague(db, value)
    if mark == REPORTER:
        return a_reporter(db, case, value)
    if mark.kind is not None:
        return known.get(value) == mark.kind
    return value in known or is_file(db, case, value)


def _present(db: Work, case: Case) -> dict[UUID, str]:
    """The records of a case, and of what was merged into it, that were not taken away: id -> field."""
    statement = (
        select(Record.id, Record.version, Record.field, Record.deleted)
        .where(
            col(Record.case_id).in_(family.ids(db, case)),
            col(Record.delivered),
            col(Record.redacted_on).is_(None),
            Record.kind != KeyKind.ID,
        )
        .order_by(col(Record.version))
    )
    present: dict[UUID, str] = {}
    for identity, _, field, deleted in db.exec(statement):
        if deleted:
            present.pop(identity, None)
        else:
            present[identity] = field
    return present


def is_file(db: Work, case: Case, client_id: UUID) -> bool:
    """Whether a case, or one of its threads, has a file that lists show under this id."""
    wanted = evidence.stored_ids(db, case, client_id)
    statement = select(Attachment.id).where(
        col(Attachment.id).in_(wanted),
        col(Attachment.delivered),
        Attachment.blob != evidence.DELETED,
    )
    return db.exec(statement).first() is not None


def a_reporter(db: Work, case: Case, report: UUID) -> bool:
    """Whether a report of this id came with the case, or with what was merged into it."""
    found = db.get(Report, report)
    return found is not None and found.case_id == case.id and found.delivered


def a_colleague(db: Work, staff: UUID) -> bool:
    """Whether somebody of this id works here now."""
    person = db.get(Staff, staff)
    return person is not None and person.status == StaffStatus.ACTIVE
