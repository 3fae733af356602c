"""Every fault a definition can have is caught, and named, at least once."""

from __future__ import annotations

import ast
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workflows import catalogue, soundness
from workflows.model import LOCALES, CodeList, Grant, Keys, Permissions, Workflow
from workflows.soundness import Fault, Unsound

if TYPE_CHECKING:
    from collections.abc import Callable

    Data = dict[str, Any]
    Change = Callable[[Data], object]

LISTS = catalogue.code_lists()
WHOLE = catalogue.workflow().model_dump(mode="json", by_alias=True)


def state(data: Data, code: str) -> Data:
    return next(entry for entry in data["states"] if entry["code"] == code)


def step(data: Data, id_: str) -> Data:
    return next(entry for entry in data["transitions"] if entry["id"] == id_)


def field(data: Data, id_: str, name: str) -> Data:
    return next(entry for entry in step(data, id_)["fields"] if entry["name"] == name)


def without(data: Data, *ids: str) -> None:
    data["transitions"] = [entry for entry in data["transitions"] if entry["id"] not in ids]


def found(change: Change) -> set[tuple[str, str, str]]:
    data = deepcopy(WHOLE)
    change(data)
    faults = soundness.workflow_faults(
        Workflow.model_validate(data), LISTS, catalogue.permissions()
    )
    return {tuple(fault) for fault in faults}  # type: ignore[misc]


WORKFLOW_FAULTS: list[tuple[Change, tuple[str, str, str]]] = [
    (lambda d: d["states"].append(state(d, "triage")), ("states", "duplicate_state", "triage")),
    (lambda d: step(d, "T02").update(id="T01"), ("transitions", "duplicate_id", "T01")),
    (lambda d: step(d, "T10").update(event="refuse"), ("assessed", "duplicate_event", "refuse")),
    (
        lambda d: state(d, "triage").update(initial=True),
        ("states", "not_one_initial_state", "received,triage"),
    ),
    (
        lambda d: state(d, "received").update(initial=False),
        ("states", "not_one_initial_state", ""),
    ),
    (
        lambda d: state(d, "purged").update(final=False),
        ("states", "no_final_state", "complaint"),
    ),
    (lambda d: step(d, "T01").update(to="triage"), ("states", "beginning_elsewhere", "triage")),
    (lambda d: without(d, "T22"), ("suspended", "unreachable_state", "suspended")),
    (lambda d: without(d, "T23", "T51"), ("suspended", "no_way_to_an_end", "suspended")),
    (lambda d: state(d, "closed").update(final=True), ("closed", "end_that_goes_on", "closed")),
    (lambda d: step(d, "T02").update(to="limbo"), ("T02", "unknown_state", "limbo")),
    (
        lambda d: state(d, "triage").update(code="limbo"),
        ("limbo", "unknown_state", "case_states/limbo"),
    ),
    (
        lambda d: state(d, "merged").update(public_status="merged", follows_target=False),
        ("merged", "status_tells_of_another_report", "merged"),
    ),
    (
        lambda d: state(d, "triage").update(public_status=None),
        ("triage", "no_public_status", "triage"),
    ),
    (
        lambda d: state(d, "triage").update(public_status="sleeping"),
        ("triage", "unknown_code", "public_statuses/sleeping"),
    ),
    (
        lambda d: state(d, "triage")["due"]["by_priority"].update(P9={"kind": "hours", "value": 1}),
        ("triage", "unknown_code", "priorities/P9"),
    ),
    (
        lambda d: step(d, "T08")["deadline"]["by_priority"].update(
            P9={"kind": "hours", "value": 1}
        ),
        ("T08", "unknown_code", "priorities/P9"),
    ),
    (lambda d: step(d, "T02").update(event="wave"), ("T02", "unknown_code", "events/wave")),
    (lambda d: step(d, "T02").update(who=["king"]), ("T02", "unknown_role", "roles/king")),
    (
        lambda d: step(d, "T09").update(confirmed_by=["king"]),
        ("T09", "unknown_role", "roles/king"),
    ),
    (lambda d: step(d, "T02").update(act="wave"), ("T02", "unknown_act", "wave")),
    (
        lambda d: step(d, "T02").update(who=["analyst"]),
        ("T02", "role_without_permission", "analyst"),
    ),
    (
        lambda d: step(d, "T09").update(confirmed_by=["analyst"]),
        ("T09", "role_without_permission", "analyst"),
    ),
    (lambda d: step(d, "T09").update(confirmed_by=[]), ("T09", "no_confirmer", "refuse")),
    (
        lambda d: step(d, "T09").update(confirmed_by=["system", "reporter"]),
        ("T09", "only_the_proposer_could_confirm", "system,reporter"),
    ),
    (
        lambda d: step(d, "T09").update(four_eyes=False),
        ("T09", "confirmer_without_four_eyes", "refuse"),
    ),
    (
        lambda d: step(d, "T02").update(tell_reporter="hello"),
        ("T02", "unknown_code", "reporter_texts/hello"),
    ),
    (lambda d: step(d, "T14").update(tell_unless="mood"), ("T14", "unknown_field", "mood")),
    (lambda d: step(d, "T14").update(tell_unless="body"), ("T14", "unknown_field", "body")),
    (lambda d: step(d, "T02").update(guards=["mood"]), ("T02", "unknown_guard", "mood")),
    (
        lambda d: step(d, "T16")["fields"].append(field(d, "T16", "reasons")),
        ("T16", "duplicate_field", "reasons"),
    ),
    (
        lambda d: field(d, "T16", "reasons").update(name="mood"),
        ("T16/mood", "unknown_code", "fields/mood"),
    ),
    (
        lambda d: field(d, "T14", "body").update(list=None),
        ("T14/body", "list_missing_or_needless", "code"),
    ),
    (
        lambda d: field(d, "T16", "reasons").update(list="roles"),
        ("T16/reasons", "list_missing_or_needless", "text"),
    ),
    (
        lambda d: field(d, "T14", "body").update(list="planets"),
        ("T14/body", "unknown_list", "planets"),
    ),
    (
        lambda d: field(d, "T20", "team").update(role=None),
        ("T20/team", "role_missing_or_needless", "staff_list"),
    ),
    (
        lambda d: field(d, "T20", "team").update(role="king"),
        ("T20/team", "unknown_role", "roles/king"),
    ),
    (
        lambda d: field(d, "T09", "closure_reason").update(only=["boredom"]),
        ("T09/closure_reason", "unknown_code", "closure_reasons/boredom"),
    ),
    (
        lambda d: field(d, "T09", "public_interest").update(required_unless="mood"),
        ("T09/public_interest", "unknown_field", "mood"),
    ),
    (
        lambda d: field(d, "T14", "withhold_notice").update(to_reporter=True),
        ("T14/withhold_notice", "only_text_goes_to_the_reporter", "bool"),
    ),
    (
        lambda d: field(d, "T16", "reasons").update(default="why"),
        ("T16/reasons", "only_a_code_has_a_default", "text"),
    ),
    (
        lambda d: field(d, "T30", "decision_authorities").update(max_items=1),
        ("T30/decision_authorities", "empty_range", "decision_authorities"),
    ),
    (
        lambda d: step(d, "T17").update(fields=[]),
        ("T17", "closure_reason_missing_or_needless", "closed"),
    ),
    (
        lambda d: step(d, "T23").update(keeps_closure_reason=True),
        ("T23", "closure_reason_missing_or_needless", "investigation"),
    ),
    (
        lambda d: field(d, "T17", "closure_reason").update(required=False),
        ("T17", "closure_reason_missing_or_needless", "optional"),
    ),
    (
        lambda d: field(d, "T15", "closure_reason").update(only=["withdrawn"]),
        ("T15", "closure_reason_needs_four_eyes", "withdrawn"),
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), WORKFLOW_FAULTS, ids=[f"{f[1]}-{f[2]}" for _, f in WORKFLOW_FAULTS]
)
def test_a_fault_of_a_workflow_is_named(change: Change, expected: tuple[str, str, str]) -> None:
    assert expected in found(change)


