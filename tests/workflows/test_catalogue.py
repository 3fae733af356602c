from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest

from workflows import catalogue, engine
from workflows.model import LOCALES, FieldKind

CODES = Path(catalogue.__file__).parent / "codes"
DEFINITIONS = CODES.with_name("definitions")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_complaint_workflow_has_25_states_and_54_steps() -> None:
    workflow = catalogue.workflow()
    assert len(workflow.states) == 25
    assert [step.id for step in workflow.transitions] == [f"T{n:02}" for n in range(1, 55)]


def test_what_is_loaded_once_is_not_loaded_again() -> None:
    assert catalogue.workflow() is catalogue.workflow()
    assert catalogue.code_lists() is catalogue.code_lists()
    assert catalogue.permissions() is catalogue.permissions()
    assert catalogue.keys() is catalogue.keys()


def test_an_unknown_definition_or_code_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        catalogue.workflow("complaint", 999)
    with pytest.raises(KeyError):
        catalogue.code_list("nonsense")
    with pytest.raises(KeyError):
        catalogue.label("roles", "nonsense", "en")


@pytest.mark.parametrize("name", sorted(path.stem for path in CODES.glob("*.csv")))
def test_every_code_is_worded_in_five_languages(name: str) -> None:
    entries = catalogue.code_list(name).entries
    assert entries
    for entry in entries:
        assert all(catalogue.label(name, entry.code, locale).strip() for locale in LOCALES)


@pytest.mark.parametrize(
    "name",
    [
        "reporter_texts",
        "guards",
        "events",
        "fields",
        "field_problems",
        "trail_texts",
        "trail_parts",
    ],
)
def test_arabic_is_arabic_and_long_texts_differ_between_languages(name: str) -> None:
    for entry in catalogue.code_list(name).entries:
        assert any("\u0600" <= sign <= "\u06ff" for sign in entry.labels["ar"])
        if name in {"reporter_texts", "guards"}:
            assert len(set(entry.labels.values())) == len(LOCALES)


def test_the_domain_code_lists_are_the_domain_s_own(shared: Path) -> None:
    domain = sorted((shared / "domain").glob("*.csv"))
    assert len(domain) > 15
    for path in domain:
        if path.stem != "transitions":
            assert rows(CODES / path.name) == rows(path), path.name


def test_the_steps_are_the_domain_s_own(shared: Path) -> None:
    workflow = catalogue.workflow()
    domain = rows(shared / "domain" / "transitions.csv")
    assert len(domain) == len(workflow.transitions)
    for row, step in zip(domain, workflow.transitions, strict=True):
        assert (step.id, step.source or "(new)", step.event, step.target) == (
            row["id"],
            row["from"],
            row["event"],
            row["to"],
        )
        assert ", ".join(step.who) == row["who"]
        assert ("yes" if step.four_eyes else "no") == row["four_eyes"]
        assert ", ".join(step.confirmed_by) == row["confirmed_by"]
        telling = row["tell_reporter"]
        assert (step.tell_reporter is None) == telling.startswith("no"), step.id
        conditional = any(word in telling for word in ("unless", "allowed", "as T14"))
        assert (step.tell_unless is not None) == conditional, step.id
        assert (step.deadline is None) == (row["deadline"] == "as decided"), step.id


def test_the_states_are_the_domain_s_own_but_nothing_says_merged(shared: Path) -> None:
    workflow = catalogue.workflow()
    domain = rows(shared / "domain" / "case_states.csv")
    assert [row["code"] for row in domain] == [state.code for state in workflow.states]
    for row, state in zip(domain, workflow.states, strict=True):
        assert state.phase == row["phase"]
        expected = None if state.code == "merged" else row["public_status"]
        assert state.public_status == expected


