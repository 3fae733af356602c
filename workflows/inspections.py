"""Whether somebody's goods are inspected more often than before, and how easily chance alone would do it.

Only counts come in and only rates and a word come out; whose goods they are is not asked. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

MOST = 10_000
"""Declarations in a period; more would be a year of a large port, not of one trader."""

UNLIKELY = 0.05
"""Below this probability chance is called unlikely, as is the custom."""

MORE_OFTEN, MAYBE_CHANCE, NO_MORE, TOO_LITTLE = (
    "more_often",
    "maybe_chance",
    "no_more_often",
    "too_little",
)
"""The codes of the list `inspection_verdicts`."""


@dataclass(frozen=True, slots=True)
class Period:
    """Declarations of a period, and how many of them were inspected; neither below 0."""

    declarations: int
    inspected: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods beside each other.

    Attributes:
        rate_before: share that was inspected, 0 to 1; None where nothing was declared.
        rate_after: the same of the second period.
        probability: of a difference at least as rare as this one if nothing had changed; None without a rate.
        verdict: a code of the list `inspection_verdicts`.
    """

    rate_before: float | None
    rate_after: float | None
    probability: float | None
    verdict: str


def exact_probability(before: Period, after: Period) -> float:
    """Fisher's exact test, two-sided: how rare such a difference is where both periods have one rate.

    With all margins fixed, the inspected of the first period follow the hypergeometric distribution; the
    probabilities of every table that is no likelier than the one seen are added up (R. A. Fisher, Statistical
    Methods for Research Workers, section 21.02; the two-sided rule is that of Freeman and Halton, 1951). In
    whole numbers, so that tables of equal probability are equal, and rounded once.

    Returns:
        0 to 1; 1 where the rates are equal or there is nothing to compare.

    Raises:
        ValueError: more was inspected than declared.
    """
    if before.inspected > before.declarations or after.inspected > after.declarations:
        raise ValueError("more was inspected than declared")
    inspected = before.inspected + after.inspected
    first = max(0, inspected - after.declarations)
    last = min(inspected, before.declarations)
    # In how many ways x of the inspected fall into the first period; each number follows from the last.
    weights = [comb(before.declarations, first) * comb(after.declarations, inspected - first)]
    for x in range(first, last):
        more = weights[-1] * (before.declarations - x) * (inspected - x)
        weights.append(more // ((x + 1) * (after.declarations - inspected + x + 1)))
    seen = weights[before.inspected - first]
    return sum(one for one in weights if one <= seen) / sum(weights)


def compare(before: Period, after: Period) -> Comparison:
    """Both rates, the probability of such a difference by chance, and what to say of it."""
    was, now = _rate(before), _rate(after)
    if was is None or now is None:
        return Comparison(was, now, None, TOO_LITTLE)
    probability = exact_probability(before, after)
    if after.inspected * before.declarations <= before.inspected * after.declarations:
        return Comparison(was, now, probability, NO_MORE)
    verdict = MORE_OFTEN if probability < UNLIKELY else MAYBE_CHANCE
    return Comparison(was, now, probability, verdict)


def _rate(period: Period) -> float | None:
    return period.inspected / period.declarations if period.declarations else None
