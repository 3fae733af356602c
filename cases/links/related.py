"""Cases of a unit that name the same person, declaration, vehicle or broker, as a reader may know them.

Whatever is answered is computed for one reader from the cases they may see. A case behind a wall is looked
past as if it were not there, in suggestions, counts, patterns and scores alike, and a case that is only for
those named in it is shown to them alone.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import access, assignments, family, proposals, subjects
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import Locked, TooOften, Unacceptable
from cases.models.case import Case
from cases.models.facts import CaseFact
from cases.models.people import Office, Unit, UnitKind
from cases.objects import marks, things
from cases.sealing import facts
from cases.subjects import PERSONS, Entry, Mark
from workflows import assessment, calendar

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

ACT, SEARCH = "related", "search_subjects"
"""Lines of the permission table."""

WINDOW_MONTHS = 12
"""How far apart cases may have come in and still make a pattern."""

PATTERN = 3
"""Cases about one person, within the window, that make a pattern."""

SEARCHES_PER_HOUR = 60
"""Searches that one person may run: enough to work with, too few to read a telephone book."""

WHOLE_ADMINISTRATION = "national"


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A case that has something in common with another.

    Attributes:
        matches: kind (a code of `subject_kinds`) -> how many things of that kind both name.
    """

    id: UUID
    reference: str
    state: str
    received_on: date
    matches: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What a reader is told of the cases around one.

    Attributes:
        pattern: this case is one of three or more, within twelve months, about the same person.
        recurrence: what is proposed for that dimension of the priority: 0, 2 or 4.
    """

    cases: list[Related]
    pattern: bool
    recurrence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Cases about one person, the oldest first. Who it is, the cases say.

    Attributes:
        kind: a code of `subject_kinds`: by which the person is the same.
    """

    kind: str
    cases: list[Case]


def related(db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys") -> Suggestions:
    """What this case has in common with others of its unit; the look is recorded with the cases it shows.

    Raises:
        NotPermitted, DeclarationNeeded: as `assignments.demand`.
        Locked: nobody of the unit's circle has given the person its key.
    """
    assignments.demand(db, by, ACT, case, shut_too=True)
    _demand_key(by, case.unit)
    subjects.catch_up(db, case.unit, keys)
    named = gather(db, case, by=by, keys=keys)
    mine = {
        subjects.token(db, case.unit, one, keys): one for marks_ in named.values() for one in marks_
    }
    entries = list(subjects.find(db, case.unit, mine, keys))
    others = _others(db, by, entries, without=_family(db, case))
    found = [
        Related(
            id=other.id,
            reference=other.reference,
            state=other.state,
            received_on=other.received_on,
            matches=matches,
        )
        for other, matches in _matches(entries, others)
    ]
    log.emit_list(db, [one.id for one in found], by=by, d=Details(filters=[ACT]))
    about = _about(entries, others, {token for token, one in mine.items() if one.about})
    before = {
        other.id
        for cases in about.values()
        for other in cases
        if in_window(other.received_on, case.received_on) and other.received_on <= case.received_on
    }
    return Suggestions(
        cases=found,
        pattern=any(makes_a_pattern([case, *cases]) for cases in about.values()),
        recurrence=assessment.recurrence(len(before | _at_the_post(db, case, by))),
    )


def patterns(db: Work, *, by: StaffActor, keys: "StaffKeys") -> list[Pattern]:
    """Every pattern among the cases this person may see, for who answers for a unit; the look is recorded."""
    found = []
    for unit in _units(db, by):
        subjects.catch_up(db, unit, keys)
        entries = list(subjects.repeated(db, unit, PATTERN, keys))
        others = _others(db, by, entries, without=frozenset())
        about = _about(entries, others, {one.token for one in entries})
        kinds = {one.token: one.kind for one in entries}
        found += [
            Pattern(kind=kinds[token], cases=sorted(cases, key=_age))
            for token, cases in about.items()
            if makes_a_pattern(cases)
        ]
    # The same cases by number and by name are one pattern, called by the stronger of the two.
    found.sort(key=lambda one: one.kind != subjects.PERSON)
    by_cases: dict[frozenset[UUID], Pattern] = {}
    for one in found:
        by_cases.setdefault(frozenset(case.id for case in one.cases), one)
    shown = sorted(by_cases.values(), key=lambda one: [_age(case) for case in one.cases])
    seen = dict.fromkeys(case.id for one in shown for case in one.cases)
    log.emit_list(db, list(seen), by=by, d=Details(filters=["patterns"]))
    return shown


def search(db: Work, kind: str, value: str, *, by: StaffActor, keys: "StaffKeys") -> list[Case]:
    """The cases of the person's units that name something and that they may see, the newest first.

    What was searched for is in the trail as the unit's token of it, which says nothing to others.

    Raises:
        Unacceptable: nothing is left of the value to be searched for.
        TooOften: the person has searched too often within the hour.
    """
    wanted = subjects.mark(kind, value)
    if wanted is None:
        raise Unacceptable([("/value", "too_short")])
    since = db.house.now() - timedelta(hours=1)
    if log.count(db, "search.run", by=by, since=since) >= SEARCHES_PER_HOUR:
        raise TooOften
    found: dict[UUID, Case] = {}
    for unit in _units(db, by):
        subjects.catch_up(db, unit, keys)
        token = subjects.token(db, unit, wanted, keys)
        entries = list(subjects.find(db, unit, [token], keys))
        others = _others(db, by, entries, without=frozenset())
        found |= {case.id: case for case in others.values()}
        log.emit(
            db,
            "search.run",
            by=by,
            unit=unit,
            d=Details(field=kind, sha=token.hex(), count=len(others)),
        )
    log.emit_list(db, list(found), by=by, d=Details(filters=[SEARCH]))
    return sorted(found.values(), key=_age, reverse=True)


def gather(
    db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys", staff_only: bool = False
) -> dict[UUID, list[Mark]]:
    """What the things of a case, and of what was merged into it, name, by record; the look is recorded.

    Args:
        staff_only: leave out what nobody but a reporter said.
    """
    cases = family.of(db, case)
    permit = log.emit(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["persons", "consignments"], at=case.seq, action=ACT),
        opens=cases,
    )
    return {
        one.id: marks.named_by(kind, one.value)
        for its in cases.values()
        for kind in marks.KINDS
        for one in things.held(db, its, kind, permit=permit, keys=keys)
        if not (staff_only and marks.only_stated(kind, one.value))
    }


