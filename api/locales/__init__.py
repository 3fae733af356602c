"""The languages people are answered in, and how a caller's wish is read."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType

from babel import negotiate_locale
from starlette.requests import HTTPConnection

LANGUAGES = ("en", "fr", "es", "pt", "ar")
"""Languages everything is worded in; the first answers whoever wishes for none of them."""

HEADER_CHARACTERS = 1_000
RANGES = 20
"""How much of an Accept-Language is read. People send three ranges; a longer list is no wish."""


def language(request: HTTPConnection) -> str:
    """The language this caller is answered in (RFC 9110, 12.5.4): one of `LANGUAGES`."""
    return negotiate(", ".join(request.headers.getlist("accept-language")))


def negotiate(header: str) -> str:
    """The best of `LANGUAGES` for an Accept-Language header; English when nothing fits.

    Matching is RFC 4647's lookup: `pt-BR` is served in `pt`. A weight of zero rules a language
    out. What cannot be read is passed over, never refused: a wish is not a command.
    """
    wishes = list(_ranges(header[:HEADER_CHARACTERS]))
    refused = {name for name, weight in wishes if weight == 0}
    offered = [name for name in LANGUAGES if name not in refused]
    if not offered:
        return LANGUAGES[0]
    # The sort is stable: between equal weights the caller's order holds.
    wanted = [name for name, weight in sorted(wishes, key=_weight, reverse=True) if weight > 0]
    preferred = [offered[0] if name == "*" else name for name in wanted]
    return negotiate_locale(preferred, offered, sep="-") or LANGUAGES[0]


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
