"""Who has looked at a case, for those who answer for it; and its history in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.asking import problem
from tests.world import LANGUAGES, said

if TYPE_CHECKING:
    from tests.life import Life
    from tests.world import World

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def life(world: World) -> Life:
    """A case that several people looked at on several days."""
    found = world.life(office="harbour").acknowledged().triaged()
    for part in ("manager", "head"):
        found.declare(part)
    found.read("manager", "reports")
    world.clock.move(minutes=5)
    found.read("manager", "notes", "persons")
    world.clock.move(days=1)
    found.read("head", "threads")
    found.head("triage")
    return found


def looks(life: Life, part: str = "manager", query: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A page of those who looked."""
    found: dict[str, Any] = said(life.who(part).get(life.path("views") + query, **more), 200)
    return found


def test_looks_are_gathered_by_person_and_day_the_newest_first(world: World, life: Life) -> None:
    items = looks(life)["items"]
    keys = [(one["on"], one["staff"]["id"]) for one in items]
    assert len(set(keys)) == len(keys)
    assert [one["last_at"] for one in items] == sorted(
        (one["last_at"] for one in items), reverse=True
    )
    mine = [one for one in items if one["staff"]["id"] == world.id_of("manager")]
    [first_day] = [one for one in mine if one["on"] != f"{world.clock.now:%Y-%m-%d}"]
    assert {"reports", "notes", "persons"} <= set(first_day["parts"])
    assert first_day["times"] >= 2
    assert first_day["first_at"] < first_day["last_at"]
    assert first_day["staff"]["name"] == "Carla Mendes"
    [theirs] = [
        one
        for one in items
        if one["staff"]["id"] == world.id_of("triage")
        and one["on"] == f"{world.clock.now:%Y-%m-%d}"
    ]
    assert "head" in theirs["parts"]
    assert "by Tomás Okoro: overview" in theirs["text"]


def test_asking_who_looked_is_a_look(world: World, life: Life) -> None:
    world.clock.move(minutes=1)
    answer = life.who("head").get(life.path("views"))
    assert len(answer.headers.get_list("X-Audit-Receipt")) == 1
    [mine] = [
        one
        for one in looks(life)["items"]
        if one["staff"]["id"] == world.id_of("head") and one["on"] == f"{world.clock.now:%Y-%m-%d}"
    ]
    assert "views" in mine["parts"]


def test_pages_cover_every_look_once(life: Life) -> None:
    whole = [(one["on"], one["staff"]["id"]) for one in looks(life, "head")["items"]]
    found, cursor = [], ""
    while True:
        page = looks(life, "head", f"?limit=1{cursor}")
        found += [(one["on"], one["staff"]["id"]) for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    # Each page is a look of the head's own, which moves to the front: it is there on the first page.
    assert sorted(found) == sorted(whole)
    answer = life.who("manager").get(life.path("views") + f"?limit=1{cursor}")
    assert (answer.status_code, problem(answer)) == (422, "invalid-input")


def test_only_who_answers_for_the_case_may_ask(world: World, life: Life) -> None:
    for part, status, code in (
        ("triage", 403, "not-permitted"),
        ("manager2", 403, "declaration-needed"),
        ("outside head", 404, "not-found"),
        ("auditor", 404, "not-found"),
        ("admin", 403, "not-permitted"),
    ):
        answer = world.as_(part).get(life.path("views"))
        assert (answer.status_code, problem(answer)) == (status, code), part


@pytest.mark.parametrize("language", LANGUAGES)
def test_history_and_looks_are_said_in_the_readers_language(life: Life, language: str) -> None:
    header = {"Accept-Language": language}
    entries = said(life.who("head").get(life.path() + "?fields=history", headers=header))["history"]
    assert len(entries) > 5
    for one in entries:
        assert one["text"].endswith("."), one
        assert one["who"] is None or one["who"] in one["text"]
    shown = looks(life, "head", headers=header)["items"]
    assert all(one["staff"]["name"] in one["text"] for one in shown)
    english = looks(life, "head")["items"]
    if language != "en":
        assert {one["text"] for one in shown}.isdisjoint(one["text"] for one in english)


def test_who_may_not_know_names_reads_none(life: Life) -> None:
    entries = life.read("triage", "history")["history"]
    assert entries
    assert {one["kind"] for one in entries} == {"case.status"}
    for one in entries:
        assert (one["who"], one["whom"]) == (None, None)
    assert "by a member of staff" in entries[-1]["text"]