def test_the_roles_of_every_act_are_the_domain_s_cells_where_it_has_the_act(shared: Path) -> None:
    """The rows of the domain's table that carry over as they stand; others were changed or added."""
    columns = {
        "reporter": "reporter", "intake": "intake_officer", "triage": "triage_officer",
        "case_mgr": "case_manager", "head_ia": "head_ia", "lead_inv": "lead_investigator",
        "inv": "investigator", "analyst": "analyst", "quality": "quality_reviewer",
        "legal": "legal_counsel", "decision": "decision_authority", "review": "review_officer",
        "protection": "protection_officer", "custodian id": "identity_custodian",
        "custodian ev": "evidence_custodian", "local com": "local_committee",
        "national com": "national_committee", "auditor": "internal_auditor", "dpo": "dpo",
        "sysadmin": "system_admin", "oversight": "oversight_body",
        "statistics": "statistics_officer",
    }  # fmt: skip
    acts = {
        "Submit": "submit", "Read own thread and status": "read_own_thread",
        "Read case content": "read_case", "Score and assess": "assess",
        "Route, refuse, merge": "route", "Authorise, extend, suspend, refer": "authorise",
        "Assign and reassign": "assign", "Add evidence, interviews": "evidence_add",
        "Propose findings": "propose_findings", "Return or pass the report": "review_report",
        "Decide findings and outcomes": "decide", "Review or reopen": "review_or_reopen",
        "Protection plan": "protection_plan", "Figures": "figures",
        "Publish a snapshot": "publish_figures", "Read audit trail": "audit_trail",
        "Verify chain": "verify_trail", "Manage users and roles": "manage_staff",
        "Change workflow, deadlines, code lists": "manage_workflow",
    }  # fmt: skip
    lines = (shared / "domain" / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| Act |"))
    head = [cell.strip() for cell in lines[start].strip("|").split("|")]
    compared = set()
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = dict(zip(head, [cell.strip() for cell in line.strip("|").split("|")], strict=True))
        act = acts.get(cells["Act"])
        if act is None:
            continue
        compared.add(act)
        expected = {columns[name] for name in head[1:] if cells[name]}
        assert set(catalogue.permissions().acts[act]) == expected, act
        two = {columns[name] for name in head[1:] if "2" in cells[name]}
        grants = catalogue.permissions().acts[act]
        assert {role for role, grant in grants.items() if grant.second} == two, act
    assert compared == set(acts.values())


def test_a_released_definition_never_changes() -> None:
    """A change is a new version: cases keep the one they began with."""
    for name, digest in catalogue.released().items():
        assert catalogue.digest(name) == digest, f"{name} is released; make a new version"


def test_every_shipped_definition_is_sound() -> None:
    shipped = sorted(file.name for file in DEFINITIONS.glob("*.v*.toml"))
    assert shipped == ["complaint.v1.toml", "complaint.v2.toml"]
    for file_name in shipped:
        name, version = file_name.removesuffix(".toml").split(".v")
        assert catalogue.workflow(name, int(version)).name == name


def test_no_step_s_text_to_the_reporter_holds_a_placeholder() -> None:
    for entry in catalogue.code_list("reporter_texts").entries:
        assert not any(sign in text for text in entry.labels.values() for sign in "{}%<>")


def test_nothing_the_reporter_reads_says_merged() -> None:
    workflow = catalogue.workflow()
    step = engine.transition(workflow, "assessed", "merge")
    assert step.tell_reporter is None
    shown = {state.public_status for state in workflow.states}
    shown |= {state.quiet_status for state in workflow.states}
    assert "merged" not in shown


def test_every_guard_event_and_field_word_is_used_by_some_step() -> None:
    steps = [
        step for one in catalogue.definitions() for step in catalogue.workflow(*one).transitions
    ]
    guards = {g for s in steps for g in s.guards}
    # One stands before every step, whatever the step asks for; one before T45 of every version.
    besides = {"reroute_first", "nothing_administrative_open"}
    assert set(catalogue.code_list("guards").by_code) == guards | besides
    assert set(catalogue.code_list("events").by_code) == {step.event for step in steps}
    assert set(catalogue.code_list("fields").by_code) == {
        field.description for step in steps for field in step.fields
    }


def test_only_listed_roles_may_join_a_key_circle() -> None:
    keys = catalogue.keys()
    assert keys.circles["handling"] == ("triage_officer", "case_manager", "head_ia")
    assert keys.circles["review"] == ("review_officer", "oversight_body")
    assert keys.circles["protection"] == ("protection_officer",)
    assert keys.circles["custody"] == ("identity_custodian",)
    for kind in ("handling", "protection", "custody"):
        assert not set(keys.circles[kind]) & set(keys.nothing)


def test_every_person_a_step_names_gets_the_case_s_key_by_that_step() -> None:
    by_role = {named.role: set(named.by) for named in catalogue.keys().cases}
    for step in catalogue.workflow().transitions:
        for field in step.fields:
            if field.kind in {FieldKind.STAFF, FieldKind.STAFF_LIST}:
                assert step.id in by_role[str(field.role)]


def test_every_role_that_reads_a_case_can_come_by_a_key() -> None:
    keys = catalogue.keys()
    holders = {role for roles in keys.circles.values() for role in roles}
    holders |= {named.role for named in keys.cases} | set(keys.two_persons)
    assert set(catalogue.permissions().acts["read_case"]) <= holders


def test_the_priority_weights_add_up_to_25() -> None:
    dimensions = catalogue.code_list("priority_dimensions")
    assert sum(int(entry.extra["weight"]) for entry in dimensions.entries) == 25
    anchors = {entry.code for entry in catalogue.code_list("priority_anchors").entries}
    assert anchors == {f"{entry.code}.{n}" for entry in dimensions.entries for n in (0, 2, 4)}


def test_the_definition_files_are_plain_toml() -> None:
    for path in (CODES.parent / "definitions").glob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8"))
