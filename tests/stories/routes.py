"""The ways a report can go, each told from its arrival to where it ends.

A route is a generator: it acts, and `yield 3` lets three days pass. Nothing in it looks at the time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.life import Life

    Route = Callable[[Life], Iterator[int]]

SERVICE, GRAVE, GRAVEST = "AUT-02", "COR-01", "SMG-01"
"""Categories: a matter of service, one for internal affairs, one for other authorities."""

REFERRAL = {
    "body": "prosecutor",
    "legal_basis": "Code of procedure, article 40",
    "reprisal_risk": "low",
}
AT_RISK = {"detriment_likelihood": "likely", "detriment_seriousness": "moderate"}


def day(life: Life, days: int) -> str:
    """A day from now, as ISO 8601 writes it."""
    return (life.today + timedelta(days=days)).isoformat()


# Receiving and assessing


def waits(life: Life) -> Iterator[int]:
    """Nobody gets to it; on the sixth day the service itself acknowledges it."""
    yield 6
    life.came("acknowledge", "acknowledged")


def lies(life: Life) -> Iterator[int]:
    """Read in, and not begun yet."""
    yield 1
    life.acknowledged()


def is_assessed(life: Life) -> Iterator[int]:
    """Assessed, and waits for the case manager."""
    yield 2
    life.acknowledged()
    yield 2
    life.triaged(SERVICE)


def is_an_emergency(life: Life) -> Iterator[int]:
    """Somebody is in danger: within the hour it is in triage, with advice, and protection knows."""
    life.do(
        "triage",
        "emergency",
        safety_advice="Stay where people are. We call you on the number you gave.",
        alerted=[life.who("protector").id],
    )
    yield 1
    life.add("protector", "protection-plans", risk="high", measures=["police_protection"])
    scores = life.scores(safety=4)
    life.allege(category=GRAVEST).assess(
        priority="P0", main_category=GRAVEST, scores=scores, **AT_RISK
    )
    yield 1
    life.authorised().staffed()


def answers_a_question(life: Life) -> Iterator[int]:
    """The author is asked, and answers; so it can be looked into after all."""
    yield 1
    life.acknowledged().do("triage", "start_triage")
    life.do("triage", "ask_reporter", question="Which gate was it, and at what hour?")
    yield 4
    reporter = life.reporter.enter()
    assert reporter.report()["status"] == "waiting_for_you"
    reporter.write("The northern one, before noon.")
    life.came("reporter_answers", "triage")
    life.allege(category=SERVICE).assess(main_category=SERVICE)


def falls_silent(life: Life) -> Iterator[int]:
    """Asked, reminded twice, never heard of again."""
    yield 1
    life.acknowledged().do("triage", "start_triage")
    life.do(
        "triage",
        "ask_reporter",
        question="Where was it?",
        due_on=day(life, 12),
        remind_on=[day(life, 4), day(life, 8)],
    )
    yield 13
    life.came("silence", "triage")
    life.allege(category=SERVICE).assess(main_category=SERVICE)
    life.both(
        "manager",
        "head",
        "refuse",
        closure_reason="no_response",
        reasons="Asked and reminded twice; nothing else to go by.",
        message="We could not go on without your answer. You can still write to us.",
    )


# Short ways out


def refused(life: Life) -> Iterator[int]:
    """Not ours to look into: said so, by two."""
    yield 1
    life.acknowledged().triaged(SERVICE)
    life.both(
        "manager",
        "head",
        "refuse",
        closure_reason="out_of_mandate",
        reasons="It concerns another administration.",
        message="This is for the police; the annex says how to reach them.",
    )


def refused_and_upheld(life: Life) -> Iterator[int]:
    """Refused; the author asks for a review, and the review body upholds."""
    yield from refused(life)
    yield 3
    life.reporter.enter().act("request_review", grounds="You did not read the second page.")
    life.came("request_review", "under_review")
    yield 5
    life.both("reviser", "overseer", "uphold", reasons="The second page says the same.")


def resolved_locally(life: Life) -> Iterator[int]:
    """A matter of service, put right where it happened."""
    yield 2
    life.acknowledged()
    yield 1
    life.triaged(SERVICE)
    agreed = {"consent": True} if life.reporter.sent.get("identity") else {}
    life.do("manager", "to_local", handler="Head of the post", **agreed)
    yield 3
    life.do(
        "manager",
        "resolved",
        closure_reason="resolved_locally",
        result="A second counter was opened.",
        message="A second counter is open now. Thank you for telling us.",
    )


def answered(life: Life) -> Iterator[int]:
    """A suggestion, a thank-you or a question: nothing is alleged, and an answer is all it needs."""
    yield 1
    life.acknowledged().do("triage", "start_triage").assess(main_category=None)
    agreed = {"consent": True} if life.reporter.sent.get("identity") else {}
    life.do("manager", "to_local", handler="Public relations", **agreed)
    life.do("manager", "resolved", closure_reason="answered", result="Answered.", message="Thanks!")


def nothing_to_it(life: Life) -> Iterator[int]:
    """A preliminary inquiry finds no reasonable suspicion."""
    yield 1
    life.acknowledged().triaged(GRAVE)
    life.do("manager", "to_preliminary", scope="The declarations of that day.")
    yield 4
    life.both(
        "head",
        "head2",
        "no_suspicion",
        closure_reason="no_prima_facie",
        leads=[
            "The declarations: as the tariff says.",
            "The camera of the gate: a receipt is given.",
        ],
        reasons="The fee was on the tariff, and there is a receipt.",
        message="We looked into it. The fee is lawful; the tariff is on our page.",
    )


def review_reopens(life: Life) -> Iterator[int]:
    """Closed after a preliminary inquiry; the review body has it opened again."""
    yield from nothing_to_it(life)
    yield 2
    life.reporter.enter().act("request_review", grounds="The receipt is forged.")
    life.came("request_review", "under_review")
    yield 4
    life.both("reviser", "overseer", "reopen", reasons="It may be.", scope="The receipt.")
    life.do("manager", "route", assessment="An inquiry into the receipt.", priority="P2")
    life.do("manager", "to_preliminary", scope="The receipt.")


def escalates(life: Life) -> Iterator[int]:
    """What looked like a matter of service is more: a preliminary inquiry, then an investigation."""
    yield 1
    life.acknowledged().triaged(SERVICE)
    life.do("manager", "to_local", handler="Head of the post")
    yield 2
    life.do("manager", "escalate", reasons="Three others say the same.")
    life.do("manager", "to_preliminary", scope="All four reports.")
    yield 3
    life.authorised().staffed()
