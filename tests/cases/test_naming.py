"""No name slips into what a reporter is sent, whoever writes it and however it is turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import naming
from cases.conflicts import Subject
from cases.errors import NamesAPerson
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, a_life
from workflows import catalogue
from workflows.model import LOCALES

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

DIALLO = Subject(name="Mamadou DIALLO", staff_number="AD-1234")


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("We have heard Mamadou Diallo.", DIALLO),
        ("We have heard DIALLO Mamadou.", DIALLO),
        ("diallo was heard", DIALLO),
        ("Mamadou's superior was heard", DIALLO),
        ("Nous avons entendu l'agent d'Alembert", Subject(name="Jean d'Alembert")),
        ("the case of Müller-Lüdenscheidt", Subject(name="Rosa Muller Ludenscheidt")),
        ("on a entendu Traore", Subject(name="Awa Traoré")),
        ("Ly Ba was there", Subject(name="Ba Ly")),
        ("so was Bah, it seems", Subject(name="Bah")),
        ("agent AD 1234 was heard", DIALLO),
        ("agent ad1234 was heard", DIALLO),
        ("استمعنا إلى محمد الأحمد", Subject(name="محمد الأحمد")),
        ("استمعنا إلى والأحمد أيضاً", Subject(name="سعيد الأحمد")),
        ("تحدثنا مع ومحمد", Subject(name="محمد علي")),
        ("Dial\u00adlo was heard", DIALLO),
        ("Di\u200ballo was heard", DIALLO),
        ("\uff24\uff29\uff21\uff2c\uff2c\uff2f was heard", DIALLO),
    ],
)
def test_a_name_is_found_in_whatever_form(text: str, who: Subject) -> None:
    assert naming.names(text, [who])


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Thank you. We are looking into it and write to you here.", DIALLO),
        ("A customs officer was heard.", Subject(name="Unknown officer")),
        ("The officer was heard.", Subject(name="the officer at gate three")),
        ("It was done by law.", Subject(name="Jean By")),
        ("There are 1234 files.", DIALLO),
        ("Write until 12 March.", Subject(name=None, staff_number="12")),
        ("Nobody is meant.", Subject()),
        ("", DIALLO),
    ],
)
def test_an_ordinary_sentence_passes(text: str, who: Subject) -> None:
    assert not naming.names(text, [who])


@pytest.mark.parametrize("language", LOCALES)
def test_the_standard_texts_name_nobody_who_is_called_as_people_are(language: str) -> None:
    people = [
        DIALLO,
        Subject(name="Maria da Silva"),
        Subject(name="José Pérez"),
        Subject(name="Li Wu"),
    ]
    for entry in catalogue.code_list("reporter_texts").entries:
        assert not naming.names(entry.labels[language], people)  # type: ignore[index]


letters = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=4, max_size=12)


@given(letters.map(str.capitalize), letters.map(str.capitalize), st.text(max_size=40))
def test_a_full_name_is_found_in_either_order_between_any_words(
    first: str, last: str, around: str
) -> None:
    person = [Subject(name=f"{first} {last}")]
    if set(naming.folded(f"{first} {last}")) <= naming.vocabulary():
        return
    assert naming.names(f"{around} {first} {last} {around}", person)
    assert naming.names(f"{around} {last} {first} {around}", person)


# In a case.


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small).after(with_a_subject)


def with_a_subject(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.write("triage", "person", name="Mamadou Diallo", staff_number="AD-1234", role="subject")


@pytest.mark.parametrize("question", ["Where was Diallo?", "Where was MAMADOU?", "And AD 1234?"])
def test_a_step_does_not_name_anybody_to_the_reporter(life: Life, question: str) -> None:
    with pytest.raises(NamesAPerson) as wrong:
        life.do("triage", "ask_reporter", question=question)
    assert wrong.value.pointers == ("/question",)
    assert "iallo" not in repr(wrong.value) + str(wrong.value)
    assert life.case().state == "triage"


def test_a_proposal_does_not_either_and_is_judged_again_when_it_is_confirmed(life: Life) -> None:
    life.allege()
    life.assess()
    proposal = life.propose(
        "manager",
        "refuse",
        closure_reason="out_of_mandate",
        reasons="not ours",
        message="We met Keita and heard nothing.",
        other_routes=["ombudsman"],
    )
    life.write("triage", "person", name="Salif Keita", role="witness")
    with pytest.raises(NamesAPerson):
        life.confirm("head", proposal)


def test_whoever_was_named_once_is_not_named_later(life: Life) -> None:
    life.change("triage", "person", life.things["person"], role="subject", description="unknown")
    with pytest.raises(NamesAPerson):
        life.do("triage", "ask_reporter", question="Where was Diallo?")


def test_a_message_names_nobody_and_the_comparison_is_on_record(
    small: SmallHouse, life: Life
) -> None:
    by = life.cast["triage"]
    life.declare("triage")
    with small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        with pytest.raises(NamesAPerson):
            naming.cleared(db, case, {"/body": "Mr Diallo says no."}, by=by, keys=keys)
        words = naming.cleared(db, case, {"/body": "The officer says no."}, by=by, keys=keys)
        assert words["/body"].text == "The officer says no."
        assert "officer" not in repr(words)
        assert db.info["traced"]
