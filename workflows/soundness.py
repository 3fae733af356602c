"""Whether a definition makes sense: every fault found is named, none is repaired."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from workflows import engine
from workflows.model import LOCALES, NOT_STAFF, Field, FieldKind, Transition, Workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workflows.model import CodeList, Keys, NamedKey, Permissions, State

    Lists = Mapping[str, CodeList]

T = TypeVar("T")

NEEDS_LIST = frozenset(
    {
        FieldKind.CODE,
        FieldKind.CODES,
        FieldKind.SCORES,
        FieldKind.FINDINGS,
        FieldKind.OUTCOMES,
        FieldKind.ACTIONS,
        FieldKind.SUPPORTED_FINDINGS,
        FieldKind.ANSWERS,
        FieldKind.RESULTS,
    }
)
NEEDS_ROLE = frozenset({FieldKind.STAFF, FieldKind.STAFF_LIST})
UNIT_KEY_MOMENTS = frozenset({"submission", "submission_danger", "P0"})


class Fault(NamedTuple):
    """What is wrong: where, which kind of fault, and the name at fault."""

    where: str
    fault: str
    name: str

    def __str__(self) -> str:
        return f"{self.where}: {self.fault} ({self.name})"


class Unsound(ValueError):
    """A definition or a list that makes no sense; `faults` names everything that is wrong."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def refuse(faults: Iterable[Fault]) -> None:
    """Raise when anything is at fault.

    Raises:
        Unsound: with all of it.
    """
    found = tuple(faults)
    if found:
        raise Unsound(found)


def code_list_faults(code_list: CodeList) -> Iterator[Fault]:
    """A code twice or empty, or a wording missing in one of the five languages."""
    for code in _twice(entry.code for entry in code_list.entries):
        yield Fault(code_list.name, "duplicate_code", code)
    for entry in code_list.entries:
        if not entry.code:
            yield Fault(code_list.name, "empty_code", "")
        for locale in LOCALES:
            if not entry.labels.get(locale, "").strip():
                yield Fault(f"{code_list.name}/{entry.code}", "missing_translation", locale)


def permission_faults(permissions: Permissions, lists: Lists) -> Iterator[Fault]:
    """A role nobody knows, or an act nobody may do."""
    for act, row in permissions.acts.items():
        if not row:
            yield Fault(act, "nobody_may", act)
        for role in row:
            yield from _in_list(role, "roles", lists, where=act)


def key_faults(
    keys: Keys, workflow: Workflow, lists: Lists, permissions: Permissions
) -> Iterator[Fault]:
    """A role, a state or an act nobody knows, or a keyless role in a circle."""
    for kind, roles in keys.circles.items():
        for role in roles:
            yield from _in_list(role, "roles", lists, where=f"circle {kind}")
    for unit in keys.units:
        if unit.kind not in keys.circles:
            yield Fault("units", "unknown_unit_kind", unit.kind)
        for moment in unit.at:
            if moment not in UNIT_KEY_MOMENTS and moment not in workflow.states_by_code:
                yield Fault(f"unit {unit.kind}", "unknown_state", moment)
    for role in (*keys.nothing, *keys.two_persons):
        yield from _in_list(role, "roles", lists, where="holds")
    for named in keys.cases:
        yield from _in_list(named.role, "roles", lists, where="cases")
        if named.role in keys.nothing:
            yield Fault("cases", "keyless_role", named.role)
        yield from _naming_faults(named, workflow, permissions)


def _naming_faults(
    named: NamedKey, workflow: Workflow, permissions: Permissions
) -> Iterator[Fault]:
    for by in named.by:
        step = workflow.transitions_by_id.get(by)
        if step is None and by not in permissions.acts:
            yield Fault(f"case key of {named.role}", "unknown_act", by)
        elif step is not None and not any(field.role == named.role for field in step.fields):
            yield Fault(f"case key of {named.role}", "step_names_nobody", by)


