from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine import State as OtherState
from statemachine import StateMachine

from workflows import catalogue, engine
from workflows.model import NOT_STAFF, SpanKind

if TYPE_CHECKING:
    from workflows.model import Transition

WORKFLOW = catalogue.workflow()
STATES = [state.code for state in WORKFLOW.states]
EVENTS = sorted({step.event for step in WORKFLOW.transitions})
ROLES = sorted(catalogue.code_list("roles").by_code)
FOUR_EYES = [step for step in WORKFLOW.transitions if step.four_eyes]

roles = st.sets(st.sampled_from(ROLES), max_size=4)
steps = st.sampled_from(WORKFLOW.transitions)


def test_a_case_begins_as_received() -> None:
    assert engine.initial(WORKFLOW) == "received"
    assert engine.transition(WORKFLOW, None, "submit").target == "received"


@given(state=st.sampled_from([None, *STATES]), event=st.sampled_from([*EVENTS, "nonsense"]))
def test_an_event_leads_where_the_definition_says_or_nowhere(state: str | None, event: str) -> None:
    listed = [s for s in WORKFLOW.transitions if s.source == state and s.event == event]
    if listed:
        assert [engine.transition(WORKFLOW, state, event)] == listed
    else:
        with pytest.raises(engine.NoSuchStep):
            engine.transition(WORKFLOW, state, event)


@given(state=st.sampled_from(STATES), held=roles)
def test_what_is_available_leaves_the_state_and_belongs_to_a_role(
    state: str, held: set[str]
) -> None:
    offered = engine.available(WORKFLOW, state, held)
    assert all(step.source == state and set(step.who) & held for step in offered)
    withheld = [step for step in engine.leaving(WORKFLOW, state) if step not in offered]
    assert not any(set(step.who) & held for step in withheld)


@given(events=st.lists(st.sampled_from(EVENTS), max_size=60))
def test_no_walk_leaves_the_states_and_the_end_is_the_end(events: list[str]) -> None:
    state = engine.initial(WORKFLOW)
    for event in events:
        try:
            state = engine.transition(WORKFLOW, state, event).target
        except engine.NoSuchStep:
            continue
        assert state in STATES
    if state == "purged":
        assert engine.leaving(WORKFLOW, state) == ()


@given(step=steps, held=roles, proposer=st.integers(0, 3), confirmer=st.integers(0, 3))
def test_a_confirmer_is_another_person_with_the_power_who_did_not_investigate(
    step: Transition, held: set[str], proposer: int, confirmer: int
) -> None:
    def may(investigators: set[int]) -> bool:
        return engine.may_confirm(
            step, held, proposer=proposer, confirmer=confirmer, investigators=investigators
        )

    expected = step.four_eyes and proposer != confirmer and bool(set(step.confirmed_by) & held)
    assert may(set()) is expected
    assert not may({confirmer})
    if proposer != confirmer:
        assert may({proposer}) is expected  # the lead investigator may propose


@given(step=st.sampled_from(FOUR_EYES))
def test_neither_the_service_nor_the_reporter_is_a_second_person(step: Transition) -> None:
    assert not engine.may_confirm(step, NOT_STAFF, proposer=1, confirmer=2)


def test_every_step_of_the_service_or_the_reporter_alone_needs_no_second_person() -> None:
    for step in WORKFLOW.transitions:
        if set(step.who) <= NOT_STAFF:
            assert not step.four_eyes


@given(state=st.sampled_from(STATES), withheld=st.booleans())
def test_the_reporter_always_sees_a_status_of_the_list(state: str, *, withheld: bool) -> None:
    seen = engine.public_status(WORKFLOW, state, target="assessing", withheld=withheld)
    assert seen in catalogue.code_list("public_statuses")
    assert seen != "merged"


def test_a_merged_report_shows_its_target_s_status() -> None:
    assert engine.public_status(WORKFLOW, "merged", target="being_handled") == "being_handled"
    with pytest.raises(ValueError, match="target"):
        engine.public_status(WORKFLOW, "merged")


def test_a_withheld_referral_does_not_show() -> None:
    assert engine.public_status(WORKFLOW, "referred_out") == "referred"
    assert engine.public_status(WORKFLOW, "referred_out", withheld=True) == "being_handled"
    step = engine.transition(WORKFLOW, "assessed", "refer")
    assert engine.told(step, {}) == "referred"
    assert engine.told(step, {"withhold_notice": False}) == "referred"
    assert engine.told(step, {"withhold_notice": True}) is None


