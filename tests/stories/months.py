"""Two months of an administration, February and March 2026, and what became of everything afterwards.

Everything that is asked of the service on a day is asked on that day and kept; tests look at what was
kept, in any order and in any process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.stories import longer, people
from tests.stories.calendar import Calendar
from tests.stories.ledger import Figures, Month
from tests.world import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.life import Life
    from tests.stories.ledger import Cell, Number
    from tests.stories.routes import Route
    from tests.world import World

FEBRUARY = Month(date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 6))
MARCH = Month(date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 7))
"""Both are counted on the fifth working day after their end."""
OPENING = date(2026, 2, 16)
"""The day the doors open."""

NEVER_GIVEN = "1234 5678 9012 3456 7891"
"""A receipt with the right check digit that nobody has."""

CUTS = ((), ("category",), ("office",), ("channel",), ("category", "office"))
"""How the figures are cut in this story."""


@dataclass
class Kept:
    """What is kept of the story: plain values, so that one process can live it and others ask.

    Attributes:
        sent: what people sent, with the language in which they read the service.
        steps: ids of the steps of the workflow that were taken.
        exact: March as the head of internal affairs saw it before it was published, by its cuts.
        own: the same as the story counted it.
        outside, own_outside: the same of the body outside, cut by office.
        shown: March as published, seen by the national committee, by its cuts.
        table: the last of these as CSV.
        first_read, read_again: (bytes, ETag) of published months, at once and more than a year later.
        strangers: what a receipt is answered whose case was forgotten, and one that never was.
        told: (what the service tells, what the story saw) of the steps of each case.
    """

    sent: list[dict[str, Any]] = field(default_factory=list)
    steps: set[str] = field(default_factory=set)
    exact: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    own: dict[tuple[str, ...], dict[tuple[str, Cell], Number]] = field(default_factory=dict)
    outside: dict[str, Any] = field(default_factory=dict)
    own_outside: dict[tuple[str, Cell], Number] = field(default_factory=dict)
    shown: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    table: str = ""
    first_read: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    read_again: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    strangers: list[tuple[int, bytes]] = field(default_factory=list)
    told: list[tuple[list[tuple[str, str]], list[tuple[str, str]]]] = field(default_factory=list)


@dataclass
class Story:
    """What happens.

    Attributes:
        forgotten: the case whose content is destroyed in the end.
        brought_back: the case that is taken out of the archive.
        joined: the case that was merged into that one.
    """

    world: World
    calendar: Calendar
    kept: Kept = field(default_factory=Kept)
    forgotten: Life = field(init=False)
    brought_back: Life = field(init=False)
    joined: Life = field(init=False)

    def figures(self, part: str, month: str, *cuts: str, **headers: str) -> Response:
        """A month's figures, as somebody gets them."""
        query = f"?by={','.join(cuts)}" if cuts else ""
        path = f"/v1/statistics/months/{month}{query}"
        return self.world.as_(part).get(path, headers=headers)

    def publish(self, month: str) -> None:
        """One person freezes a month, another publishes it, and the national committee reads it."""
        path = f"/v1/statistics/months/{month}/publication"
        said(self.world.as_("statistician").post(path), 202)
        said(self.world.as_("head2").post(f"{path}/confirmation"), 200)
        self.kept.first_read[month] = self.read(month)

    def read(self, month: str) -> tuple[bytes, str]:
        """A published month, as the national committee gets it."""
        answer = self.figures("national", month, "office")
        said(answer, 200)
        return answer.content, answer.headers["ETag"]


def february_and_march(world: World, bodies: list[str], *, often: int) -> Kept:
    """Live through both months, and look at what became of it all a year later.

    Args:
        bodies: what people tell.
        often: how many reports come besides those that go ways of their own.
    """
    story = Story(world, Calendar(world))
    early = often // 8
    _come(story, people.crowd(bodies, early, seed=2), early, OPENING, FEBRUARY.last)
    special = _evenly(list(people.ONCE), MARCH.first, date(2026, 3, 22))
    crowd = people.crowd(bodies[early:] or bodies, often - early, seed=3)
    for day in range(1, MARCH.last.day + 1):
        today = date(2026, 3, day)
        story.calendar.to(today)
        if day == 2:
            _join_two(story)
        if day == 9:
            story.publish("2026-02")
        for way, sent in special.get(today, []):
            life = story.calendar.begin(way, **sent)
            if way is longer.goes_to_the_prosecutor:
                story.forgotten = life
        _come(story, crowd, _portion(often - early, day, 31), today, today)
    story.calendar.to(date(2026, 4, 8))
    _count(story)
    _a_year_later(story)
    _remember(story)
    return story.kept


