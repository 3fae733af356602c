"""Standard texts in the administration's words: two people, words only, and the shipped one otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text as sql
from sqlmodel import select

from cases import messages, naming, twofold
from cases.errors import AlreadyProposed, DirectoryBroken, NamesAPerson, SamePerson, Unacceptable
from cases.models.texts import ReporterText
from cases.staff.wording import Wording
from tests.cases.walks import a_life
from workflows import catalogue

if TYPE_CHECKING:
    from uuid import UUID

    from cases.actors import StaffActor
    from tests.cases.builders import SmallHouse
    from workflows.model import Locale

pytestmark = pytest.mark.one_database

OURS = "{administration} has your report. Ask again within {review_days} days."


def propose(small: SmallHouse, by: StaffActor, text: str = OURS, **other: str) -> UUID:
    values = {"code": "received", "language": "en", "text": text} | other
    with small.work() as db:
        return twofold.word_text(db, Wording(**values), by).id


def agreed(small: SmallHouse, text: str = OURS) -> None:
    one, other = small.person("system_admin"), small.person("system_admin")
    proposal = propose(small, one, text)
    with small.work() as db:
        twofold.confirm(db, proposal, other)


def read(small: SmallHouse, language: Locale) -> str:
    life = a_life(small)
    with small.work() as db:
        first, *_ = messages.read_own_thread(db, life.reporter(db))
    return first.worded(language)


def test_a_text_is_shown_once_a_second_person_has_agreed(small: SmallHouse) -> None:
    one, other = small.person("system_admin"), small.person("system_admin")
    proposal = propose(small, one)
    shipped = catalogue.label("reporter_texts", "received", "en")
    assert read(small, "en") == shipped
    with small.work() as db, pytest.raises(SamePerson):
        twofold.confirm(db, proposal, one)
    with small.work() as db:
        twofold.confirm(db, proposal, other)
    assert read(small, "en") == "Customs of Testland has your report. Ask again within 30 days."
    assert read(small, "fr") == catalogue.label("reporter_texts", "received", "fr")


def test_the_newest_wording_stands(small: SmallHouse) -> None:
    agreed(small)
    agreed(small, "Thank you.")
    assert read(small, "en") == "Thank you."
    with small.look() as db:
        assert len(db.exec(select(ReporterText)).all()) == 1


def test_the_same_text_is_not_proposed_twice(small: SmallHouse) -> None:
    one = small.person("system_admin")
    propose(small, one)
    with pytest.raises(AlreadyProposed):
        propose(small, one)


@pytest.mark.parametrize(
    "other", [{"code": "no_such"}, {"language": "de"}, {"text": "{case.reference}"}]
)
def test_what_cannot_be_shown_is_not_proposed(small: SmallHouse, other: dict[str, str]) -> None:
    with pytest.raises(Unacceptable):
        propose(small, small.person("system_admin"), **other)


def test_a_standard_text_names_nobody_of_the_staff(small: SmallHouse) -> None:
    small.person("head_ia", name="Awa Traoré")
    with small.look() as db:
        with pytest.raises(NamesAPerson):
            naming.demand_no_staff(db, "Write to TRAORE Awa.", "/text")
        naming.demand_no_staff(db, "Write to us here.", "/text")


def test_a_text_written_past_the_service_is_refused(small: SmallHouse) -> None:
    agreed(small)
    with small.house.engine.begin() as connection:
        connection.execute(sql("UPDATE reporter_text SET text = 'Send money.'"))
    with pytest.raises(DirectoryBroken):
        read(small, "en")