def test_the_triage_clock_depends_on_priority_and_the_inquiry_s_on_complexity() -> None:
    spans = {p: engine.state_span(WORKFLOW, "triage", priority=p) for p in ("P0", "P1", "P4")}
    assert {p: span and (span.kind, span.value) for p, span in spans.items()} == {
        "P0": (SpanKind.HOURS, 4),
        "P1": (SpanKind.WORKING_DAYS, 2),
        "P4": (SpanKind.WORKING_DAYS, 15),
    }
    plain = engine.state_span(WORKFLOW, "investigation")
    hard = engine.state_span(WORKFLOW, "investigation", complex_case=True)
    assert plain is not None
    assert hard is not None
    assert (plain.value, hard.value) == (90, 180)
    assert engine.state_span(WORKFLOW, "closed") is None


def test_every_state_that_waits_for_somebody_has_a_clock() -> None:
    for state in WORKFLOW.states:
        waiting = not (state.concluded or state.code in {"archived", "purged"})
        assert (state.due is not None) == waiting, state.code


# The same graph in another engine


def other_engine() -> type[StateMachine]:
    """Our graph as python-statemachine understands it (events prefixed: they become methods)."""
    states: dict[str, Any] = {
        state.code: OtherState(state.code, initial=state.initial, final=state.final)
        for state in WORKFLOW.states
    }
    body: dict[str, Any] = {f"in_{code}": state for code, state in states.items()}
    for step in WORKFLOW.transitions:
        if step.source is not None:
            edge = states[step.source].to(states[step.target])
            name = f"do_{step.event}"
            body[name] = body[name] | edge if name in body else edge
    return type("Complaint", (StateMachine,), body)


OTHER = other_engine()


def test_another_engine_allows_the_same_events_in_every_state() -> None:
    for code in STATES:
        machine = OTHER(start_value=f"in_{code}")
        theirs = {event.id.removeprefix("do_") for event in machine.allowed_events}
        assert theirs == {step.event for step in engine.leaving(WORKFLOW, code)}, code


def test_another_engine_goes_to_the_same_state() -> None:
    for step in WORKFLOW.transitions:
        if step.source is not None:
            machine = OTHER(start_value=f"in_{step.source}")
            machine.send(f"do_{step.event}")
            assert machine.current_state_value == f"in_{step.target}", step.id


def test_another_walk_of_the_graph_reaches_the_same_states() -> None:
    def walk(start: str) -> set[str]:
        found, queue = set(), deque([start])
        by_id = {state.id: state for state in OTHER.states}
        while queue:
            for edge in by_id[f"in_{queue.popleft()}"].transitions:
                code = edge.target.id.removeprefix("in_")
                if code not in found:
                    found.add(code)
                    queue.append(code)
        return found

    for code in STATES:
        assert walk(code) == engine.reachable(WORKFLOW, code), code
    for code in STATES:
        assert ("purged" in walk(code)) == (code in engine.reaching(WORKFLOW, {"purged"}))


# A cast of people


def cast() -> dict[Any, set[str]]:
    """The main unit of the demo: one of each role, two of those who confirm each other."""
    two = ("case_manager", "head_ia", "lead_investigator", "decision_authority",
           "protection_officer", "identity_custodian", "system_admin")  # fmt: skip
    people: dict[Any, set[str]] = {role: {role} for role in ROLES if role not in NOT_STAFF}
    return people | {f"{role} 2": {role} for role in two}


def test_the_demo_s_cast_can_propose_and_confirm_every_step() -> None:
    assert engine.nobody_for(WORKFLOW, cast()) == ()


def test_without_counsel_nobody_can_confirm_the_notice() -> None:
    people = {who: held for who, held in cast().items() if held != {"legal_counsel"}}
    missing = engine.nobody_for(WORKFLOW, people)
    assert ("T25", "confirmer") in missing
    assert ("T30", "confirmer") in missing  # one quality reviewer cannot be both
    assert ("T50", "confirmer") in missing


def test_without_a_head_nobody_can_authorise() -> None:
    people = {who: held for who, held in cast().items() if held != {"head_ia"}}
    assert ("T13", "proposer") in engine.nobody_for(WORKFLOW, people)


def test_one_person_with_every_role_confirms_nothing() -> None:
    missing = engine.nobody_for(WORKFLOW, {"all": set(ROLES)})
    assert missing == tuple((step.id, "confirmer") for step in FOUR_EYES)