def _come(
    story: Story,
    crowd: Iterator[tuple[Route, dict[str, Any]]],
    count: int,
    first: date,
    last: date,
) -> None:
    """So many reports come, evenly from one day to another."""
    for n in range(count):
        story.calendar.to(first + timedelta(days=n * ((last - first).days + 1) // count))
        way, sent = next(crowd)
        story.calendar.begin(way, **sent)


def _portion(count: int, day: int, days: int) -> int:
    """How many of a count fall on one of so many days."""
    return count * day // days - count * (day - 1) // days


def _evenly(ways: list[Any], first: date, last: date) -> dict[date, list[Any]]:
    """Ways by the day they begin."""
    days: dict[date, list[Any]] = {}
    for n, way in enumerate(ways):
        day = first + timedelta(days=n * ((last - first).days + 1) // len(ways))
        days.setdefault(day, []).append(way)
    return days


def _join_two(story: Story) -> None:
    """Two people tell the same, and it becomes one case, which goes to the prosecutor."""
    begin = story.calendar.begin
    story.brought_back = begin(longer.goes_to_the_prosecutor, office="harbour", language="pt")
    join = longer.joined_to(story.brought_back)
    story.joined = begin(join, office="harbour", language="fr")


def _count(story: Story) -> None:
    """The eighth of April: March is counted, published, and read."""
    kept, lives = story.kept, story.calendar.lives
    for cuts in CUTS:
        kept.exact[cuts] = said(story.figures("head", "2026-03", *cuts))
        kept.own[cuts] = Figures([x for x in lives if not x.prefix], MARCH, *cuts).numbers
    kept.outside = said(story.figures("outside head", "2026-03", "office"))
    kept.own_outside = Figures([x for x in lives if x.prefix], MARCH, "office").numbers
    story.publish("2026-03")
    for cuts in CUTS:
        kept.shown[cuts] = said(story.figures("national", "2026-03", *cuts))
    kept.table = story.figures("national", "2026-03", *CUTS[-1], Accept="text/csv").text


def _a_year_later(story: Story) -> None:
    """What was closed is archived in its time; one case is forgotten for good, another comes back."""
    story.calendar.to(date(2026, 4, 30))
    story.calendar.leap_to(date(2026, 6, 10))
    for life in (story.forgotten, story.brought_back, story.joined):
        life.came("archive", "archived")
    story.forgotten.both("dpo", "dpo2", "purge")
    story.world.run_due()
    story.brought_back.both("head", "manager", "unarchive", reasons="The court asks for it.")
    story.calendar.leap_to(date(2027, 4, 20))
    for life in story.calendar.lives:
        kept_for_a_year = life.state == "not_admitted" or life.steps[-1][2] == "uphold"
        if kept_for_a_year and any(after == "not_admitted" for _, after in life.entered()):
            life.came("archive", "archived")
    for month in story.kept.first_read:
        story.kept.read_again[month] = story.read(month)


def _remember(story: Story) -> None:
    """Who sent what, which steps were taken, and what the service tells of them."""
    kept, lives = story.kept, story.calendar.lives
    kept.sent = [life.reporter.sent | {"language": life.reporter.language} for life in lives]
    kept.steps = story.calendar.transitions()
    somebody = story.world.anybody()
    for receipt in (story.forgotten.reporter.receipt, NEVER_GIVEN):
        answer = somebody.post("/v1/reporter/session", {"receipt": receipt})
        kept.strangers.append((answer.status_code, answer.content))
    for life in lives[-40:]:
        if life.state not in ("archived", "purged", "merged"):
            kept.told.append((_told(life), [(before, act) for _, before, act, _ in life.steps]))


def _told(life: Life) -> list[tuple[str, str]]:
    """The steps of a case as its history has them: (state left, action)."""
    entries = life.read("manager2", "history")["history"]
    steps = [one for one in entries if one["kind"] == "case.status"]
    return [
        (one["details"].get("before", ""), one["details"]["action"])
        for one in sorted(steps, key=lambda one: one["seq"])
    ]
