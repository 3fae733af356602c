"""A workflow to look at: a Mermaid state diagram, and a table of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.model import SpanKind

if TYPE_CHECKING:
    from workflows.model import CodeList, Deadline, Locale, Span, Transition, Workflow

_COLUMNS = ("id", "from", "event", "to", "who", "second person", "needs", "deadline", "tells")


def mermaid(workflow: Workflow, states: CodeList, locale: Locale = "en") -> str:
    """The state diagram in Mermaid's language; states are named in the reader's.

    Args:
        workflow: the definition to draw.
        states: the list `case_states`.
        locale: of the names of states.

    Returns:
        Lines that begin with `stateDiagram-v2`; `⚭` marks a step that needs a second person.
    """
    lines = ["stateDiagram-v2", "    direction TB"]
    lines += [
        f'    state "{_quoted(states.by_code[state.code].labels[locale])}" as {state.code}'
        for state in workflow.states
    ]
    lines += [
        f"    {step.source or '[*]'} --> {step.target} : {step.id} {step.event}"
        f"{' ⚭' if step.four_eyes else ''}"
        for step in workflow.transitions
    ]
    lines += [f"    {state.code} --> [*]" for state in workflow.states if state.final]
    return "\n".join(lines) + "\n"


def table(workflow: Workflow) -> str:
    """Every step as a line of a Markdown table whose columns stand in line."""
    rows = [_COLUMNS, *map(_row, workflow.transitions)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_COLUMNS))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        + " |\n"
        for row in rows
    )


def _row(step: Transition) -> tuple[str, ...]:
    needed = (
        field.name
        for field in step.fields
        if field.required or field.required_unless or field.required_if
    )
    return (
        step.id,
        step.source or "(new)",
        step.event,
        step.target,
        ", ".join(step.who),
        ", ".join(step.confirmed_by) or "-",
        ", ".join(needed) or "-",
        _deadline(step.deadline),
        step.tell_reporter or "-",
    )


def _deadline(deadline: Deadline | None) -> str:
    if deadline is None:
        return "-"
    if deadline.by_priority:
        return ", ".join(f"{code} {_span(span)}" for code, span in deadline.by_priority.items())
    ceiling = f", at most {_span(deadline.ceiling)}" if deadline.ceiling else ""
    return _span(deadline) + ceiling


def _span(span: Span) -> str:
    words = span.kind.replace("_", " ")
    return words if span.kind in (SpanKind.AT_ONCE, SpanKind.DUE_DATE) else f"{span.value} {words}"


def _quoted(text: str) -> str:
    return text.replace('"', "'")
