"""A post with three staff and one case: nothing that anybody reads of the month gives that case away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.world import code, said

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.one_database

READERS = ("national", "statistician", "auditor", "overseer", "dpo", "committee", "committee2")
PLACES = (
    "",
    "office=harbour",
    "office=airport",
    "office=coast",
    "office=headquarters",
    "unit=main",
)
CUTS = (
    *("", "category", "office", "channel"),
    *("category,office", "category,channel", "office,channel"),
)
COUNTS = ("A1", "B1", "B2", "B3", "B6")


def test_one_case_at_a_post_of_three_is_in_no_figure_and_in_no_difference_of_figures(
    world: World,
) -> None:
    offices = said(world.as_("admin").get("/v1/offices"))["items"]
    [post] = [one for one in offices if one["code"] == "harbour"]
    said(world.as_("admin").patch(f"/v1/offices/{post['id']}", {"staff_count": 3}))
    world.report(office="harbour", category="COR-05")
    for n in range(12):
        world.report(office="airport", category=("COR-01", "COR-01", "SRV-01")[n % 3])
    month = world.clock.now.date().replace(day=1)
    while world.clock.now.date().replace(day=1) == month or world.clock.now.day < 15:
        world.pass_days(1)
    path = f"/v1/statistics/months/{month:%Y-%m}"
    unpublished = everything(world, path, ("statistician",))
    said(world.as_("statistician").post(f"{path}/publication"), 202)
    said(world.as_("head2").post(f"{path}/publication/confirmation"), 200)
    published = everything(world, path, READERS)

    assert {who for who, *_ in published} == {*READERS}
    local = [table for who, place, _, table in published if (who, place) == ("committee", "")]
    assert local
    assert all(table["place"]["code"] != "harbour" for table in local)
    for tables in (unpublished, published):
        nothing_tells(tables)


def everything(
    world: World, path: str, readers: tuple[str, ...]
) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(reader, place, cuts, table) of everything that some people may read of a month."""
    found = []
    for who in readers:
        for place in PLACES:
            for cuts in CUTS:
                query = "&".join(part for part in (place, f"by={cuts}" if cuts else "") if part)
                answer = world.as_(who).get(f"{path}?{query}")
                if answer.status_code == 200:
                    found.append((who, place, cuts, answer.json()))
                else:
                    assert code(answer) in ((404, "not-found"), (422, "invalid-input"))
    return found


def nothing_tells(tables: list[tuple[str, str, str, dict[str, Any]]]) -> None:
    """No count and no difference of two counts of one indicator is the one of that post."""
    shown: dict[tuple[str, str], set[int]] = {}
    for *_, table in tables:
        assert table["exact"] is False
        for row in table["rows"]:
            assert row["by"].get("office") != "harbour"
            part = ",".join(row["by"].get(name, "") for name in ("at", "age"))
            if row["indicator"] in COUNTS and row["value"] is not None:
                shown.setdefault((row["indicator"], part), set()).add(row["value"])
    assert shown["A1", ","]
    for values in shown.values():
        apart = {abs(one - other) for one in values for other in values}
        assert not (values | apart) & {1, 2, 3, 4}
