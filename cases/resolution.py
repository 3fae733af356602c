"""Deciding and carrying out: findings, outcomes, and who owns them."""

from typing import Any

from cases.audit import log
from cases.audit.events import Details, Object
from cases.deeds import Deed
from cases.errors import Unacceptable
from cases.models.facts import AllegationFact
from cases.objects import things
from cases.objects.following import is_disciplinary
from cases.objects.persons import is_subject
from cases.objects.shapes import Outcome, OutcomeStatus
from cases.sealing import facts
from workflows import fields
from workflows.fields import Finding


def decide(deed: Deed) -> None:
    """Write each allegation's finding for the figures, and the outcomes into the case (T31).

    Raises:
        Unacceptable: somebody would be punished of whom nothing is alleged. Cases of the first version of the
            workflow have no guard that says so before.
    """
    db, case = deed.db, deed.case
    if wrong := punished_unconcerned(deed):
        raise Unacceptable([(f"/outcomes/{n}/person", "not_a_subject") for n in wrong])
    findings = deed.given.many("findings", Finding)
    for one in findings:
        row = db.get_one(AllegationFact, one.allegation)
        row.finding = facts.figure_token(db.house.keyring, one.allegation, "finding", one.finding)
        row.decided_on = deed.today
    log.emit(
        db,
        "finding.decided",
        by=deed.staff,
        case=case,
        obj=[Object(t="allegation", id=one.allegation) for one in findings],
        d=Details(count=len(findings)),
    )
    for outcome in deed.given.many("outcomes", fields.Outcome):
        _put(
            deed,
            Outcome(outcome=outcome.outcome, person=outcome.person, status=OutcomeStatus.DECIDED),
        )


def punished_unconcerned(deed: Deed) -> list[int]:
    """Which of the outcomes given would punish nobody, or somebody whom nothing is alleged of."""
    punished = {
        n: one.person
        for n, one in enumerate(deed.given.many("outcomes", fields.Outcome))
        if is_disciplinary(one.outcome)
    }
    if not punished:
        return []
    subjects = {one.id for one in deed.held_of_family("person") if is_subject(one.value)}
    return [n for n, person in punished.items() if person not in subjects]


def implement(deed: Deed) -> None:
    """Give every outcome its owner and its day; what was not among them yet is added (T32).

    Raises:
        Unacceptable: somebody would be punished by those who do not decide on it.
    """
    waiting = [
        one
        for one in deed.held_of_family("outcome")
        if one.value["status"] not in ("carried_out", "cancelled")
    ]
    for n, action in enumerate(deed.given.many("actions", fields.Action)):
        match = next((one for one in waiting if one.value["outcome"] == action.outcome), None)
        # Any: the value of a record, as JSON has it.
        kept: dict[str, Any] = match.value if match else {"outcome": action.outcome}
        if match is not None:
            waiting.remove(match)
        stood = OutcomeStatus(kept.get("status", OutcomeStatus.PROPOSED))
        if stood == OutcomeStatus.PROPOSED and is_disciplinary(action.outcome):
            raise Unacceptable([(f"/actions/{n}", "not_decided")])
        status = OutcomeStatus.DECIDED if stood == OutcomeStatus.PROPOSED else stood
        value = {**kept, "owner": action.owner, "due": action.due, "status": status}
        _put(deed, Outcome.model_validate(value), match)


def _put(deed: Deed, outcome: Outcome, earlier: things.Held | None = None) -> None:
    things.put(
        deed.db,
        deed.case,
        "outcome",
        outcome,
        by=deed.staff,
        keys=deed.hand,
        earlier=earlier.row if earlier else None,
    )
