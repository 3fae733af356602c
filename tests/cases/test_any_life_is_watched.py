"""What watches over lives at random notices each rule that the service would have forgotten."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cases import access, proposals
from cases.assignments import parts, ties
from cases.conflicts import WallMemory
from cases.deeds import Deed
from tests.cases.builders import a_house
from tests.cases.test_any_life import Attempts, attempts_in, number_of
from tests.cases.ways import right
from workflows import engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.databases import Backend


def name_somebody(tried: Attempts) -> None:
    """The triage officer becomes a witness."""
    with tried.small.look() as db:
        number = number_of(db, tried.cast["triage"])
    tried.life.write("manager", "person", role="witness", staff_number=number)
    tried.is_walled("triage")


def answer_oneself(tried: Attempts) -> None:
    """The manager confirms what the manager proposed."""
    tried.life.triaged()
    proposed = tried.life.propose("manager", "refuse", **right(tried.life, "refuse"))
    tried.life.confirm("manager", proposed)


def leave_no_record(tried: Attempts) -> None:
    """Triage begins, and nothing is written down."""
    tried.life.do("desk", "acknowledge")
    tried.life.do("triage", "start_triage")


def do_everything(tried: Attempts) -> None:
    """One person leads the investigation and reviews it."""
    tried.life.triaged()
    tried.life.authorise()
    tried.life.team(lead_investigator=tried.cast["many"].id)
    tried.life.assign("head", "quality_reviewer", "many")


def inquire_in_an_emergency(tried: Attempts) -> None:
    """Somebody is let in for an hour, submits the report and is the one who reviews it."""
    life, many = tried.life, tried.cast["many"].id
    life.investigated()
    life.reply()
    life.do("lead", "reply_closed", reply="I was not there")
    findings = life.supported()
    report = {
        "reviewer": many,
        "findings": findings,
        "exculpatory": "nothing was found",
        "report_record": [life.things["evidence"]],
    }
    life.confirm("head2", life.break_glass("head", many))
    life.do("many", "submit_report", **report)


BROKEN: dict[Callable[[Attempts], None], list[tuple[object, str, object]]] = {
    name_somebody: [(WallMemory, "of", lambda *_: frozenset())],
    answer_oneself: [
        (proposals, "pending", lambda db, case, identity, **_: proposals.find(db, case, identity)),
        (engine, "may_confirm", lambda *_, **__: True),
    ],
    leave_no_record: [(Deed, "seal", lambda *_: None)],
    do_everything: [(where, "holds_another_office", lambda *_: False) for where in (parts, ties)],
    inquire_in_an_emergency: [(access, "_let_in", lambda *_: frozenset())],
}
"""What people do -> what the service would have forgotten: (where, what, what is there instead)."""


@pytest.mark.one_database
@pytest.mark.parametrize("act", BROKEN)
def test_a_rule_that_is_broken_is_noticed(
    backend: Backend, act: Callable[[Attempts], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for where, name, instead in BROKEN[act]:
        monkeypatch.setattr(where, name, instead)
    with closing(a_house(backend, anew=True)) as small:
        tried = attempts_in(small)()
        tried.nothing_is_broken()
        act(tried)
        with pytest.raises(AssertionError):
            tried.nothing_is_broken()
