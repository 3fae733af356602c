"""The lists that steps ask to choose from, at the end of the manual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.manual.book import Chapter, bullets, heading, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflows.manual.book import Book


def every_list(book: Book) -> Chapter:
    """Every list that a field of a step names, in the order of their names."""
    used = {
        field.code_list
        for step in book.workflow.transitions
        for field in step.fields
        if field.code_list is not None
    }
    parts = [book.say("lists_intro")]
    for name in sorted(used, key=lambda one: book.wording.lists[one].casefold()):
        parts += _one(book, name)
    return Chapter(book.say("lists"), "lists", parts)


def _one(book: Book, name: str) -> Iterator[str]:
    yield heading(3, book.wording.lists[name], f"list-{name}")
    entries = book.lists[name].entries
    if any(entry.code.islower() for entry in entries):
        yield bullets(entry.labels[book.locale] for entry in entries)
        return
    # Codes in capitals, such as those of categories, are what people say and write.
    columns = [book.say("list_code"), book.say("list_label")]
    yield table(columns, [(entry.code, entry.labels[book.locale]) for entry in entries])
