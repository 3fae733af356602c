"""Another reporter's and another unit's ids, put into every place that takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.asking import NOBODY, NOWHERE, Asked, problem, requests, roles_of
from tests.api.inhabited import inhabit
from tests.world import said

if TYPE_CHECKING:
    from tests.api.inhabited import Plot
    from tests.world import World

OTHERS = ("another", "outside")
"""A case that the same people handle, and one that they may not know of."""
ACTORS = ("manager", "head")
OWN_IDS = frozenset({"sendFile", "addEvidence"})
"""Operations whose `id` is the sender's to choose."""


@pytest.fixture(scope="module")
def plots(small_world: World) -> dict[str, Plot]:
    """One's own case, and those of others; all of them inhabited."""
    return {
        "mine": inhabit(small_world),
        "another": inhabit(small_world, body="Another matter."),
        "outside": inhabit(small_world, "outside", body="About the head of internal affairs."),
    }


def ids(plot: Plot, asked: Asked, *, reference: str) -> list[dict[str, str]]:
    """What lies in a case, by the names in a path; files are two."""
    kind = asked.path.removeprefix("/v1/cases/{reference}/").split("/", maxsplit=1)[0]
    found = NOWHERE | {
        "reference": reference,
        "identity": plot.things.get(kind, NOBODY),
        "proposal": plot.proposal,
        "declaration": plot.declaration,
        "report": plot.report,
    }
    files = (plot.exhibit, plot.file) if "{id}" in asked.path else (plot.exhibit,)
    return [found | {"id": one} for one in files]


def inside(world: World) -> list[Asked]:
    """Requests for something that lies in a case."""
    found = [one for one in requests(world) if "{reference}/" in one.path]
    return [one for one in found if len(one.parameters) > 1 and one.operation not in OWN_IDS]


def match(world: World, plot: Plot, part: str) -> dict[str, str]:
    """`If-Match` for a case as somebody sees it now."""
    plot.life.declare(part)
    etag = said(world.as_(part).get(plot.life.path("head")))["etag"]
    return {"If-Match": f'"{etag}"'}


def contents(plot: Plot) -> dict[str, Any]:
    """A case file, but for what every look changes."""
    read = plot.life.read("manager")
    return {name: part for name, part in read.items() if name not in {"head", "history"}}


@pytest.mark.parametrize("whose", OTHERS)
def test_what_lies_in_another_case_is_not_found_in_ones_own(
    small_world: World, plots: dict[str, Plot], whose: str
) -> None:
    mine, other = plots["mine"], plots[whose]
    before = contents(other)
    tried = 0
    for part in ACTORS:
        for one in inside(small_world):
            if not one.allows(roles_of(small_world, part)):
                continue
            headers = match(small_world, mine, part)
            nothing = one.ask(small_world.as_(part), NOWHERE | {"reference": mine.life.reference},
                              headers=headers)  # fmt: skip
            for swapped in ids(other, one, reference=mine.life.reference):
                answer = one.ask(small_world.as_(part), swapped, headers=headers)
                assert not answer.is_success, f"{one} as {part}"
                assert answer.status_code in {403, 404}, f"{one} as {part}: {answer.text}"
                assert answer.content == nothing.content, f"{one} as {part}"
                tried += 1
    assert tried > 20
    assert contents(other) == before


def test_a_case_of_another_unit_answers_as_one_that_never_was(
    small_world: World, plots: dict[str, Plot]
) -> None:
    other = plots["outside"]
    before = contents(other)
    for part in ("manager", "lead", "desk", "reviser", "admin"):
        caller = small_world.as_(part)
        for one in (one for one in requests(small_world) if "{reference}" in one.path):
            nothing = one.ask(caller)
            for known in ids(other, one, reference=other.life.reference):
                answer = one.ask(caller, known)
                assert not answer.is_success, f"{one} as {part}"
                assert (answer.status_code, answer.content) == (
                    nothing.status_code,
                    nothing.content,
                ), f"{one} as {part}"
    assert contents(other) == before


@pytest.mark.parametrize("whose", OTHERS)
def test_another_cases_ids_are_not_taken_in_a_body_or_a_query(
    small_world: World, plots: dict[str, Plot], whose: str
) -> None:
    mine, other = plots["mine"].life, plots[whose]
    by = small_world.as_("manager")
    mine.declare("manager")
    person = other.things["persons"]
    bodies: dict[str, dict[str, Any]] = {
        "messages": {"body": "Hello", "report": other.report},
        "allegations": {"category": "AUT-02", "subjects": [person]},
        "outcomes": {"outcome": "disc_reprimand", "person": person},
    }
    for path, body in bodies.items():
        text = {name: _none_there(value) for name, value in body.items()}
        refused, nothing = by.post(mine.path(path), body), by.post(mine.path(path), text)
        assert problem(refused) == "invalid-input", path
        assert refused.content == nothing.content, path
    upload = next(one for one in requests(small_world) if one.operation == "addEvidence")
    here = NOWHERE | {"reference": mine.reference}
    refused = upload.ask(by, here, query=f"?report={other.report}")
    assert problem(refused) == "invalid-input"
    assert refused.content == upload.ask(by, here, query=f"?report={NOBODY}").content


