"""What a workflow allows: pure questions to a definition, no state of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.model import NOT_STAFF, Span, Transition, Workflow

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from workflows.model import Deadline


class NoSuchStep(LookupError):
    """The workflow has no such event from this state."""

    def __init__(self, *, state: str | None, event: str) -> None:
        super().__init__(f"no {event!r} from {state!r}")
        self.state, self.event = state, event


def initial(workflow: Workflow) -> str:
    """The state a new case enters."""
    return next(state.code for state in workflow.states if state.initial)


def transition(workflow: Workflow, state: str | None, event: str) -> Transition:
    """The step that an event takes from a state (None before the case exists).

    Raises:
        NoSuchStep: the event is unknown, or not possible from this state.
    """
    step = workflow.steps.get((state, event))
    if step is None:
        raise NoSuchStep(state=state, event=event)
    return step


def leaving(workflow: Workflow, state: str | None) -> tuple[Transition, ...]:
    """Every step that leaves a state, in the order of the definition."""
    return tuple(step for step in workflow.transitions if step.source == state)


def available(
    workflow: Workflow, state: str | None, roles: Collection[str]
) -> tuple[Transition, ...]:
    """The steps that somebody with these roles may take or propose from a state."""
    return tuple(step for step in leaving(workflow, state) if may_propose(step, roles))


def may_propose(step: Transition, roles: Collection[str]) -> bool:
    """Whether one of the roles may take the step, or propose it where four eyes are asked."""
    return not set(step.who).isdisjoint(roles)


def may_confirm(
    step: Transition,
    roles: Collection[str],
    *,
    proposer: Hashable,
    confirmer: Hashable,
    investigators: Collection[Hashable] = (),
) -> bool:
    """Whether somebody may be the second person of a four-eyes step.

    The second person holds a confirming role, is not the proposer and no investigator
    of the case; the service itself and the reporter never are.
    """
    return (
        step.four_eyes
        and confirmer != proposer
        and confirmer not in investigators
        and not (set(step.confirmed_by) - NOT_STAFF).isdisjoint(roles)
    )


def public_status(
    workflow: Workflow, state: str, *, target: str | None = None, withheld: bool = False
) -> str:
    """The code of what the reporter sees of a state, from the list `public_statuses`.

    Args:
        workflow: the definition the case keeps.
        state: where the case stands.
        target: the public status of the case this one was merged into; needed for a state that
            follows its target, because nothing may say "merged".
        withheld: the notice of the last step was withheld, so a telling status is replaced.

    Raises:
        ValueError: the state follows a target and none was given.
    """
    place = workflow.states_by_code[state]
    if withheld and place.quiet_status is not None:
        return place.quiet_status
    if place.public_status is not None:
        return place.public_status
    if target is None:
        raise ValueError("this state shows the status of its target, and none was given")
    return target


def told(step: Transition, given: Mapping[str, object]) -> str | None:
    """The standard text a step sends to the reporter, or None when it sends none or withholds it.

    Args:
        step: the step taken.
        given: its values, as `fields.read` returned them.
    """
    if step.tell_unless is not None and given.get(step.tell_unless) is True:
        return None
    return step.tell_reporter


def span(
    deadline: Deadline | None, *, priority: str | None = None, complex_case: bool = False
) -> Span | None:
    """The span that holds for one case, after priority and complexity; None for no deadline."""
    if deadline is None:
        return None
    if priority is not None and priority in deadline.by_priority:
        return deadline.by_priority[priority]
    if complex_case and deadline.complex_case is not None:
        return deadline.complex_case
    return Span(kind=deadline.kind, value=deadline.value)


def state_span(
    workflow: Workflow, state: str, *, priority: str | None = None, complex_case: bool = False
) -> Span | None:
    """How long a case may stand in a state; `State.due.since` says from when it counts."""
    return span(workflow.states_by_code[state].due, priority=priority, complex_case=complex_case)


def reachable(workflow: Workflow, start: str | None = None) -> frozenset[str]:
    """The states that can be entered after `start` (None: from before the case exists)."""
    return _walk({start}, {(step.source, step.target) for step in workflow.transitions})


def reaching(workflow: Workflow, ends: Iterable[str]) -> frozenset[str]:
    """The states from which one of the ends can be entered."""
    return _walk(set(ends), {(step.target, step.source) for step in workflow.transitions})


def _walk(seeds: set[str | None], edges: set[tuple[str | None, str | None]]) -> frozenset[str]:
    found: set[str] = set()
    frontier = set(seeds)
    while frontier:
        nexts = {b for a, b in edges if a in frontier and b is not None and b not in found}
        found |= nexts
        frontier = set(nexts)
    return frozenset(found)


def nobody_for(
    workflow: Workflow, people: Mapping[Hashable, Collection[str]]
) -> tuple[tuple[str, str], ...]:
    """The steps that a cast could not take: `(id, "proposer" | "confirmer")`.

    Args:
        workflow: the definition.
        people: who holds which roles, in the units that may act on one and the same case.

    A step of the reporter or of the service always has its proposer. A four-eyes step has its
    confirmer when for every possible proposer another person may confirm.
    """
    missing: list[tuple[str, str]] = []
    for step in workflow.transitions:
        proposers = {who for who, roles in people.items() if may_propose(step, roles)}
        if not proposers and NOT_STAFF.isdisjoint(step.who):
            missing.append((step.id, "proposer"))
        confirmers = {who for who, roles in people.items() if set(step.confirmed_by) & set(roles)}
        if step.four_eyes and (not confirmers or any(not confirmers - {who} for who in proposers)):
            missing.append((step.id, "confirmer"))
    return tuple(missing)
