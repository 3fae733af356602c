"""The procedure manual, written from the definition and from the constants of the rooms."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cases import (
    access,
    assignments,
    conflicts,
    holds,
    intake,
    pairs,
    proposals,
    retention,
    triage,
)
from cases.assignments import ties
from cases.guards import BESIDES, beginning, inquiry
from cases.messages import wishes
from cases.staff import pending
from cases.statistics import months, snapshots
from workflows import catalogue, manual
from workflows.manual import Practice
from workflows.model import Locale

MANUALS: dict[Locale, str] = {"en": "docs/procedure.md", "fr": "docs/procedure.fr.md"}
"""Language -> where the manual stands among the documents, for `make manual`."""


class ManualLanguage(StrEnum):
    """The languages the manual is written in."""

    EN = "en"
    FR = "fr"


def practice() -> Practice:
    """What the manual says that no definition holds: numbers, offices, acts of two people."""
    return Practice(
        terms={
            "acknowledge_days": intake.ACKNOWLEDGE_DAYS,
            "automatic_days": beginning.AUTOMATIC_DAYS,
            "feedback_months": intake.FEEDBACK_MONTHS,
            "reply_days": triage.REPLY_DAYS,
            "reminders": triage.REMINDERS,
            "notice_days": inquiry.NOTICE_DAYS,
            "suspension_days": inquiry.REVIEW_DAYS,
            "review_days": wishes.REVIEW_DAYS,
            "posted_months": ties.POSTED_MONTHS,
            "proposal_days": proposals.EXPIRY_DAYS,
            "house_days": pending.PROPOSAL_DAYS,
            "figure_days": snapshots.PROPOSAL_DAYS,
            "late_months": months.LATE_MONTHS,
            "trail_months": retention.TRAIL_MONTHS,
        },
        offices=assignments.OFFICES,
        named=access.NAMED,
        around=conflicts.AROUND,
        unconcerned=conflicts.UNCONCERNED,
        urgent=holds.URGENT,
        pairs=pairs.ACTS,
        besides=BESIDES,
        house={action.value: act for action, act in pending.ACTS.items()},
    )


def written(locale: Locale) -> str:
    """The manual in one language, as Markdown.

    Raises:
        KeyError: it is not written in that language.
    """
    return manual.render(
        manual.Book(
            workflow=catalogue.workflow(),
            lists=catalogue.code_lists(),
            permissions=catalogue.permissions(),
            wording=catalogue.wording(locale),
            practice=practice(),
        )
    )


def write_manual(
    lang: Annotated[ManualLanguage, typer.Option(help="Of the manual.")] = ManualLanguage.EN,
    out: Annotated[Path | None, typer.Option(help="Write here instead of printing.")] = None,
) -> None:
    """Print the procedure manual: every stage, step, permission, wall and term, in words."""
    text = written(lang.value)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
