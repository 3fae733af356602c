"""The lives of what follows from a case: outcomes, recommendations, referrals."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from cases.errors import NotAllowed, NotPermitted, Unacceptable
from cases.objects import handing_on, manifests
from cases.objects.following_shapes import Outcome, Recommendation, Referral
from cases.objects.persons import is_subject
from cases.objects.turns import Turn, demand, remade
from workflows import catalogue
from workflows.lives import EFFECT_CHECK_DAYS

if TYPE_CHECKING:
    from cases.objects.values import Shape


COMES_BACK = ("reference", "chase_on", "result", "result_on")
"""What of a referral is written after it was sent: what the authority answers, and when it was asked again.

Nothing else is. The body, the basis, the items and what was withheld are what went out. The risk of reprisal,
the basis for telling who reported and the silence were weighed before it went: written anew, they would make a
referral right that was wrong, or wrong that was right. Day and hashes of the sending are the service's own.
"""

RESULT = ("result", "result_on")
"""What an authority found, and when it said so: both or neither, and never neither again."""


def settle_outcome(turn: Turn) -> "Shape":
    """An outcome goes its legal way: decided by those who decide, made known before it strikes anybody.

    Raises:
        Unacceptable: an illegal turn; cancelled or appealed without a reason; carried out against a person who
            was never told; a disciplinary one against somebody whom nothing is alleged of.
        NotPermitted: decided by somebody who does not decide.
    """
    outcome = cast("Outcome", turn.thing)
    status = turn.standing(outcome)
    stood = turn.before.get("status")
    # Whom it meets is said once: what is written anew without it meets the same.
    before = turn.before.get("person")
    person = outcome.person or (UUID(before) if before else None)
    since = turn.before.get("status_on")
    if is_disciplinary(outcome.outcome) and status not in ("cancelled", "appealed"):
        _demand_subject(turn, person, status)
    if turn.turns(status):
        if status in ("cancelled", "appealed"):
            demand(reason=outcome.reason)
        if status == "decided" and "decision_authority" not in turn.roles:
            raise NotPermitted
        if status == "carried_out" and stood == "decided" and person is not None:
            raise Unacceptable([("/status", "wrong_order")])
        since = turn.today
    return remade(outcome, {"person": person, "status": status, "status_on": since})


def is_disciplinary(outcome: str) -> bool:
    """Whether an outcome punishes somebody of the staff."""
    return catalogue.code_list("outcomes").by_code[outcome].extra["family"] == "disciplinary"


def _demand_subject(turn: Turn, person: UUID | None, status: str) -> None:
    """Refuse to punish a victim, a witness or whoever else nothing is alleged of, or to decide it of nobody."""
    if person is None and status == "proposed":
        return
    if not any(one.id == person and is_subject(one.value) for one in turn.others("person")):
        raise Unacceptable([("/person", "not_a_subject")])


def settle_recommendation(turn: Turn) -> "Shape":
    """A recommendation goes its legal way, and is looked at again half a year after it was carried out.

    Raises:
        Unacceptable: an illegal turn; accepted without owner, day and Arusha factor; refused without a reason;
            its effect checked without a result.
    """
    told = cast("Recommendation", turn.thing)
    status = turn.standing(told)
    factor = told.factor or _factor_of(told.root_cause)
    done_on, check_on = turn.before.get("done_on"), turn.before.get("effect_check_on")
    if status in ("accepted", "in_progress", "done"):
        demand(owner=told.owner, due=told.due, factor=factor)
    if status == "refused_with_reason":
        demand(reason=told.reason)
    if status == "effect_checked":
        demand(effect=told.effect)
    if turn.turns(status) and status == "done":
        done_on, check_on = turn.today, turn.today + timedelta(days=EFFECT_CHECK_DAYS)
    return remade(
        told, {"status": status, "factor": factor, "done_on": done_on, "effect_check_on": check_on}
    )


def _factor_of(cause: str | None) -> str | None:
    """The Arusha factor that a root cause belongs to."""
    entry = catalogue.code_list("root_causes").by_code.get(cause or "")
    return entry.extra["rad"] if entry else None


def settle_referral(turn: Turn) -> "Shape":
    """A referral goes its legal way; what is sent is sent with its hashes, and never what was compelled.

    Raises:
        Unacceptable: an illegal turn; sent at a high risk of reprisal; an anonymous matter for a body that
            accepts none, unless it ends unsent; a compelled statement for an authority that may punish; what
            tells who reported, without a basis; a notice of what nobody may hear of; a result without its
            text and day, of a day to come, or taken out again.
    """
    told = cast("Referral", turn.thing)
    status = turn.standing(told)
    manifest = turn.before.get("manifest", [])
    sent_on, terms = turn.before.get("sent_on"), turn.before.get("terms")
    if turn.before and turn.before["status"] != "prepared":
        sent = Referral.model_validate(turn.before)
        told = remade(sent, {name: getattr(told, name) for name in COMES_BACK})
    else:
        _refuse(turn, told, status)
    if turn.turns(status) and status == "sent":
        if told.reprisal_risk == "high":
            raise Unacceptable([("/reprisal_risk", "out_of_range")])
        sent_on = turn.today
        terms = handing_on.terms(turn.db, told.body)
        manifest = manifests.of(
            turn.db, turn.case, told.items, permit=turn.look("referral"), keys=turn.keys
        )
    _check_result(turn, told, status)
    kept = {"status": status, "manifest": manifest, "terms": terms, "sent_on": sent_on}
    return remade(told, kept)


def _check_result(turn: Turn, told: Referral, status: str) -> None:
    """Refuse half a result, one of before it was sent or of a day to come, and one taken out again."""
    came_back = any(turn.before.get(name) or getattr(told, name) for name in RESULT)
    if came_back or status == "result_received":
        demand(**{name: getattr(told, name) for name in RESULT})
    if told.result_on is None:
        return
    sent_on = turn.before.get("sent_on")
    if sent_on is None or not date.fromisoformat(sent_on) <= told.result_on <= turn.today:
        raise Unacceptable([("/result_on", "out_of_range")])


def demand_unsent(turn: Turn) -> None:
    """Refuse to take away a referral that went out: that an answer, or silence, is owed would be forgotten.

    Raises:
        NotAllowed: as said.
    """
    if turn.before.get("sent_on") is not None:
        raise NotAllowed(action="referrals", state=turn.case.state)


def _refuse(turn: Turn, told: Referral, status: str) -> None:
    faults = handing_on.untold(told.body, withheld=told.withhold_notice)
    if status != "ended":
        faults += handing_on.unaccepted(turn.db, turn.case, told.body)
    if not handing_on.may_learn(told.body, told.identity_basis):
        faults.append(("/identity_basis", "not_for_this_body"))
    if told.items:
        kept = handing_on.kept_back(turn.db, turn.case, by=turn.by, keys=turn.keys)
        faults += handing_on.compelled(told.body, told.items, kept)
        if told.identity_basis is None:
            faults += handing_on.telling(told.items, kept)
    if faults:
        raise Unacceptable(faults)
