from __future__ import annotations

import re

from workflows import catalogue, diagram

WORKFLOW = catalogue.workflow()
STATES = catalogue.code_list("case_states")


def test_the_diagram_has_every_state_and_every_step_once() -> None:
    drawn = diagram.mermaid(WORKFLOW, STATES)
    assert drawn.startswith("stateDiagram-v2\n")
    assert len(re.findall(r'^    state "', drawn, re.MULTILINE)) == 25
    for step in WORKFLOW.transitions:
        source = step.source or "[*]"
        mark = " ⚭" if step.four_eyes else ""
        line = f"    {source} --> {step.target} : {step.id} {step.event}{mark}\n"
        assert drawn.count(line) == 1
    assert drawn.endswith("    purged --> [*]\n")


def test_the_diagram_speaks_the_reader_s_language() -> None:
    assert 'state "Clôturé" as closed' in diagram.mermaid(WORKFLOW, STATES, "fr")
    assert 'state "مغلق" as closed' in diagram.mermaid(WORKFLOW, STATES, "ar")


def test_the_table_has_a_line_for_every_step_and_its_columns_stand_in_line() -> None:
    lines = diagram.table(WORKFLOW).splitlines()
    assert len(lines) == 56
    assert len({len(line) for line in lines}) == 1
    assert all(line.count(" | ") == 8 for line in lines)
    assert "P0 4 hours, P1 2 working days" in lines[9]
    assert "2 working days, at most 7 calendar days" in lines[3]
