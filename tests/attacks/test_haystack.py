"""The search that other tests trust finds what is there, and says nothing of what is not."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.attacks import haystack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("way", sorted(haystack.planted("x" * 8)))
def test_a_word_that_was_planted_is_found(way: str, tmp_path: Path) -> None:
    marks = haystack.Marks()
    words = {"mark": haystack.forms(marks.stem)}
    (tmp_path / "file").write_bytes(
        secrets.token_bytes(5_000) + haystack.planted(marks("here"))[way] + secrets.token_bytes(99)
    )
    [(name, data)] = haystack.files(tmp_path)
    assert name == "file"
    assert haystack.found(words, data)


def test_a_word_in_a_files_name_is_found(tmp_path: Path) -> None:
    marks = haystack.Marks()
    (tmp_path / f"{marks('name')}.pdf").touch()
    [(_, data)] = haystack.files(tmp_path)
    assert haystack.found({"mark": haystack.forms(marks.stem)}, data)


def test_noise_holds_no_word() -> None:
    marks = haystack.Marks()
    assert not haystack.found({"mark": haystack.forms(marks.stem)}, secrets.token_bytes(2_000_000))
