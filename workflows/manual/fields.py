"""What a step asks for: each field by its label, whether it is needed, and what may be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.model import Field, FieldKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflows.manual.book import Book
    from workflows.model import Transition

SHORT = 8
"""A choice of at most so many is written out where it is asked for."""

SEVERAL = frozenset({FieldKind.DATES, FieldKind.STAFF_LIST, FieldKind.REFERENCES})
"""Kinds whose number of answers is worth a word when it is bounded."""


def rows(book: Book, step: Transition) -> Iterator[tuple[str, str, str]]:
    """One row for each field of a step: its label, whether it is needed, what may be answered."""
    for field in step.fields:
        yield book.label("fields", field.description), _needed(book, step, field), _how(book, field)


def _needed(book: Book, step: Transition, field: Field) -> str:
    if field.required:
        return book.say("needed")
    if field.required_unless is not None:
        return book.say("needed_unless", field=_name(book, step, field.required_unless))
    if field.required_if is not None:
        condition = field.required_if
        of = step.field(condition.field)
        values = [
            book.quote(book.label(of.code_list, one) if of and of.code_list else one)
            for one in condition.values
        ]
        return book.say(
            "needed_if",
            field=_name(book, step, condition.field),
            values=book.join(values, last="or"),
        )
    return book.say("optional")


def _name(book: Book, step: Transition, name: str) -> str:
    field = step.field(name)
    return book.quote(book.label("fields", field.description if field else name))


def _how(book: Book, field: Field) -> str:
    kind = book.wording.kinds[field.kind].format(minimum=field.minimum, maximum=field.maximum)
    said = [kind if field.code_list is None else _choice(book, field, kind)]
    if field.role is not None:
        said.append(book.label("roles", field.role))
    if field.kind in SEVERAL:
        said += _counted(book, field)
    if field.default is not None and field.code_list is not None:
        value = book.quote(book.label(field.code_list, field.default))
        said.append(book.say("default", value=value))
    if field.to_reporter:
        said.append(book.say("to_reporter"))
    return book.join(said)


def _counted(book: Book, field: Field) -> Iterator[str]:
    most = Field.model_fields["max_items"].default
    if field.min_items == field.max_items:
        yield book.say("counted_exactly", n=field.max_items)
    elif field.max_items < most:
        yield book.say("counted_most", n=field.max_items)


def _choice(book: Book, field: Field, kind: str) -> str:
    name = field.code_list or ""
    codes = field.only or [one for one in book.lists[name].by_code if one not in field.barred]
    if field.kind not in (FieldKind.CODE, FieldKind.CODES):
        link = book.say("see_list", list=book.wording.lists[name], anchor=f"list-{name}")
        return book.say("colon", term=kind, text=link)
    if len(codes) <= SHORT:
        phrase = "one_of" if field.kind is FieldKind.CODE else "some_of"
        return book.say(phrase, values=book.labels(name, codes))
    known = {"list": book.wording.lists[name], "anchor": f"list-{name}"}
    if field.barred:
        values = book.join([book.quote(book.label(name, one)) for one in field.barred])
        return book.say("colon", term=kind, text=book.say("see_list_but", **known, values=values))
    return book.say("colon", term=kind, text=book.say("see_list", **known))
