"""The longer ways: investigations, what follows a closing, and what other authorities do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stories.routes import AT_RISK, GRAVE, GRAVEST, REFERRAL, day, nothing_to_it

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.life import Life
    from tests.stories.routes import Route


# The investigation and its ends


def carried_out(life: Life) -> Iterator[int]:
    """Investigated, decided, carried out, closed."""
    yield 1
    life.acknowledged().triaged(GRAVE)
    life.investigated()
    yield 1
    carry_out(life)


def carry_out(life: Life, **closing: str) -> None:
    """Name who carries out what was decided, do it, and close."""
    owner = life.who("manager").id
    action = {"outcome": "process_change", "owner": owner, "due": day(life, 20)}
    life.do("manager", "implement", actions=[action])
    [outcome] = life.read("manager", "outcomes")["outcomes"]
    done = {"outcome": "process_change", "owner": owner, "status": "carried_out"}
    life.change("manager", "outcomes", outcome["id"], **done)
    life.both(
        "manager",
        "manager2",
        "close",
        closure_note="Done.",
        message="Two things were changed at the gate. Thank you.",
        lessons="Two people at every scale.",
        **{"retention_class": "K4"} | closing,
    )


def long_way(life: Life) -> Iterator[int]:
    """Every turn an investigation can take, to its closing, monitoring and the end of it."""
    yield 1
    life.acknowledged().do("triage", "start_triage").allege(category=GRAVE)
    life.assess(main_category=GRAVE, **AT_RISK)
    life.assign("manager", "protection_officer", "protector")
    measures = ["restricted_team"]
    life.add("protector", "protection-plans", "plan", risk="medium", measures=measures)
    life.authorised().staffed()
    yield 2
    life.both(
        "head", "manager", "extend", extension_reason="volume_of_evidence", due_on=day(life, 200)
    )
    review = {"suspension_reason": "criminal_proceedings", "review_on": day(life, 60)}
    life.both("head", "manager", "suspend", **review)
    yield 2
    life.do("head", "resume", reasons="The court is done with the papers.")
    life.served().do("lead", "new_leads", checks="The second witness.")
    yield 1
    life.served().replied().reported()
    life.do("reviewer", "return", reasons="The second witness is missing from the annex.")
    yield 1
    life.waived("notice_already_given").replied().reported().passed()
    yield 1
    life.decided(outcomes=[{"outcome": "process_change"}])
    carry_out(life)
    asked = day(life, 3)
    life.do("protector", "monitor", check_ins=[asked])
    yield 4
    life.reporter.enter().act("answer_check_in", change="none", threat="none")
    life.both(
        "protector", "manager", "end_monitoring", check_in_results=[{"on": asked, "answer": "well"}]
    )


def decided_without_action(life: Life) -> Iterator[int]:
    """Investigated, unfounded: nothing to carry out."""
    yield 1
    life.acknowledged().triaged(GRAVE)
    life.investigated("unfounded")
    life.both("manager", "manager2", "close_no_action", closure_reason="no_action_needed")


def joined_to(target: Life) -> Route:
    """It tells what another report tells already: the two become one case."""

    def route(life: Life) -> Iterator[int]:
        yield 1
        life.acknowledged().triaged(GRAVE)
        target.declare("manager")
        target.declare("manager2")
        life.both(
            "manager",
            "manager2",
            "merge",
            target_case=target.reference,
            basis="The same officer, the same day.",
        )
        life.merged_into = target

    return route


def discontinued(life: Life) -> Iterator[int]:
    """The person concerned died: the facts are put on record, and the investigation ends."""
    yield 1
    life.acknowledged().triaged(GRAVE)
    life.authorised().staffed()
    yield 3
    life.both(
        "head",
        "manager",
        "discontinue",
        closure_reason="subject_left",
        facts_established="The fee was taken twice.",
        reasons="The person has died.",
    )


def new_facts(life: Life) -> Iterator[int]:
    """Closed; then somebody else brings what was missing."""
    yield from nothing_to_it(life)
    yield 3
    life.both("head", "manager", "new_facts", new_facts="A second merchant has the same receipt.")


# Monitoring


def monitored(life: Life) -> Iterator[int]:
    """Closed, and its author is watched over."""
    yield 1
    life.acknowledged().do("triage", "start_triage").allege(category=GRAVE)
    life.assess(main_category=GRAVE, **AT_RISK)
    life.assign("manager", "protection_officer", "protector2")
    life.do("manager", "to_preliminary", scope="The shift lists.")
    life.write("manager", "Who else was on that shift?")
    yield 2
    life.both(
        "head",
        "manager",
        "no_suspicion",
        closure_reason="insufficient_information",
        leads=["The lists: they say nothing."],
        reasons="They say nothing.",
        message="We found nothing. We keep watching that you come to no harm.",
    )
    life.do("protector2", "monitor", check_ins=[day(life, 10)])
    yield 1


def monitored_and_upheld(life: Life) -> Iterator[int]:
    """While monitored, the author asks for a review; it is upheld, and monitoring may go on at once."""
    yield from monitored(life)
    life.reporter.enter().act("request_review", grounds="The lists were changed.")
    life.came("request_review", "under_review")
    yield 2
    life.both("reviser2", "overseer", "uphold", reasons="They were not.")
    life.do("protector2", "monitor", check_ins=[day(life, 20)])


def monitored_and_reopened(life: Life) -> Iterator[int]:
    """While monitored, new facts come up."""
    yield from monitored(life)
    life.both("head2", "manager", "new_facts", new_facts="The earlier lists were found.")


# Referral


def comes_back_decided(life: Life) -> Iterator[int]:
    """Referred at once; the authority sends it back, it is referred again, and then there is a reply."""
    yield 1
    life.acknowledged().triaged(GRAVEST, priority="P1")
    life.both("head", "manager", "refer", **REFERRAL)
    yield 3
    life.do("manager", "returned", reasons="They ask for the annex.")
    life.do("manager", "to_preliminary", scope="The annex.")
    life.both("head", "manager", "refer", **REFERRAL)
    yield 3
    life.do(
        "manager",
        "authority_replies",
        result="No case to answer.",
        result_on=day(life, 0),
        decision_authorities=life.deciders(),
    )
    life.decided("unsubstantiated")
    life.both("manager", "manager2", "close_no_action", closure_reason="no_action_needed")


def goes_to_the_prosecutor(life: Life) -> Iterator[int]:
    """Referred out of an investigation, and closed as transferred; kept for two months only."""
    yield 1
    life.acknowledged().triaged(GRAVEST, priority="P1")
    life.authorised().staffed()
    yield 2
    life.both("head", "manager", "refer", **REFERRAL)
    yield 4
    life.both("head", "manager", "close", retention_class="K0", message="The prosecutor has it.")


def quietly_out_of_suspension(life: Life) -> Iterator[int]:
    """Suspended for a court, then referred; the author is told nothing, for their own safety."""
    yield 1
    life.acknowledged().triaged(GRAVEST, priority="P1")
    life.authorised().staffed()
    yield 1
    hidden = {"withhold_notice": True}
    suspension = {"suspension_reason": "safety", "review_on": day(life, 30)}
    life.both("head", "manager", "suspend", **suspension, **hidden)
    yield 2
    life.both("head", "manager", "refer", **REFERRAL | {"body": "fiu"} | hidden)
    [referral] = life.read("head", "referrals")["referrals"]
    assert (referral["body"], referral["status"]) == ("fiu", "sent")
    assert referral["manifest"]
