"""Stories are told in a world of their own (`tests/world.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api import sequencing
from tests.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["world"]


@pytest.fixture(scope="package", autouse=True)
def _seldom_scrubbed() -> Iterator[None]:
    """Months pass in seconds here: what is looked through each hour would be all that happens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequencing, "SCRUBBED_TILES", 1)
        yield
