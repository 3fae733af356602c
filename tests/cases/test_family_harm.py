"""Who may come to harm when cases become one: each reporter is rated, and protected, by themselves."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlmodel import select

from cases.errors import Unacceptable
from cases.models.case import Report
from tests.cases.walks import Life, against, merge
from tests.cases.writing import refused, values

pytestmark = pytest.mark.one_database


def test_the_risk_of_a_reporter_whose_case_was_merged_counts_and_asks_for_a_plan_of_their_own(
    source: Life, target: Life
) -> None:
    for life, likelihood, seriousness in (
        (source, "almost_certain", "extreme"),
        (target, "likely", "moderate"),
    ):
        life.rate("manager", likelihood=likelihood, seriousness=seriousness)
        life.rating = {"likelihood": likelihood, "seriousness": seriousness}
    merge(source, target)
    mandate = {"mandate": "look into it", "legal_basis": "article 1"}
    assert against(target, "head", "authorise", **mandate) == (
        "protection_plan_if_risk",
        "exposure_agreed",
    )
    target.assign("manager", "protection_officer", "protector")
    target.agree("protector", "authorise")
    witness = target.write("manager", "person", role="witness", name="Abel Dembele")
    # Neither a second plan for the one nor one for a witness keeps the other from harm.
    plans = [{}, {}, {"person": str(witness)}, {"report": report_of(target)}]
    for whom in plans:
        target.write("protector", "protection_plan", risk="high", **whom)
        assert against(target, "head", "authorise", **mandate) == ("protection_plan_if_risk",)
    made = target.write("protector", "protection_plan", risk="high", report=report_of(source))
    assert against(target, "head", "authorise", **mandate) == ()
    target.change("protector", "protection_plan", made, risk="high", ended=True)
    assert against(target, "head", "authorise", **mandate) == ("protection_plan_if_risk",)


def report_of(life: Life) -> str:
    """The report a case came with, by which its reporter is named."""
    with life.small.look() as db:
        (report,) = db.exec(select(Report.id).where(Report.origin_case_id == life.case_id))
    return str(report)


def test_what_was_written_about_a_reporter_stays_about_them_when_it_is_written_anew(
    source: Life, target: Life
) -> None:
    source.rate("manager", likelihood="almost_certain", seriousness="extreme")
    source.rating = {"likelihood": "almost_certain", "seriousness": "extreme"}
    source.assign("manager", "protection_officer", "protector")
    plan = source.write("protector", "protection_plan", risk="high")
    called = {"on": "2026-03-01", "form": "threat", "severity": "minor", "description": "a call"}
    threat = source.write("protector", "threat", **called)
    claimed = {"on": "2026-03-01", "form": "threat", "description": "a call"}
    claim = source.write("protector", "retaliation", **claimed)
    merge(source, target)
    target.assign("manager", "protection_officer", "protector")
    target.agree("protector", "authorise")
    for _ in range(2):  # as they came, and as the case's own
        target.change("protector", "protection_plan", plan, risk="high", note="a new number")
        target.change("protector", "threat", threat, **called, done="a new number")
        target.change("protector", "retaliation", claim, **claimed)
        for kind in ("protection_plan", "threat", "retaliation"):
            [kept] = values(target, kind)
            assert kept["report"] == report_of(source)
    mandate = {"mandate": "look into it", "legal_basis": "article 1"}
    theirs, others = {"report": report_of(target)}, {"report": report_of(source)}
    target.change("protector", "protection_plan", plan, risk="high", **theirs)
    assert against(target, "head", "authorise", **mandate) == ("protection_plan_if_risk",)
    target.change("protector", "protection_plan", plan, risk="high", **others)
    assert against(target, "head", "authorise", **mandate) == ()


def test_what_was_written_about_a_witness_is_not_made_into_what_is_about_a_reporter_unsaid(
    source: Life, target: Life
) -> None:
    source.assign("manager", "protection_officer", "protector")
    abel = source.write("manager", "person", role="witness", name="Abel")
    witness: dict[str, Any] = {"person": str(abel)}
    on = {"on": "2026-03-01", "form": "threat", "description": "a call"}
    written: dict[str, dict[str, Any]] = {
        "protection_plan": {"risk": "high"},
        "threat": on | {"severity": "minor"},
        "retaliation": on,
    }
    made = {
        kind: source.write("protector", kind, **value, **witness) for kind, value in written.items()
    }
    merge(source, target)
    target.assign("manager", "protection_officer", "protector")
    for kind, value in written.items():
        anew = partial(refused, target, "protector", kind, made[kind])
        assert anew(**value) == ["/person missing"]
        assert anew(**value, **witness) == []
        [kept] = values(target, kind)
        assert (kept["person"], kept["report"]) == (witness["person"], None)
        assert anew(**value, report=report_of(target)) == []
        [kept] = values(target, kind)
        assert (kept["person"], kept["report"]) == (None, report_of(target))
        assert anew(**value, **witness) == []


def test_a_plan_is_for_one_person_of_the_case_and_for_whoever_is_at_risk(
    source: Life, target: Life
) -> None:
    target.assign("manager", "protection_officer", "protector")
    target.agree("protector", "authorise")
    witness = target.write("manager", "person", role="witness", name="Abel Dembele")
    another: dict[str, Any] = {"report": report_of(source)}
    unknown = ["/report unknown_value"]
    assert refused(target, "protector", "protection_plan", risk="high", **another) == unknown
    with pytest.raises(ValidationError):
        target.write(
            "protector",
            "protection_plan",
            risk="high",
            report=report_of(target),
            person=str(witness),
        )
    grave = {"likelihood": "almost_certain", "seriousness": "extreme"}
    target.rate("manager", person=witness, **grave)
    mandate = {"mandate": "look into it", "legal_basis": "article 1"}
    target.write("protector", "protection_plan", risk="high")
    assert against(target, "head", "authorise", **mandate) == ("protection_plan_if_risk",)
    target.write("protector", "protection_plan", risk="high", person=str(witness))
    assert against(target, "head", "authorise", **mandate) == ()


def test_nothing_is_about_a_reporter_whose_report_is_still_on_its_way(target: Life) -> None:
    target.assign("manager", "protection_officer", "protector")
    theirs: dict[str, Any] = {"risk": "high", "report": report_of(target)}
    with target.small.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE report SET delivered = false")
    unknown = ["/report unknown_value"]
    assert refused(target, "protector", "protection_plan", **theirs) == unknown
    with target.small.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE report SET delivered = true")
    assert refused(target, "protector", "protection_plan", **theirs) == []


def test_the_risk_of_a_reporter_whose_case_was_merged_is_rated_anew_by_their_report(
    source: Life, target: Life
) -> None:
    source.rate("manager", likelihood="almost_certain", seriousness="extreme")
    merge(source, target)
    report = report_of(source)
    low = {"likelihood": "unlikely", "seriousness": "minor"}
    lowering = target.rate("manager", report=report, **low)
    assert lowering is not None
    target.confirm("head", lowering)
    mandate = {"mandate": "look into it", "legal_basis": "article 1"}
    assert against(target, "head", "authorise", **mandate) == ()
    with pytest.raises(Unacceptable):
        target.rate("manager", report=uuid4(), **low)
