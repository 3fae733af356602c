"""What a step's values mention: people, records, files and days, and whether they can be meant."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from cases import access, assignments, evidence, family, holds
from cases.deeds import Deed
from cases.models.case import Attachment, Record
from cases.objects import references, things
from workflows.fields import Action, CheckIn, Finding, Outcome
from workflows.model import FieldKind

FUTURE = frozenset({"due_on", "remind_on", "check_ins"})
"""Fields that name days to come."""
PAST = frozenset({"served_on", "reply_on", "result_on"})
"""Fields that name days on which something happened."""


def problems(deed: Deed) -> list[tuple[str, str]]:
    """What is wrong with the values of a step beyond their form: people, records and days.

    Returns:
        (pointer, code of `field_problems`) each.
    """
    found: list[tuple[str, str]] = []
    for asked in deed.step.fields:
        if asked.name not in deed.given:
            continue
        pointer = f"/{asked.name}"
        value = deed.given[asked.name]
        several = isinstance(value, tuple)
        for n, one in enumerate(value if isinstance(value, tuple) else (value,)):
            code = _problem(deed, asked.kind, asked.name, asked.role, one)
            place = f"{pointer}/{n}" if several else pointer
            if code is not None:
                found.append((f"{place}{_below(one)}", code))
            found.extend(_evidence_problems(deed, place, one))
    priority = deed.given.one("priority", str)
    if priority is not None and not deed.step.four_eyes and holds.lowers(deed.case, priority):
        # First two people lower it, by the act that is made for that; then the step can say so.
        found.append(("/priority", "out_of_range"))
    level = deed.given.one("confidentiality", str)
    if level is not None and deed.case.level in access.RESTRICTED and level < deed.case.level:
        # As with the priority: who may know of a restricted case is widened by two.
        found.append(("/confidentiality", "out_of_range"))
    return found


def _below(one: object) -> str:
    """The part of a value that can be wrong beyond its form."""
    if isinstance(one, Action):
        return "/owner"
    if isinstance(one, Outcome):
        return "/person"
    return "/on" if isinstance(one, CheckIn) else ""


def _evidence_problems(deed: Deed, place: str, one: object) -> Iterator[tuple[str, str]]:
    if isinstance(one, Finding):
        for n, piece in enumerate(one.evidence):
            if not in_the_case(deed, piece):
                yield f"{place}/evidence/{n}", "unknown_code"


def _problem(deed: Deed, kind: FieldKind, name: str, role: str | None, one: object) -> str | None:
    late = early = False
    known = True
    if isinstance(one, date):
        early, late = name in FUTURE and one <= deed.today, name in PAST and one > deed.today
    elif isinstance(one, Action):
        early = one.due < deed.today
        known = references.a_colleague(deed.db, one.owner)
    elif isinstance(one, Outcome):
        people = {row.id for row in things.rows_of_family(deed.db, deed.case, "person")}
        known = one.person is None or one.person in people
    elif isinstance(one, CheckIn):
        late = one.on > deed.today
    elif isinstance(one, UUID) and kind in (FieldKind.STAFF, FieldKind.STAFF_LIST) and role:
        known = assignments.fit(deed.db, deed.case, one, role) is not None
    elif isinstance(one, UUID) and kind is FieldKind.REFERENCES:
        known = in_the_case(deed, one)
    if early or late:
        return "out_of_range"
    return None if known else "unknown_code"


def in_the_case(deed: Deed, identity: UUID) -> bool:
    """Whether a record or a file of this id is in the case, and staff see it."""
    return sealed(deed, identity) is not None


def sealed(deed: Deed, identity: UUID) -> Record | None:
    """The newest version of the record of this id in the case; for a file, the record that describes it.

    None where there is no such thing, or where it was destroyed.
    """
    newest = (
        select(Record)
        .where(col(Record.case_id).in_(family.ids(deed.db, deed.case)), col(Record.delivered))
        .order_by(col(Record.version).desc())
    )
    record = deed.db.exec(newest.where(Record.id == identity)).first()
    if record is not None:
        return record if record.redacted_on is None else None
    # A file is called by the id its sender chose, as lists show it.
    stored = evidence.stored_ids(deed.db, deed.case, identity)
    file = deed.db.exec(
        select(Attachment).where(
            col(Attachment.id).in_(stored),
            col(Attachment.delivered),
            Attachment.blob != evidence.DELETED,
        )
    ).first()
    return deed.db.exec(newest.where(Record.id == file.record_id)).first() if file else None


def commitments(deed: Deed) -> list[dict[str, str | int]]:
    """What the step refers to, as it stands: id, version and hiding commitment of each record and file.

    Kept with the decision, so that what was sent, served or relied on can be compared with what the case holds.
    """
    found = [(identity, sealed(deed, identity)) for identity in dict.fromkeys(_references(deed))]
    return [
        {"id": str(identity), "version": row.version, "commitment": row.content.hex()}
        for identity, row in found
        if row is not None
    ]


def _references(deed: Deed) -> Iterator[UUID]:
    for asked in deed.step.fields:
        if asked.kind is FieldKind.REFERENCES:
            yield from deed.given.many(asked.name, UUID)
        elif asked.kind is FieldKind.SUPPORTED_FINDINGS:
            for one in deed.given.many(asked.name, Finding):
                yield from one.evidence
