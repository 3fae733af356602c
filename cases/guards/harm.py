"""Guards of the risk of harm to reporters and witnesses."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import col, select

from cases import family, risk
from cases.deeds import Deed
from cases.models.case import Record
from cases.objects import things
from cases.objects.things import Held
from workflows import assessment, catalogue


def _proposed(deed: Deed) -> str:
    given = deed.given.get("detriment_answers")
    answers = given if isinstance(given, Mapping) else {}
    return assessment.propose_likelihood(answers, catalogue.code_list("detriment_questions"))


def likelihood_explained(deed: Deed) -> bool:
    """The likelihood of harm is the one that the answers propose, or there is a reason."""
    same = deed.given["detriment_likelihood"] == _proposed(deed)
    return same or "likelihood_reason" in deed.given


def risk_not_lowered(deed: Deed) -> bool:
    """The assessment does not rate the reporter's risk lower than it was rated already: that takes two."""
    before = deed.risks.get(deed.case.id)
    after = assessment.detriment_rating(
        deed.given.one("detriment_likelihood", str) or "",
        deed.given.one("detriment_seriousness", str) or "",
    )
    return before is None or not assessment.lowers_risk(before, after)


def risk_redone(deed: Deed) -> bool:
    """The risk was rated since the case came to where it stands; not asked where nothing is alleged."""
    if deed.alleges_nothing:
        return True
    rated = select(Record.id).where(
        Record.case_id == deed.case.id,
        Record.field == risk.FIELD,
        col(Record.n) > deed.entered_at(),
    )
    return deed.db.exec(rated).first() is not None


def exposure_agreed(deed: Deed) -> bool:
    """Where anybody's risk is high, a protection officer agreed to this very step, in this stage.

    Who agreed for the protection of the person neither proposes nor confirms the step.
    """
    return deed.risk != risk.HIGH or risk.agreed(
        deed.held("decision"),
        deed.step.event,
        since=deed.entered_at(),
        without={str(deed.proposer), str(deed.second)},
    )


def protection_plan_if_risk(deed: Deed) -> bool:
    """Whose risk is medium or more has a protection plan of their own that has not ended."""
    at_risk = {one for one, rating in deed.risks.items() if rating != risk.LOW}
    if not at_risk:
        return True
    standing = [one for one in deed.held_of_family("protection_plan") if not one.value["ended"]]
    there = {*family.ids(deed.db, deed.case)}
    there |= {one.id for one in things.rows_of_family(deed.db, deed.case, "person")}
    return at_risk & there <= {_protected(deed, one) for one in standing}


def _protected(deed: Deed, plan: Held) -> UUID:
    """For whom a plan is: a person, or by the id of the case they reported a reporter."""
    came_with = {str(one.id): str(one.origin_case_id) for one in deed.reports}
    reported = came_with.get(plan.value.get("report") or "")
    return risk.whose({**plan.value, "reported": reported}, plan.row.case_id)


def risk_or_measure(deed: Deed) -> bool:
    """The risk of detriment is medium or more, or a protective measure is in force."""
    measures = any(
        one.value["measures"] and not one.value["ended"]
        for one in deed.held_of_family("protection_plan")
    )
    return measures or deed.risk != risk.LOW
