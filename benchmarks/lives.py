"""What seeded cases are like: where they stand and since when, as an administration of some years has them."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from cases.models.case import NO_DATE
from workflows import catalogue
from workflows.model import LOCALES

YEARS = 5
CONCLUDED = {"closed": 45, "not_admitted": 18, "archived": 12}
OPEN = {
    "acknowledged": 3,
    "triage": 5,
    "awaiting_reporter": 1,
    "assessed": 2,
    "local_resolution": 3,
    "preliminary_inquiry": 3,
    "investigation": 4,
    "right_of_reply": 1,
    "report_drafted": 1,
    "decision_pending": 1,
    "implementing": 1,
}
"""States and their share, of a hundred. None in which the service acts by itself: it would change the seed."""
INVESTIGATED = frozenset({"investigation", "right_of_reply", "report_drafted"})
PRIORITIES = {"P0": 1, "P1": 9, "P2": 30, "P3": 40, "P4": 20}
OFFICES = ("headquarters", "coast", "harbour", "airport")
NAMED = 0.05
"""Of the cases under investigation, those of the one investigator whose own queue is measured."""
UNREAD = 0.1
COMMON, COMMON_SHARE = "COR-01", 0.15
"""A category that comes up often, as some do."""
CATEGORIES = tuple(catalogue.code_list("categories").by_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One case as it is to be; dates are days."""

    received_on: date
    entered_on: date
    state: str
    priority: str
    due: date
    closed_on: date | None
    category: str
    procedure: str
    office: str
    channel: str
    language: str
    assigned: int | None
    """Which of the case managers has it."""
    investigated: bool
    unread: bool


def life(n: int, today: date) -> Life:
    """The n-th case; the same for the same day."""
    dice = Random(f"{today} {n}")
    states = {**CONCLUDED, **OPEN}
    (state,) = dice.choices(list(states), list(states.values()))
    over = state in CONCLUDED
    days = dice.randint(120, YEARS * 365) if over else int(dice.triangular(1, 400, 20))
    received = today - timedelta(days)
    entered = received + timedelta(dice.randint(0, min(days, 100)))
    (priority,) = dice.choices(list(PRIORITIES), list(PRIORITIES.values()))
    return Life(
        received_on=received,
        entered_on=entered,
        state=state,
        priority=priority,
        # Answers of reporters are waited for until a day to come: past it the service would act.
        due=NO_DATE if over else today + timedelta(dice.randint(_earliest(state), 90)),
        closed_on=entered if over else None,
        category=COMMON if dice.random() < COMMON_SHARE else dice.choice(CATEGORIES),
        procedure=dice.choice(list(catalogue.code_list("procedures").by_code)),
        office=dice.choice(OFFICES),
        channel=dice.choice(("web", "web", "web", "onion", "mobile_offline")),
        language=dice.choice(LOCALES),
        assigned=None if dice.random() < 0.1 else dice.randrange(2),
        investigated=state in INVESTIGATED and dice.random() < NAMED,
        unread=dice.random() < UNREAD,
    )


def _earliest(state: str) -> int:
    return 60 if state == "awaiting_reporter" else -30
