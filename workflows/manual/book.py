"""What a manual is written from, and how a code, a span of time and a table are said in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workflows.model import CodeList, Deadline, Locale, Permissions, Span, Wording, Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What the rooms above hold in constants, and a manual has to say.

    Attributes:
        terms: numbers by the names that the wording gives them.
        offices: role -> which of the offices it fills that must be different people.
        named: roles that count in a case only for the person named in it.
        around: codes of `concerns` that send a report past the administration's own line.
        unconcerned: roles of persons in a case for whom no wall is built.
        urgent: priorities that two people lower.
        pairs: acts of two people in a case that are no step -> the line of the permission table.
        house: acts of two people in the administration -> the line of the permission table.
        besides: step -> guards that stand before it beyond those of the definition.
    """

    terms: Mapping[str, int]
    offices: Mapping[str, str]
    named: frozenset[str]
    around: frozenset[str]
    unconcerned: frozenset[str]
    urgent: frozenset[str]
    pairs: Mapping[str, str]
    house: Mapping[str, str]
    besides: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the manual: its heading, where links find it, and what stands below, as Markdown."""

    title: str
    anchor: str
    parts: Sequence[str]

    @property
    def heading(self) -> str:
        """The heading, findable under the same name in every language."""
        return heading(2, self.title, self.anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything a manual says comes from here."""

    workflow: Workflow
    lists: Mapping[str, CodeList]
    permissions: Permissions
    wording: Wording
    practice: Practice

    @property
    def locale(self) -> Locale:
        """The language it is written in."""
        return self.wording.locale

    def say(self, phrase: str, **values: object) -> str:
        """A phrase of the wording, its names in braces filled in."""
        return self.wording.phrases[phrase].format(**values)

    def texts(self, name: str, **values: object) -> str:
        """The sentences of a chapter as a list, numbers filled in from the practice."""
        known = {**self.practice.terms, **values}
        return bullets(line.format(**known) for line in self.wording.texts[name])

    def label(self, list_name: str, code: str) -> str:
        """What a code of a list says in the book's language."""
        return self.lists[list_name].by_code[code].labels[self.locale]

    def labels(self, list_name: str, codes: Iterable[str], *, last: str | None = None) -> str:
        """Several codes of a list, one after the other; `last` is the phrase before the last one."""
        return self.join([self.label(list_name, code) for code in codes], last=last)

    def join(self, words: Sequence[str], *, last: str | None = None) -> str:
        """Words in a row, separated so that a comma within one of them does no harm."""
        if last is not None and len(words) > 1:
            return f"{self.join(words[:-1])} {self.say(last)} {words[-1]}"
        return self.say("between").join(words)

    def quote(self, text: str) -> str:
        """A text between the language's quotation marks."""
        return self.say("quote", text=text)

    def stage(self, code: str) -> str:
        """A link to a stage, by its name."""
        return f"[{self.label('case_states', code)}](#stage-{code})"

    def step(self, identity: str) -> str:
        """A link to a step, by its number and name."""
        event = self.workflow.transitions_by_id[identity].event
        return f"[{identity} {self.label('events', event)}](#{identity})"

    def span(self, span: Span) -> str:
        """How long, in words."""
        one, many = self.wording.units[span.kind]
        return (one if span.value == 1 else many).format(n=span.value)

    def time(self, deadline: Deadline | None) -> str:
        """By when, in words, with what changes it."""
        if deadline is None:
            return self.say("no_time")
        said = self.span(deadline)
        if deadline.complex_case is not None:
            said = self.say("complex", span=said, longer=self.span(deadline.complex_case))
        if deadline.since == "authorised":
            said = self.say("since_authorised", span=said)
        if deadline.ceiling is not None:
            said = self.say("at_most", span=said, ceiling=self.span(deadline.ceiling))
        if deadline.by_priority:
            spans = [
                self.say(
                    "priority_span", priority=self.label("priorities", code), span=self.span(one)
                )
                for code, one in deadline.by_priority.items()
            ]
            said = self.say("by_priority", span=said, spans=self.join(spans))
        return said


def heading(depth: int, title: str, anchor: str) -> str:
    """A heading under an anchor that does not depend on the language."""
    return f'<a id="{anchor}"></a>\n\n{"#" * depth} {title}'


def bullets(lines: Iterable[str]) -> str:
    """A list of lines."""
    return "\n".join(f"- {line}" for line in lines)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar within a cell is kept from ending it."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
    )
