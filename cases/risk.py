"""What harm a reporter or a witness may come to: rating it, and agreeing to what may reveal them.

A rating is a record of its own (`risk`). The newest for each person holds; whoever makes it lower needs a
second person. Where the risk is high, a protection officer agrees to each step that could reveal somebody.
Who reported what was merged into a case is rated apart: one is not safe because another is.
"""

from collections.abc import Container, Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import col, func, select

from cases import access, assignments, family, holds, proposals, timed, transitions
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotAllowed, NotReady, ProposalVoid, Unacceptable
from cases.models.case import Case, CaseStep, Record, Report
from cases.objects import things
from cases.objects.things import Held
from workflows import assessment, catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

FIELD = "risk"
"""The field of a rating's record."""
RATE = "rate_risk"
"""The act that rates the risk; of two persons where it makes it lower."""
AGREE = "agree_exposure"
"""The act by which a protection officer agrees to a step that could reveal somebody."""

LOW, HIGH = "low", "high"
GUARD = "exposure_agreed"
"""The guard of the steps that could reveal somebody."""
RELEASE = "release_identity"
"""The act that tells another body who reported; no step of the workflow."""


def newest(ratings: Iterable[Held], assessments: Iterable[Held], *, of: UUID) -> dict[UUID, str]:
    """The rating that holds, by person; who reported goes by the id of the case they reported.

    Args:
        ratings: the records `risk` of a case, and of what was merged into it.
        assessments: their records `assessment`, which rate the reporters' risk too.
        of: the case; what is said there about somebody of a merged one was said after it was merged.
    """
    return {one: rating for one, (_, rating) in _holding(ratings, assessments, of=of).items()}


def _holding(
    ratings: Iterable[Held], assessments: Iterable[Held], *, of: UUID
) -> dict[UUID, tuple[Record, str]]:
    """As `newest`, each with its record."""
    said = [(one.row, whose(one.value, one.row.case_id), one.value["rating"]) for one in ratings]
    said += [(one.row, one.row.case_id, one.value["detriment"]) for one in assessments]
    said.sort(key=lambda it: (it[0].case_id == of, it[0].n))
    return {one: (row, rating) for row, one, rating in said}


# Any: as JSON has it.
def whose(rating: Mapping[str, Any], case: UUID) -> UUID:
    """Whom a rating is about: a person, else who reported the case it names, or the one it is in."""
    return UUID(rating.get("person") or rating.get("reported") or str(case))


