"""Days that pass in a world where many reports go their ways at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.life import Life
    from tests.stories.routes import Route
    from tests.world import World


@dataclass
class Calendar:
    """What goes on, day by day.

    Attributes:
        lives: every report that was sent, in the order in which they came.
    """

    world: World
    lives: list[Life] = field(default_factory=list)
    _going: list[tuple[date, Iterator[int]]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The present day."""
        return self.world.clock.now.date()

    def begin(self, route: Route, **sent: Any) -> Life:  # noqa: ANN401 -- JSON
        """A report comes in and goes a way."""
        life = self.world.life(**sent)
        self.lives.append(life)
        self._advance(route(life))
        return life

    def to(self, day: date) -> None:
        """Let the days pass up to one, each with what the service does by itself and what people do."""
        while self.today < day:
            self.world.pass_days(1)
            self._going, waiting = [], self._going
            for when, way in waiting:
                if when <= self.today:
                    self._advance(way)
                else:
                    self._going.append((when, way))

    def leap_to(self, day: date) -> None:
        """Go to a day at once, when nobody has anything planned before."""
        assert not self._going
        there = datetime.combine(day, self.world.clock.now.timetz())
        self.world.clock.move(seconds=(there - self.world.clock.now).total_seconds())
        while self.world.run_due():
            pass

    def transitions(self) -> set[str]:
        """The ids of every step of the workflow that was taken."""
        steps = {(one.source or "", one.event): one.id for one in catalogue.workflow().transitions}
        return {steps[before, action] for life in self.lives for _, before, action, _ in life.steps}

    def _advance(self, way: Iterator[int]) -> None:
        days = next(way, None)
        if days is not None:
            when = date.fromordinal(self.today.toordinal() + days)
            self._going.append((when, way))
