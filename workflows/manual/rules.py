"""What holds on the whole way: two persons, roles, permissions, walls, risk, and how long what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.assessment import TOP, detriment_rating
from workflows.manual.book import Book, Chapter, heading, table
from workflows.model import Grade

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflows.model import Grant

GRADES = {
    Grade.YES: "grade_yes",
    Grade.ASSIGNED: "grade_assigned",
    Grade.AGGREGATE: "grade_aggregate",
    Grade.OWN_REPORT: "grade_own_report",
    Grade.SECOND: "grade_second",
}
"""How far a permission reaches -> the phrase that says so."""

WAYS = {"committee_member": "concern_committee", "system_administrator": "concern_administrator"}
"""What happens to a report about the house that stays on its usual way, by the codes of `concerns`."""


def clocks(book: Book) -> Chapter:
    """What runs by the calendar beside the stages' own clocks."""
    return Chapter(book.say("clocks"), "clocks", [book.say("clocks_intro"), book.texts("clocks")])


def two_persons(book: Book) -> Chapter:
    """Every step, and every other act, that one person alone cannot do."""
    columns = [book.say(one) for one in ("two_step", "two_from", "two_proposes", "two_confirms")]
    steps = [
        (
            book.step(step.id),
            book.stage(step.source) if step.source else book.say("none"),
            book.labels("roles", step.who, last="or"),
            book.labels("roles", step.confirmed_by, last="or"),
        )
        for step in book.workflow.transitions
        if step.four_eyes
    ]
    parts = [
        book.say("two_intro"),
        book.texts("two"),
        table(columns, steps),
        heading(3, book.say("two_beside"), "two-beside"),
        _acts(book, book.wording.pairs, book.practice.pairs),
        heading(3, book.say("two_house"), "two-house"),
        _acts(book, book.wording.house, book.practice.house),
        book.texts("two_house"),
    ]
    return Chapter(book.say("two"), "two-persons", parts)


def _acts(book: Book, names: Mapping[str, str], acts: Mapping[str, str]) -> str:
    urgent = book.labels("priorities", sorted(book.practice.urgent), last="or")
    return table(
        [book.say("two_beside_columns"), book.say("two_beside_who")],
        [
            (
                names[code].format(urgent=urgent),
                book.labels("roles", book.permissions.acts[act], last="or"),
            )
            for code, act in acts.items()
        ],
    )


def roles(book: Book) -> Chapter:
    """Each role, and the steps it may start or agree to."""
    steps = book.workflow.transitions
    lines = []
    for role in book.lists["roles"].by_code:
        name = book.label("roles", role)
        lines.append(
            (
                book.say("named_mark", role=name) if role in book.practice.named else name,
                _links(book, [one.id for one in steps if role in one.who]),
                _links(book, [one.id for one in steps if role in one.confirmed_by]),
            )
        )
    columns = [book.say(one) for one in ("role", "role_starts", "role_agrees")]
    return Chapter(book.say("roles"), "roles", [book.say("roles_intro"), table(columns, lines)])


def _links(book: Book, steps: Sequence[str]) -> str:
    return ", ".join(book.step(one) for one in steps) or book.say("none")


def permissions(book: Book) -> Chapter:
    """The table of permissions, an act a line."""
    lines = [
        (
            book.wording.acts[act],
            book.join([_grant(book, role, grant) for role, grant in row.items()]),
        )
        for act, row in book.permissions.acts.items()
    ]
    columns = [book.say("act"), book.say("who")]
    return Chapter(
        book.say("permissions"),
        "permissions",
        [book.say("permissions_intro"), table(columns, lines)],
    )


def _grant(book: Book, role: str, grant: Grant) -> str:
    said = book.say(GRADES[grant.grade], role=book.label("roles", role))
    if grant.second and grant.grade is not Grade.SECOND:
        said = book.say("grade_with_second", grant=said)
    if grant.part is not None:
        said = book.say("grade_part", grant=said, part=book.wording.parts[grant.part])
    return said


def walls(book: Book) -> Chapter:
    """Who must not know of a case, which offices exclude each other, and what goes past the line."""
    held = book.practice.offices
    offices = [
        (name, book.labels("roles", (role for role, its in held.items() if its == office)))
        for office, name in book.wording.offices.items()
    ]
    ways = [
        (
            book.label("concerns", code),
            book.say("concern_around" if code in book.practice.around else WAYS[code]),
        )
        for code in book.lists["concerns"].by_code
    ]
    unconcerned = book.labels("person_roles", sorted(book.practice.unconcerned), last="or")
    bodies = book.lists["referral_bodies"].entries
    silent = book.labels(
        "referral_bodies", (one.code for one in bodies if one.extra["silent_about"]), last="or"
    )
    agreed_only = book.labels(
        "referral_bodies", (one.code for one in bodies if one.extra["may_learn_identity"] == "no")
    )
    parts = [
        book.texts(
            "walls",
            unconcerned=book.quote(unconcerned),
            silent=book.quote(silent),
            agreed_only=agreed_only,
        ),
        heading(3, book.say("concerns"), "concerns"),
        table([book.say("concern"), book.say("concern_way")], ways),
        heading(3, book.say("offices"), "offices"),
        book.say("offices_intro"),
        table([book.say("office"), book.say("office_roles")], offices),
    ]
    return Chapter(book.say("walls"), "walls", parts)


def priority(book: Book) -> Chapter:
    """What triage weighs: the dimensions with their scores, and the matrix of risk."""
    dimensions = [
        (
            entry.labels[book.locale],
            entry.extra["weight"],
            book.join(
                [
                    book.say("colon", term=score, text=book.label("priority_anchors", code))
                    for score in range(TOP + 1)
                    if (code := f"{entry.code}.{score}") in book.lists["priority_anchors"]
                ]
            ),
        )
        for entry in book.lists["priority_dimensions"].entries
    ]
    across = book.lists["detriment_seriousness"].by_code
    matrix = [
        (
            book.label("detriment_likelihoods", likely),
            *(book.label("risk_levels", detriment_rating(likely, grave)) for grave in across),
        )
        for likely in book.lists["detriment_likelihoods"].by_code
    ]
    parts = [
        book.say("priority_intro"),
        table([book.say(one) for one in ("dimension", "weight", "anchors")], dimensions),
        heading(3, book.say("detriment"), "detriment"),
        book.say("detriment_intro"),
        table(
            [
                book.say("likelihood"),
                *(book.label("detriment_seriousness", grave) for grave in across),
            ],
            matrix,
        ),
    ]
    return Chapter(book.say("priority"), "priority", parts)


def retention(book: Book) -> Chapter:
    """How long a case is kept, by its class."""
    one, many = book.wording.units["months"]
    lines = []
    for entry in book.lists["retention_classes"].entries:
        months = entry.extra["months"]
        said = (one if months == "1" else many).format(n=months)
        lines.append(
            (
                entry.code,
                entry.labels[book.locale],
                said if months else book.say("retention_by_law"),
            )
        )
    columns = [
        book.say(one) for one in ("retention_class", "retention_content", "retention_months")
    ]
    return Chapter(
        book.say("retention"), "retention", [book.texts("retention"), table(columns, lines)]
    )
