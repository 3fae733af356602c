"""What triage weighs: the priority score and the risk of detriment.

The system proposes, a person confirms; nothing here decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflows.model import CodeList

TOP = 4
"""The highest value of a dimension."""
_GRAVE = 3
_SEVEREST_CATEGORY = 5
_BANDS = ((60, "P1"), (40, "P2"), (20, "P3"))

_MATRIX: dict[str, tuple[str, str, str, str]] = {
    "almost_certain": ("medium", "high", "high", "high"),
    "likely": ("medium", "medium", "high", "high"),
    "unlikely": ("low", "low", "medium", "medium"),
    "highly_unlikely": ("low", "low", "low", "medium"),
}
_SERIOUSNESS = ("minor", "moderate", "major", "extreme")


def priority_score(scores: Mapping[str, int], dimensions: CodeList) -> int:
    """The weighted sum over the dimensions, 0 to 100 with the weights of the list.

    Args:
        scores: a value of 0 to 4 for every dimension.
        dimensions: the list `priority_dimensions`, whose column `weight` is used.

    Raises:
        ValueError: a dimension is missing or unknown, or a value is not from 0 to 4.
    """
    if set(scores) != set(dimensions.by_code) or any(not 0 <= n <= TOP for n in scores.values()):
        raise ValueError("one value of 0 to 4 is needed for each dimension")
    return sum(int(entry.extra["weight"]) * scores[entry.code] for entry in dimensions.entries)


def propose_priority(
    scores: Mapping[str, int],
    dimensions: CodeList,
    *,
    category_severity: int = 0,
    retaliation: bool = False,
) -> str:
    """The priority the score and the triggers call for: `P0` to `P4`.

    Args:
        scores: a value of 0 to 4 for every dimension.
        dimensions: the list `priority_dimensions`.
        category_severity: the gravest severity (1 to 5) among the categories alleged; 0 for none.
        retaliation: a claim of retaliation is made.

    Raises:
        ValueError: as `priority_score`.
    """
    score = priority_score(scores, dimensions)
    if scores["safety"] == TOP:
        return "P0"
    if (
        retaliation
        or category_severity >= _SEVEREST_CATEGORY
        or TOP in (scores["organised_crime"], scores["reach"])
        or (scores["perishable_evidence"] == TOP and scores["gravity"] >= _GRAVE)
    ):
        return "P1"
    return next((code for floor, code in _BANDS if score >= floor), "P4")


def detriment_rating(likelihood: str, seriousness: str) -> str:
    """The risk of detriment to a reporter or witness: `low`, `medium` or `high`.

    Matrix of the Australian Department of the Prime Minister and Cabinet.

    Raises:
        ValueError: a code is not in the lists `detriment_likelihoods`, `detriment_seriousness`.
    """
    if likelihood not in _MATRIX or seriousness not in _SERIOUSNESS:
        raise ValueError("unknown likelihood or seriousness")
    return _MATRIX[likelihood][_SERIOUSNESS.index(seriousness)]


def recurrence(earlier: int) -> int:
    """The value proposed for `recurrence`: 0 for a first case, 2 for a second, 4 for a third or later one.

    Args:
        earlier: cases of the last twelve months about the same person or post.
    """
    return min(2 * earlier, TOP)
