from __future__ import annotations

import re
from dataclasses import replace
from string import Formatter

import pytest

from api.cli.manual import practice
from workflows import catalogue, manual
from workflows.manual.book import table
from workflows.model import FieldKind, Locale, SpanKind

LANGUAGES: tuple[Locale, ...] = ("en", "fr")
WORKFLOW = catalogue.workflow()
LISTS = catalogue.code_lists()


def book(locale: Locale) -> manual.Book:
    """What the manual in one language is written from."""
    return manual.Book(
        workflow=WORKFLOW,
        lists=LISTS,
        permissions=catalogue.permissions(),
        wording=catalogue.wording(locale),
        practice=practice(),
    )


MANUALS = {locale: manual.render(book(locale)) for locale in LANGUAGES}


def section(locale: Locale, anchor: str) -> str:
    """What stands under one anchor, up to the next."""
    _, found = MANUALS[locale].split(f'<a id="{anchor}"></a>')
    return found.split('<a id="', 1)[0]


def names(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_stage_and_every_step_has_its_section(locale: Locale) -> None:
    for state in WORKFLOW.states:
        told = section(locale, f"stage-{state.code}")
        assert f"### {LISTS['case_states'].by_code[state.code].labels[locale]}\n" in told
        assert catalogue.wording(locale).states[state.code] in told
    for step in WORKFLOW.transitions:
        event = LISTS["events"].by_code[step.event].labels[locale]
        assert f"#### {step.id} · {event}\n" in section(locale, step.id)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_step_stands_under_the_stage_it_leaves(locale: Locale) -> None:
    whole = MANUALS[locale]
    anchors = re.findall(r'<a id="(stage-\w+|beginning|T\d+)"></a>', whole)
    stage, under = "", {}
    for anchor in anchors:
        if anchor[1:].isdigit():
            under[anchor] = stage
        else:
            stage = anchor
    assert under == {
        step.id: f"stage-{step.source}" if step.source else "beginning"
        for step in WORKFLOW.transitions
    }


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_step_says_who_what_must_hold_what_is_recorded_and_what_is_told(locale: Locale) -> None:
    for step in WORKFLOW.transitions:
        told = section(locale, step.id)
        for role in (*step.who, *step.confirmed_by):
            assert LISTS["roles"].by_code[role].labels[locale] in told
        for guard in step.guards:
            assert f"- {LISTS['guards'].by_code[guard].labels[locale]}\n" in told
        for field in step.fields:
            assert f"\n| {LISTS['fields'].by_code[field.description].labels[locale]} |" in told
        text = step.tell_reporter
        quoted = re.findall(r"^> (.*)$", told, re.MULTILINE)
        assert quoted == ([LISTS["reporter_texts"].by_code[text].labels[locale]] if text else [])


def test_a_field_says_when_it_is_needed_and_what_may_be_answered() -> None:
    refusal = section("en", "T09")
    assert (
        "| Why the public interest does not ask to go on | yes, if “Reason for closing” is "
        "“Withdrawn by the reporter and public interest checked” | text |" in refusal
    )
    assert "| Reason for closing | yes | one of: Outside the mandate, redirected; " in refusal
    reply = section("en", "T25")
    assert "| Notice served on | yes, unless “Why the reply is waived” is given | day |" in reply
    assert "members of staff; Decision authority; exactly 2 |" in section("en", "T30")
    assert "but not “Knowingly false report”" in section("en", "T08")
    assert "without an answer: “Balance of probabilities”" in section("en", "T28")


def test_a_clock_says_from_when_how_long_and_what_replaces_it() -> None:
    assert (
        "90 days; a complex case 180 days, counted from the authorisation of the investigation, "
        "at most 365 days; the day given as “Due on” replaces it" in section("en", "T20")
    )
    assert "Emergency: 4 hours; Critical: 2 working days" in section("en", "stage-triage")


def test_the_reporter_s_view_of_a_quiet_or_merged_case_is_said() -> None:
    assert "where the notice was withheld: “It is being handled”" in section(
        "en", "stage-referred_out"
    )
    assert "nothing tells that another reporter exists" in section("en", "stage-merged")
    assert "unless “Do not tell the reporter" in section("en", "T14")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_table_of_two_persons_has_the_steps_of_two_persons_and_no_other(locale: Locale) -> None:
    told = section(locale, "two-persons")
    listed = re.findall(r"^\| \[(T\d+) ", told, re.MULTILINE)
    assert listed == [step.id for step in WORKFLOW.transitions if step.four_eyes]
    for below, acts in (("two-beside", practice().pairs), ("two-house", practice().house)):
        assert len(re.findall(r"^\| [^-]", section(locale, below), re.MULTILINE)) == 1 + len(acts)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_roles_permissions_classes_and_concerns_are_all_there(locale: Locale) -> None:
    for role in LISTS["roles"].entries:
        assert f"| {role.labels[locale]}" in section(locale, "roles")
    for act in catalogue.permissions().acts:
        assert f"| {catalogue.wording(locale).acts[act]} | " in section(locale, "permissions")
    for name, anchor in (("retention_classes", "retention"), ("concerns", "concerns")):
        for entry in LISTS[name].entries:
            assert f"| {entry.labels[locale]} | " in section(locale, anchor)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_code_of_the_machine_is_left_in_words(locale: Locale) -> None:
    shown = re.sub(r"\(#[\w-]+\)|<a id=\"[\w-]+\"></a>|`[^`]*`|procedure\.\w+", "", MANUALS[locale])
    assert re.findall(r"\b[a-z0-9]+_[a-z0-9_]+\b", shown) == []
    assert re.findall(r"[{}]", shown) == []


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_link_leads_somewhere_and_no_anchor_stands_twice(locale: Locale) -> None:
    anchors = re.findall(r'<a id="([\w-]+)"></a>', MANUALS[locale])
    links = set(re.findall(r"\]\(#([\w-]+)\)", MANUALS[locale]))
    assert len(anchors) == len(set(anchors))
    assert links
    assert links <= set(anchors)


def test_both_languages_say_the_same_things_and_leave_the_same_places_open() -> None:
    one, other = (catalogue.wording(locale) for locale in LANGUAGES)
    assert one.phrases.keys() == other.phrases.keys()
    assert {key: names(text) for key, text in one.phrases.items()} == {
        key: names(text) for key, text in other.phrases.items()
    }
    for kept in ("units", "kinds", "states", "acts", "parts", "lists", "offices", "pairs", "house"):
        assert getattr(one, kept).keys() == getattr(other, kept).keys()
        assert getattr(one, kept) != getattr(other, kept)
    assert {key: [names(line) for line in lines] for key, lines in one.texts.items()} == {
        key: [names(line) for line in lines] for key, lines in other.texts.items()
    }


def test_the_wording_has_what_is_needed_and_nothing_else() -> None:
    words, known = catalogue.wording("en"), practice()
    grants = [g for row in catalogue.permissions().acts.values() for g in row.values()]
    fields = [field for step in WORKFLOW.transitions for field in step.fields]
    assert words.states.keys() == WORKFLOW.states_by_code.keys()
    assert words.acts.keys() == catalogue.permissions().acts.keys()
    assert words.parts.keys() == {grant.part for grant in grants if grant.part}
    assert words.lists.keys() == {field.code_list for field in fields if field.code_list}
    assert words.kinds.keys() == set(FieldKind)
    assert words.units.keys() == {*SpanKind, "months"}
    assert words.offices.keys() == set(known.offices.values())
    assert words.pairs.keys() == known.pairs.keys()
    assert words.house.keys() == known.house.keys()
    used = {name for lines in words.texts.values() for line in lines for name in names(line)}
    assert used == {*known.terms, "agreed_only", "silent", "unconcerned"}


def test_the_numbers_in_the_sentences_of_guards_are_those_that_the_guards_hold() -> None:
    terms = practice().terms
    for guard, term in (
        ("review_within_90_days", "suspension_days"),
        ("inside_review_window", "review_days"),
        ("investigators_not_posted_there", "posted_months"),
        ("reply_or_silence_recorded", "notice_days"),
    ):
        for text in LISTS["guards"].by_code[guard].labels.values():
            assert re.findall(r"\d+", text) == [str(terms[term])]


def test_a_changed_number_changes_the_manual() -> None:
    known = practice()
    other = replace(known, terms={**known.terms, "reply_days": 31})
    assert "has 30 days for its answer" in MANUALS["en"]
    assert "has 31 days for its answer" in manual.render(replace(book("en"), practice=other))


def test_a_step_that_tells_in_own_words_alone_is_not_said_to_tell_nothing() -> None:
    steps = tuple(
        step.model_copy(update={"tell_reporter": None}) if step.id == "T09" else step
        for step in WORKFLOW.transitions
    )
    other = replace(book("en"), workflow=WORKFLOW.model_copy(update={"transitions": steps}))
    _, found = manual.render(other).split('<a id="T09"></a>')
    told = found.split('<a id="', 1)[0]
    assert "sealed to the reporter: “Message to the reporter”" in told
    assert "nothing" not in told.split("**What is recorded:**")[1]
    assert "> " not in told


def test_a_language_without_wording_is_refused() -> None:
    with pytest.raises(KeyError):
        catalogue.wording("ar")


def test_a_bar_does_not_end_a_cell() -> None:
    assert table(["a|b"], [["c"]]) == "| a&#124;b |\n| --- |\n| c |"


def test_the_bodies_of_which_nobody_hears_are_named() -> None:
    assert "Of a referral to “Financial intelligence unit” nobody is told" in MANUALS["en"]
    assert "D'une transmission à « Cellule de renseignement financier »" in MANUALS["fr"].replace(
        "\u00a0", " "
    ).replace("\u202f", " ")
