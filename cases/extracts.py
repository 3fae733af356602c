"""What a case holds on one person, for that person: put together by one, agreed by another, fetched for a day.

A person may ask what is kept on them. What they get is chosen thing by thing, and of each thing only the
fields of `KEPT` go out: no report, thread, file of a reporter, identity, note, protection plan, threat or
referral is ever a part of it, and of the other people of the case nothing. A text that names one of them,
repeats how a reporter can be reached, tells in a reporter's words, or mentions a body whose referral must not
be known stops the whole, and so does what was referred in silence. What is told in other words only
people can find: therefore two read it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import col, select

from cases import access, assignments, conflicts, family, holds, naming, timed
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.conflicts import Subject
from cases.database import Work
from cases.errors import NamesAPerson, NotPermitted, ProposalVoid, Unacceptable
from cases.models.case import Case, KeyKind, Record, Report
from cases.models.timed import TimedAccess, TimedKind
from cases.objects import handing_on, things
from cases.objects.persons import roles
from cases.sealing import records
from workflows import catalogue

if TYPE_CHECKING:
    from cases.permits import ReadPermit
    from cases.sealing.hierarchy import StaffKeys

EXTRACT = "subject_extract"
"""The act, and its line of the permission table."""
FIELD = "extract"
"""The record of what two people agreed on."""
PROPOSES, AGREES = "dpo", "legal_counsel"

HOURS = 24
"""How long it can be fetched."""

RUN = 8
"""Words in a row, as a reporter wrote them, by which their text is known again; all of a shorter text."""
FEWEST = 4
"""Words of a whole text that is known again; fewer are said by everybody."""

ADDRESS = frozenset("@:/.0123456789")
"""Signs of an address: words without any are everybody's."""
SHELTERED = handing_on.AUTHORS
"""To them goes no extract."""

KEPT: Mapping[str, tuple[str, ...]] = {
    "person": (
        "role", "further_roles", "name", "staff_number", "office", "description", "coerced",
    ),
    "allegation": (
        "category", "further_categories", "office", "procedure", "place", "occurred_from",
        "occurred_to", "rule_breached", "summary",
    ),
    "interview": (
        "held_on", "began", "ended", "place", "language", "rights", "record", "signed",
        "refusal_reason",
    ),
    "outcome": ("outcome", "due", "status", "status_on", "reason", "recovered"),
}  # fmt: skip
"""Kind of thing -> what goes out of it; everything else stays."""

