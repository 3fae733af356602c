"""What a step is given by tests that are about something else: one place for every field they leave out.

A test that is about a field gives it, or None for leaving it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

RATING = {"likelihood": "unlikely", "seriousness": "minor"}
"""An ordinary risk."""


def answers(**other: str) -> dict[str, str]:
    """No to every question about harm, but where another answer is given."""
    return dict.fromkeys(catalogue.code_list("detriment_questions").by_code, "no") | other


def a_rating(**other: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """The fields of a rating of risk."""
    return {"answers": answers(), "reason": "as the reporter told it", **RATING, **other}


def rated_first(state: str, action: str) -> bool:
    """Whether the step needs a rating of the risk that was made in this stage."""
    step = catalogue.workflow().steps.get((state, action))
    return step is not None and "risk_redone" in step.guards


def whole(
    state: str, action: str, given: dict[str, Any], *, alleged: Sequence[object], today: object
) -> dict[str, Any]:
    """The fields of a step with what every such step needs; what is given as None is left out.

    Args:
        alleged: ids of the allegations of the case.
        today: as a date or as ISO 8601 writes it.
    """
    usual = _USUAL.get((state, action)) or _USUAL.get(("", action)) or {}
    found = dict(usual)
    if action == "authorise":
        found["allegations"] = list(alleged)
    if action == "refer":
        found["items"] = list(alleged)[:1]
    if action == "open_reply":
        found = _served(given)
    if action == "reply_closed" and given.get("reply"):
        found["reply_on"] = today
    return {name: value for name, value in (found | given).items() if value is not None}


def _served(given: Collection[str]) -> dict[str, Any]:
    if "waiver" in given:
        return {"reasons": "nobody to serve it on"}
    return {"notice": "that a fee was taken which no tariff has", "redactions": "times of day"}


_USUAL: dict[tuple[str, str], dict[str, Any]] = {
    ("", "emergency"): {"alert_note": "called at once"},
    ("", "complete_assessment"): {
        "known_facts": ["who", "what", "where"],
        "detriment_answers": answers(),
        "likelihood_reason": "as the reporter told it",
    },
    ("", "refuse"): {"other_routes": ["ombudsman"]},
    ("", "to_preliminary"): {"questions": "who was there, and when"},
    ("", "authorise"): {"scope": "that day, at that post"},
    ("", "refer"): {"withheld": "everything that points to the reporter"},
    ("", "extend"): {"reasons": "there is more of it than expected"},
    ("", "suspend"): {"reasons": "something else goes first"},
    ("", "return"): {"checklist": ["plan_followed"], "unmet": ["each_finding_supported"]},
    ("", "pass"): {"checklist": list(catalogue.code_list("review_checklist").by_code)},
    ("", "close_no_action"): {"retention_class": "K3"},
    ("referred_out", "close"): {
        "reasons": "nothing administrative remains",
        "retention_class": "K3",
    },
    ("", "authority_replies"): {"authority_reference": "P-12/26"},
}
"""(state left, or empty for any; action) -> fields."""
