"""Who may know of a case at all: its level of confidentiality, and what speaks for another one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cases import assignments, family, holds, risk
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotAllowed, ProposalVoid, Unacceptable
from cases.models.case import Case
from cases.objects import things
from workflows import catalogue, levels

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

SET = "set_level"
"""The act that gives a case another level; of two people where it opens the case to more."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """The level that what is in a case asks for.

    Attributes:
        because: codes of the list `level_triggers`.
    """

    level: str
    present: str
    because: tuple[str, ...]


def demand(db: Work, case: Case, level: str, *, by: StaffActor) -> None:
    """Refuse a level that this person cannot give to this case.

    Raises:
        NotPermitted, DeclarationNeeded: as `assignments.demand`.
        Unacceptable: no such level.
        NotAllowed: it has that level already.
    """
    assignments.demand(db, by, SET, case)
    if level not in catalogue.code_list("confidentiality_levels"):
        raise Unacceptable([("/level", "unknown_value")])
    if level == case.level:
        raise NotAllowed(action=SET, state=case.state)


def change(
    db: Work, case: Case, level: str, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Give a case another level, with a reason. At L3 and L4 it leaves the lists of all who are not named.

    Raises:
        As for `demand`.
    """
    demand(db, case, level, by=by)
    holds.decide(db, case, SET, {"level": level, "reason": reason}, by=by, keys=keys)
    before, case.level = case.level, level
    log.emit(db, "case.level", by=by, case=case, d=Details(before=before, after=level))


# Any: the fields of the act, as JSON has them.
def confirmed(
    db: Work, case: Case, fields: dict[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Do what two people agreed on.

    Raises:
        ProposalVoid: the level was changed since it was proposed.
    """
    if case.level != fields["before"]:
        raise ProposalVoid
    change(db, case, fields["level"], fields["reason"], by=by, keys=keys)


def propose(db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys") -> Proposed:
    """What speaks for another level; the look at what it rests on is recorded.

    Raises:
        As for `assignments.demand`.
    """
    assignments.demand(db, by, SET, case)
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["head", "allegations", "assessment"], at=case.seq, action=SET),
        opens=family.ids(db, case),
    )
    entries = catalogue.code_list("categories").by_code
    categories: set[str] = set()
    concerns: set[str] = set()
    for one in things.held_of_family(db, case, "allegation", permit=permit, keys=keys):
        found = (one.value["category"], *one.value["further_categories"])
        categories.update(code for code in found if code)
    for one in things.held_of_family(db, case, "meta", permit=permit, keys=keys):
        concerns.update(one.value["concerns"])
        categories.update(code for code in [one.value.get("category")] if code)
    assessed = things.held_of_family(db, case, "assessment", permit=permit, keys=keys)
    groups = {entries[code].extra["group"] for code in categories}
    level, because = levels.proposed(
        categories=categories,
        groups=groups,
        concerns=concerns,
        risk=risk.highest(risk.newest((), assessed, of=case.id)),
        service_only=groups == {"service"},
    )
    return Proposed(level=level, present=case.level, because=because)