def test_the_shipped_workflow_has_no_fault() -> None:
    assert found(lambda _: None) == set()


PARSE_FAULTS: list[tuple[Callable[[], object], str]] = [
    (lambda: catalogue.parse_workflow("name = "), "not_toml"),
    (
        lambda: catalogue.parse_workflow('[[transitions]]\nid = "T01"\nsets = ["nobody"]'),
        "unknown_field_set",
    ),
    (lambda: catalogue.parse_workflow('name = "x"\ncolour = 1'), "extra_forbidden"),
    (lambda: catalogue.parse_workflow(definition(kind="poem")), "enum"),
    (lambda: catalogue.parse_workflow(definition(deadline='{ kind = "hours" }')), "value_error"),
    (
        lambda: catalogue.parse_workflow(definition(deadline='{ kind = "at_once", value = 1 }')),
        "value_error",
    ),
    (lambda: catalogue.parse_code_list("x", "code,en,fr,es,pt\na,a,a,a,a\n"), "missing_column"),
    (lambda: catalogue.parse_code_list("x", "code,en,fr,es,pt,ar\na,a,a,a,a\n"), "ragged_row"),
    (
        lambda: catalogue.parse_code_list("x", "code,en,fr,es,pt,ar\na,a,a,a,a,a,a\n"),
        "ragged_row",
    ),
    (
        lambda: catalogue.parse_code_list("x", "code,en,fr,es,pt,ar\na,a,a, ,a,a\n"),
        "missing_translation",
    ),
    (lambda: catalogue.parse_code_list("x", "code,en,fr,es,pt,ar\n,a,a,a,a,a\n"), "empty_code"),
    (
        lambda: catalogue.parse_code_list("x", "code,en,fr,es,pt,ar\n" + 2 * "a,a,a,a,a,a\n"),
        "duplicate_code",
    ),
    (lambda: catalogue.parse_permissions('[acts.a]\ndpo = "Z"'), "unknown_grade"),
    (lambda: catalogue.parse_permissions('[acts.a]\ndpo = "Y one two"'), "unknown_grade"),
    (lambda: catalogue.parse_permissions('[acts.a]\ndpo = "Y Loud!"'), "unknown_grade"),
]


