"""What was agreed with an authority decides what may go to it, and stays with what went."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from cases.actors import THE_SERVICE
from cases.errors import Unacceptable
from cases.intake import Identity
from cases.staff import bodies
from cases.staff.bodies import Agreement
from tests.cases.test_referrals import TO_COURT, WAYS, wrong
from tests.cases.walks import Life, a_life
from tests.cases.writing import refused, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database

REFUSED = ["/body anonymous_not_accepted"]


def agreed(small: SmallHouse, body: str = "prosecutor", **terms: Any) -> dict[str, Any]:  # noqa: ANN401 -- columns
    """Put an entry into the register; what a referral keeps of it."""
    entry = Agreement(body=body, **{"accepts_anonymous": True, **terms})
    with small.work() as db:
        bodies.keep(db, entry, THE_SERVICE)
    return {name: value for name, value in asdict(entry).items() if name != "body"}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_anonymous_matter_goes_where_none_is_accepted(
    small: SmallHouse, way: Callable[[Life], None]
) -> None:
    life = a_life(small)
    way(life)
    agreed(small, accepts_anonymous=False)
    assert wrong(life, "head", "refer", **TO_COURT) == REFUSED
    written: dict[str, Any] = {"body": "prosecutor", "basis": "article 1", "reprisal_risk": "low"}
    assert refused(life, "manager", "referral", **written) == REFUSED
    assert refused(life, "manager", "referral", **written | {"body": "police"}) == []
    # Asked again when the second person agrees.
    agreed(small)
    waits = life.propose("head", "refer", **TO_COURT)
    agreed(small, accepts_anonymous=False)
    with pytest.raises(Unacceptable) as why:
        life.confirm("manager", waits)
    assert why.value.problems == (("/body", "anonymous_not_accepted"),)
    agreed(small)
    life.confirm("manager", waits)
    assert life.case().state == "referred_out"


def test_what_was_prepared_for_a_body_that_takes_it_no_more_ends_and_goes_nowhere(
    small: SmallHouse,
) -> None:
    life = a_life(small).triaged()
    written: dict[str, Any] = {"body": "prosecutor", "basis": "article 1", "reprisal_risk": "low"}
    made = life.write("manager", "referral", **written)
    agreed(small, accepts_anonymous=False)
    for status in ("prepared", "sent"):
        assert refused(life, "manager", "referral", made, **written, status=status) == REFUSED
    assert refused(life, "manager", "referral", made, **written) == REFUSED
    assert refused(life, "manager", "referral", made, **written, status="ended") == []


def test_where_one_of_those_who_reported_gave_a_name_the_matter_is_not_anonymous(
    small: SmallHouse,
) -> None:
    agreed(small, accepts_anonymous=False)
    nameless = a_life(small).triaged()
    named = a_life(small, nameless.cast, identity=Identity(name="Awa Traoré")).triaged()
    for who in ("manager", "head"):
        nameless.declare(who)
    named.both("manager", "head", "merge", target_case=nameless.reference, basis="the same")
    for who in ("manager", "head"):
        nameless.declare(who)
    nameless.both("head", "manager", "refer", **TO_COURT)
    assert nameless.case().state == "referred_out"


def test_a_referral_keeps_what_was_agreed_on_the_day_it_was_sent(small: SmallHouse) -> None:
    life = a_life(small).triaged()
    then = agreed(
        small, agreement="Protocol 12", channel="by hand", public_key="age1", contact_role="deputy"
    )
    made = life.write("manager", "referral", body="prosecutor", basis="a", reprisal_risk="low")
    forged = {"terms": {"agreement": "another", "accepts_anonymous": True}}
    written = {"body": "prosecutor", "basis": "a", "reprisal_risk": "low"}
    life.change("manager", "referral", made, **written, **forged)
    assert [one["terms"] for one in values(life, "referral")] == [None]
    life.change("manager", "referral", made, **written, **forged, status="sent")
    life.both("head", "manager", "refer", **TO_COURT)
    agreed(small, agreement="Protocol 13", accepts_anonymous=False)
    life.change("manager", "referral", made, **written, **forged, status="acknowledged")
    assert [one["terms"] for one in values(life, "referral")] == [then, then]


def test_of_an_authority_without_an_entry_nothing_was_agreed(small: SmallHouse) -> None:
    life = a_life(small).triaged()
    life.both("head", "manager", "refer", **TO_COURT)
    assert [one["terms"] for one in values(life, "referral")] == [None]
