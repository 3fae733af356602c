"""Before the body outside the line is complete, nothing is taken that might have to go there."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import func, select

from cases import intake
from cases.conflicts import Subject
from cases.errors import NotOpenYet
from cases.intake import Receipt, Submission
from cases.models.case import Case
from cases.staff.readiness import OUTSIDE_ROLES

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database


def sent(small: SmallHouse, **stated: Any) -> UUID:  # noqa: ANN401 -- whatever a submission takes
    """Send a report; the unit that has it."""
    submission = Submission(**{"body": "Something happened.", **stated})
    arrival = intake.prepare(small.house, submission)
    intake.submit(arrival, Receipt(secrets.token_bytes(32)))
    return arrival.to.unit.id


@pytest.mark.parametrize("missing", OUTSIDE_ROLES)
@pytest.mark.parametrize(
    "stated",
    [
        {"concerns": frozenset({"head_of_customs"})},
        {"subjects": (Subject(name="Kofi Mensah"),)},
        {"subjects": (Subject(name="Nobody Known", role="witness"),)},
    ],
    ids=["concerns", "names the head", "names somebody else"],
)
def test_what_may_go_outside_is_refused_alike_while_nobody_there_could_act(
    small: SmallHouse, stated: dict[str, Any], missing: str
) -> None:
    small.person("head_ia", name="Kofi Mensah")
    small.person(*(role for role in OUTSIDE_ROLES if role != missing), unit="outside")
    with pytest.raises(NotOpenYet):
        sent(small, **stated)
    with small.look() as db:
        assert db.exec(select(func.count()).select_from(Case)).one() == 0
        assert not intake.open_to_names(db)
    assert sent(small) == small.units["main"]
    small.person(missing, unit="outside")
    sent(small, **stated)
