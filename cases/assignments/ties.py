"""What keeps a person from a part in a case: walls, undecided conflicts, other offices, where they work.

The same rules hold for every way of naming somebody: by a step of the workflow, one by one, by a grant.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, or_, select

from cases import access, conflicts, family
from cases.conflicts import Subject
from cases.database import Work
from cases.models.case import Case, Declaration, Wall
from cases.models.facts import AllegationFact, CaseFact
from cases.models.people import Membership, Office, Posting, Staff
from cases.permits import ReadPermit
from cases.sealing import facts
from cases.staff import certificates, interests
from workflows import calendar, catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

INQUIRY = frozenset({"lead_investigator", "investigator", "analyst"})
"""The roles that inquire into what happened."""

OFFICES = {
    "lead_investigator": "investigation",
    "investigator": "investigation",
    "analyst": "investigation",
    "quality_reviewer": "quality",
    "decision_authority": "decision",
    "review_officer": "review",
}
"""Role -> which of the four offices it fills, that must be four different people."""

POSTED_MONTHS = 24
"""How long after a posting a person does not investigate that office."""

HEAD = "head_ia"
"""The role above the others of a handling unit."""

WHOLE_ADMINISTRATION = "national"
"""The kind of office that is no post: who works for the administration works there."""


def hold_people(db: Work, people: Collection[UUID]) -> None:
    """Read people as they are now, before they are asked about, and let nobody change them until it is done.

    Whoever moves one of them, closes their account or states a tie of theirs waits, and then finds what they
    were named to.
    """
    theirs = select(Staff).where(col(Staff.id).in_(people)).order_by(col(Staff.id))
    db.exec(theirs.with_for_update(read=True).execution_options(populate_existing=True)).all()


def walled(db: Work, case: Case, staff: UUID) -> bool:
    """Whether a wall stands between a person and a case."""
    tag = conflicts.wall_tag(db.house.keyring, case.id, staff)
    return db.get(Wall, (case.id, tag)) is not None


def holds_another_office(db: Work, case: Case, staff: UUID, role: str) -> bool:
    """Whether the person has, or had, another of the four offices in this case or what was merged into it."""
    office = OFFICES.get(role)
    others = [one for one, its in OFFICES.items() if its != office]
    return office is not None and staff in access.people(db, case, *others, ever=True)


def free_to_inquire(db: Work, case: Case, people: Collection[UUID]) -> bool:
    """Nobody of them has a wall, waits for a decision on a conflict, or has another office here.

    Each of them still declares before they see anything.
    """
    unsure = select(Declaration.id).where(
        Declaration.case_id == case.id,
        col(Declaration.status).in_(access.UNDECIDED),
        col(Declaration.staff).in_(people),
    )
    return db.exec(unsure).first() is None and not any(
        walled(db, case, one) or holds_another_office(db, case, one, "investigator")
        for one in people
    )


def named(db: Work, case: Case, permit: ReadPermit, keys: "StaffKeys") -> list[Subject]:
    """Everybody named in a case and in what was merged into it."""
    return [one for one, _ in conflicts.named_in(db, family.of(db, case), permit, keys)]


def tied(db: Work, people: Collection[UUID], named: Iterable[Subject]) -> bool:
    """Whether one of them did not state their ties within the year, or stated one with somebody named."""
    return not interests.all_stated(db, people) or has_tie(db, people, named)


def has_tie(db: Work, people: Collection[UUID], named: Iterable[Subject]) -> bool:
    """Whether one of them stated a tie with somebody named.

    A tie with somebody of a like name counts: another investigator costs less than a doubt.
    """
    lines = interests.lines_of(db, people)
    return any(_is_about(line, one) for one in named for line in lines)


def _is_about(line: interests.Line, subject: Subject) -> bool:
    number = conflicts.normalise_number(subject.staff_number or "")
    if number and number == conflicts.normalise_number(line.number):
        return True
    name = conflicts.normalise_name(subject.name or "")
    return any(
        bool(name) and (name == conflicts.normalise_name(other) or conflicts.alike(subject, other))
        for other in (line.name, line.company)
    )


def certified(db: Work, case: Case, people: Collection[UUID]) -> bool:
    """Whether each of them is certified today for every group of categories the case is about."""
    listed = catalogue.code_list("categories").by_code
    codes = facts.filter_codes(db.house.keyring, "category", listed)
    cases = family.ids(db, case)
    tokens = set(db.exec(select(CaseFact.category).where(col(CaseFact.case_id).in_(cases))))
    alleged = select(AllegationFact.category).where(col(AllegationFact.case_id).in_(cases))
    tokens.update(db.exec(alleged))
    groups = {listed[code].extra["group"] for token in tokens if (code := codes.get(token))}
    return certificates.all_certified(db, people, groups)


def posted_there(db: Work, case: Case, people: Collection[UUID]) -> bool:
    """Whether one of them is, or was within 24 months, posted at an office the case is about."""
    now = set(db.exec(select(Staff.office).where(col(Staff.id).in_(people))))
    offices = _offices(db, case)
    since = calendar.add_months(db.house.today(), -POSTED_MONTHS)
    posted = select(Posting.id).where(
        col(Posting.staff).in_(people),
        col(Posting.office).in_(offices),
        or_(col(Posting.until).is_(None), col(Posting.until) >= since),
    )
    return not offices.isdisjoint(now) or db.exec(posted).first() is not None


def against_inquiring(
    db: Work, case: Case, staff: UUID, named: Iterable[Subject]
) -> tuple[str, ...]:
    """The codes of the guards that stand against a person inquiring into this case.

    Args:
        named: everybody named in it.
    """
    free = free_to_inquire(db, case, [staff]) and not tied(db, [staff], named)
    guards = {
        "investigators_free": free,
        "investigators_certified": certified(db, case, [staff]),
        "investigators_not_posted_there": not posted_there(db, case, [staff]),
    }
    return tuple(guard for guard, holds in guards.items() if not holds)


def of_one_line(db: Work, case: Case, one: UUID, other: UUID) -> bool:
    """Whether one person is of the other's line: posted at the same post, or below them in the case's unit.

    Headquarters is no post: who works for the administration works there.
    """
    people = {
        row.id: row.office for row in db.exec(select(Staff).where(col(Staff.id).in_((one, other))))
    }
    post = db.get(Office, people[one]) if people[one] and people[one] == people[other] else None
    heads = select(Membership.staff).where(Membership.unit == case.unit, Membership.role == HEAD)
    heading = set(db.exec(heads))
    at_one_post = post is not None and post.kind != WHOLE_ADMINISTRATION
    return at_one_post or (other in heading and one not in heading)


def _offices(db: Work, case: Case) -> frozenset[UUID]:
    """The posts that the case and its allegations are about."""
    codes = facts.filter_codes(db.house.keyring, "office", access.office_codes(db))
    cases = family.ids(db, case)
    tokens = set(db.exec(select(CaseFact.office).where(col(CaseFact.case_id).in_(cases))))
    alleged = select(AllegationFact.office).where(col(AllegationFact.case_id).in_(cases))
    tokens.update(db.exec(alleged))
    named = {codes[token] for token in tokens if codes.get(token)}
    return frozenset(
        office.id
        for office in db.exec(select(Office).where(col(Office.code).in_(named)))
        if office.kind != WHOLE_ADMINISTRATION
    )
