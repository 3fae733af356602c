"""Protection plans, the threat log and claims of retaliation."""

from typing import TypeVar, cast

from sqlmodel import col, select

from cases import access
from cases.errors import NotFound, Unacceptable
from cases.models.case import Report
from cases.objects.following_shapes import OfSomebody, ProtectionPlan, Retaliation, Threat
from cases.objects.turns import Turn, demand, remade
from cases.objects.values import Shape
from workflows import catalogue

S = TypeVar("S", bound=OfSomebody)

DANGER = frozenset({"violence", "family"})
"""Forms of retaliation that touch life and limb, of oneself or of those near."""


def settle_plan(turn: Turn) -> Shape:
    """A plan goes its legal way; in force, it has the consents it needs and a day on which it is looked at.

    Raises:
        Unacceptable: an illegal turn, a measure without the consent it needs, a consent for no measure of the
            plan, or no day of review; as `_of_whom`.
    """
    plan = cast("ProtectionPlan", turn.thing)
    if plan.ended and "status" not in plan.model_fields_set:
        plan = ProtectionPlan.model_validate(plan.model_dump() | {"status": "ended"})
    status = turn.standing(plan)
    if status == "active":
        demand(review_on=plan.review_on)
        if wrong := unconsented(plan):
            raise Unacceptable(wrong)
    ended = status == "ended"
    return remade(_of_whom(turn, plan), {"status": status, "ended": ended})


def _of_whom(turn: Turn, told: S) -> S:
    """A thing that goes on being about the same reporter when it is written anew and nobody is named.

    What came with a merged case becomes the case's own then, and would be about who reported that one.

    Raises:
        Unacceptable: it was about a person of the case, and nobody says about which reporter it is now.
    """
    earlier = turn.earlier
    if earlier is None or told.person is not None or told.report is not None:
        return told
    if turn.before["person"] is not None:
        demand(person=told.person)
    named = turn.before.get("report")
    if named is None and earlier.case_id != turn.case.id:
        theirs = select(Report.id).where(Report.origin_case_id == earlier.case_id)
        named = turn.db.exec(theirs.order_by(col(Report.id))).first()
    return remade(told, {"report": named})


def unconsented(plan: ProtectionPlan) -> list[tuple[str, str]]:
    """The measures of a plan that need a consent nobody recorded: (pointer, code) each."""
    codes = catalogue.code_list("protective_measures").by_code
    given = {one.measure for one in plan.consents}
    return [
        (f"/measures/{n}", "consent_missing")
        for n, measure in enumerate(plan.measures)
        if codes[measure].extra["needs_consent"] == "yes" and measure not in given
    ]


def asks_for(threat: Threat) -> tuple[str, ...]:
    """The work items that an incident calls for: the risk is rated again, and perhaps there is haste.

    Violence, what touches the family, and anything extreme: an emergency, perhaps. Any other threat, and
    what is major: critical, perhaps. A person decides.
    """
    if threat.form in DANGER or threat.severity == "extreme":
        return ("consider_p0", "rate_risk_again")
    if threat.form == "threat" or threat.severity == "major":
        return ("consider_p1", "rate_risk_again")
    return ("rate_risk_again",)


def settle_threat(turn: Turn) -> Shape:
    """An incident is not one to come.

    Raises:
        Unacceptable: its day is; as `_of_whom`.
    """
    threat = cast("Threat", turn.thing)
    if threat.on > turn.today:
        raise Unacceptable([("/on", "out_of_range")])
    return _of_whom(turn, threat)


def settle_retaliation(turn: Turn) -> Shape:
    """A claim is not one to come, and the case it names is one its writer may know of.

    Raises:
        Unacceptable: as said; as `_of_whom`.
    """
    claim = cast("Retaliation", turn.thing)
    if claim.on > turn.today:
        raise Unacceptable([("/on", "out_of_range")])
    if claim.linked_case is not None:
        try:
            access.find(turn.db, claim.linked_case, turn.by)
        except NotFound:
            raise Unacceptable([("/linked_case", "unknown_value")]) from None
    return _of_whom(turn, claim)