# Any: the fields of the act, as JSON has them.
def _resolved(db: Work, case: Case, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the case that a report came with, in the place of the report.

    Raises:
        Unacceptable: no such report, or a person too.
    """
    report = db.get(Report, UUID(fields["report"])) if fields.get("report") else None
    if "report" not in fields:
        return dict(fields)
    if report is None or report.case_id != case.id or not report.delivered or fields.get("person"):
        raise Unacceptable([("/report", "unknown_value")])
    kept = {name: one for name, one in fields.items() if name != "report"}
    return kept | {"reported": str(report.origin_case_id)}


def highest(ratings: Mapping[UUID, str]) -> str:
    """The highest rating among those of a case; low where nobody rated yet."""
    return max(ratings.values(), key=assessment.LEVELS.index, default=LOW)


# Any: the fields of the act, as JSON has them.
def rated(fields: Mapping[str, Any]) -> str:
    """The rating that likelihood and seriousness make."""
    return assessment.detriment_rating(fields["likelihood"], fields["seriousness"])


def demand(
    db: Work, case: Case, fields: Mapping[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> str | None:
    """Refuse a rating that cannot be made here.

    Returns:
        Where it lowers the one that holds: a digest of that one and of the threats on record, 64 hexadecimal
        digits. It is another one as soon as the risk is rated anew or a threat is recorded, written anew or
        taken away. Else None.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: codes that are not on their lists, a person or a report that is not of the case, or
            another likelihood than the answers propose without a reason.
    """
    assignments.demand(db, by, RATE, case)
    if faults := _faults(fields):
        raise Unacceptable(faults)
    person = fields.get("person")
    if person is not None and UUID(person) not in {
        one.id for one in things.rows_of_family(db, case, "person")
    }:
        raise Unacceptable([("/person", "unknown_value")])
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=[FIELD, "assessment"], at=case.seq, action=RATE),
        opens=family.ids(db, case),
    )
    ratings, assessments = (
        things.held_of_family(db, case, kind, permit=permit, keys=keys)
        for kind in (FIELD, "assessment")
    )
    holding = _holding(ratings, assessments, of=case.id).get(
        whose(_resolved(db, case, fields), case.id)
    )
    if holding is None or not assessment.lowers_risk(holding[1], rated(fields)):
        return None
    known = sorted((one.id.bytes, one.version) for one in things.rows_of_family(db, case, "threat"))
    return sha256(repr((holding[0].id.bytes, known)).encode()).hexdigest()


def _faults(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the answers, the likelihood and the seriousness: (pointer, code) each."""
    questions = catalogue.code_list("detriment_questions")
    answers: Mapping[str, str] = fields["answers"]
    faults = [
        (f"/{name}", "unknown_value")
        for name, known in (
            ("likelihood", "detriment_likelihoods"),
            ("seriousness", "detriment_seriousness"),
        )
        if fields[name] not in catalogue.code_list(known)
    ]
    right = set(answers) == set(questions.by_code)
    if not right or any(one not in catalogue.code_list("answers") for one in answers.values()):
        faults.append(("/answers", "unknown_value"))
    elif not fields.get("reason") and (
        fields["likelihood"] != assessment.propose_likelihood(answers, questions)
    ):
        faults.append(("/reason", "required"))
    return faults


def rate(
    db: Work, case: Case, fields: Mapping[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Put a rating on record that was found right; a high one ends what waits to be handed on."""
    value = {
        **_resolved(db, case, fields),
        "rating": rated(fields),
        "by": str(by.id),
        "on": db.house.today().isoformat(),
    }
    things.seal(db, case, FIELD, value, by=by, keys=keys)
    if value["rating"] == HIGH:
        turned_high(db, case, by=by)


def turned_high(db: Work, case: Case, *, by: StaffActor) -> None:
    """End the requests to hand an identity on that were made before a risk was high, or known to be.

    Custodians see nothing of a case and cannot ask: who asks anew meets `demand_agreed_release`.
    """
    timed.end_releases(db, family.of(db, case), by=by)


# Any: the fields of the act, as JSON has them.
def confirmed(
    db: Work, case: Case, fields: Mapping[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Lower a rating as two people agreed.

    Raises:
        ProposalVoid: the risk was rated anew since, or the threats on record are others.
        NotPermitted, DeclarationNeeded, NotAllowed, Unacceptable: as `demand`.
    """
    asked = {name: one for name, one in fields.items() if name != proposals.STAMP}
    if demand(db, case, asked, by=by, keys=keys) != fields.get(proposals.STAMP):
        raise ProposalVoid
    rate(db, case, asked, by=by, keys=keys)


def agree(
    db: Work, case: Case, step: str, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Agree, as a protection officer, that a step may be taken although the risk is high.

    Args:
        step: the event of the step, as the definition names it; or `RELEASE`.

    Raises:
        NotPermitted, DeclarationNeeded: as `assignments.demand`.
        NotAllowed: from where the case stands there is no such step that could reveal anybody.
    """
    assignments.demand(db, by, AGREE, case, shut_too=step == RELEASE)
    workflow = catalogue.workflow(case.workflow, case.workflow_version)
    found = workflow.steps.get((case.state, step))
    if step != RELEASE and (found is None or GUARD not in found.guards):
        raise NotAllowed(action=AGREE, state=case.state)
    holds.decide(db, case, AGREE, {"action": step, "reason": reason}, by=by, keys=keys)


def agreed(decisions: Iterable[Held], act: str, *, since: int, without: Container[str]) -> bool:
    """Whether a protection officer agreed to a step or to `RELEASE`.

    Args:
        decisions: the records `decision` of a case.
        since: the number of the step by which the case came to where it stands; earlier words are spent.
        without: those whose own act it is.
    """
    return any(
        one.value["action"] == AGREE
        and one.value["fields"]["action"] == act
        and one.row.n > since
        and one.value["by"] not in without
        for one in decisions
    )


def demand_agreed_release(db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Refuse to tell another body who reported as long as somebody's risk is high and protection did not agree.

    Raises:
        NotReady: that is so.
    """
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=[FIELD, "assessment", "decision"], at=case.seq, action=RELEASE),
        opens=family.ids(db, case),
    )
    ratings, assessments = (
        things.held_of_family(db, case, kind, permit=permit, keys=keys)
        for kind in (FIELD, "assessment")
    )
    if highest(newest(ratings, assessments, of=case.id)) != HIGH:
        return
    decisions = things.held(db, case, "decision", permit=permit, keys=keys)
    since = _stage(db, case)
    if not agreed(decisions, RELEASE, since=since, without={str(by.id)}):
        raise NotReady(GUARD)


def _stage(db: Work, case: Case) -> int:
    """The number of the step since which words for a release count: nothing happens in an archive."""
    if case.state not in access.FORGETTING_STATES:
        return transitions.entered_at(db, case)
    awake = select(func.max(CaseStep.n)).where(
        CaseStep.case_id == case.id, col(CaseStep.state).not_in(access.FORGETTING_STATES)
    )
    return db.exec(awake).one() or 0