def workflow_faults(workflow: Workflow, lists: Lists, permissions: Permissions) -> Iterator[Fault]:
    """Everything wrong with a definition, given the lists and permissions it speaks of."""
    for code in _twice(state.code for state in workflow.states):
        yield Fault("states", "duplicate_state", code)
    for id_ in _twice(step.id for step in workflow.transitions):
        yield Fault("transitions", "duplicate_id", id_)
    for source, event in _twice((step.source, step.event) for step in workflow.transitions):
        yield Fault(str(source), "duplicate_event", event)
    for state in workflow.states:
        yield from _state_faults(state, lists)
    for step in workflow.transitions:
        yield from _step_faults(step, workflow, lists, permissions)
    yield from _graph_faults(workflow)


def _graph_faults(workflow: Workflow) -> Iterator[Fault]:
    initial = [state.code for state in workflow.states if state.initial]
    finals = [state.code for state in workflow.states if state.final]
    if len(initial) != 1:
        yield Fault("states", "not_one_initial_state", ",".join(initial))
    if not finals:
        yield Fault("states", "no_final_state", workflow.name)
    entered = {step.target for step in workflow.transitions if step.source is None}
    if entered != set(initial):
        yield Fault("states", "beginning_elsewhere", ",".join(sorted(entered)))
    reached = engine.reachable(workflow)
    ending = engine.reaching(workflow, finals) | set(finals)
    for state in workflow.states:
        if state.code not in reached:
            yield Fault(state.code, "unreachable_state", state.code)
        if state.code not in ending:
            yield Fault(state.code, "no_way_to_an_end", state.code)
        if state.final and engine.leaving(workflow, state.code):
            yield Fault(state.code, "end_that_goes_on", state.code)


def _state_faults(state: State, lists: Lists) -> Iterator[Fault]:
    yield from _in_list(state.code, "case_states", lists, where=state.code)
    for status in (state.public_status, state.quiet_status):
        if status is not None:
            yield from _in_list(status, "public_statuses", lists, where=state.code)
        if status == "merged":
            # It would tell a reporter that somebody else reported the same.
            yield Fault(state.code, "status_tells_of_another_report", status)
    if (state.public_status is None) != state.follows_target:
        yield Fault(state.code, "no_public_status", state.code)
    for priority in state.due.by_priority if state.due else ():
        yield from _in_list(priority, "priorities", lists, where=state.code)


def _step_faults(
    step: Transition, workflow: Workflow, lists: Lists, permissions: Permissions
) -> Iterator[Fault]:
    for state in (step.source, step.target):
        if state is not None and state not in workflow.states_by_code:
            yield Fault(step.id, "unknown_state", state)
    yield from _in_list(step.event, "events", lists, where=step.id)
    yield from _who_faults(step, lists, permissions)
    yield from _telling_faults(step, lists)
    for guard in step.guards:
        if guard not in lists["guards"]:
            yield Fault(step.id, "unknown_guard", guard)
    for priority in step.deadline.by_priority if step.deadline else ():
        yield from _in_list(priority, "priorities", lists, where=step.id)
    for name in _twice(field.name for field in step.fields):
        yield Fault(step.id, "duplicate_field", name)
    for field in step.fields:
        yield from _field_faults(field, step, lists)
    yield from _closing_faults(step, workflow, lists)


def _telling_faults(step: Transition, lists: Lists) -> Iterator[Fault]:
    if step.tell_reporter is not None:
        yield from _in_list(step.tell_reporter, "reporter_texts", lists, where=step.id)
    if step.tell_unless is not None:
        field = step.field(step.tell_unless)
        if field is None or field.kind is not FieldKind.BOOL:
            yield Fault(step.id, "unknown_field", step.tell_unless)


