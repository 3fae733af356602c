"""What lies in the stores against what the main database knows of."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

from cases.models.case import KeyKind
from cases.sealing.stocktaking import Stock, take_stock
from cases.sealing.vault import new_keys
from tests.cases.builders import a_house
from tests.cases.lives import a_life

if TYPE_CHECKING:
    from tests.databases import Backend


def test_what_nothing_refers_to_is_counted_and_left_alone(backend: Backend) -> None:
    with closing(a_house(backend)) as small:
        one, _ = a_life(small), a_life(small)
        with small.look() as db:
            assert take_stock(db) == Stock(0, 0, (), 0)
        small.house.vault.keep(
            new_keys([(KeyKind.INT, uuid4())])
        )  # a crash before the main database
        small.house.vault.forget([(KeyKind.INT, one.case)])
        before = small.house.vault.tags()
        with small.look() as db:
            assert take_stock(db) == Stock(1, 1, (), 0)
        assert small.house.vault.tags() == before
