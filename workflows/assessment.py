"""What triage weighs: the priority score and the risk of detriment.

The system proposes, a person confirms; nothing here decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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

_HALVES = {"yes": 2, "unknown": 1, "no": 0}
"""What an answer counts: not knowing is half of knowing that it is so."""
_LIKELIHOOD_BANDS = ((0.7, "almost_certain"), (0.45, "likely"), (0.2, "unlikely"))
"""Share of what all questions could count, and what is proposed from there on."""
_LEAST_BAND = "highly_unlikely"
THREAT = "threat_made"
"""The question whose yes never leaves harm unlikely."""

LEVELS = ("low", "medium", "high")
"""The ratings of risk, from the lowest."""


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


def propose_likelihood(answers: Mapping[str, str], questions: CodeList) -> str:
    """How likely harm is by the answers: a code of `detriment_likelihoods`, for a person to confirm.

    Each yes counts one, each unknown a half; the share of what all could count decides: from 70 %
    almost certain, from 45 % likely, from 20 % unlikely. Where a threat was made, harm is likely
    at least. The questions are those of the Australian model; the shares are this house's own.

    Args:
        answers: `yes`, `no` or `unknown` to every question.
        questions: the list `detriment_questions`.

    Raises:
        ValueError: a question is missing or unknown, or an answer is none of the three.
    """
    if set(answers) != set(questions.by_code) or not set(answers.values()) <= set(_HALVES):
        raise ValueError("one answer of yes, no or unknown is needed to each question")
    share = sum(_HALVES[one] for one in answers.values()) / (_HALVES["yes"] * len(answers))
    found = next((code for floor, code in _LIKELIHOOD_BANDS if share >= floor), _LEAST_BAND)
    order = list(_MATRIX)
    if answers.get(THREAT) == "yes" and order.index(found) > order.index("likely"):
        return "likely"
    return found


def propose_actionability(known: Collection[str]) -> int:
    """How much there is to act on, 0 to 4: a point for each fact known, four at most."""
    return min(TOP, len(set(known)))


def lowers_risk(before: str, after: str) -> bool:
    """Whether a rating is lower than another one.

    Raises:
        ValueError: one of them is no rating.
    """
    return LEVELS.index(after) < LEVELS.index(before)