def definition(*, kind: str = "text", deadline: str = '{ kind = "at_once" }') -> str:
    return f"""
        name = "small"
        version = 1
        states = []
        [[transitions]]
        id = "T01"
        event = "submit"
        to = "received"
        act = "submit"
        who = ["reporter"]
        deadline = {deadline}
        fields = [{{ name = "reasons", kind = "{kind}" }}]
    """


@pytest.mark.parametrize(("parse", "fault"), PARSE_FAULTS)
def test_a_fault_of_a_file_is_named(parse: Callable[[], object], fault: str) -> None:
    with pytest.raises(Unsound) as caught:
        parse()
    assert fault in {each.fault for each in caught.value.faults}
    assert fault in str(caught.value)


PERMISSION_FAULTS: list[tuple[dict[str, dict[str, Grant]], Fault]] = [
    ({"wave": {"king": Grant.read("Y")}}, Fault("wave", "unknown_role", "roles/king")),
    ({"wave": {}}, Fault("wave", "nobody_may", "wave")),
]


@pytest.mark.parametrize(("acts", "expected"), PERMISSION_FAULTS)
def test_a_fault_of_the_permission_table_is_named(
    acts: dict[str, dict[str, Grant]], expected: Fault
) -> None:
    assert expected in set(soundness.permission_faults(Permissions(acts=acts), LISTS))


KEY_FAULTS: list[tuple[Change, Fault]] = [
    (
        lambda d: d["circles"].update(handling=["king"]),
        Fault("circle handling", "unknown_role", "roles/king"),
    ),
    (lambda d: d["units"][0].update(kind="tower"), Fault("units", "unknown_unit_kind", "tower")),
    (
        lambda d: d["units"][0].update(at=["dawn"]),
        Fault("unit handling", "unknown_state", "dawn"),
    ),
    (
        lambda d: d["cases"][0].update(role="king"),
        Fault("cases", "unknown_role", "roles/king"),
    ),
    (
        lambda d: d["cases"][0].update(role="system_admin"),
        Fault("cases", "keyless_role", "system_admin"),
    ),
    (
        lambda d: d["cases"][0].update(by=["wave"]),
        Fault("case key of lead_investigator", "unknown_act", "wave"),
    ),
    (
        lambda d: d["cases"][0].update(by=["T02"]),
        Fault("case key of lead_investigator", "step_names_nobody", "T02"),
    ),
    (lambda d: d.update(nothing=["king"]), Fault("holds", "unknown_role", "roles/king")),
]


@pytest.mark.parametrize(("change", "expected"), KEY_FAULTS)
def test_a_fault_of_the_key_table_is_named(change: Change, expected: Fault) -> None:
    data = catalogue.keys().model_dump(mode="json")
    change(data)
    faults = soundness.key_faults(
        Keys.model_validate(data), catalogue.workflow(), LISTS, catalogue.permissions()
    )
    assert expected in set(faults)


def test_every_fault_that_can_be_named_was_seen_once() -> None:
    room = Path(soundness.__file__).parent
    named = {"unknown_role", "unknown_state", "unknown_code"}  # chosen by the list's name
    for module in ("soundness.py", "catalogue.py"):
        for node in ast.walk(ast.parse((room / module).read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name("Fault"), [_, ast.Constant(str(fault)), _]):
                    named.add(fault)
    seen = {expected[1] for _, expected in WORKFLOW_FAULTS} | {fault for _, fault in PARSE_FAULTS}
    seen |= {each.fault for _, each in PERMISSION_FAULTS} | {each.fault for _, each in KEY_FAULTS}
    assert len(named) > 35
    assert named <= seen


def test_a_list_that_is_missing_altogether_is_named() -> None:
    lists = {name: each for name, each in LISTS.items() if name != "events"}
    faults = soundness.workflow_faults(catalogue.workflow(), lists, catalogue.permissions())
    assert Fault("T01", "unknown_list", "events") in set(faults)


def test_an_unsound_definition_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        catalogue, "parse_workflow", lambda _: Workflow.model_validate(broken_definition())
    )
    catalogue.workflow.cache_clear()
    try:
        with pytest.raises(Unsound, match="no_confirmer"):
            catalogue.workflow()
    finally:
        catalogue.workflow.cache_clear()


def broken_definition() -> Data:
    data = deepcopy(WHOLE)
    step(data, "T09").update(confirmed_by=[])
    return data


def test_a_small_list_loads_with_its_other_columns() -> None:
    small = catalogue.parse_code_list("x", "code,weight,en,fr,es,pt,ar\na,3,b,c,d,e,f\n")
    assert isinstance(small, CodeList)
    assert small.by_code["a"].extra == {"weight": "3"}
    assert [small.by_code["a"].labels[locale] for locale in LOCALES] == list("bcdef")
    assert "a" in small
    assert "b" not in small
