"""Refusals of guards that no other file of this folder shows, and that none is without a test of it."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from cases import deadlines, transitions
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.deeds import Deed
from cases.guards import BESIDES, GUARDS, failing
from cases.models.case import Case, KeyKind, Record
from cases.objects import plans
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import NAMED, Life, a_life, against
from workflows import catalogue
from workflows.fields import Given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database

PLAN: dict[str, Any] = {
    "objective": "find out who took it",
    "questions": [{"code": "Q1", "text": "Who was there?"}],
}
WHOLE = {
    "scope": "that day",
    "method": "asked and compared",
    "facts": "the log shows it",
    "exculpatory": "nothing",
    "reply": "he denies it",
    "standard_of_proof": "balance_of_probabilities",
}


def standing(life: Life, event: str, who: str | None = None) -> tuple[str, ...]:
    """What stands against a step that takes no fields; taken by the service, or somebody."""
    by = life.cast[who] if who else None
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        step = transitions.step_of(case, event)
        deed = Deed(db=db, case=case, step=step, data={}, given=Given({}), by=by)
        return failing(deed)


def alter(life: Life, **values: object) -> None:
    """Write columns of the case as no act would."""
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        for name, value in values.items():
            setattr(case, name, value)
        log.emit(db, "config.changed", by=THE_SERVICE)


def test_the_service_acknowledges_from_the_sixth_day_and_people_at_once(life: Life) -> None:
    life.small.clock.move(days=5)
    assert standing(life, "acknowledge") == ("system_from_day_six",)
    assert standing(life, "acknowledge", "desk") == ()
    life.small.clock.move(days=1)
    assert standing(life, "acknowledge") == ()


def test_nobody_begins_triage_without_having_declared(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.cast["triage"], life.cast["manager"]
    assert standing(life, "start_triage", "triage") == ("declared",)
    life.declare("triage")
    assert standing(life, "start_triage", "triage") == ()


def test_a_question_is_answered_by_an_answer_or_by_silence_after_two_reminders(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.answer("before the question")
    life.do("triage", "ask_reporter", question="When?")
    assert standing(life, "reporter_answers") == ("reporter_sent_something",)
    assert standing(life, "silence") == ("reminders_sent_and_due",)
    life.small.clock.move(days=31)
    assert standing(life, "silence") == ("reminders_sent_and_due",)


def test_an_investigation_begins_with_a_plan_that_somebody_else_approved(life: Life) -> None:
    life.triaged()
    life.authorise()
    team: dict[str, Any] = {"lead_investigator": life.cast["lead"].id}
    assert against(life, "manager", "assign", **team) == ("plan_at_hand",)
    plan = life.write("manager", "plan", **PLAN)
    assert against(life, "manager", "assign", **team, plan="mine") == ("plan_at_hand",)
    life.declare("manager2")
    by = life.cast["manager2"]
    with life.small.work() as db:
        plans.approve(db, life.find(db, by), plan, by=by, keys=StaffKeys(db, by))
    assert against(life, "manager", "assign", **team) == ()


def test_the_day_of_an_investigation_is_within_the_longest_time(life: Life) -> None:
    life.triaged()
    life.authorise()
    today = life.small.house.today()
    team: dict[str, Any] = {"lead_investigator": life.cast["lead"].id, "plan": "ask"}
    late = today + timedelta(days=366)
    assert against(life, "manager", "assign", **team, due_on=late) == ("due_inside_ceiling",)
    last = today + timedelta(days=365)
    assert against(life, "manager", "assign", **team, due_on=last) == ()


def test_who_investigates_is_certified_for_what_is_alleged(life: Life) -> None:
    life.triaged()
    life.authorise()
    other = {"lead_investigator": life.cast["manager"].id, "plan": "ask"}
    with life.small.work() as db:
        case, by = db.get_one(Case, life.case_id), life.cast["head"]
        step = transitions.step_of(case, "assign")
        deed = Deed(db=db, case=case, step=step, data=other, given=Given(other), by=by)
        assert GUARDS["investigators_certified"](deed) is False


@pytest.mark.parametrize("field", ["report", "identity"])
def test_nothing_of_a_reporter_is_in_the_bundle_unless_counsel_cleared_it(
    small: SmallHouse, field: str
) -> None:
    life = a_life(small, identity=NAMED)
    life.investigated()
    with small.look() as db:
        theirs = db.exec(
            select(Record.id).where(Record.case_id == life.case_id, Record.field == field)
        ).one()
    life.assign("head", "legal_counsel", "counsel")
    step = {
        "counsel": life.cast["counsel"].id,
        "bundle": [theirs],
        "served_on": small.house.today(),
    }
    refused = ("bundle_keeps_reporter_out",)
    assert against(life, "lead", "open_reply", **step) == refused
    item = life.write("lead", "item", title="The letter", source_type="reporter_statement")
    assert against(life, "lead", "open_reply", **step | {"bundle": [item]}) == refused
    if field == "report":
        life.write("counsel", "bundle_clearance", record=theirs, reason="the words are everybody's")
        assert against(life, "lead", "open_reply", **step) == ()


def test_what_was_said_when_the_reporter_was_heard_is_theirs(life: Life) -> None:
    life.investigated()
    heard = life.write("lead", "interview", capacity="reporter", record="I saw it.")
    step = {
        "counsel": life.cast["counsel"].id,
        "bundle": [heard],
        "served_on": life.small.house.today(),
    }
    assert against(life, "lead", "open_reply", **step) == ("bundle_keeps_reporter_out",)


def test_a_reply_comes_on_a_day_after_the_notice(life: Life) -> None:
    life.investigated()
    life.reply()
    early = {"reply": "no", "reply_on": life.small.house.today() - timedelta(days=1)}
    refused = ("reply_has_its_day",)
    assert against(life, "lead", "reply_closed", **early) == refused
    assert against(life, "lead", "reply_closed", reply="no", reply_on=None) == refused
    assert against(life, "lead", "reply_closed", reply="no") == ()


def replied(life: Life) -> dict[str, Any]:
    """An investigation whose report can be submitted, and the fields of that."""
    life.investigated()
    life.reply()
    life.do("lead", "reply_closed", reply="I was not there")
    return {
        "reviewer": life.cast["reviewer"].id,
        "findings": life.supported(),
        "exculpatory": "nothing was found",
        "report_record": [life.things["evidence"]],
    }


def test_a_finding_names_evidence_and_an_allegation_is_none(life: Life) -> None:
    step = replied(life)
    bare = step | {"findings": [{**life.findings()[0], "evidence": [life.things["allegation"]]}]}
    assert against(life, "lead", "submit_report", **bare) == ("each_finding_has_evidence",)
    assert against(life, "lead", "submit_report", **step) == ()


def test_a_report_written_here_is_whole_and_proposes_what_is_submitted(life: Life) -> None:
    step = replied(life)
    draft = life.write("lead", "investigation_report", scope="that day")
    refused = ("report_whole",)
    assert against(life, "lead", "submit_report", **step) == refused
    step["report_record"] = [draft]
    assert against(life, "lead", "submit_report", **step) == refused
    evidence = [life.things["evidence"]]
    weighed = {
        "allegation": life.things["allegation"],
        "reasons": "as shown",
        "evidence": evidence,
    }
    other = WHOLE | {"allegations": [weighed | {"finding": "unfounded"}]}
    life.change("lead", "investigation_report", draft, **other)
    assert against(life, "lead", "submit_report", **step) == refused
    same = WHOLE | {"allegations": [weighed | {"finding": "substantiated"}]}
    life.change("lead", "investigation_report", draft, **same)
    assert against(life, "lead", "submit_report", **step) == ()


def test_a_report_passes_with_every_point_checked_and_a_measure_names_whom_it_meets(
    life: Life,
) -> None:
    life.investigated()
    life.reply()
    life.report()
    deciders = [life.cast["decider"].id, life.cast["decider2"].id]
    points = list(catalogue.code_list("review_checklist").by_code)
    step: dict[str, Any] = {"decision_authorities": deciders, "checklist": points[1:]}
    assert against(life, "reviewer", "pass", **step) == ("whole_checklist",)
    life.passed()
    decision: dict[str, Any] = {"findings": life.findings(), "reasons": "as the report says"}
    warned: dict[str, Any] = {"outcome": "disc_warning"}
    refused = ("outcomes_name_persons",)
    assert against(life, "decider", "decide", **decision, outcomes=[warned]) == refused
    warned["person"] = life.write("manager", "person", role="victim", name="Another")
    assert against(life, "decider", "decide", **decision, outcomes=[warned]) == refused
    warned["person"] = life.person()
    assert against(life, "decider", "decide", **decision, outcomes=[warned]) == ()


def refused_case(life: Life) -> Life:
    """Not admitted."""
    life.triaged()
    why = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    life.both("manager", "head", "refuse", **why)
    return life


def test_a_case_is_kept_for_its_time_and_while_it_is_held(life: Life) -> None:
    refused_case(life)
    assert standing(life, "archive") == ("retention_over",)
    over = life.case().archive_on
    assert over is not None
    life.small.clock.move(days=(over - life.small.house.today()).days)
    assert standing(life, "archive") == ()
    alter(life, legal_hold=True)
    assert standing(life, "archive") == ("no_legal_hold",)


def test_what_is_archived_goes_on_its_day_and_comes_back_only_with_its_key(life: Life) -> None:
    refused_case(life)
    over = life.case().archive_on
    assert over is not None
    life.small.clock.move(days=(over - life.small.house.today()).days + 1)
    deadlines.run_due(life.small.house)
    assert life.case().state == "archived"
    alter(life, purge_on=life.small.house.today() + timedelta(days=1))
    assert "purge_date_passed" in standing(life, "purge", "dpo")
    alter(life, purge_on=life.small.house.today())
    assert "purge_date_passed" not in standing(life, "purge", "dpo")
    assert against(life, "head", "unarchive", reasons="another film") == ()
    life.small.house.vault.forget([(KeyKind.INT, life.case_id)])
    assert standing(life, "unarchive", "head") == ("content_still_held",)


def test_what_was_merged_is_archived_after_the_case_it_went_into(
    small: SmallHouse, life: Life
) -> None:
    life.triaged()
    source = a_life(small, life.cast).triaged()
    for who in ("manager", "head"):
        life.declare(who)
    source.both("manager", "head", "merge", target_case=life.reference, basis="the same")
    assert standing(source, "archive") == ("target_archived",)
    alter(life, state="archived")
    assert standing(source, "archive") == ()


def test_monitoring_begins_with_a_day_to_ask_on(
    life: Life,
) -> None:
    life.triaged()
    life.do("manager", "to_local", handler="The chief")
    life.answer("thank you")
    life.do("manager", "resolved", closure_reason="resolved_locally", result="released")
    life.assign("head", "protection_officer", "protector")
    life.write("protector", "protection_plan", risk="low", measures=["hr_watch"])
    # A year after its closing no usual day is left.
    alter(life, closed_on=life.small.house.today() - timedelta(days=400))
    assert against(life, "protector", "monitor") == ("check_ins_ahead",)
    ahead = [life.small.house.today() + timedelta(days=10)]
    assert against(life, "protector", "monitor", check_ins=ahead) == ()


SIGNS = ("against(", "standing(", "GUARDS[", "guards")


def refused_in(folder: Path) -> set[str]:
    """The codes that some assertion says a step was refused for."""
    found = set()
    for text in (file.read_text("utf-8") for file in folder.rglob("test_*.py")):
        if not any(sign in text for sign in SIGNS):
            continue  # parsing takes longer than anything else here
        for function in ast.parse(text).body:
            if isinstance(function, ast.FunctionDef):
                bound = dict(_bound(function))
                for one in ast.walk(function):
                    if isinstance(one, ast.Assert):
                        for compared in ast.walk(one.test):
                            if isinstance(compared, ast.Compare):
                                found |= set(_said_against(compared, bound))
    return found


def _bound(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """What a function calls by a name of its own."""
    for one in ast.walk(function):
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            yield one.targets[0].id, one.value


def _said_against(compared: ast.Compare, bound: dict[str, ast.expr]) -> Iterator[str]:
    """The codes in `against(…) == (…)`, `standing(…) == (…)`, `… in standing(…)` or `GUARDS[…](…) is False`."""
    left, operator, right = compared.left, compared.ops[0], compared.comparators[0]
    if isinstance(operator, ast.Is) and ast.unparse(left).startswith("GUARDS["):
        if ast.unparse(right) == "False":
            yield from _constants(left)
    elif isinstance(operator, ast.Eq) and _tells(left):
        yield from _constants(bound.get(right.id, right) if isinstance(right, ast.Name) else right)
    elif isinstance(operator, ast.In) and _tells(right):
        yield from _constants(left)


def _tells(side: ast.expr) -> bool:
    said = ast.unparse(side)
    return said.startswith(("against(", "standing(")) or said.endswith((".guards", "['guards']"))


def _constants(side: ast.expr) -> Iterator[str]:
    for one in ast.walk(side):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def test_no_guard_of_any_step_lacks_a_test_of_its_refusal() -> None:
    steps = catalogue.workflow().transitions
    named = {code for step in steps for code in (*step.guards, *BESIDES.get(step.id, ()))}
    assert named - refused_in(Path(__file__).parents[1]) == set()
