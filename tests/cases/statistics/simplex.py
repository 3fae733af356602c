"""How far a sum may go, exactly: the simplex method (Dantzig) with fractions and Bland's rule."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = list[Fraction]


class Unbounded(Exception):
    """There is no highest value."""


def highest(of: Sequence[int], rows: Sequence[Sequence[int]], right: Sequence[int]) -> Fraction:
    """The highest value of a sum of variables, none of which is below zero.

    Args:
        of: what each variable counts for.
        rows: of equations, one factor for each variable.
        right: their right sides, none below zero.

    Raises:
        Unbounded: it may be anything.
    """
    width, height = len(of), len(rows)
    table = [
        [*map(Fraction, row), *(Fraction(n == at) for n in range(height)), Fraction(value)]
        for at, (row, value) in enumerate(zip(rows, right, strict=True))
    ]
    basis = [width + n for n in range(height)]
    _climb(table, basis, [Fraction(0)] * width + [Fraction(-1)] * height, width + height)
    assert all(table[n][-1] == 0 for n, one in enumerate(basis) if one >= width), "contradiction"
    for at, one in enumerate(basis):
        if one >= width:  # an equation that says nothing new, or whose helper can be traded away
            into = next((n for n in range(width) if table[at][n]), None)
            if into is not None:
                _trade(table, basis, at, into)
    value = [*map(Fraction, of), *[Fraction(0)] * height]
    _climb(table, basis, value, width)
    return sum((value[one] * table[at][-1] for at, one in enumerate(basis)), Fraction(0))


def _climb(table: list[Row], basis: list[int], value: Row, allowed: int) -> None:
    while True:
        gains = (
            n
            for n in range(allowed)
            if n not in basis
            and value[n] > sum(value[one] * table[at][n] for at, one in enumerate(basis))
        )
        into = next(gains, None)
        if into is None:
            return
        steps = [
            (row[-1] / row[into], basis[at], at) for at, row in enumerate(table) if row[into] > 0
        ]
        if not steps:
            raise Unbounded
        _trade(table, basis, min(steps)[2], into)


def _trade(table: list[Row], basis: list[int], at: int, into: int) -> None:
    by = table[at][into]
    table[at] = [one / by for one in table[at]]
    for n, row in enumerate(table):
        if n != at and row[into]:
            factor = row[into]
            table[n] = [one - factor * mine for one, mine in zip(row, table[at], strict=True)]
    basis[at] = into
