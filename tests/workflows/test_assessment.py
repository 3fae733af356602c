from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import assessment, catalogue

DIMENSIONS = catalogue.code_list("priority_dimensions")
NAMES = [entry.code for entry in DIMENSIONS.entries]
PRIORITIES = ["P4", "P3", "P2", "P1", "P0"]
LIKELIHOODS = ["highly_unlikely", "unlikely", "likely", "almost_certain"]
SERIOUSNESS = ["minor", "moderate", "major", "extreme"]
RATINGS = ["low", "medium", "high"]

all_scores = st.fixed_dictionaries({name: st.integers(0, 4) for name in NAMES})


def all_at(value: int, **changed: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, value) | changed


def propose(scores: dict[str, int], *, severity: int = 0, retaliation: bool = False) -> str:
    return assessment.propose_priority(
        scores, DIMENSIONS, category_severity=severity, retaliation=retaliation
    )


@given(scores=all_scores)
def test_a_score_is_from_0_to_100(scores: dict[str, int]) -> None:
    assert 0 <= assessment.priority_score(scores, DIMENSIONS) <= 100


def test_the_least_scores_0_and_the_most_100() -> None:
    assert assessment.priority_score(all_at(0), DIMENSIONS) == 0
    assert assessment.priority_score(all_at(4), DIMENSIONS) == 100


@given(scores=all_scores, name=st.sampled_from(NAMES), severity=st.integers(0, 5))
def test_a_graver_answer_never_lowers_the_priority(
    scores: dict[str, int], name: str, severity: int
) -> None:
    graver = scores | {name: min(scores[name] + 1, 4)}
    before, after = propose(scores, severity=severity), propose(graver, severity=severity)
    assert PRIORITIES.index(after) >= PRIORITIES.index(before)


def test_danger_to_life_is_an_emergency_whatever_the_score() -> None:
    assert propose(all_at(0, safety=4)) == "P0"


@pytest.mark.parametrize(
    "scores",
    [
        all_at(0, organised_crime=4),
        all_at(0, reach=4),
        all_at(0, perishable_evidence=4, gravity=3),
    ],
)
def test_each_trigger_alone_makes_a_case_critical(scores: dict[str, int]) -> None:
    assert propose(scores) == "P1"


def test_the_gravest_category_and_retaliation_make_a_case_critical() -> None:
    assert propose(all_at(0), severity=5) == "P1"
    assert propose(all_at(0), retaliation=True) == "P1"
    assert propose(all_at(0), severity=4) == "P4"
    assert propose(all_at(0, perishable_evidence=4, gravity=2)) == "P4"


@given(scores=all_scores)
def test_without_a_trigger_the_score_decides(scores: dict[str, int]) -> None:
    calm = {name: min(value, 3) for name, value in scores.items()}
    score = assessment.priority_score(calm, DIMENSIONS)
    expected = "P1" if score >= 60 else "P2" if score >= 40 else "P3" if score >= 20 else "P4"
    assert propose(calm) == expected


@pytest.mark.parametrize("scores", [{}, all_at(5), all_at(-1), all_at(0, extra=1)])
def test_half_an_assessment_has_no_score(scores: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="each dimension"):
        assessment.priority_score(scores, DIMENSIONS)


def test_the_matrix_is_the_one_published() -> None:
    table = {
        likelihood: [assessment.detriment_rating(likelihood, each)[0] for each in SERIOUSNESS]
        for likelihood in LIKELIHOODS
    }
    assert table == {
        "almost_certain": ["m", "h", "h", "h"],
        "likely": ["m", "m", "h", "h"],
        "unlikely": ["l", "l", "m", "m"],
        "highly_unlikely": ["l", "l", "l", "m"],
    }


def test_risk_never_falls_when_harm_grows_likelier_or_graver() -> None:
    def rank(likelihood: str, seriousness: str) -> int:
        return RATINGS.index(assessment.detriment_rating(likelihood, seriousness))

    for likelihood in LIKELIHOODS:
        for less, more in pairwise(SERIOUSNESS):
            assert rank(likelihood, less) <= rank(likelihood, more)
    for seriousness in SERIOUSNESS:
        for less, more in pairwise(LIKELIHOODS):
            assert rank(less, seriousness) <= rank(more, seriousness)


def test_the_matrix_speaks_the_codes_of_the_lists() -> None:
    assert {entry.code for entry in catalogue.code_list("detriment_likelihoods").entries} == {
        *LIKELIHOODS
    }
    assert {entry.code for entry in catalogue.code_list("detriment_seriousness").entries} == {
        *SERIOUSNESS
    }
    assert set(catalogue.code_list("risk_levels").by_code) == {*RATINGS}
    with pytest.raises(ValueError, match="unknown"):
        assessment.detriment_rating("perhaps", "minor")
