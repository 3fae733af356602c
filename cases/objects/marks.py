"""What a thing of a case names that other cases of the unit may name too."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from cases import subjects
from cases.actors import StaffActor
from cases.conflicts import SUBJECTS, UNCONCERNED
from cases.database import Work
from cases.models.case import Case
from cases.subjects import Mark
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

PERSON, CONSIGNMENT = "person", "consignment"
KINDS = (PERSON, CONSIGNMENT)
"""The kinds of thing that name something."""


# Any: what JSON holds; each kind has its own shape.
def named_by(kind: str, value: dict[str, Any]) -> list[Mark]:
    """What a thing names: a person by number and by name, a consignment by each of its references."""
    if kind == PERSON:
        return _of_person(value)
    if kind != CONSIGNMENT:
        return []
    references = set(catalogue.code_list("subject_kinds").by_code) - subjects.PERSONS
    found = (subjects.mark(one, _text(value.get(one))) for one in sorted(references))
    return [one for one in found if one is not None]


# Any: as above.
def _of_person(value: dict[str, Any]) -> list[Mark]:
    roles = {value.get("role", ""), *value.get("further_roles", ())} - {""}
    if roles <= UNCONCERNED:
        return []
    about = not roles.isdisjoint(SUBJECTS)
    found = (
        subjects.mark(subjects.PERSON, value.get("staff_number"), about=about),
        subjects.mark(subjects.NAME, value.get("name"), about=about),
    )
    return [one for one in found if one is not None]


# Any: as above.
def only_stated(kind: str, value: dict[str, Any]) -> bool:
    """Whether a person was named by a reporter and recorded by nobody: no field is there that staff fill in."""
    return kind == PERSON and "further_roles" not in value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


# Any: as above.
def keep(
    db: Work,
    case: Case,
    kind: str,
    record: UUID,
    value: dict[str, Any],
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    """Take what a thing names into the index of the case's unit; an empty value takes it out."""
    if kind not in KINDS:
        return
    subjects.write(
        db,
        case.unit,
        case.id,
        {record: named_by(kind, value)},
        holds_key=case.unit in by.key_units(),
        keys=keys,
    )
