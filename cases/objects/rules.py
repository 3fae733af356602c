"""What must hold of a thing beyond its shape, and what the service adds to it, by its kind."""

from collections.abc import Callable, Mapping

from cases.objects import following, interviews, protecting, tasks
from cases.objects.following_shapes import Threat
from cases.objects.turns import Turn
from cases.objects.values import Shape
from workflows import containers

__all__ = ["Turn", "asks_for", "demand_removable", "settled", "warnings"]

RULES: Mapping[str, Callable[[Turn], Shape]] = {
    "outcome": following.settle_outcome,
    "recommendation": following.settle_recommendation,
    "referral": following.settle_referral,
    "protection_plan": protecting.settle_plan,
    "threat": protecting.settle_threat,
    "retaliation": protecting.settle_retaliation,
    "interview": interviews.settle,
    "task": tasks.settle,
}
"""Kind -> what makes of what was written what is kept."""


def settled(turn: Turn) -> Shape:
    """The thing as it is to be kept.

    Raises:
        Unacceptable: it breaks a rule of its kind.
    """
    rule = RULES.get(turn.kind)
    return rule(turn) if rule else turn.thing


def demand_removable(turn: Turn) -> None:
    """Refuse to take away what happened outside the house.

    Raises:
        NotAllowed: a referral that was sent.
    """
    if turn.kind == "referral":
        following.demand_unsent(turn)


def asks_for(turn: Turn) -> tuple[str, ...]:
    """What a new thing asks somebody to do: codes of the list `work_items`."""
    return protecting.asks_for(turn.thing) if isinstance(turn.thing, Threat) else ()


def warnings(turn: Turn) -> tuple[str, ...]:
    """What looks wrong in a thing and is kept all the same: codes of the list `warnings`."""
    container = getattr(turn.thing, "container", None)
    return () if container is None or containers.is_valid(container) else ("container_check_digit",)
