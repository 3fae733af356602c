"""What most tests of the rooms begin with; a module that needs another beginning has its own."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend


@pytest.fixture
def small(backend: Backend, request: pytest.FixtureRequest) -> Iterator[SmallHouse]:
    """A small house on databases of its own."""
    changes_code = "monkeypatch" in request.fixturenames
    with closing(a_house(backend, anew=changes_code)) as house:
        yield house


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """A report that has just come in."""
    return a_life(small)


@pytest.fixture
def target(small: SmallHouse) -> Life:
    """A case, assessed."""
    return a_life(small).triaged()


@pytest.fixture
def source(small: SmallHouse, target: Life) -> Life:
    """Another one with the same people, which may become part of it."""
    return a_life(small, target.cast).triaged()
