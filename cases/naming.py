"""No name slips into what a reporter is sent.

Whatever people write to a reporter is compared with everybody the case ever named, before it is sealed: a
full name in any order, one word of a name that stands for it, a staff number. There is no way past it: a
reporter is a stranger to the service, the sentence can always be worded without the name, and a box to tick
would be ticked.

What it does not find: a name spelt differently, or with signs of another script.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import conflicts, family
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.conflicts import Subject
from cases.database import Work
from cases.errors import NamesAPerson
from cases.models.case import Case, Record
from cases.models.people import Staff
from cases.sealing import records
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

SHORTEST_WORD = 4
"""Letters of a word that stands for a whole name by itself; shorter ones are too often words as well."""
SHORTEST_NUMBER = 3
MOST_PIECES = 4
"""Pieces a staff number may be written in: `AD-12 34`."""

_WORD = re.compile(r"[^\W_]+")
_ARTICLE = re.compile("^[وفبلك]?ال(?=..)")
_PARTICLE = re.compile("^[وفبلك](?=...)")


@dataclass(frozen=True, slots=True)
class Cleared:
    """A text that names nobody of a case; only `cleared` makes one, and threads take nothing else."""

    case: UUID
    text: str = field(repr=False)


def cleared(
    db: Work, case: Case, texts: Mapping[str, str], *, by: StaffActor, keys: "StaffKeys"
) -> dict[str, Cleared]:
    """Compare what is to be sent to reporters with everybody the case ever named; the look is recorded.

    Args:
        texts: by the pointer of their field.

    Raises:
        NamesAPerson: a text names somebody; says in which field, never whom.
    """
    people = _recorded(db, case, by=by, keys=keys) if texts else []
    if wrong := [pointer for pointer, text in texts.items() if names(text, people)]:
        raise NamesAPerson(wrong)
    return {pointer: Cleared(case.id, text) for pointer, text in texts.items()}


def demand_no_staff(db: Work, text: str, pointer: str) -> None:
    """Refuse the full name of a member of staff in a text that every reporter reads.

    Raises:
        NamesAPerson: as said.
    """
    words = folded(text)
    if any(_whole(words, one.display_name) for one in db.exec(select(Staff))):
        raise NamesAPerson([pointer])


def names(text: str, people: Collection[Subject]) -> bool:
    """Whether a text names one of these people."""
    words = folded(text)
    said = {form for word in words for form in _forms(word)}
    numbers = set(_numbers(text))
    return any(
        _whole(words, one.name or "")
        or not said.isdisjoint(_telling(one.name or ""))
        or conflicts.normalise_number(one.staff_number or "") in numbers
        for one in people
    )


def _recorded(db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys") -> list[Subject]:
    """Everybody whom a case, and what was merged into it, ever named and still holds; all versions count."""
    cases = family.of(db, case)
    rows = db.exec(
        select(Record).where(
            col(Record.case_id).in_(cases),
            Record.field == "person",
            col(Record.delivered),
            col(Record.redacted_on).is_(None),
        )
    ).all()
    if not rows:
        return []
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["persons"], at=case.seq, action="write_to_reporter"),
        opens=cases,
    )
    opened = (
        records.open_(db, permit, keys.case_key(cases[row.case_id], row.epoch), row) for row in rows
    )
    return [Subject(name=one.get("name"), staff_number=one.get("staff_number")) for one in opened]


def folded(text: str) -> list[str]:
    """The words of a text, folded: no case, no accents, no signs that are not seen."""
    seen = "".join(
        sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf"
    ).replace("\N{ARABIC TATWEEL}", "")
    return [_folded(word) for word in _WORD.findall(_plain(seen))]


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _folded(word: str) -> str:
    return _plain(word.casefold())


def _whole(words: Sequence[str], name: str) -> bool:
    """Whether all words of a name stand side by side, in any order."""
    own = sorted(_ARTICLE.sub("", word) for word in folded(name))
    if not own or set(own) <= vocabulary():
        return False  # such as "unknown officer": a description, and no name
    bare = [_ARTICLE.sub("", word) for word in words]
    return any(
        sorted(bare[start : start + len(own)]) == own for start in range(len(bare) - len(own) + 1)
    )


def _telling(name: str) -> frozenset[str]:
    """The words of a name that stand for it alone.

    Which of them is the surname nobody can know, so each one counts: of four letters or more, not written
    small, and no word of the service's own lists.
    """
    return frozenset(
        form
        for word in _WORD.findall(name)
        if not word[0].islower()
        for form in {*folded(word), *(_ARTICLE.sub("", one) for one in folded(word))}
        if len(form) >= SHORTEST_WORD and not form.isdecimal() and form not in vocabulary()
    )


def _forms(word: str) -> Iterator[str]:
    """A word, and what is left of it without what Arabic writes in front of words."""
    yield word
    yield _ARTICLE.sub("", word)
    yield _PARTICLE.sub("", word)


def _numbers(text: str) -> Iterator[str]:
    """Everything in a text that could be a staff number, however it is divided."""
    pieces = [conflicts.normalise_number(piece) for piece in _WORD.findall(text)]
    for start in range(len(pieces)):
        for end in range(start + 1, min(start + MOST_PIECES, len(pieces)) + 1):
            joined = "".join(pieces[start:end])
            if len(joined) >= SHORTEST_NUMBER and any(sign.isdigit() for sign in joined):
                yield joined


@cache
def vocabulary() -> frozenset[str]:
    """The words of the service's own lists, in every language: `officer`, `douane`. They name nobody."""
    return frozenset(
        word
        for code_list in catalogue.code_lists().values()
        for entry in code_list.entries
        for label in entry.labels.values()
        for word in folded(label)
    )
