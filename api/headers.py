"""Lists in the headers of requests: what a caller would rather have, and what they have already (RFC 9110)."""

from collections.abc import Iterator
from itertools import islice

CHARACTERS = 1_000
RANGES = 20
"""How much of a list of wishes is read. People send a handful of ranges; a longer list is no wish."""


def ranges(header: str) -> Iterator[tuple[str, float]]:
    """Ranges in small letters and their weights, 0 to 1, in the order they were written (12.4.2).

    What cannot be read is passed over, never refused: a wish is not a command.
    """
    for item in islice(header[:CHARACTERS].split(","), RANGES):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weight = quality(parameter[2:])
        if name:
            yield name, weight


def quality(text: str) -> float:
    """A weight as it has to be written, `0`, `0.5` or `1.000`; what is written otherwise weighs 0.

    `float` alone would take `nan`, `inf`, `1e3` and the digits of other scripts.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if whole not in {"0", "1"} or not (digits.isascii() and digits.isdigit()):
        return 0.0
    return min(float(text), 1.0)


def tags(header: str) -> frozenset[str]:
    """The entity tags of an `If-Match` or `If-None-Match`, without quotes and without the mark of a weak one.

    Proxies that compress an answer weaken its tag on the way, so that weak and strong are one here. Ours
    hold no comma; a tag without quotes is taken as it stands, because answers give it like that in their text.
    """
    return frozenset(
        tag.strip().removeprefix("W/").strip('"') for tag in header.split(",") if tag.strip()
    )
