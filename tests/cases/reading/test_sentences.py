"""What happened in a case, said in a sentence of each language."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest

from cases.audit import events
from cases.reading import casefile, sentences
from workflows import catalogue
from workflows.model import LOCALES

if TYPE_CHECKING:
    from workflows.model import Locale

TEXTS = catalogue.code_list("trail_texts")
WORDS = {
    "by_name": {"name"},
    "from_to": {"before", "after"},
    "lead": {"what", "details"},
    "alone": {"what"},
    "comma": {"one", "other"},
}


def blanks(text: str) -> set[str]:
    """What is to be filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_change_and_every_look_has_its_sentence() -> None:
    assert set(TEXTS.by_code) >= events.CHANGES | events.READS
    assert set(TEXTS.by_code) - {"other"} <= events.KINDS


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_leave_exactly_the_right_blanks(locale: Locale) -> None:
    for entry in TEXTS.entries:
        assert blanks(entry.labels[locale]) == {"by"}, entry.code
    for entry in catalogue.code_list("trail_words").entries:
        assert blanks(entry.labels[locale]) == WORDS.get(entry.code, set()), entry.code


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(events.KINDS))
def test_every_event_is_said_in_every_language_with_the_name(kind: str, locale: Locale) -> None:
    details = {"before": "x", "after": "y", "action": "nothing", "parts": ["head", "unheard of"]}
    said = sentences.sentence(kind, locale, actor="staff", who="Hana Kovač", details=details)
    assert "Hana Kovač" in said
    assert "{" not in said
    assert said.endswith(".")
    assert "unheard of" not in said


def test_a_step_says_from_where_to_where() -> None:
    details = {"action": "start_triage", "before": "acknowledged", "after": "triage"}
    said = sentences.sentence("case.status", "en", actor="staff", who="Hana Kovač", details=details)
    step = catalogue.label("events", "start_triage", "en")
    states = [catalogue.label("case_states", one, "en") for one in ("acknowledged", "triage")]
    assert said == f"Step taken by Hana Kovač: {step}, from “{states[0]}” to “{states[1]}”."


def test_a_first_step_says_only_where_it_led() -> None:
    said = sentences.sentence(
        "case.status", "en", actor="reporter", who=None, details={"after": "received"}
    )
    assert said == "Step taken by the reporter: Received."


def test_a_part_that_was_given_out_says_which_and_to_whom() -> None:
    said = sentences.sentence(
        "case.assigned",
        "en",
        actor="staff",
        who="A. One",
        whom="B. Two",
        details={"role": "analyst"},
    )
    assert (
        said
        == f"Part in the case given out by A. One: B. Two, {catalogue.label('roles', 'analyst', 'en')}."
    )


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        ("staff", "Case looked at by a member of staff."),
        ("reporter", "Case looked at by the reporter."),
        ("system", "Case looked at by the service."),
        ("recovery", "Case looked at with the recovery key."),
    ],
)
def test_without_a_name_it_says_what_kind_of_hand_it_was(actor: str, said: str) -> None:
    assert sentences.sentence("case.read", "en", actor=actor, who=None, details={"at": 3}) == said


def test_every_part_of_the_case_file_has_a_name_of_its_own() -> None:
    for part in casefile.PARTS:
        assert sentences.part(part) == part
    for fields in casefile.RECORD_PARTS.values():
        for field in fields:
            assert sentences.part(field) != "other", field
    assert sentences.part("whatever") == "other"


def test_parts_that_are_one_part_are_named_once() -> None:
    said = sentences.sentence(
        "record.read", "fr", actor="staff", who="A. Un", details={"parts": ["note", "notes"]}
    )
    assert said == "Contenu du dossier lu par A. Un : notes internes."
