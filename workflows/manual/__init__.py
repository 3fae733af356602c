"""The procedure manual: the definition in words, as Markdown that an investigator reads.

book     what the manual is written from, and how a code is said in words
stages   each stage of a case, and the steps that lead out of it
rules    two persons, roles, permissions, walls, offices, risk, keeping
choices  the lists that steps ask to choose from

Nothing here is text of its own: every sentence is a code list's, or stands in `workflows/wording`.
"""

from __future__ import annotations

from workflows.manual import choices, rules, stages
from workflows.manual.book import Book, Practice

__all__ = ["Book", "Practice", "render"]


def render(book: Book) -> str:
    """The whole manual in one language.

    Args:
        book: the definition, the lists, the wording and the numbers it is written from.

    Returns:
        Markdown, lines of any length, ending in one line break.

    Raises:
        KeyError: something has no wording in the book's language.
    """
    chapters = (
        stages.overview(book),
        stages.all_stages(book),
        rules.clocks(book),
        rules.two_persons(book),
        rules.roles(book),
        rules.permissions(book),
        rules.walls(book),
        rules.priority(book),
        rules.retention(book),
        choices.every_list(book),
    )
    head = (
        f"# {book.say('title')}",
        book.say("other_language"),
        book.say("intro", version=book.workflow.version),
        f"**{book.say('contents')}**",
        "\n".join(f"- [{one.title}](#{one.anchor})" for one in chapters),
    )
    parts = [*head, *(part for one in chapters for part in (one.heading, *one.parts))]
    return "\n\n".join(parts) + "\n"
