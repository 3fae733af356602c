"""Which level of confidentiality a case asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import catalogue, levels

CATEGORIES = catalogue.code_list("categories").by_code
CONCERNS = tuple(catalogue.code_list("concerns").by_code)
known = st.fixed_dictionaries(
    {
        "categories": st.sets(st.sampled_from(sorted(CATEGORIES)), max_size=4),
        "concerns": st.sets(st.sampled_from(CONCERNS)),
        "risk": st.sampled_from([None, "low", "medium", "high"]),
    }
)


@pytest.mark.parametrize(
    ("what", "level", "because"),
    [
        ({}, "L2", ()),
        ({"service_only": True}, "L1", ("service_complaint",)),
        ({"categories": {"DIG-02"}}, "L3", ("sexual_violence",)),
        ({"groups": {"organised_crime"}}, "L3", ("organised_crime",)),
        ({"risk": "high"}, "L3", ("high_risk",)),
        ({"concerns": {"committee_member"}}, "L3", ("senior_subject",)),
        ({"concerns": {"internal_affairs"}, "risk": "high"}, "L4", ("internal_affairs_concerned",)),
        ({"categories": {"COI-06"}}, "L4", ("state_interest",)),
    ],
)
def test_what_is_known_asks_for_a_level(
    what: dict[str, Any], level: str, because: tuple[str, ...]
) -> None:
    assert levels.proposed(**what) == (level, because)


@given(known, known)
def test_knowing_more_never_asks_for_less(one: dict[str, Any], more: dict[str, Any]) -> None:
    both = {
        "categories": one["categories"] | more["categories"],
        "concerns": one["concerns"] | more["concerns"],
        "risk": "high" if "high" in (one["risk"], more["risk"]) else one["risk"],
    }
    alone, _ = levels.proposed(**one)
    together, _ = levels.proposed(**both)
    assert not levels.lowers(alone, together)


@given(known)
def test_every_reason_is_worded(what: dict[str, Any]) -> None:
    _, because = levels.proposed(**what)
    assert set(because) <= catalogue.code_list("level_triggers").by_code.keys()
