"""Handing a matter to another authority: the same by every way out, and in silence where the law says so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from cases import acts, messages
from cases.audit import log
from cases.errors import NotAllowed, Unacceptable
from cases.links import ties
from cases.models.case import Record
from cases.objects import handing_on, things
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, a_life, against, plain
from tests.cases.writing import refused, values
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database

TO_COURT: dict[str, Any] = {
    "body": "prosecutor",
    "legal_basis": "article 40",
    "reprisal_risk": "low",
    "withheld": "who reported it",
}
TO_FIU = TO_COURT | {"body": "fiu"}


def assessed(life: Life) -> None:
    life.triaged()


def inquired(life: Life) -> None:
    life.triaged()
    life.do("manager", "to_preliminary", scope="the log")


def investigated(life: Life) -> None:
    life.investigated()


def suspended(life: Life) -> None:
    life.investigated()
    review = life.small.house.today() + timedelta(days=30)
    reason = {"suspension_reason": "criminal_proceedings", "review_on": review}
    life.both("head", "manager", "suspend", **reason)


WAYS = {"T14": assessed, "T19": inquired, "T24": investigated, "T51": suspended}


def wrong(life: Life, who: str, action: str, **data: object) -> list[str]:
    """What a step is refused for before any guard is asked."""
    try:
        life.do(who, action, **data)
    except Unacceptable as why:
        return [f"{pointer} {code}" for pointer, code in why.problems]
    return []


def told(life: Life) -> list[str | None]:
    """The service's words in the reporter's thread, by their codes."""
    with life.small.work() as db:
        return [one.code for one in messages.read_own_thread(db, life.reporter(db))]


def test_every_way_out_asks_the_same() -> None:
    for version in (1, 2):
        steps = catalogue.workflow("complaint", version).transitions_by_id
        ways = [steps[one] for one in WAYS]
        assert len({(step.event, step.target, step.guards, step.tell_unless) for step in ways}) == 1
        assert len({step.fields for step in ways}) == 1
        assert {acts.EFFECTS[one] for one in WAYS} == {acts.EFFECTS["T24"]}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_was_said_under_compulsion_stays_and_what_goes_is_on_record_after_the_closing(
    small: SmallHouse, way: Callable[[Life], None]
) -> None:
    life = a_life(small)
    way(life)
    said = life.write("manager", "item", title="Statement", source_type="interview", compelled=True)
    life.write(
        "manager", "item", "made", title="Both", source_type="interview", records=[str(said)]
    )
    mixed = [life.things["allegation"], said, life.things["made"]]
    assert wrong(life, "head", "refer", **TO_COURT, items=mixed) == [
        "/items/1 compelled",
        "/items/2 compelled",
    ]
    assert against(life, "head", "refer", **TO_COURT | {"reprisal_risk": "high"}) == (
        "referral_risk_acceptable",
    )

    life.both("head", "manager", "refer", **TO_COURT, items=[life.things["allegation"]])

    [sent] = values(life, "referral")
    with small.look() as db:
        alleged = db.get_one(Record, (life.things["allegation"], 1))
    assert sent["manifest"] == [
        {
            "id": str(alleged.id),
            "kind": "allegation",
            "version": 1,
            "commitment": alleged.content.hex(),
            "sha256": None,
        }
    ]
    assert (sent["body"], sent["basis"], sent["withheld"], sent["status"], sent["sent_on"]) == (
        "prosecutor",
        "article 40",
        "who reported it",
        "sent",
        small.house.today().isoformat(),
    )
    life.both("head", "manager", "close")
    assert life.case().state == "closed"
    assert values(life, "referral") == [sent | {"status": "ended"}]


def test_what_the_authority_answers_is_kept_on_the_referral_out_of_a_suspension(
    life: Life,
) -> None:
    suspended(life)
    life.both("head", "manager", "refer", **TO_COURT)
    life.do(
        "manager",
        "authority_replies",
        result="no crime",
        result_on=life.small.house.today(),
        decision_authorities=[life.cast["decider"].id, life.cast["decider2"].id],
    )
    [answered] = values(life, "referral")
    assert (answered["status"], answered["result"]) == ("result_received", "no crime")
    assert answered["reference"] == "P-12/26"


def test_what_a_body_may_not_be_known_to_look_into_is_told_to_nobody(life: Life) -> None:
    suspended(life)
    for choice in ({}, {"withhold_notice": False}):
        assert wrong(life, "head", "refer", **TO_FIU, **choice) == [
            "/withhold_notice silence_demanded"
        ]
    written = {"body": "fiu", "basis": "article 8", "reprisal_risk": "low"}
    with pytest.raises(Unacceptable) as why:
        life.write("manager", "referral", **written)
    assert why.value.problems == (("/withhold_notice", "silence_demanded"),)
    before = told(life)

    life.both("head", "manager", "refer", **TO_FIU, withhold_notice=True)

    assert life.case().quiet
    # Nor does anybody hear of it on its way back, whatever the next step or the referral says.
    [sent] = values(life, "referral")
    loud = {name: sent[name] for name in ("body", "basis", "reprisal_risk")} | {"status": "sent"}
    life.change("manager", "referral", referral_of(life), **loud | {"body": "ombudsman"})
    for choice in ({}, {"withhold_notice": False}):
        demanded = ["/withhold_notice silence_demanded"]
        assert wrong(life, "manager", "returned", reasons="not theirs", **choice) == demanded
        assert wrong(life, "head", "close", **choice) == demanded
    life.do("manager", "returned", reasons="not theirs", withhold_notice=True)
    assert told(life) == before
    assert life.case().state == "assessed"


def test_what_was_withheld_once_is_asked_about_again_on_the_way_back(life: Life) -> None:
    assessed(life)
    life.both("head", "manager", "refer", **TO_COURT, withhold_notice=True)
    assert wrong(life, "manager", "returned", reasons="no") == ["/withhold_notice required"]
    assert wrong(life, "head", "close") == ["/withhold_notice required"]
    life.do("manager", "returned", reasons="no", withhold_notice=False)


def test_what_went_out_stays_as_it_went_out(life: Life) -> None:
    assessed(life)
    quiet = {"withheld": "who", "identity_basis": "consent", "withhold_notice": True}
    life.both("head", "manager", "refer", **TO_COURT | quiet, items=[life.alleged[0]])
    [sent] = values(life, "referral")
    assert sent["may_learn_identity"]
    anew = {
        "body": "ombudsman",
        "basis": "another",
        "reprisal_risk": "high",
        "withheld": "nothing",
        "sent_on": "2020-01-01",
    }
    back = {
        "reference": "P-1",
        "chase_on": ["2026-03-20"],
        "result": "no crime",
        "result_on": life.small.house.today().isoformat(),
        "status": "result_received",
    }
    life.change("manager", "referral", referral_of(life), **anew, **back)
    assert values(life, "referral") == [sent | back]


@pytest.mark.parametrize("end", [{}, {"status": "ended"}], ids=["stands", "ends"])
def test_what_an_authority_found_is_whole_however_the_referral_stands_and_not_taken_out_again(
    life: Life, end: dict[str, str]
) -> None:
    assessed(life)
    sent: dict[str, Any] = {"body": "police", "basis": "article 1", "reprisal_risk": "low"}
    made = life.write("manager", "referral", **sent)
    found = {"result": "no crime", "result_on": life.small.house.today().isoformat()}
    early = refused(life, "manager", "referral", made, **sent, **found)
    assert early == ["/result_on out_of_range"]  # nothing was sent yet
    life.change("manager", "referral", made, **sent, status="sent")
    life.change("manager", "referral", made, **sent, **end)
    before = found | {"result_on": "2026-01-01"}
    assert refused(life, "manager", "referral", made, **sent, **before) == early
    faults = {
        "/result missing": {"result_on": found["result_on"]},
        "/result_on missing": {"result": found["result"]},
        "/result_on out_of_range": found | {"result_on": "2031-01-01"},
    }
    for fault, half in faults.items():
        assert refused(life, "manager", "referral", made, **sent, **half) == [fault]
    life.change("manager", "referral", made, **sent, **found)
    for half in ({}, {"status": "ended"}):
        assert refused(life, "manager", "referral", made, **sent, **half) == [
            "/result missing",
            "/result_on missing",
        ]
    life.change("manager", "referral", made, **sent, **found | {"result": "a fine"}, status="ended")
    [kept] = values(life, "referral")
    assert (kept["status"], kept["result"]) == ("ended", "a fine")


def test_a_referral_that_was_sent_is_not_taken_away(life: Life) -> None:
    assessed(life)
    prepared = {"body": "police", "basis": "article 1", "reprisal_risk": "low"}
    made = life.write("manager", "referral", **prepared)
    take_away(life, made)
    made = life.write("manager", "referral", **prepared)
    life.change("manager", "referral", made, **prepared, status="sent")
    with pytest.raises(NotAllowed):
        take_away(life, made)
    life.change("manager", "referral", made, **prepared, status="ended")
    with pytest.raises(NotAllowed):
        take_away(life, made)


def take_away(life: Life, referral: UUID) -> None:
    by = life.cast["manager"]
    with life.small.work() as db:
        keys = StaffKeys(db, by)
        things.delete(db, life.find(db, by), "referral", referral, by=by, keys=keys)


def test_what_is_wrapped_twice_is_no_less_compelled_or_telling_and_a_cleaned_copy_tells_nobody(
    life: Life,
) -> None:
    assessed(life)
    made = {"title": "Notes", "source_type": "interview"}

    def item(called: str, **value: object) -> UUID:
        return life.write("manager", "item", called, **made, **value)

    said = item("said", compelled=True)
    copied = item("copied", copy_of=str(said))
    outer = item("outer", records=[str(item("inner", records=[str(copied)]))])
    forced = [copied, life.things["inner"], outer]
    assert wrong(life, "head", "refer", **TO_COURT, items=forced) == [
        f"/items/{n} compelled" for n in range(3)
    ]
    author = life.write("manager", "person", "author", role="reporter")
    names = item("names", records=[str(item("name", records=[str(author)]))])
    refusal = ("identity_withheld",)
    assert against(life, "head", "refer", **TO_COURT, items=[names]) == refusal
    cleaned = item("cleaned", copy_of=str(names))
    assert against(life, "head", "refer", **TO_COURT, items=[cleaned]) == ()


def referral_of(life: Life) -> UUID:
    """The id of the one referral of a case."""
    with life.small.look() as db:
        return set(db.exec(select(Record.id).where(Record.field == "referral"))).pop()


def test_who_reported_goes_out_only_on_a_basis_whatever_it_is_written_in(life: Life) -> None:
    assessed(life)
    heard = life.write("manager", "interview", capacity="reporter", record="I saw it.")
    telling: list[UUID] = [
        heard,
        life.write("manager", "person", "author", role="witness", further_roles=["reporter"]),
        life.write("manager", "item", title="x", source_type="interview", records=[str(heard)]),
    ]
    for one in telling:
        assert against(life, "head", "refer", **TO_COURT, items=[one]) == ("identity_withheld",)
    written = {"body": "police", "basis": "article 1", "reprisal_risk": "low"}
    with pytest.raises(Unacceptable) as why:
        life.write("manager", "referral", **written, items=[str(one) for one in telling])
    assert why.value.problems == tuple(
        (f"/items/{n}", "tells_who_reported") for n in range(len(telling))
    )
    # A body inside the house learns it on the reporter's own word only.
    duty = {"identity_basis": "legal_duty", "items": telling}
    within = TO_COURT | {"body": "human_resources"}
    refusal = "/identity_basis not_for_this_body"
    assert wrong(life, "head", "refer", **within, **duty) == [refusal]
    with pytest.raises(Unacceptable) as why:
        life.write("manager", "referral", **written | {"body": "human_resources"}, **plain(duty))
    assert why.value.problems == (("/identity_basis", "not_for_this_body"),)
    agreed = duty | {"identity_basis": "consent"}
    assert wrong(life, "head", "refer", **within, **agreed) == []


def test_a_referral_ends_in_a_closing_only_once_its_administrative_part_is_done(
    small: SmallHouse, life: Life
) -> None:
    life.triaged()
    part = a_life(small, life.cast).triaged()
    by = life.cast["manager"]
    for one in (life, part):
        one.declare("manager")
    with small.work() as db:
        keys, case = StaffKeys(db, by), part.find(db, by)
        ties.link(db, case, life.reference, ties.ADMINISTRATIVE_PART, None, by=by, keys=keys)
    life.both("head", "manager", "refer", **TO_COURT)
    refusal = ("nothing_administrative_open",)
    assert against(life, "head", "close") == refusal

    why = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    part.both("manager", "head", "refuse", **why)
    life.both("head", "manager", "close")
    assert life.case().state == "closed"


def test_the_trail_says_which_parts_were_opened_to_see_what_stays_back(life: Life) -> None:
    assessed(life)
    by = life.cast["head"]
    life.declare("head")
    with life.small.work() as db:
        handing_on.kept_back(db, life.find(db, by), by=by, keys=StaffKeys(db, by))
    with life.small.look() as db:
        last = log.told_of(db, life.case_id)[-1].body
    assert (last.kind, last.d["parts"]) == ("record.read", ["persons", "interviews", "items"])
