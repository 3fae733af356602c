"""Names that are like one another and not the same: is this the same person?

Equal numbers and equal names build a wall by themselves. A name that is only like one in the case leaves a
question, which somebody outside that person's line answers: the same, and a wall is built; another, and
it is never asked again for that pair:

    told_apart  (case, HMAC(K_walls, ctx("told-apart", case, staff, name))[:16])

Blind tokens find equal names only, so this compares plaintext, in the session of who may open the case.
"""

import hmac
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from rapidfuzz import fuzz
from sqlmodel import col, select

from cases.conflicts.matching import Subject, normalise_name, normalise_number
from cases.conflicts.walls import TAG_BYTES
from cases.database import Work
from cases.models.case import Case, Record
from cases.models.conflict import ToldApart
from cases.models.people import Staff
from cases.permits import ReadPermit
from cases.sealing import records
from cases.sealing.keyring import Keyring

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

ALIKE_PERCENT = 83.0
"""How alike two normalised names are before somebody is asked, as `2 · common / (length + length)`.

One letter doubled, dropped or changed in a name of ten leaves 90 to 95; a short form of one word (Fatou,
Fatoumata) 83; two people of one family name and other given names 60 to 77. A question too many costs
a colleague a minute, a wall too few the case: so the bound lies just below the short forms.
"""

ALIKE = "alike"
"""Why somebody waits, in the trail: a name in the case is like their own."""

UNCONCERNED = frozenset({"expert"})
"""Roles in which a person is named without being concerned by the case."""


def alike(subject: Subject, name: str, staff_number: str | None = None) -> bool:
    """Whether a person named in a case has a name like this one, and not the same.

    Two staff numbers decide by themselves: where both are known, names are not compared.
    """
    if normalise_number(subject.staff_number or "") and normalise_number(staff_number or ""):
        return False
    one, two = normalise_name(subject.name or ""), normalise_name(name)
    # Both are in the order of the alphabet, so that the plain ratio compares words whatever their order.
    return bool(one) and one != two and fuzz.ratio(one, two) >= ALIKE_PERCENT


def resembled(
    db: Work, family: Collection[UUID], staff: Staff, named: Iterable[Subject]
) -> list[Subject]:
    """Those named in a case whom a member of staff resembles, unless they were told apart.

    Args:
        family: the case and what was, or is about to be, merged into it: told apart in one is told apart.
    """
    apart = set(db.exec(select(ToldApart.tag).where(col(ToldApart.case_id).in_(family))))
    keyring = db.house.keyring
    return [
        one
        for one in named
        if alike(one, staff.display_name, staff.staff_number)
        and apart.isdisjoint(_tag(keyring, case, staff.id, one) for case in family)
    ]


def tell_apart(db: Work, case: Case, staff: UUID, named: Iterable[Subject]) -> None:
    """Remember that a member of staff is none of these."""
    known = set(db.exec(select(ToldApart.tag).where(ToldApart.case_id == case.id)))
    tags = {_tag(db.house.keyring, case.id, staff, one) for one in named}
    db.add_all(ToldApart(case_id=case.id, tag=tag) for tag in tags - known)


def named_in(
    db: Work, family: Mapping[UUID, Case], permit: ReadPermit, keys: "StaffKeys"
) -> Iterator[tuple[Subject, frozenset[str]]]:
    """Everybody whom cases ever named, with their roles; experts apart.

    Earlier versions and what was taken away count: who was once named stays kept apart. Whom two people
    deleted as not relevant nobody can name any more; the walls that stood because of them stay.

    Args:
        family: a case and what was merged into it.
    """
    statement = select(Record).where(
        col(Record.case_id).in_(family),
        Record.field == "person",
        col(Record.delivered),
        col(Record.redacted_on).is_(None),
    )
    for row in db.exec(statement):
        opened = keys.case_key(family[row.case_id], row.epoch)
        value = records.open_(db, permit, opened, row)
        roles = frozenset({value.get("role", ""), *value.get("further_roles", ())}) - {""}
        if roles and not roles <= UNCONCERNED:
            yield Subject(value["name"], value["role"], value["staff_number"]), roles


def _tag(keyring: Keyring, case_id: UUID, staff: UUID, subject: Subject) -> bytes:
    context = keyring.ctx("told-apart", case_id, staff, normalise_name(subject.name or ""))
    return hmac.digest(keyring.key("walls"), context, "sha256")[:TAG_BYTES]
