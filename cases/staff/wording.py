"""What an administration words itself: the standard texts reporters are sent, in any of the languages.

Two people change one. Where there is none of its own, the one that ships with Tribune is shown.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import col, select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import Unacceptable
from cases.models.texts import ReporterText
from cases.staff.changes import the_deployment
from workflows import catalogue, texts
from workflows.model import LOCALES

LIST = "reporter_texts"

DAYS = {"acknowledge_days": "7", "feedback_months": "3", "review_days": "30"}
"""What is promised to reporters, as the procedure has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A standard text in one language, in the administration's words."""

    code: str
    language: str
    text: str


def check(wording: Wording) -> None:
    """Refuse a text that cannot be shown.

    Raises:
        Unacceptable: an unknown code or language, or a text with anything but words and variables.
    """
    wrong = []
    if wording.code not in catalogue.code_list(LIST).by_code:
        wrong.append(("/code", "unknown_code"))
    if wording.language not in LOCALES:
        wrong.append(("/language", "unknown_code"))
    if code := texts.fault(wording.text):
        wrong.append(("/text", code))
    if wrong:
        raise Unacceptable(wrong)


def keep(db: Work, wording: Wording, by: Actor) -> None:
    """Show this text from now on; two people agreed. The trail has its hash.

    Raises:
        Unacceptable: as `check`.
    """
    check(wording)
    statement = select(ReporterText).where(
        ReporterText.code == wording.code, ReporterText.language == wording.language
    )
    row = db.exec(statement).first() or ReporterText(
        code=wording.code, language=wording.language, text=""
    )
    row.text = wording.text
    db.add(row)
    sha = hashlib.sha256(wording.text.encode()).hexdigest()
    told = Details(action="text.worded", field=wording.code, after=wording.language, sha=sha)
    log.emit(db, "config.changed", by=by, d=told)


def own(db: Work, codes: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """The administration's own texts of these codes, filled: by code and language."""
    rows = db.exec(select(ReporterText).where(col(ReporterText.code).in_(codes))).all()
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        found[row.code][row.language] = shown(db, row.text)
    return found


def written(db: Work) -> Mapping[tuple[str, str], str]:
    """Every text of the administration as it was written, by code and language."""
    return {(row.code, row.language): row.text for row in db.exec(select(ReporterText))}


def shown(db: Work, text: str) -> str:
    """A text as a reporter reads it."""
    return texts.filled(text, {"administration": the_deployment(db).name, **DAYS})
