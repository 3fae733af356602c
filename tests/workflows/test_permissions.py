from __future__ import annotations

import pytest

from workflows import catalogue
from workflows.model import Grade, Grant

PERMISSIONS = catalogue.permissions()
ROLES = set(catalogue.code_list("roles").by_code)


def test_a_cell_reads_as_grade_second_person_and_part() -> None:
    assert Grant.read("Y") == Grant(grade=Grade.YES)
    assert Grant.read("C 2") == Grant(grade=Grade.ASSIGNED, second=True)
    assert Grant.read("2 sample") == Grant(grade=Grade.SECOND, second=True, part="sample")
    assert Grant.read("A subtree") == Grant(grade=Grade.AGGREGATE, part="subtree")


@pytest.mark.parametrize("act", ["nonsense", ""])
def test_an_act_nobody_listed_is_nobody_s(act: str) -> None:
    assert not PERMISSIONS.allow(act, ROLES)
    assert PERMISSIONS.grants(act, ROLES) == ()


def test_no_roles_may_do_nothing() -> None:
    assert not any(PERMISSIONS.allow(act, set()) for act in PERMISSIONS.acts)


def test_two_roles_may_do_what_either_may() -> None:
    assert PERMISSIONS.allow("purge", {"analyst", "dpo"})
    assert len(PERMISSIONS.grants("read_case", {"analyst", "head_ia"})) == 2


def test_the_desk_reads_nothing_it_typed() -> None:
    for act in ("read_new_report", "read_case", "notes", "write_to_reporter", "case_history"):
        assert not PERMISSIONS.allow(act, {"intake_officer"})


def test_administrators_and_committees_never_touch_a_case() -> None:
    """The system administrator runs the house; committees and statisticians read figures."""
    about_cases = {
        "see_queue", "declare", "read_case", "read_new_report", "read_identity", "notes", "tasks",
        "assess", "route", "authorise", "assign", "grant", "decide", "confirm", "write_to_reporter",
        "evidence_add", "evidence_originals", "case_history", "export_case", "take_case",
    }  # fmt: skip
    for role in ("system_admin", "local_committee", "national_committee", "statistics_officer"):
        assert not any(PERMISSIONS.allow(act, {role}) for act in about_cases), role


def test_only_the_custodian_grants_an_identity_and_never_alone() -> None:
    assert PERMISSIONS.acts["grant_identity"] == {
        "identity_custodian": Grant(grade=Grade.YES, second=True)
    }


def test_whoever_may_read_a_case_must_be_able_to_declare_first() -> None:
    for role in PERMISSIONS.acts["read_case"]:
        assert PERMISSIONS.allow("declare", {role}), role


def test_the_reporter_acts_only_on_the_own_report() -> None:
    for act, row in PERMISSIONS.acts.items():
        if "reporter" in row and act not in {"submit", "figures"}:
            assert row["reporter"].grade is Grade.OWN_REPORT, act
