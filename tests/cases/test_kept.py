"""Houses that begin alike: the second one is a copy, and its own."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from sqlmodel import func, select

from cases.models.case import Case
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases import Databases


@pytest.fixture
def another(databases: Databases) -> Iterator[Callable[..., SmallHouse]]:
    """Makes a house, and one more, each on databases of its own."""
    with ExitStack() as undo:

        def make(*, anew: bool = False) -> SmallHouse:
            backend = databases.fresh("sqlite")
            undo.callback(databases.discard, backend)
            return undo.enter_context(closing(a_house(backend, anew=anew)))

        yield make


def everything_of(life: Life) -> tuple[object, ...]:
    return life.case_id, life.reference, life.stretched, life.things, dict(life.cast)


def test_what_begins_alike_is_the_same_and_what_one_does_is_not_done_in_the_other(
    another: Callable[..., SmallHouse],
) -> None:
    one, other = (a_life(another()).investigated() for _ in range(2))
    assert everything_of(one) == everything_of(other)
    assert one.steps() == other.steps()
    before = other.case()
    one.write("lead", "note", text="The log of that day.")
    one.reply()
    assert one.case().state == "right_of_reply"
    assert other.case() == before
    other.reply()
    assert one.steps() == other.steps()


@pytest.mark.parametrize(
    "happens",
    [
        lambda life: life.small.clock.move(days=1),
        lambda life: life.small.person("analyst"),
        lambda life: life.rating.update(likelihood="likely"),
        lambda life: life.cast.update(triage=life.small.person("triage_officer")),
    ],
    ids=["time passes", "somebody comes", "it is rated otherwise", "somebody else has a part"],
)
def test_what_went_on_otherwise_is_not_taken_from_another_house(
    another: Callable[..., SmallHouse], happens: Callable[[Life], object]
) -> None:
    as_ever, life = a_life(another()).triaged(), a_life(another())
    assert life.case_id == as_ever.case_id
    happens(life)
    life.triaged()
    assert life.things != as_ever.things
    assert life.case().state == as_ever.case().state == "assessed"


def test_a_house_that_is_asked_for_anew_has_nothing_in_common_with_others(
    another: Callable[..., SmallHouse],
) -> None:
    first, anew = another(), another(anew=True)
    assert first.house.keyring.deployment != anew.house.keyring.deployment
    assert set(first.units.values()).isdisjoint(anew.units.values())
    assert a_life(first).reference != a_life(anew).reference
    with anew.look() as db:
        assert db.exec(select(func.count()).select_from(Case)).one() == 1
