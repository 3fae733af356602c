"""Each stage of a case, and each step that leads out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.manual.book import Chapter, bullets, heading, table
from workflows.manual.fields import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflows.manual.book import Book
    from workflows.model import State, Transition

CHOSEN = ("due_on", "review_on")
"""Fields whose day takes the place of the stage's clock."""


def overview(book: Book) -> Chapter:
    """Every stage on a line: phase, what the reporter sees, how long."""
    columns = [book.say(one) for one in ("stage", "phase", "reporter_sees", "time")]
    lines = [
        (
            book.stage(state.code),
            book.label("phases", state.phase),
            _seen(book, state),
            book.time(state.due),
        )
        for state in book.workflow.states
    ]
    return Chapter(
        book.say("overview"), "overview", [book.say("overview_intro"), table(columns, lines)]
    )


def all_stages(book: Book) -> Chapter:
    """The way of a case: how it begins, then every stage with its steps."""
    parts = [
        book.say("stages_intro"),
        heading(3, book.say("beginning"), "beginning"),
        book.say("beginning_text"),
        *_steps(book, None),
    ]
    for state in book.workflow.states:
        parts += _stage(book, state)
    return Chapter(book.say("stages"), "stages", parts)


def _stage(book: Book, state: State) -> Iterator[str]:
    steps = [one for one in book.workflow.transitions if one.source == state.code]
    yield heading(3, book.label("case_states", state.code), f"stage-{state.code}")
    yield book.wording.states[state.code]
    lines = [
        book.say("line_phase", phase=book.label("phases", state.phase)),
        book.say("line_sees", text=_seen(book, state)),
        book.say("line_time", text=book.time(state.due)),
    ]
    if steps:
        actors = dict.fromkeys(role for one in steps for role in (*one.who, *one.confirmed_by))
        lines.append(book.say("line_actors", text=book.labels("roles", actors)))
    if state.concluded:
        lines.append(book.say("line_concluded"))
    if state.final:
        lines.append(book.say("line_final"))
    yield bullets(lines)
    yield from _steps(book, state.code)


def _seen(book: Book, state: State) -> str:
    if state.public_status is None:
        return book.say("line_follows")
    seen = book.quote(book.label("public_statuses", state.public_status))
    if state.quiet_status is None:
        return seen
    quiet = book.quote(book.label("public_statuses", state.quiet_status))
    return book.say("line_quiet", text=seen, quiet=quiet)


def _steps(book: Book, source: str | None) -> Iterator[str]:
    for step in book.workflow.transitions:
        if step.source == source:
            yield heading(4, f"{step.id} · {book.label('events', step.event)}", step.id)
            yield bullets(_facts(book, step))
            yield from _before(book, step)
            yield from _recorded(book, step)
            yield from _told(book, step)


def _facts(book: Book, step: Transition) -> Iterable[str]:
    target = book.stage(step.target)
    if step.source is None:
        yield book.say("step_first", target=target)
    elif step.source == step.target:
        yield book.say("step_stays", target=target)
    else:
        yield book.say("step_move", source=book.stage(step.source), target=target)
    who = book.labels("roles", step.who, last="or")
    yield book.say("step_who_two" if step.four_eyes else "step_who", text=who)
    if step.four_eyes:
        yield book.say("step_confirm", text=book.labels("roles", step.confirmed_by, last="or"))
    yield book.say("step_act", text=book.wording.acts[step.act])
    if step.deadline is not None:
        yield book.say("step_when", text=book.time(step.deadline))
    yield _clock(book, step)
    if step.keeps_closure_reason:
        yield book.say("keeps_reason")


def _clock(book: Book, step: Transition) -> str:
    due = book.workflow.states_by_code[step.target].due
    if due is None:
        return book.say("step_no_clock")
    said = book.time(due)
    chosen = [
        book.quote(book.label("fields", one.description))
        for one in step.fields
        if one.name in CHOSEN
    ]
    if chosen:
        said = book.say("clock_chosen", text=said, fields=book.join(chosen, last="or"))
    return book.say("step_clock", text=said)


def _before(book: Book, step: Transition) -> Iterator[str]:
    asked = (*step.guards, *book.practice.besides.get(step.id, ()))
    if not asked:
        yield book.say("step_nothing_before")
        return
    yield book.say("step_before")
    yield bullets(book.label("guards", code) for code in asked)


def _recorded(book: Book, step: Transition) -> Iterator[str]:
    if not step.fields:
        yield book.say("step_nothing_recorded")
        return
    yield book.say("step_record")
    columns = [book.say(one) for one in ("field_what", "field_needed", "field_how")]
    yield table(columns, rows(book, step))


def _told(book: Book, step: Transition) -> Iterator[str]:
    own = [
        book.quote(book.label("fields", one.description)) for one in step.fields if one.to_reporter
    ]
    if step.tell_reporter is not None:
        if step.tell_unless is None:
            yield book.say("step_told")
        else:
            asked = step.field(step.tell_unless)
            name = asked.description if asked else step.tell_unless
            yield book.say("step_told_unless", field=book.quote(book.label("fields", name)))
        yield f"> {book.label('reporter_texts', step.tell_reporter)}"
    elif not own:
        yield book.say("step_not_told")
    if own:
        yield book.say("step_own_words", fields=book.join(own, last="and"))
