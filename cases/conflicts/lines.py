"""The line above a subject: whoever heads the office where they work is kept apart from the case too.

The nearest head counts, and no one above. Which office it is stays with the case as a blind token, so that
whoever comes to head that office later is found without a key:

    subject_match  (case, match_token(case, "line", office))

Subjects of the administration's own line send the case around it, as at submission. Until it has gone, a
token of one word says so; a stolen copy of the database cannot tell it from a name.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts.matching import Subject, match_token, matching_staff
from cases.conflicts.routing import handle_inside
from cases.conflicts.walls import wall
from cases.database import Work
from cases.models.case import Case, SubjectMatch
from cases.models.people import Office, Staff, Unit
from cases.notifications import occasions
from cases.sealing.keyring import Keyring
from cases.staff import heads

SUBJECTS = frozenset({"subject", "subject_unknown", "subject_entity"})
"""Roles of those whom the allegations are about."""

FIRST = "reroute_first"
"""Why nothing else goes on in a case that has to leave the line it is about."""


@dataclass(frozen=True, slots=True)
class Above:
    """The line above some people.

    Attributes:
        offices: where it begins; whoever comes to be the nearest head of one is in it.
        heads: who is in it now.
    """

    offices: frozenset[UUID]
    heads: frozenset[UUID]


class Tree:
    """The offices, and who heads them."""

    def __init__(self, db: Work) -> None:
        self.parents = {row.id: row.parent for row in db.exec(select(Office))}
        self.heads = heads.heads(db)

    def nearest(self, office: UUID | None) -> UUID | None:
        """Who heads an office, or the nearest one above it that somebody heads."""
        while office is not None and office not in self.heads:
            office = self.parents.get(office)
        return self.heads[office] if office else None

    def above(self, people: Iterable[Staff]) -> Above:
        """The line above people: whoever heads an office themselves has the next one above them."""
        offices: set[UUID] = set()
        found: set[UUID] = set()
        for person in people:
            at = person.office
            while at is not None:
                offices.add(at)
                while at is not None and at not in self.heads:
                    at = self.parents.get(at)
                if at is None or self.heads[at] != person.id:
                    break
                at = self.parents.get(at)
            if at is not None:
                found.add(self.heads[at])
        return Above(frozenset(offices), frozenset(found))


def above(db: Work, people: Collection[UUID]) -> Above:
    """The line above members of staff."""
    tree = Tree(db)
    return tree.above(db.exec(select(Staff).where(col(Staff.id).in_(people))))


def above_subjects(db: Work, subjects: Sequence[Subject]) -> Above:
    """The line above those of the staff whom a report is about."""
    return above(db, matching_staff(db, [one for one in subjects if one.role in SUBJECTS]))


def line_rows(keyring: Keyring, case_id: UUID, offices: Iterable[UUID]) -> list[SubjectMatch]:
    """Blind tokens of the offices where lines begin, for finding who comes to head one."""
    return [
        SubjectMatch(case_id=case_id, token=match_token(keyring, case_id, "line", one.hex))
        for one in offices
    ]


def remember(db: Work, case_id: UUID, rows: Iterable[SubjectMatch]) -> bool:
    """Keep blind tokens of a case; whether one is new to it."""
    known = set(db.exec(select(SubjectMatch.token).where(SubjectMatch.case_id == case_id)))
    new = [row for row in rows if row.token not in known]
    db.add_all(new)
    return bool(new)


def follow(db: Work, case: Case, subjects: Collection[UUID]) -> frozenset[UUID]:
    """Draw what follows where subjects of a case are staff: the line above them, and the way around.

    Returns:
        Who heads them, for whom the caller builds walls.
    """
    keyring, line = db.house.keyring, above(db, subjects)
    rows = line_rows(keyring, case.id, line.offices)
    if handle_inside(db, frozenset(subjects)):
        rows.append(SubjectMatch(case_id=case.id, token=_around(keyring, case.id)))
    remember(db, case.id, rows)
    db.flush()  # whoever goes on with the case asks for it
    return line.heads


def to_be_rerouted(db: Work, case: Case) -> bool:
    """Whether a case is about somebody of the line that still has it."""
    marked = db.get(SubjectMatch, (case.id, _around(db.house.keyring, case.id)))
    return marked is not None and db.get_one(Unit, case.unit).inside


def all_to_be_rerouted(db: Work, cases: Collection[UUID]) -> frozenset[UUID]:
    """Those of these cases of units inside that have to leave the administration's own line."""
    keyring = db.house.keyring
    rows = db.exec(
        select(SubjectMatch.case_id, SubjectMatch.token)
        .join(Case, col(Case.id) == col(SubjectMatch.case_id))
        .join(Unit, col(Unit.id) == col(Case.unit))
        .where(col(SubjectMatch.case_id).in_(cases), col(Unit.inside))
    )
    return frozenset(case for case, token in rows if token == _around(keyring, case))


def screen_heads(db: Work, office: UUID, by: Actor) -> None:
    """Wall who now heads an office off from the cases about people who work there or below.

    One event for each head, whatever was found, as for newcomers.
    """
    tree, keyring = Tree(db), db.house.keyring
    below = [one for one in tree.parents if _lies_in(tree, one, office)]
    led = {one: head for one in below if (head := tree.nearest(one)) is not None}
    found: dict[UUID, set[UUID]] = {head: set() for head in led.values()}
    for row in db.exec(select(SubjectMatch)) if led else ():
        for one, head in led.items():
            if match_token(keyring, row.case_id, "line", one.hex) == row.token:
                found[head].add(row.case_id)
    for head, cases in sorted(found.items()):
        for identity in sorted(cases):
            case = db.get_one(Case, identity)
            if wall(db, identity, [head]) and case.delivered:
                occasions.conflict_found(db, case, by=by)
        log.emit(db, "conflict.matched", by=by, d=Details(staff=head, count=len(cases)))


def _lies_in(tree: Tree, office: UUID | None, top: UUID) -> bool:
    while office is not None and office != top:
        office = tree.parents.get(office)
    return office == top


def _around(keyring: Keyring, case_id: UUID) -> bytes:
    return match_token(keyring, case_id, "around", "")