def _who_faults(step: Transition, lists: Lists, permissions: Permissions) -> Iterator[Fault]:
    for role in (*step.who, *step.confirmed_by):
        yield from _in_list(role, "roles", lists, where=step.id)
    if step.act not in permissions.acts:
        yield Fault(step.id, "unknown_act", step.act)
    else:
        for role in step.who:
            if not permissions.allow(step.act, {role}):
                yield Fault(step.id, "role_without_permission", role)
    for role in step.confirmed_by:
        if role not in NOT_STAFF and not permissions.allow("confirm", {role}):
            yield Fault(step.id, "role_without_permission", role)
    if step.four_eyes and not step.confirmed_by:
        yield Fault(step.id, "no_confirmer", step.event)
    if step.four_eyes and step.confirmed_by and set(step.confirmed_by) <= NOT_STAFF:
        # There is one reporter and one service: neither can be a second, different person.
        yield Fault(step.id, "only_the_proposer_could_confirm", ",".join(step.confirmed_by))
    if step.confirmed_by and not step.four_eyes:
        yield Fault(step.id, "confirmer_without_four_eyes", step.event)


def _field_faults(field: Field, step: Transition, lists: Lists) -> Iterator[Fault]:
    where = f"{step.id}/{field.name}"
    yield from _in_list(field.description, "fields", lists, where=where)
    if (field.kind in NEEDS_LIST) != (field.code_list is not None):
        yield Fault(where, "list_missing_or_needless", field.kind)
    if (field.kind in NEEDS_ROLE) != (field.role is not None):
        yield Fault(where, "role_missing_or_needless", field.kind)
    if field.role is not None:
        yield from _in_list(field.role, "roles", lists, where=where)
    if field.code_list is not None and field.code_list not in lists:
        yield Fault(where, "unknown_list", field.code_list)
    elif field.code_list is not None:
        for code in (*field.only, *field.barred, *filter(None, [field.default])):
            yield from _in_list(code, field.code_list, lists, where=where)
    others = [field.required_unless, field.required_if.field if field.required_if else None]
    for other in filter(None, others):
        if step.field(other) is None:
            yield Fault(where, "unknown_field", other)
    yield from _shape_faults(field, where)


def _shape_faults(field: Field, where: str) -> Iterator[Fault]:
    if field.to_reporter and field.kind is not FieldKind.TEXT:
        yield Fault(where, "only_text_goes_to_the_reporter", field.kind)
    if field.default is not None and field.kind is not FieldKind.CODE:
        yield Fault(where, "only_a_code_has_a_default", field.kind)
    if field.min_items > field.max_items or field.minimum > field.maximum:
        yield Fault(where, "empty_range", field.name)


def _closing_faults(step: Transition, workflow: Workflow, lists: Lists) -> Iterator[Fault]:
    field = step.field("closure_reason")
    target = workflow.states_by_code.get(step.target)
    if target is None:
        return
    has_reason = field is not None or step.keeps_closure_reason
    if target.concluded != has_reason:
        yield Fault(step.id, "closure_reason_missing_or_needless", step.target)
    if field is None or "closure_reasons" not in lists:
        return
    reasons = lists["closure_reasons"].by_code
    for code in field.only or tuple(reasons):
        asked = code in reasons and reasons[code].extra.get("four_eyes") == "yes"
        if asked and not step.four_eyes:
            yield Fault(step.id, "closure_reason_needs_four_eyes", code)
    if not field.required and field.default is None:
        yield Fault(step.id, "closure_reason_missing_or_needless", "optional")


def _in_list(code: str, name: str, lists: Lists, *, where: str) -> Iterator[Fault]:
    if name not in lists:
        yield Fault(where, "unknown_list", name)
    elif code not in lists[name]:
        fault = {"roles": "unknown_role", "case_states": "unknown_state"}.get(name, "unknown_code")
        yield Fault(where, fault, f"{name}/{code}")


def _twice(items: Iterable[T]) -> list[T]:
    return [item for item, count in Counter(items).items() if count > 1]
