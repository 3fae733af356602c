"""Tasks: steps of the plan, and what the service asks for by itself."""

from typing import TYPE_CHECKING, cast

from cases.errors import Unacceptable
from cases.objects.turns import Turn
from cases.objects.values import Shape

if TYPE_CHECKING:
    from cases.objects.shapes import Task


def settle(turn: Turn) -> Shape:
    """A task that is a step of the plan names a question the plan asks.

    Raises:
        Unacceptable: no plan of the case asks it.
    """
    task = cast("Task", turn.thing)
    if task.question is not None:
        asked = {
            question["code"] for plan in turn.others("plan") for question in plan.value["questions"]
        }
        if task.question not in asked:
            raise Unacceptable([("/question", "unknown_value")])
    return task
