"""The languages people are answered in, and how a caller's wish is read."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType

from starlette.requests import HTTPConnection

from workflows.model import LOCALES, Locale

LANGUAGES: tuple[Locale, ...] = LOCALES
"""Languages everything is worded in; the first answers whoever wishes for none of them."""

HEADER_CHARACTERS = 1_000
RANGES = 20
"""How much of an Accept-Language is read. People send three ranges; a longer list is no wish."""


def language(request: HTTPConnection) -> Locale:
    """The language this caller is answered in (RFC 9110, 12.5.4): one of `LANGUAGES`."""
    return negotiate(", ".join(request.headers.getlist("accept-language")))


def negotiate(header: str) -> Locale:
    """The best of `LANGUAGES` for an Accept-Language header; English when nothing fits.

    Matching is RFC 4647's lookup: `pt-BR` is served in `pt`. A weight of zero rules a language
    out. What cannot be read is passed over, never refused: a wish is not a command.
    """
    wishes = list(_ranges(header[:HEADER_CHARACTERS]))
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


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Language ranges and their weights, 0 to 1, in the order they were written."""
    for item in islice(header.split(","), RANGES):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weight = _quality(parameter[2:])
        if name:
            yield name, weight


def _quality(text: str) -> float:
    """A weight as RFC 9110 writes it, `0`, `0.5` or `1.000`; what is written otherwise weighs 0.

    `float` alone would take `nan`, `inf`, `1e3` and the digits of other scripts.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if whole not in {"0", "1"} or not (digits.isascii() and digits.isdigit()):
        return 0.0
    return min(float(text), 1.0)


@cache
def texts(name: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """All texts of one language: `problems` -> code -> `title` and `detail`."""
    source = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(source))


def words(section: str, name: str) -> Mapping[str, str]:
    """The texts of one page in one language, by their codes."""
    found: Mapping[str, object] = texts(name)[section]
    return {code: text for code, text in found.items() if isinstance(text, str)}
