"""The languages people are answered in."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api import locales, problems

ARABIC = re.compile(r"[\u0600-\u06ff]")


@pytest.mark.parametrize("name", locales.LANGUAGES)
def test_every_problem_is_worded_in_every_language_and_no_other_is(name: str) -> None:
    worded = locales.texts(name)["problems"]
    assert set(worded) == set(problems.STATUS)
    for code, text in worded.items():
        assert set(text) == {"title", "detail"}, code
        assert text["title"].strip() == text["title"] != "", code
        assert text["detail"].endswith("."), code
        assert not text["title"].endswith("."), code
        assert "{" not in text["detail"], "nothing is ever filled in"


@pytest.mark.parametrize("name", locales.LANGUAGES[1:])
def test_no_text_was_left_in_english(name: str) -> None:
    english = locales.texts("en")["problems"]
    for code, text in locales.texts(name)["problems"].items():
        assert text["title"] != english[code]["title"]
        assert text["detail"] != english[code]["detail"]
        assert bool(ARABIC.search(text["title"])) == (name == "ar")


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    folder = Path(locales.__file__).parent
    assert {path.stem for path in folder.glob("*.toml")} == set(locales.LANGUAGES)


@pytest.mark.parametrize("name", locales.LANGUAGES)
def test_every_language_has_the_same_texts_in_the_same_order(name: str) -> None:
    def keys(tables: Mapping[str, object], path: str = "") -> list[str]:
        found: list[str] = []
        for key, value in tables.items():
            at = f"{path}/{key}"
            found += keys(value, at) if isinstance(value, Mapping) else [at]
        return found

    assert keys(locales.texts(name)) == keys(locales.texts("en"))


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-be", "fr"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("en;q=0.1, ar-EG;q=0.9", "ar"),
        ("de, es;q=0.3, fr;q=0.5", "fr"),
        ("de,sw", "en"),
        ("de, *;q=0.5", "en"),
        ("*", "en"),
        ("*, en;q=0", "fr"),
        ("en;q=0, fr;q=0, es;q=0, pt;q=0, ar;q=0", "en"),
        ("fr;q=0", "en"),
        ("fr;q=nan, es;q=0.1", "es"),
        ("fr;q=inf, es;q=1e3, pt;q=0.1", "pt"),
        ("fr;q=٠.٩, es;q=0.1", "es"),
        ("fr;q=0.5;x=y, es;q=0.4", "fr"),
        ("fr;level=1", "fr"),
        (",,;;,;q=1,es", "es"),
        ("fr_FR", "en"),
        ("../../etc/passwd", "en"),
        (", ".join(["xx"] * 20 + ["fr"]), "en"),
    ],
)
def test_the_caller_s_wish_is_read_as_rfc_9110_says(header: str, wanted: str) -> None:
    assert locales.negotiate(header) == wanted


@given(st.text())
@example("\x00" * 10_000)
@example("en;q=" + "9" * 5_000)
@example("-" * 1_000)
@example("\ud800")
def test_no_header_whatever_it_holds_gives_anything_but_a_language(header: str) -> None:
    assert locales.negotiate(header) in locales.LANGUAGES
