"""Behind a wall the world is the same, to the byte, as if the case were not there.

Two worlds of the same keys, ids, clock and chance, one with a case more, from which everybody is walled
off. Each person asks every door in both, and is told the same. Ids, references, digests, cursors, entity
tags and receipts of the trail are renamed by the order in which they appear: what comes of chance, or of
a number of the whole trail, may differ and says nothing.

Left out is what shows the tree, its size and its health: it has a leaf for every event, walled or not,
and says of none what it is about; and figures that were published.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cases.conflicts import WallMemory
from tests.api.asking import NOWHERE, Asked, requests, roles_of
from tests.attacks.twins import Names, Twin, a_twin, foretold, hide_a_case
from tests.world import BESIDE, PARTS, a_world, run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.attacks.twins import Chance

OF_THE_TREE = (
    "/v1/audit/checkpoint", "/v1/audit/tile", "/v1/audit/health", "/v1/audit/proof", "/readyz",
)  # fmt: skip
"""Paths that show the tree, its size and its health."""

NOT_ASKED = frozenset(
    {"signOut", "closeReporterSession", "changePassword", "renewRecoveryCode", "openReporterSession",
     "signIn", "enrol", "submitReport", "submitAtDesk", "renewReceipt", "beginSecondFactor"}
)  # fmt: skip
"""Operations that end a session, or stretch a password or a receipt: no case is looked at for them."""

EVERYBODY = (*PARTS, *BESIDE, "outside manager", "outside head")
"""One of each role, and of the body outside who sees cases."""

HOLES = (
    "/v1/cases?limit=200", "/v1/cases/count?by=state", "/v1/cases/count?by=office", "/v1/me/work",
)  # fmt: skip
"""Where a manager would notice a case, if walls were forgotten."""

Told = dict[tuple[str, str, str], object]
"""(who, what they asked, where) -> what they were told."""


@pytest.fixture(scope="module")
def chance() -> Iterator[Chance]:
    with foretold() as chance:
        yield chance


@pytest.fixture(scope="module")
def twins(pytestconfig: pytest.Config, chance: Chance) -> Iterator[tuple[Twin, Twin]]:
    """The world without the case, and the one with it."""
    with ExitStack() as undo:
        yield tuple(
            a_twin(a_world(run_folder(pytestconfig), "sqlite", undo), chance) for _ in range(2)
        )  # type: ignore[misc]


def asked_for(twin: Twin) -> list[Asked]:
    """Every request that is asked in both worlds."""
    return [
        one
        for one in requests(twin.world)
        if not one.path.startswith(OF_THE_TREE) and one.operation not in NOT_ASKED
    ]


def walk(twin: Twin, hidden: dict[str, str], chance: Chance, only: frozenset[str]) -> Told:
    """What everybody is told at every door: where nothing is, where both have a case, where one has."""
    shown = {"reference": twin.plot.life.reference, "proposal": twin.plot.proposal}
    shown |= {"id": twin.plot.exhibit, "declaration": twin.plot.declaration}
    told: Told = {}
    doors = [one for one in asked_for(twin) if one.typical]
    for part in EVERYBODY:
        by, names = twin.world.as_(part), Names()
        username = by.username
        roles = roles_of(twin.world, username)
        # A gate that does not open has looked at roles alone, and at no case.
        for one in (one for one in doors if one.allows(roles)):
            places = {"nowhere": NOWHERE, "hidden": NOWHERE | hidden, "shown": NOWHERE | shown}
            for where, ids in places.items():
                if where not in only or (where != "nowhere" and not one.parameters):
                    continue
                if where == "shown" and one.method != "GET":
                    continue
                if where == "nowhere" and one.parameters:
                    continue
                chance.begin(username, str(one), where)
                answer = one.ask(by, ids)
                assert answer.status_code < 500, f"{one} as {username}"
                if one.path == "/v1/audit/events":
                    told[username, str(one), where] = names.in_(readable(answer.text))
                else:
                    told[username, str(one), where] = names.told(answer)
    return told


def readable(text: str) -> str:
    """Of a page of the trail what can be read: a leaf without its text is a row of the tree."""
    page = json.loads(text)
    if "items" not in page:
        return text
    shown = [item for item in page["items"] if item.get("body") is not None]
    bodies = [json.loads(json.dumps(item.get("body"))) for item in shown]
    return json.dumps(bodies, sort_keys=True)


def differing(one: Told, other: Told) -> list[tuple[str, str, str]]:
    """Who learns something, and where."""
    assert one.keys() == other.keys()
    return [key for key in one if one[key] != other[key]]


EVERYWHERE = frozenset({"nowhere", "hidden", "shown"})


def test_behind_a_wall_every_answer_is_as_if_the_case_were_not_there(
    twins: tuple[Twin, Twin], chance: Chance
) -> None:
    _, with_it = twins
    hidden = hide_a_case(with_it.world, chance)
    one, other = (walk(twin, hidden, chance, EVERYWHERE) for twin in twins)
    assert len(one) > 300
    found = differing(one, other)
    assert found == [], [(key, one[key], other[key]) for key in found[:3]]
    # The same worlds, their walls forgotten by the process: a hole would have been noticed.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WallMemory, "of", lambda *_: frozenset())
        for door in HOLES:
            shown, bare = (Names().told(twin.world.as_("manager").get(door)) for twin in twins)
            assert shown[0] == 200
            assert shown != bare, door