def reroute(db: Work, case: Case, unit: UUID, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Hand a case to another unit, with what it names: out of the one's index, sealed to the other.

    What the former unit proposed ends with that.

    Raises:
        As `assignments.reroute`.
    """
    assignments.demand(db, by, "reroute", case)
    named = gather(db, case, by=by, keys=keys, staff_only=True)
    former = case.unit
    assignments.reroute(db, case, unit, by=by, keys=keys)
    proposals.void_all(db, case, by=by)
    for one in family.ids(db, case):
        subjects.forget(db, former, one)
    subjects.hand_over(db, unit, case.id, named)


def makes_a_pattern(cases: Collection[Case]) -> bool:
    """Whether three of these cases came in within twelve months of one another."""
    days = sorted(one.received_on for one in cases)
    return any(
        in_window(first, last) for first, last in zip(days, days[PATTERN - 1 :], strict=False)
    )


def in_window(one: date, other: date) -> bool:
    """Whether two days lie no more than twelve months apart."""
    first, last = sorted((one, other))
    return last <= calendar.add_months(first, WINDOW_MONTHS)


def _age(case: Case) -> tuple[date, str]:
    return (case.received_on, case.reference)


def _units(db: Work, by: StaffActor) -> list[UUID]:
    """The handling units whose index this person can read: they are in its circle and hold its key."""
    units = by.key_units() & by.units(*access.CIRCLE)
    statement = select(Unit).where(col(Unit.id).in_(units), Unit.kind == UnitKind.HANDLING)
    return sorted(unit.id for unit in db.exec(statement))


def _demand_key(by: StaffActor, unit: UUID) -> None:
    if unit not in by.key_units():
        raise Locked


def _family(db: Work, case: Case) -> frozenset[UUID]:
    """The case, what was merged into it, and what it was merged into."""
    return frozenset({*family.ids(db, case), *({case.merged_into} if case.merged_into else ())})


def _others(
    db: Work, by: StaffActor, entries: Iterable[Entry], *, without: frozenset[UUID]
) -> dict[UUID, Case]:
    """The cases of these entries that this person may see; what was merged stands for its target.

    Returns:
        By the case an entry names: the case to be shown for it.
    """
    ids = {one.case for one in entries} - without
    direct = access.known(db, by, ids)
    into = {one.merged_into for one in direct.values() if one.merged_into} - without
    targets = access.known(db, by, into)
    shown = {
        identity: targets.get(case.merged_into) if case.merged_into else case
        for identity, case in direct.items()
    }
    return {identity: case for identity, case in shown.items() if case is not None}


def _matches(
    entries: Iterable[Entry], others: Mapping[UUID, Case]
) -> list[tuple[Case, dict[str, int]]]:
    """Each case once, with how many things of each kind it has in common; the most first."""
    common: dict[UUID, set[tuple[str, bytes]]] = defaultdict(set)
    cases = {case.id: case for case in others.values()}
    for one in entries:
        if one.case in others:
            common[others[one.case].id].add((one.kind, one.token))
    counted = [
        (cases[identity], dict(sorted(Counter(kind for kind, _ in its).items())))
        for identity, its in common.items()
    ]
    return sorted(counted, key=lambda one: (-sum(one[1].values()), _age(one[0])))


def _about(
    entries: Iterable[Entry], others: Mapping[UUID, Case], tokens: Collection[bytes]
) -> dict[bytes, list[Case]]:
    """For each person of these tokens whom allegations are about: the cases that are about them too."""
    found: dict[bytes, dict[UUID, Case]] = defaultdict(dict)
    for one in entries:
        if one.about and one.kind in PERSONS and one.token in tokens and one.case in others:
            found[one.token][others[one.case].id] = others[one.case]
    return {token: list(cases.values()) for token, cases in found.items()}


def _at_the_post(db: Work, case: Case, by: StaffActor) -> frozenset[UUID]:
    """Earlier cases of the window at the same post and of the same category; the whole house is no post."""
    row, keyring = db.get_one(CaseFact, case.id), db.house.keyring
    posts = select(Office.code).where(Office.kind != WHOLE_ADMINISTRATION)
    named = facts.filter_codes(keyring, "office", db.exec(posts)).get(row.office)
    open_ = facts.filter_token(keyring, "category", facts.NOT_STATED)
    if not named or row.category == open_:
        return frozenset()
    statement = (
        access.visible_cases(db, by)
        .join(CaseFact, col(CaseFact.case_id) == col(Case.id))
        .where(
            Case.unit == case.unit,
            CaseFact.office == row.office,
            CaseFact.category == row.category,
            Case.received_on >= calendar.add_months(case.received_on, -WINDOW_MONTHS),
            Case.received_on <= case.received_on,
            col(Case.id).not_in(_family(db, case)),
            col(Case.merged_into).is_(None),
        )
        .limit(PATTERN)
    )
    return frozenset(one.id for one in db.exec(statement))
