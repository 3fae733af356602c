"""What happened in a case as a sentence in the reader's language.

    Step taken by Hana Kovač: Start triage, from “Acknowledged” to “In triage”.

Words come from the lists `trail_texts`, `trail_parts` and `trail_words`; names only of staff, and only for
who may know them: without one, a sentence says what kind of hand it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

from workflows import catalogue
from workflows.model import Locale

ALIKE = {
    "allegation": "allegations",
    "attachment": "evidence",
    "bundle_clearance": "bundle",
    "consignment": "consignments",
    "custody": "items",
    "decision": "decisions",
    "declaration": "declarations",
    "interview": "interviews",
    "item": "items",
    "link": "links",
    "meta": "reports",
    "note": "notes",
    "notice_approval": "interviews",
    "outcome": "outcomes",
    "person": "persons",
    "plan_approval": "plan",
    "proposal": "proposals",
    "protection_plan": "protection",
    "recommendation": "recommendations",
    "referral": "referrals",
    "report": "reports",
    "retaliation": "protection",
    "review_checklist": "review",
    "summary": "assessment",
    "task": "tasks",
    "thread": "threads",
    "threat": "protection",
    "inspection_watch": "protection",
    "title": "assessment",
}
"""What is called by its field where it was read alone -> the part of the case file it belongs to."""

STATES, PRIORITIES = "case_states", "priorities"
CHANGED_IN = {"case.status": STATES, "case.priority": PRIORITIES}
"""Kind -> the list that its `before` and `after` are of."""


def part(name: str) -> str:
    """A part of the case file as the list of parts calls it; `other` for what it does not know."""
    found = ALIKE.get(name, name)
    return found if found in catalogue.code_list("trail_parts") else "other"


def sentence(
    kind: str,
    language: Locale,
    *,
    actor: str,
    who: str | None,
    details: Mapping[str, object],
    whom: str | None = None,
) -> str:
    """One event in words.

    Args:
        kind: of the event.
        actor: `staff`, `reporter`, `system` or `recovery`.
        who: the name of the one who acted; None where it is not to be said.
        details: of the event, as its kind defines them.
        whom: the name of the one it was done to or for.
    """
    code = kind if kind in catalogue.code_list("trail_texts") else "other"
    by = _word("by_name", language, name=who) if who else _word(f"by_{actor}", language)
    what = catalogue.label("trail_texts", code, language).format(by=by)
    told = list(_details(kind, language, details, whom))
    if not told:
        return _word("alone", language, what=what)
    return _word("lead", language, what=what, details=_listed(told, language))


def _details(
    kind: str, language: Locale, details: Mapping[str, object], whom: str | None
) -> Iterator[str]:
    action, role = details.get("action"), details.get("role")
    if whom:
        yield whom
    if isinstance(action, str) and action in catalogue.code_list("events"):
        yield catalogue.label("events", action, language)
    if isinstance(role, str) and role in catalogue.code_list("roles"):
        yield catalogue.label("roles", role, language)
    if kind in CHANGED_IN:
        yield from _change(CHANGED_IN[kind], language, details)
    parts = details.get("parts")
    if isinstance(parts, list):
        # The parts of a record that is read piece by piece may be one part of the file.
        for name in dict.fromkeys(part(str(one)) for one in parts):
            yield catalogue.label("trail_parts", name, language)


def _change(codes: str, language: Locale, details: Mapping[str, object]) -> Iterator[str]:
    known = catalogue.code_list(codes)
    before, after = (str(details.get(name)) for name in ("before", "after"))
    if after in known and before in known:
        yield _word(
            "from_to",
            language,
            before=catalogue.label(codes, before, language),
            after=catalogue.label(codes, after, language),
        )
    elif after in known:
        yield catalogue.label(codes, after, language)


def _listed(told: Iterable[str], language: Locale) -> str:
    return reduce(lambda one, other: _word("comma", language, one=one, other=other), told)


def _word(code: str, language: Locale, **values: str) -> str:
    return catalogue.label("trail_words", code, language).format(**values)
