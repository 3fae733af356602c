"""What a person is given of what a case holds on them: nothing in it points to anybody else."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import extracts, pairs
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.conflicts import Subject
from cases.errors import NamesAPerson, NotPermitted, ProposalVoid, SamePerson, Unacceptable
from cases.extracts import Secrets, gives_away
from cases.naming import folded
from cases.reading import casefile, extract
from cases.sealing.hierarchy import StaffKeys
from cases.staff import bodies
from cases.staff.bodies import Agreement
from tests.cases.walks import NAMED, Life, a_life

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database

TOLD = "He takes the papers of whoever does not pay before the evening shift ends."
SUMMARY = "A payment outside the tariff was asked for at the export counter."


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """A case in which a subject and a reporter are named; the officer was let in by two."""
    return a_life(small, identity=NAMED, body=TOLD).after(let_in_by_two)


def let_in_by_two(found: Life) -> None:
    found.do("desk", "acknowledge")
    found.do("triage", "start_triage")
    found.person(name="Bela Norte", staff_number="4711")
    found.write(
        "manager",
        "person",
        "author",
        role="reporter",
        name="Amina Sow",
        description="reach her at +228 90 11 22 33",
    )
    found.allege(subjects=[str(found.things["subject"])], summary=SUMMARY)
    found.write("manager", "note", text="Amina Sow called again.")
    found.assign("manager", "legal_counsel", "counsel")
    found.declare("counsel")
    let_in(found)


def let_in(life: Life) -> None:
    """Let the data protection officer in."""
    by, dpo = life.cast["manager"], life.cast["dpo"]
    with life.small.work() as db:
        waits = pairs.grant(db, life.find(db, by), dpo.id, "asked", by=by, keys=StaffKeys(db, by))
        assert waits is not None
    life.confirm("head", waits.id)
    life.declare("dpo")


def proposed(life: Life, *things: UUID, who: str = "dpo", person: str = "subject") -> UUID:
    """A proposal for an extract of these things."""
    by = life.cast[who]
    asked = {
        "person": str(life.things[person]),
        "things": [str(one) for one in things],
        "reason": "asked on 3 March",
    }
    with life.small.work() as db:
        case = life.find(db, by)
        return pairs.subject_extract(db, case, asked, by=by, keys=StaffKeys(db, by)).id


def fetched(life: Life, who: str = "dpo") -> zipfile.ZipFile:
    by = life.cast[who]
    with life.small.work() as db:
        case = life.find(db, by)
        pieces = extract.stream(db, case, by=by, keys=StaffKeys(db, by), language="en")
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def test_two_people_give_a_person_what_concerns_them_and_no_more(life: Life) -> None:
    life.confirm("counsel", proposed(life, life.things["allegation"]))
    copy = fetched(life)
    about, alleged = json.loads(copy.read("extract.json"))["parts"]
    assert (about["name"], about["staff_number"]) == ("Bela Norte", "4711")
    assert alleged["summary"] == SUMMARY
    assert not {"subjects", "victims", "side"} & alleged.keys()
    assert "Bela Norte" in copy.read("extract.txt").decode()
    everything = b"".join(copy.read(name) for name in copy.namelist()).decode()
    for hidden in ("Amina", "Sow", "A. Reporter", "papers", "called", "90 11"):
        assert hidden not in everything
    assert json.loads(copy.read("FOR.json"))["fetched_by"]["id"] == str(life.cast["dpo"].id)
    with life.small.look() as db:
        bodies = [one.body for one in log.told_of(db, life.case_id)]
    [out] = [one for one in bodies if one.kind == "export.bundle"]
    assert out.d["action"] == "subject_extract"


def test_whom_only_a_merged_case_names_gets_what_it_alleges_of_them(
    small: SmallHouse, life: Life
) -> None:
    source = a_life(small, life.cast)
    source.do("desk", "acknowledge")
    source.do("triage", "start_triage")
    life.things["other"] = source.person(name="Aoua Diarra")
    thing = source.allege(subjects=[str(life.things["other"])], summary=SUMMARY)
    source.assess()
    for who in ("manager", "head"):
        life.declare(who)
    source.both("manager", "head", "merge", target_case=life.reference, basis="the same")
    for who in ("dpo", "counsel"):
        life.declare(who)
    life.confirm("counsel", proposed(life, thing, person="other"))
    about, alleged = json.loads(fetched(life).read("extract.json"))["parts"]
    assert (about["name"], alleged["summary"]) == ("Aoua Diarra", SUMMARY)


def test_the_officer_reads_what_an_answer_is_made_of_and_no_report(life: Life) -> None:
    by = life.cast["dpo"]
    with life.small.work() as db:
        found = casefile.read(db, life.reference, by=by, language="en")
    assert set(found.parts) == {"allegations", "persons", "interviews", "outcomes", "redacted"}


@pytest.mark.parametrize(
    "summary",
    [
        "As Amina said, a payment was asked for.",
        "A payment was asked for; tel. 90112233 knows more. +22890112233",
        f"A payment. {TOLD.upper()}",
    ],
    ids=["name", "contact", "words"],
)
def test_a_text_that_points_to_the_reporter_stops_the_whole(life: Life, summary: str) -> None:
    thing = life.allege("second", subjects=[str(life.things["subject"])], summary=summary)
    with pytest.raises(NamesAPerson) as refused:
        proposed(life, life.things["allegation"], thing)
    assert refused.value.pointers == ("/things/1",)


def test_a_referral_of_which_nobody_is_told_is_not_mentioned(life: Life) -> None:
    life.write(
        "manager",
        "referral",
        body="fiu",
        basis="article 8",
        reprisal_risk="low",
        withhold_notice=True,
    )
    summary = "It was sent to the Financial Intelligence Unit."
    thing = life.allege("second", subjects=[str(life.things["subject"])], summary=summary)
    with pytest.raises(NamesAPerson):
        proposed(life, thing)
    outcome = life.write(
        "manager", "outcome", outcome="ref_fiu", person=str(life.things["subject"])
    )
    with pytest.raises(Unacceptable):
        proposed(life, outcome)


@pytest.mark.parametrize(("body", "silent"), [("fiu", True), ("prosecutor", False)])
def test_by_what_was_agreed_a_body_is_known_too_and_one_nobody_may_hear_of_by_its_addresses(
    life: Life, body: str, *, silent: bool
) -> None:
    agreed = {
        "agreement": "Protocol 12",
        "legal_basis": "article 40 of the act",
        "channel": "courier@green.example",
        "public_key": "age1qqqq",
        "contact_role": "duty analyst",
    }
    quiet: dict[str, Any] = {"body": body, "basis": "a", "reprisal_risk": "low"}
    quiet["withhold_notice"] = True
    agree(life, Agreement(body=body, **agreed, accepts_anonymous=True))
    made = life.write("manager", "referral", **quiet)
    life.change("manager", "referral", made, **quiet, status="sent")
    agree(life, Agreement(body=body, agreement="Charter 13", accepts_anonymous=True))
    addresses = [agreed["channel"], agreed["public_key"]]
    telling = ["Charter 13", "Protocol 12", *(addresses if silent else ())]
    others = ["Charter 14", "article 40 of the act", "duty analyst", *(() if silent else addresses)]
    chosen = [
        life.allege(text, subjects=[str(life.things["subject"])], summary=f"By {text}, it was.")
        for text in (*telling, *others)
    ]
    with pytest.raises(NamesAPerson) as refused:
        proposed(life, *chosen)
    assert refused.value.pointers == tuple(f"/things/{n}" for n in range(len(telling)))


def agree(life: Life, agreement: Agreement) -> None:
    with life.small.work() as db:
        bodies.keep(db, agreement, THE_SERVICE)


def test_what_is_looked_into_in_silence_is_not_told_in_any_word(life: Life) -> None:
    subjects = [str(life.things["subject"])]
    suspected = life.allege("s", category="COI-06", subjects=subjects, summary="Ten invoices.")
    besides = life.allege("b", further_categories=["COI-06"], subjects=subjects, summary="Late.")
    sent = life.allege("sent", subjects=subjects, summary="The invoices of May.")
    texts = ("Money laundering, it seems.", "Un blanchiment de capitaux ?", "Lavado de activos")
    worded = [life.allege(f"w{n}", subjects=subjects, summary=text) for n, text in enumerate(texts)]
    waits = proposed(life, suspected)

    quiet: dict[str, Any] = {"body": "fiu", "basis": "article 8", "reprisal_risk": "low"}
    life.write("manager", "referral", **quiet, withhold_notice=True, items=[str(sent)])

    with pytest.raises(NamesAPerson):
        life.confirm("counsel", waits)
    life.refuse("counsel", waits)
    chosen = [suspected, besides, sent, *worded]
    with pytest.raises(NamesAPerson) as refused:
        proposed(life, life.things["allegation"], *chosen)
    assert refused.value.pointers == tuple(f"/things/{n}" for n in range(1, 1 + len(chosen)))
    life.confirm("counsel", proposed(life, life.things["allegation"]))
    copy = fetched(life).read("extract.txt").decode().casefold()
    assert SUMMARY.casefold() in copy
    for word in ("launder", "coi-06", "fiu", "financial", "invoices"):
        assert word not in copy


def test_what_does_not_concern_the_person_is_not_taken(life: Life) -> None:
    other = life.allege("other", summary="Something else.")
    for wrong in (other, life.things["note"]):
        with pytest.raises(Unacceptable) as refused:
            proposed(life, wrong)
        assert refused.value.problems == (("/things/0", "unknown_value"),)


def test_nothing_is_made_on_who_reported(life: Life) -> None:
    with pytest.raises(Unacceptable) as refused:
        proposed(life, person="author")
    assert refused.value.problems == (("/person", "unknown_value"),)


def test_an_officer_proposes_and_another_with_the_counsels_seat_agrees(life: Life) -> None:
    with pytest.raises(NotPermitted):
        proposed(life, who="counsel")
    with pytest.raises(NotPermitted):
        proposed(life, who="manager")
    waits = proposed(life)
    with pytest.raises(SamePerson):
        life.confirm("dpo", waits)
    with pytest.raises(NotPermitted):
        fetched(life)
    life.confirm("counsel", waits)
    with pytest.raises(NotPermitted):
        fetched(life, "counsel")
    life.small.clock.move(hours=24)
    with pytest.raises(NotPermitted):
        fetched(life)


def test_what_was_changed_since_is_not_agreed_on(life: Life) -> None:
    thing = life.things["allegation"]
    waits = proposed(life, thing)
    whole = {"category": "AUT-02", "office": "PORT", "procedure": "declaration"}
    subjects = [str(life.things["subject"])]
    life.change("triage", "allegation", thing, **whole, subjects=subjects, summary="Another.")
    with pytest.raises(ProposalVoid):
        life.confirm("counsel", waits)


def test_what_the_reporter_wrote_meanwhile_is_compared_too(life: Life) -> None:
    waits = proposed(life, life.things["allegation"])
    life.answer(SUMMARY)
    with pytest.raises(NamesAPerson):
        life.confirm("counsel", waits)


WORDS = st.lists(st.from_regex("[b-df-hj-np-tv-z]{5}", fullmatch=True), min_size=8, max_size=30)


@given(told=WORDS, around=WORDS, at=st.integers(0, 22), cased=st.booleans())
def test_eight_words_of_a_reporter_in_a_row_are_found_anywhere(
    told: list[str], around: list[str], at: int, *, cased: bool
) -> None:
    run = told[min(at, len(told) - 8) :][:8]
    text = ", ".join([*around, *(one.upper() if cased else one for one in run), *around])
    assert gives_away(text, Secrets(told=[folded(" ".join(told))]))


@given(told=WORDS, at=st.integers(0, 23))
def test_seven_of_them_alone_are_not(told: list[str], at: int) -> None:
    told = list(dict.fromkeys(told))
    run = told[at : at + 7]
    secrets = Secrets(told=[told]) if len(told) >= extracts.RUN else Secrets()
    assert not gives_away(" ".join(run), secrets)


def test_a_name_is_found_whatever_stands_around_it() -> None:
    secrets = Secrets(people=[Subject(name="Amina Sow", staff_number="AD-12 34")])
    assert gives_away("asked by (amina)", secrets)
    assert gives_away("badge ad 1234", secrets)
    assert not gives_away("asked at the counter", secrets)
