"""Every guard that the definition names is there, and says what it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import conflicts, transitions
from cases.deeds import Deed
from cases.guards import BESIDES, GUARDS
from cases.models.case import Case
from workflows import catalogue, fields

if TYPE_CHECKING:
    from tests.cases.walks import Life

EVERY_STEP = [
    step for name in catalogue.definitions() for step in catalogue.workflow(*name).transitions
]
"""Of every version that a case may have begun with."""


def test_every_guard_of_the_definition_and_of_the_list_is_checked() -> None:
    named = {code for step in EVERY_STEP for code in (*step.guards, *BESIDES.get(step.id, ()))}
    assert named == set(GUARDS)
    # Before any step at all: a case about its own line waits for its new unit.
    assert set(catalogue.code_list("guards").by_code) == named | {conflicts.FIRST}


def test_every_guard_says_what_it_looks_at() -> None:
    assert all(check.__doc__ for check in GUARDS.values())


def test_guards_of_the_reporters_and_the_services_steps(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.do("triage", "ask_reporter", question="When?")
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        for event in ("reporter_answers", "silence"):
            step = transitions.step_of(case, event)
            deed = Deed(db=db, case=case, step=step, data={}, given=fields.Given({}))
            assert [code for code in step.guards if GUARDS[code](deed)] == []
