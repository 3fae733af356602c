"""Two worlds that are the same but for one case, which everybody is walled off from.

Both are copies of one demo: the same keys, ids, salts, tokens and clock. Chance comes from one seeded
source, set anew before each thing that happens, so that what a case more has used up shifts nothing.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import conflicts
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.models.case import Case
from cases.models.people import Staff
from tests.api.inhabited import inhabit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from httpx2 import Response

    from tests.api.inhabited import Plot
    from tests.world import World

RENAMED = {
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "reference": r"(?<![0-9A-Za-z-])[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}(?![0-9A-Za-z-])",
    "digest": r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])",
    "tag": r'(?<="etag":")[^"]+(?=")',
    "cursor": r'(?<="next":")[^"]+(?=")',
}
"""What is made by chance or from a number of the whole trail -> how it looks."""

HEADERS_RENAMED = frozenset({"etag", "x-audit-receipt"})


class Chance:
    """A source of randomness that begins again where it is told to."""

    def __init__(self) -> None:
        self._random = random.Random(0)  # that it can be foretold is the point

    def begin(self, *at: object) -> None:
        """From here on, what follows depends on this alone."""
        self._random.seed(hashlib.sha256(repr(at).encode()).digest())

    def __call__(self, size: int) -> bytes:
        return self._random.randbytes(size)


@contextmanager
def foretold() -> Iterator[Chance]:
    """Everything the service draws by chance comes from one seeded source; ciphers keep their own."""
    chance = Chance()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", chance)
        patch.setattr(random, "_urandom", chance)
        yield chance


LOOKED_FOR = re.compile("|".join(f"(?P<{kind}>{how})" for kind, how in RENAMED.items()))


@lru_cache(maxsize=2_000)
def pieces(text: str) -> tuple[tuple[str, str], ...]:
    """A text cut at what is to be renamed: (what it is, it), or ("", what stands between).

    Much is told to everybody in the same words, lists of codes above all, and is looked through once.
    """
    found, end = [], 0
    for one in LOOKED_FOR.finditer(text):
        found += [("", text[end : one.start()]), (one.lastgroup or "", one[0])]
        end = one.end()
    return (*found, ("", text[end:]))


@dataclass
class Names:
    """Things renamed by the order in which they first appear."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[str, Iterator[int]] = field(default_factory=lambda: defaultdict(count))

    def of(self, kind: str, value: str) -> str:
        """The name of one thing."""
        if (kind, value) not in self.known:
            self.known[kind, value] = f"<{kind} {next(self.numbers[kind])}>"
        return self.known[kind, value]

    def in_(self, text: str) -> str:
        """A text with everything renamed."""
        return "".join(self.of(kind, piece) if kind else piece for kind, piece in pieces(text))

    def told(self, answer: Response) -> tuple[int, str, str]:
        """Status, headers and body as the caller sees them, renamed."""
        headers = [
            f"{name}: "
            + (
                " ".join(self.of(name, one) for one in value.split())
                if name in HEADERS_RENAMED
                else self.in_(value)
            )
            for name, value in sorted(answer.headers.items())
            if name != "content-length" or not answer.headers.get("x-audit-receipt")
        ]
        return answer.status_code, "\n".join(headers), self.in_(answer.text)


@dataclass(frozen=True)
class Twin:
    """One of the two worlds.

    Attributes:
        plot: a case that both have.
        hidden: where the case of the other world is, by the names of path parameters; the same ids in both.
    """

    world: World
    plot: Plot
    hidden: dict[str, str] = field(default_factory=dict)


def a_twin(world: World, chance: Chance) -> Twin:
    """The case that both worlds have."""
    chance.begin("what both have")
    plot = inhabit(world, body="What everybody may know of.", office="harbour")
    world.clock.move(minutes=5)
    world.run_due()
    return Twin(world, plot)


def hide_a_case(world: World, chance: Chance, *, build_walls: bool = True) -> dict[str, str]:
    """A case in the middle of its life, which everybody is then walled off from.

    Returns:
        Where it is.
    """
    chance.begin("what one has")
    before = known(world)
    plot = inhabit(world, body="What nobody may know of.", office="harbour")
    (case,) = known(world) - before
    if build_walls:
        with world.house.unit_of_work() as db:
            conflicts.wall(db, case, db.exec(select(Staff.id)).all())
            log.emit(db, "conflict.matched", by=THE_SERVICE, case=db.get_one(Case, case))
    world.sequencing.turn()
    return {
        "reference": plot.life.reference,
        "proposal": plot.proposal,
        "declaration": plot.declaration,
        "id": plot.exhibit,
        "identity": plot.things["notes"],
    }


def known(world: World) -> set[UUID]:
    """Every case there is."""
    with world.house.glance() as db:
        return set(db.exec(select(Case.id)))


__all__ = ["Chance", "Names", "Twin", "a_twin", "foretold", "hide_a_case"]
