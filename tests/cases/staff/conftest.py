"""The town these tests live in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cases.staff.people import a_town

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cases.staff.people import Town
    from tests.databases import Backend


@pytest.fixture
def town(backend: Backend) -> Iterator[Town]:
    """Founded, with units and an office, and nobody in it yet."""
    with a_town(backend) as made:
        yield made
