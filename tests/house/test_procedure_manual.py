"""The committed procedure manual is the one the definition writes: `make manual` writes it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.cli.manual import MANUALS, written
from tests.house.tree import ROOT

if TYPE_CHECKING:
    from workflows.model import Locale


@pytest.mark.parametrize(("locale", "path"), MANUALS.items())
def test_the_committed_manual_is_what_the_definition_says(locale: Locale, path: str) -> None:
    assert (ROOT / path).read_text("utf-8") == written(locale)
