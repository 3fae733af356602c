"""The languages people are answered in, and how a caller's wish is read."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from starlette.requests import HTTPConnection

from api import headers
from workflows.model import LOCALES, Locale

LANGUAGES: tuple[Locale, ...] = LOCALES
"""Languages everything is worded in; the first answers whoever wishes for none of them."""


def language(request: HTTPConnection) -> Locale:
    """The language this caller is answered in (RFC 9110, 12.5.4): one of `LANGUAGES`."""
    return negotiate(", ".join(request.headers.getlist("accept-language")))


def negotiate(header: str) -> Locale:
    """The best of `LANGUAGES` for an Accept-Language header; English when nothing fits.

    Matching is RFC 4647's lookup: `pt-BR` is served in `pt`. A weight of zero rules a language
    out. What cannot be read is passed over, never refused: a wish is not a command.
    """
    wishes = list(headers.ranges(header))
    refused = {name for name, weight in wishes if weight == 0}
    offered = [name for name in LANGUAGES if name not in refused]
    # The sort is stable: between equal weights the caller's order holds.
    for name, _ in sorted((wish for wish in wishes if wish[1] > 0), key=_weight, reverse=True):
        served = offered if name == "*" else [one for one in offered if _covers(one, name)]
        if served:
            return served[0]
    return LANGUAGES[0]


def _covers(offered: str, wanted: str) -> bool:
    return wanted == offered or wanted.startswith(f"{offered}-")


def _weight(wish: tuple[str, float]) -> float:
    return wish[1]


@cache
def texts(name: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """All texts of one language: `problems` -> code -> `title` and `detail`."""
    source = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(source))


def words(section: str, name: str) -> Mapping[str, str]:
    """The texts of one page in one language, by their codes."""
    found: Mapping[str, object] = texts(name)[section]
    return {code: text for code, text in found.items() if isinstance(text, str)}