_CONTACT = re.compile(r"[^\s@<>]+@[^\s@<>]+|\d[\d ./-]{4,}\d")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What no text of an extract may hold.

    Attributes:
        people: everybody else whom the case ever named.
        contacts: addresses and numbers of those from whom the report came, letters and digits only.
        told: texts of reporters, as words.
        bodies: names, references and agreements of referrals that must not be known, as words.
        suspected: categories of which nobody may hear, because a body looks into them in silence.
        referred: what such a body was sent.
    """

    people: Sequence[Subject] = field(default=(), repr=False)
    contacts: frozenset[str] = field(default=frozenset(), repr=False)
    told: Sequence[Sequence[str]] = field(default=(), repr=False)
    bodies: Sequence[Sequence[str]] = field(default=(), repr=False)
    suspected: frozenset[str] = field(default=frozenset(), repr=False)
    referred: frozenset[str] = field(default=frozenset(), repr=False)


def gives_away(text: str, secrets: Secrets) -> bool:
    """Whether a text holds something that must not go out with it."""
    words = naming.folded(text)
    return (
        naming.names(text, secrets.people)
        or not contacts_in(text).isdisjoint(secrets.contacts)
        or any(_repeats(words, one) for one in secrets.told)
        or any(one and _within(words, one) for one in secrets.bodies)
        or not _pairs(words).isdisjoint(_said_of(secrets.suspected))
    )


def contacts_in(text: str) -> frozenset[str]:
    """The addresses and long numbers of a text, however they are divided."""
    found = (_CONTACT.findall(text), _CONTACT.findall(text.replace(" ", "")))
    return frozenset(
        "".join(sign for sign in one.casefold() if sign.isalnum()) for some in found for one in some
    )


def _said_of(categories: frozenset[str]) -> set[tuple[str, str]]:
    """Two words in a row by which one of these categories is called, in any language."""
    listed = catalogue.code_list("categories").by_code
    labels = (label for code in categories for label in listed[code].labels.values())
    return {pair for label in labels for pair in _pairs(naming.folded(label))}


def _pairs(words: Sequence[str]) -> set[tuple[str, str]]:
    """Neighbours, past words of one or two letters."""
    telling = [one for one in words if len(one) > 2]  # noqa: PLR2004
    return set(pairwise(telling))


def _repeats(words: Sequence[str], told: Sequence[str]) -> bool:
    """Whether `RUN` words in a row are the same, or all words of a shorter text."""
    if len(told) < RUN:
        return len(told) >= FEWEST and _within(words, told)
    runs = {tuple(told[start : start + RUN]) for start in range(len(told) - RUN + 1)}
    return any(tuple(words[start : start + RUN]) in runs for start in range(len(words) - RUN + 1))


def _within(words: Sequence[str], part: Sequence[str]) -> bool:
    size = len(part)
    return any(list(words[at : at + size]) == list(part) for at in range(len(words) - size + 1))


def propose(
    db: Work,
    case: Case,
    person: UUID,
    chosen: Sequence[UUID],
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> dict[str, Any]:
    """The extract as it would be, for the second person to read.

    Args:
        person: of the case; whose data it is.
        chosen: allegations, interviews and outcomes that concern this person.

    Raises:
        NotPermitted, DeclarationNeeded: as `assignments.demand`; only a data protection officer proposes one.
        Unacceptable: no such person, one of those who are sheltered, or a thing that is not about them.
        NamesAPerson: something in it points to somebody else, or tells what a reporter told.
    """
    assignments.demand(db, by, EXTRACT, case, shut_too=True)
    if PROPOSES not in access.case_roles(db, by, case):
        raise NotPermitted
    return _made(db, case, person, chosen, by=by, keys=keys)


# Any: as JSON has the fields of the act.
def open_(
    db: Work,
    case: Case,
    fields: Mapping[str, Any],
    *,
    first: UUID,
    by: StaffActor,
    keys: "StaffKeys",
) -> TimedAccess:
    """Keep what was agreed on and let who asked fetch it.

    Raises:
        NotPermitted: only a legal counsel agrees.
        ProposalVoid: what it is made of was changed meanwhile.
        NamesAPerson: what a reporter sent meanwhile stands in it.
    """
    if AGREES not in access.case_roles(db, by, case):
        raise NotPermitted
    chosen = [UUID(one) for one in fields["things"]]
    try:
        made = _made(db, case, UUID(fields["person"]), chosen, by=by, keys=keys)
    except Unacceptable:
        raise ProposalVoid from None
    if made != fields["extract"]:
        raise ProposalVoid
    told: dict[str, object] = {"person": fields["person"], "reason": fields["reason"]}
    holds.decide(db, case, EXTRACT, told, by=by, keys=keys)
    kept = things.seal(db, case, FIELD, made, by=by, keys=keys)
    return timed.opened(
        db,
        case,
        TimedKind.EXTRACT,
        first,
        hours=HOURS,
        agreed=(first, by.id),
        identity=kept.id,
    )


def _made(
    db: Work,
    case: Case,
    person: UUID,
    chosen: Sequence[UUID],
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> dict[str, Any]:
    """The extract, put together and compared with what must not be in it; the looks are recorded."""
    reports = db.exec(select(Report).where(Report.case_id == case.id, col(Report.delivered))).all()
    cases = family.of(db, case)
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["persons", "reports", "threads"], at=case.seq, action=EXTRACT),
        opens=cases.keys() | {one.origin_case_id for one in reports},
    )
    about = {
        one.id: one.value
        for one in things.held_of_family(db, case, "person", permit=permit, keys=keys)
    }
    if person not in about or not roles(about[person]).isdisjoint(SHELTERED):
        raise Unacceptable([("/person", "unknown_value")])
    concerning = {
        one.id: (kind, one.value)
        for kind in ("allegation", "interview", "outcome")
        for one in things.held_of_family(db, case, kind, permit=permit, keys=keys)
        if _concerns(kind, one.value, person)
    }
    if wrong := [n for n, one in enumerate(chosen) if one not in concerning]:
        raise Unacceptable([(f"/things/{n}", "unknown_value") for n in wrong])
    parts = [("/person", "person", about[person])]
    parts += [(f"/things/{n}", *concerning[one]) for n, one in enumerate(chosen)]
    secrets = _secrets(db, person, cases, reports, permit=permit, keys=keys)
    kept = [(pointer, kind, _kept(kind, value)) for pointer, kind, value in parts]
    given_away = [
        f"/things/{n}"
        for n, one in enumerate(chosen)
        if _in_silence(one, concerning[one][1], secrets)
    ]
    given_away += [
        pointer
        for pointer, _, value in kept
        if any(gives_away(text, secrets) for text in _texts(value))
    ]
    if given_away:
        raise NamesAPerson(list(dict.fromkeys(given_away)))
    return {"parts": [{"kind": kind, **value} for _, kind, value in kept]}


# Any: things as JSON has them, here and below.
def _concerns(kind: str, value: Mapping[str, Any], person: UUID) -> bool:
    if kind == "allegation":
        return str(person) in {*value["subjects"], *value["victims"]}
    if kind == "outcome" and _family(value["outcome"]) == "referral":
        return False  # what went to other bodies is theirs to tell, and some of it nobody may
    return bool(value["person"] == str(person))


def _in_silence(identity: UUID, value: Mapping[str, Any], secrets: Secrets) -> bool:
    """Whether a thing is what a body looks into without anybody's knowledge."""
    categories = {value.get("category"), *value.get("further_categories", ())}
    return str(identity) in secrets.referred or not categories.isdisjoint(secrets.suspected)