def _none_there(value: Any) -> Any:  # noqa: ANN401 -- JSON
    """The same with an id of nothing in place of ids."""
    if isinstance(value, list):
        return [NOBODY for _ in value]
    return NOBODY if isinstance(value, str) and value.count("-") == 4 else value


def test_people_of_another_unit_are_let_into_nothing(
    small_world: World, plots: dict[str, Plot]
) -> None:
    mine = plots["mine"].life
    for action, fields in {
        "assign": {"role": "lead_investigator"},
        "unassign": {"role": "lead_investigator"},
        "grant": {"reason": "They asked."},
    }.items():
        for name in ("outside lead", "outside manager", "admin", "committee"):
            answer = mine.try_("manager", action, staff=small_world.id_of(name), **fields)
            assert problem(answer) == "invalid-input", f"{action} {name}: {answer.text}"
            unknown = mine.try_("manager", action, staff=NOBODY, **fields)
            assert answer.content == unknown.content, f"{action} {name}"
    units = {
        one["code"]: one["id"] for one in said(small_world.as_("admin").get("/v1/units"))["items"]
    }
    for code in ("review", "protection", "custody", "oversight"):
        answer = mine.try_("manager", "reroute", unit=units[code], reason="Elsewhere.")
        assert problem(answer) == "invalid-input", code
    for name in ("manager", "lead"):
        path = f"/v1/units/{units['outside']}/members/{small_world.id_of(name)}"
        assert not small_world.as_("manager").post(path).is_success
        assert not small_world.as_("manager").delete(path).is_success
    assert (
        not small_world.as_("manager")
        .delete(f"/v1/units/{units['outside']}/members/{small_world.id_of('outside manager')}")
        .is_success
    )


def test_steps_take_no_ids_of_other_cases(small_world: World, plots: dict[str, Plot]) -> None:
    mine, another, outside = (plots[name] for name in ("mine", "another", "outside"))
    life = mine.life
    if life.head("manager")["state"] == "triage":
        life.assess()
    for reference in (outside.life.reference, "ZZZZ-ZZZZ"):
        answer = life.try_("manager", "merge", target_case=reference, basis="The same gate.")
        same = life.try_("manager", "merge", target_case="ZZZZ-ZZZ0", basis="The same gate.")
        assert not answer.is_success
        assert answer.content == same.content, reference
    mandate = {"mandate": "Find out.", "legal_basis": "Article 1"}
    for plot in (another, outside):
        for foreign in (plot.things["allegations"], plot.things["notes"], plot.exhibit, plot.file):
            answer = life.try_("head", "authorise", allegations=[foreign], **mandate)
            nothing = life.try_("head", "authorise", allegations=[NOBODY], **mandate)
            assert not answer.is_success, answer.text
            assert answer.content == nothing.content


def test_steps_take_the_ids_of_what_lies_in_their_own_case(
    small_world: World, plots: dict[str, Plot]
) -> None:
    mine = plots["mine"]
    life = mine.life
    if life.head("manager")["state"] == "triage":
        life.assess()
    own = [mine.things["notes"], mine.exhibit, mine.file]
    referral = {"body": "prosecutor", "legal_basis": "Article 2", "reprisal_risk": "low"}
    answer = life.try_("head", "refer", items=own, **referral)
    assert problem(answer) != "invalid-input", answer.text


def test_lists_counts_and_figures_name_no_case_of_another_unit(
    small_world: World, plots: dict[str, Plot]
) -> None:
    units = {
        one["code"]: one["id"] for one in said(small_world.as_("admin").get("/v1/units"))["items"]
    }
    reference = plots["outside"].life.reference
    for part in ("manager", "head", "triage", "desk", "overseer", "reviser", "dpo", "protector"):
        by = small_world.as_(part)
        for query in ("", f"?unit={units['outside']}", f"?assignee={small_world.id_of('outside manager')}",
                      "?limit=200&sort=-updated"):  # fmt: skip
            listed = by.get(f"/v1/cases{query}")
            assert reference not in listed.text, f"{part} {query}"
        count = said(by.get(f"/v1/cases/count?by=unit&unit={units['outside']}"))
        assert not sum(count["counts"].values()), part
        if by.get("/v1/proposals").is_success:
            assert reference not in by.get("/v1/proposals").text
    month = f"{small_world.clock.now:%Y-%m}"
    for part in ("manager", "decider", "protector"):
        figures = small_world.as_(part).get(f"/v1/statistics/months/{month}?unit=outside")
        assert figures.status_code in {403, 404}, part


def test_a_receipt_opens_no_file_but_those_of_its_own_thread(
    small_world: World, plots: dict[str, Plot]
) -> None:
    mine = plots["mine"]
    caller = mine.reporter.caller
    assert caller.get(f"/v1/reporter/attachments/{mine.file}").is_success
    nothing = caller.get(f"/v1/reporter/attachments/{NOBODY}")
    foreign = [
        mine.exhibit,
        *(one for name in OTHERS for one in (plots[name].file, plots[name].exhibit)),
    ]
    for one in foreign:
        answer = caller.get(f"/v1/reporter/attachments/{one}")
        assert (answer.status_code, answer.content) == (404, nothing.content)
    body = caller.get("/v1/reporter/report").text
    for name in OTHERS:
        assert plots[name].file not in body
        assert plots[name].life.reference not in body
    assert mine.life.reference not in body
