"""What may be shown of a month's figures so that no number points at a person.

Pure. A count of 1 to 4 is never shown, nor a rate whose numerator or remainder is one, nor a rate on
fewer than 10, nor a percentile of fewer than 5 values; a table with a hidden cell is served without its
totals. True zeros are shown. A cell that a table does not list holds zero, with two
exceptions, which are left out whatever they hold: sensitive categories below the regions, and
cells under 5, zero included, of category by office where fewer than 10 people work.

What this does not do: no second cell is hidden so that the first cannot be worked out from other
tables of the same month, such as an uncut total, and small posts are not added to their parents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.statistics.indicators import (
    DECIMALS,
    LEAST_BASE,
    LEAST_VALUES,
    Figure,
    Kind,
    wilson,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAST_CELL = 5
SENSITIVE = ("DIG-", "SMG-", "RET-")
SMALL_OFFICE = 10
"""People; where fewer work, a zero by category would say something about each of them."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What hiding has to know of the place that figures are about.

    Attributes:
        wide: the place is the nation, a unit or a region: sensitive categories may be shown.
        regions: codes of the offices that are regions, or the nation.
        small: codes of the offices where fewer than 10 people work, as far as their number is known.
    """

    wide: bool = True
    regions: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One row as it is served; what is None was hidden or does not belong to its kind."""

    indicator: str
    by: tuple[tuple[str, str], ...]
    value: int | float | None
    hidden: bool = False
    numerator: int | None = None
    denominator: int | None = None
    low: float | None = None
    high: float | None = None


def exact(figures: Iterable[Figure]) -> list[Shown]:
    """Every figure as it is, for the head of the unit whose cases they count."""
    return [_show(figure) for figure in figures]


def hide(figures: Sequence[Figure], around: Surroundings) -> list[Shown]:
    """The figures of one table as everybody else may see them."""
    cuts = {name for figure in figures for name, _ in figure.by}
    listed = [figure for figure in figures if not _left_out(figure, around)]
    incomplete = {figure.indicator for figure in listed if figure.by and covered(figure)}
    if "category" in cuts and ("office" in cuts or not around.wide):
        # Tables from which cells may be left out: totals that come and go would tell when.
        incomplete |= {figure.indicator for figure in figures}
    pinned = _pinned(listed)
    return [
        _cover(figure) if covered(figure) else _show(figure)
        for figure in listed
        if not (cuts and not figure.by and figure.indicator in incomplete)
        and not (_is_end_of_stock(figure) and figure.by in pinned)
    ]


def covered(figure: Figure) -> bool:
    """Whether a figure is too small to be shown."""
    if figure.kind is Kind.COUNT:
        return _few(figure.base)
    if figure.kind is Kind.DAYS:
        return _few(figure.base)
    numerator = figure.number or 0
    return 0 < figure.base < LEAST_BASE or _few(numerator) or _few(figure.base - numerator)


def leaves_open(total: int, cells: int) -> bool:
    """Whether a sum of cells that each hold 1 to 4 leaves every one of them anywhere from 1 to 4."""
    most = LEAST_CELL - 1
    return cells == 0 or (cells - 1) + most <= total <= most * (cells - 1) + 1


def _few(count: int) -> bool:
    return 0 < count < LEAST_CELL


def _left_out(figure: Figure, around: Surroundings) -> bool:
    by = dict(figure.by)
    category, office = by.get("category"), by.get("office")
    if category is None:
        return False
    sensitive = category.startswith(SENSITIVE)
    if sensitive and not (around.wide and (office is None or office in around.regions)):
        return True
    none_or_all = figure.kind is Kind.RATE and figure.number in (0, figure.base)
    return office in around.small and (covered(figure) or figure.base == 0 or none_or_all)


def _pinned(figures: Iterable[Figure]) -> set[tuple[tuple[str, str], ...]]:
    """The cells whose open stock at the end would give away a hidden age band of the same cell."""
    bands: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for figure in figures:
        if figure.indicator == "B6" and covered(figure):
            bands.setdefault(figure.by, []).append(figure.base)
    return {by for by, hidden in bands.items() if not leaves_open(sum(hidden), len(hidden))}


def _is_end_of_stock(figure: Figure) -> bool:
    return figure.indicator == "B3" and figure.part == (("at", "end"),)


def _cover(figure: Figure) -> Shown:
    return Shown(indicator=figure.indicator, by=figure.by + figure.part, value=None, hidden=True)


def _show(figure: Figure) -> Shown:
    by = figure.by + figure.part
    if figure.kind is not Kind.RATE:
        return Shown(indicator=figure.indicator, by=by, value=figure.number)
    numerator = figure.number or 0
    if figure.base < LEAST_BASE:
        return Shown(
            indicator=figure.indicator,
            by=by,
            value=None,
            numerator=numerator,
            denominator=figure.base,
        )
    low, high = wilson(numerator, figure.base)
    return Shown(
        indicator=figure.indicator,
        by=by,
        value=round(numerator / figure.base, DECIMALS),
        numerator=numerator,
        denominator=figure.base,
        low=low,
        high=high,
    )


assert LEAST_CELL == LEAST_VALUES  # noqa: S101  (a percentile is hidden where it is not computed)