def _family(outcome: str) -> str:
    return catalogue.code_list("outcomes").by_code[outcome].extra["family"]


def _kept(kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value[name] for name in KEPT[kind] if value.get(name) not in (None, "", [], False)
    }


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)


def _secrets(
    db: Work,
    person: UUID,
    cases: Mapping[UUID, Case],
    reports: Sequence[Report],
    *,
    permit: "ReadPermit",
    keys: "StaffKeys",
) -> Secrets:
    """What must not be in it, from every version of everybody, every report and every thread."""
    rows = db.exec(
        select(Record).where(
            col(Record.case_id).in_(cases),
            Record.kind == KeyKind.INT,
            col(Record.field).in_(("person", "referral")),
            col(Record.delivered),
            col(Record.deleted).is_(False),
            col(Record.redacted_on).is_(None),
        )
    ).all()
    opened = [
        (row, records.open_(db, permit, keys.case_key(cases[row.case_id], row.epoch), row))
        for row in rows
    ]
    people = [(row.id, value) for row, value in opened if row.field == "person"]
    withheld = [
        value for row, value in opened if row.field == "referral" and value["withhold_notice"]
    ]
    silent = [value for value in withheld if handing_on.silent_about(value["body"])]
    own = {conflicts.normalise_name(value["name"] or "") for one, value in people if one == person}
    # Who reported is never oneself here, though the names were the same: then nothing goes out.
    others = [
        Subject(name=value["name"], staff_number=value["staff_number"])
        for one, value in people
        if one != person
        and (
            not roles(value).isdisjoint(SHELTERED)
            or conflicts.normalise_name(value["name"] or "") not in own
        )
    ]
    contacts = {
        found
        for _, value in people
        if not roles(value).isdisjoint(SHELTERED)
        for found in contacts_in(value["description"] or "")
    }
    return Secrets(
        people=others,
        contacts=frozenset(contacts),
        told=[naming.folded(text) for text in _told(db, reports, permit, keys)],
        bodies=[naming.folded(text) for value in withheld for text in _known_by(db, value)],
        suspected=frozenset().union(*(handing_on.silent_about(one["body"]) for one in silent)),
        referred=frozenset(item for one in silent for item in one["items"]),
    )


def _known_by(db: Work, referral: Mapping[str, Any]) -> Iterator[str]:
    """The words by which a referral can be known: names of the body, its reference, what was agreed with it.

    Of what was agreed, when it was sent or as it is now, the reference; of a body nobody may hear of the
    address of the channel and the key too. The law and who receives it there are words of many a text.
    """
    body = referral["body"]
    yield from catalogue.code_list("referral_bodies").by_code[body].labels.values()
    yield referral["reference"] or ""
    for agreed in (referral.get("terms") or {}, handing_on.terms(db, body) or {}):
        yield agreed.get("agreement") or ""
        if handing_on.silent_about(body):
            addresses = (agreed.get("channel") or "", agreed.get("public_key") or "")
            yield from (one for one in addresses if not ADDRESS.isdisjoint(one))


def _told(
    db: Work, reports: Sequence[Report], permit: "ReadPermit", keys: "StaffKeys"
) -> Iterator[str]:
    """Everything that reporters of the case wrote."""
    for report in reports:
        rows = db.exec(
            select(Record).where(
                Record.report_id == report.id,
                col(Record.field).in_(("report", "message")),
                col(Record.delivered),
                col(Record.redacted_on).is_(None),
            )
        )
        for row in rows:
            value = records.open_(db, permit, keys.thread_key(report, row.epoch), row)
            if row.field == "report" or value["author"] == "reporter":
                yield from _texts(value)
