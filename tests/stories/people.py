"""Who reports, in the two months of the story: what they say, about what, how, and in which language."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from tests.stories import longer, routes
from tests.world import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stories.routes import Route

INVENTED = (
    "The officer at the northern gate asks for twenty before he stamps anything.",
    "Un agent a gardé ma marchandise deux jours sans dire pourquoi.",
    "El camión esperó nueve horas y nadie nos dijo nada.",
    "O recibo diz cinquenta, mas paguei oitenta.",
    "طلب مني الموظف مبلغا من المال قبل أن يختم أوراقي.",
    "They weigh every load twice and charge for both.",
    "Somebody is let through at night without papers, always the same lorry.",
    "Merci à l'agente du poste de l'aéroport, qui m'a tout expliqué.",
)
"""Texts of our own, for where the shared ones are not to be had."""

AROUND = {"unit": "outside", "office": "harbour", "concerns": ["internal_affairs"]}
"""A report about internal affairs itself: for the body outside alone."""

ONCE: tuple[tuple[Route, dict[str, Any]], ...] = (
    (longer.long_way, {"office": "harbour", "category": "COR-01"}),
    (longer.carried_out, {"office": "airport", "category": "COR-04"}),
    (longer.decided_without_action, {"office": "harbour"}),
    (longer.discontinued, {"office": "airport"}),
    (longer.new_facts, {"office": "harbour", "category": "COR-04"}),
    (routes.review_reopens, {"office": "airport"}),
    (routes.refused_and_upheld, {"office": "harbour"}),
    (routes.escalates, {"office": "harbour", "category": "AUT-02"}),
    (longer.monitored_and_upheld, {"office": "airport"}),
    (longer.monitored_and_reopened, {"office": "harbour"}),
    (longer.comes_back_decided, {"office": "airport", "category": "SMG-01"}),
    (longer.goes_to_the_prosecutor, {"office": "harbour", "category": "SMG-01"}),
    (longer.quietly_out_of_suspension, {"office": "harbour"}),
    (routes.falls_silent, {"office": "airport"}),
    (routes.answers_a_question, {"office": "harbour"}),
    (routes.is_an_emergency, {"office": "harbour", "danger": True}),
    (routes.lies, AROUND),
    (routes.refused, AROUND),
)
"""Ways that one report each goes in March."""

OFTEN: tuple[tuple[Route, int], ...] = (
    (routes.refused, 10),
    (routes.resolved_locally, 9),
    (routes.answered, 8),
    (routes.nothing_to_it, 6),
    (longer.carried_out, 4),
    (longer.decided_without_action, 3),
    (routes.is_assessed, 10),
    (routes.lies, 70),
    (routes.waits, 70),
)
"""Ways that many go, and how many of 190."""

CATEGORIES = (
    ("AUT-02",) * 6 + ("COR-01",) * 4 + ("COR-04", "COR-04", "SRV-01", "RET-01", None, None)
)
CHANNELS = ("web",) * 6 + ("onion", "mobile_offline", "phone", "listening_desk", "letter_box")
BY_HAND = frozenset({"phone", "listening_desk", "letter_box"})
KIND = ("suggestion", "commendation", "advice")


def texts(shared: Path | None) -> list[str]:
    """What people tell: real narratives, or our own."""
    if shared is None:
        return list(INVENTED)
    lines = (shared / "data" / "texts" / "texts.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def crowd(bodies: list[str], count: int, seed: int) -> Iterator[tuple[Route, dict[str, Any]]]:
    """Many reports as they come: their way, and what they say; the same for the same seed."""
    chance = Random(seed)
    ways = [way for way, share in OFTEN for _ in range(share)]
    for n in range(count):
        way = chance.choice(ways)
        yield way, a_report(chance, bodies[n % len(bodies)], way)


def a_report(chance: Random, body: str, way: Route) -> dict[str, Any]:
    """One report: at one of two offices, mostly; named or not; by any channel, in any language."""
    channel = chance.choice(CHANNELS)
    said = {
        "body": body,
        "category": chance.choice(CATEGORIES),
        "office": chance.choice(("harbour", "harbour", "airport", "airport", None)),
        "type": chance.choice(KIND) if way is routes.answered else None,
        "channel": channel,
        "identity": {"name": "Some One", "contact": "at the market"}
        if chance.random() < 0.3
        else None,
    }
    stated: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    return stated | {"language": chance.choice(LANGUAGES), "desk": channel in BY_HAND}
