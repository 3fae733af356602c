"""Which level of confidentiality a case should have; a person sets it, with a reason."""

from collections.abc import Collection

SERVICE, CONFIDENTIAL, RESTRICTED, SEALED = "L1", "L2", "L3", "L4"

SEXUAL = frozenset({"DIG-01", "DIG-02", "DIG-03"})
ORGANISED = "organised_crime"
STATE_INTEREST = frozenset({"COI-06", "SMG-02"})
"""Laundering, and trafficking in what other services of the state inquire into."""
AROUND = frozenset({"internal_affairs", "head_of_internal_affairs", "head_of_customs"})
SENIOR = frozenset({"head_of_customs", "head_of_internal_affairs", "committee_member"})


def lowers(before: str, after: str) -> bool:
    """Whether a case would be less confidential."""
    return after < before


def proposed(
    *,
    categories: Collection[str] = (),
    groups: Collection[str] = (),
    concerns: Collection[str] = (),
    risk: str | None = None,
    service_only: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """The level that what is known of a case asks for, and why.

    Args:
        categories: codes of its allegations, or of what the reporter stated.
        groups: the groups those belong to.
        concerns: codes of whom the reports concern.
        risk: the detriment rating: `low`, `medium` or `high`.
        service_only: it is a complaint about the service and nothing else.

    Returns:
        The level and the codes of what triggers it, in order.
    """
    sealed = {
        "internal_affairs_concerned": not AROUND.isdisjoint(concerns),
        "state_interest": not STATE_INTEREST.isdisjoint(categories),
    }
    restricted = {
        "sexual_violence": not SEXUAL.isdisjoint(categories),
        "organised_crime": ORGANISED in groups,
        "senior_subject": not SENIOR.isdisjoint(concerns),
        "high_risk": risk == "high",
    }
    for level, triggers in ((SEALED, sealed), (RESTRICTED, restricted)):
        because = tuple(name for name, met in triggers.items() if met)
        if because:
            return level, because
    return (SERVICE, ("service_complaint",)) if service_only else (CONFIDENTIAL, ())
