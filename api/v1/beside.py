"""Acts on a case that are no step of its workflow: each with its shape and what does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from api.v1.act_shapes import (
    AgreeExposure,
    AllegeAbuse,
    ApprovePlan,
    ApproveShortNotice,
    Assign,
    GrantRequest,
    Judgment,
    LinkRequest,
    RateRisk,
    Reason,
    Redact,
    Reroute,
    Revoke,
    SetLevel,
    SetPriority,
    SubjectExtract,
    Take,
    Unlink,
)
from cases import assignments, holds, pairs, risk
from cases.actors import StaffActor
from cases.database import Work
from cases.links import check_ins, related, ties
from cases.models.case import Case, Proposal
from cases.objects import plans, short_notice
from cases.objects.inquiry_shapes import Custody
from cases.sealing.hierarchy import StaffKeys


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand acts on which case, in which unit of work."""

    db: Work
    case: Case
    by: StaffActor
    keys: StaffKeys


def take(on: Hand, asked: Take) -> None:
    """Take the case in one's own role."""
    assignments.take(on.db, on.case, asked.role, by=on.by)


def assign(on: Hand, asked: Assign) -> None:
    """Name somebody to a part."""
    assignments.assign(on.db, on.case, asked.role, asked.staff, by=on.by, keys=on.keys)


def unassign(on: Hand, asked: Assign) -> None:
    """End somebody's part; the case's key is renewed."""
    assignments.unassign(on.db, on.case, asked.role, asked.staff, by=on.by, keys=on.keys)


def revoke(on: Hand, asked: Revoke) -> None:
    """End what one person was let into; the case's key is renewed."""
    assignments.revoke(on.db, on.case, asked.staff, by=on.by, keys=on.keys)


def reroute(on: Hand, asked: Reroute) -> None:
    """Hand the case to another unit; the reason stays in the file."""
    fields: dict[str, object] = {"unit": str(asked.unit), "reason": asked.reason}
    holds.decide(on.db, on.case, "reroute", fields, by=on.by, keys=on.keys)
    related.reroute(on.db, on.case, asked.unit, by=on.by, keys=on.keys)


def set_priority(on: Hand, asked: SetPriority) -> Proposal | None:
    """Change how urgent the case is, or propose to make an urgent one less so."""
    return pairs.set_priority(on.db, on.case, asked.priority, asked.reason, by=on.by, keys=on.keys)


def rate_risk(on: Hand, asked: RateRisk) -> Proposal | None:
    """Rate the risk of harm, or propose to rate it lower."""
    fields = asked.model_dump(mode="json", exclude_none=True)
    return pairs.rate_risk(on.db, on.case, fields, by=on.by, keys=on.keys)


def agree_exposure(on: Hand, asked: AgreeExposure) -> None:
    """Agree to a step that could reveal somebody at high risk."""
    risk.agree(on.db, on.case, asked.step, asked.reason, by=on.by, keys=on.keys)


def allege_abuse(on: Hand, asked: AllegeAbuse) -> Proposal:
    """Propose to allege abuse of the right to report."""
    fields = asked.model_dump(mode="json", exclude_none=True)
    return pairs.allege_abuse(on.db, on.case, fields, by=on.by, keys=on.keys)


def set_level(on: Hand, asked: SetLevel) -> Proposal | None:
    """Change who may know of the case, or propose to let more people know."""
    return pairs.set_level(on.db, on.case, asked.level, asked.reason, by=on.by, keys=on.keys)


def break_glass(on: Hand, asked: GrantRequest) -> Proposal:
    """Propose to open the case to one more person for an hour."""
    return pairs.break_glass(on.db, on.case, asked.staff, asked.reason, by=on.by, keys=on.keys)


def hold(on: Hand, asked: Reason) -> None:
    """Keep the case from being forgotten."""
    holds.hold(on.db, on.case, asked.reason, by=on.by, keys=on.keys)


def judged(on: Hand, asked: Judgment) -> None:
    """Say when a court judged for good."""
    holds.judged(on.db, on.case, asked.on, asked.reason, by=on.by, keys=on.keys)


def export(on: Hand, asked: Reason) -> Proposal:
    """Propose to take a full copy of the file."""
    return pairs.export(on.db, on.case, asked.reason, by=on.by, keys=on.keys)


def subject_extract(on: Hand, asked: SubjectExtract) -> Proposal:
    """Propose to give a person what the case holds on them."""
    fields = asked.model_dump(mode="json")
    return pairs.subject_extract(on.db, on.case, fields, by=on.by, keys=on.keys)


def redact(on: Hand, asked: Redact) -> Proposal:
    """Propose to delete personal data that is not relevant."""
    return pairs.redact(on.db, on.case, asked.record, asked.reason, by=on.by, keys=on.keys)


def lift_hold(on: Hand, asked: Reason) -> Proposal:
    """Propose to let the case be forgotten again."""
    return pairs.lift_hold(on.db, on.case, asked.reason, by=on.by, keys=on.keys)


def grant(on: Hand, asked: GrantRequest) -> Proposal | None:
    """Let one person into the case."""
    return pairs.grant(on.db, on.case, asked.staff, asked.reason, by=on.by, keys=on.keys)


def link(on: Hand, asked: LinkRequest) -> None:
    """Tie the case to another one."""
    ties.link(on.db, on.case, asked.case, asked.kind, asked.note, by=on.by, keys=on.keys)


def follow_up(on: Hand, asked: Reason) -> None:
    """Say what was done about a reporter's answer to a check-in."""
    check_ins.follow_up(on.db, on.case, asked.reason, by=on.by, keys=on.keys)


def unlink(on: Hand, asked: Unlink) -> None:
    """Take a tie to another case away."""
    ties.unlink(on.db, on.case, asked.link, by=on.by, keys=on.keys)


def record_custody(on: Hand, asked: Custody) -> Proposal | None:
    """Add an entry to the custody log of an item, or propose one that lets it out of hand."""
    return pairs.record_custody(on.db, on.case, asked, by=on.by, keys=on.keys)


def approve_plan(on: Hand, asked: ApprovePlan) -> None:
    """Approve the plan as it now stands."""
    plans.approve(on.db, on.case, asked.plan, by=on.by, keys=on.keys)


def approve_short_notice(on: Hand, asked: ApproveShortNotice) -> None:
    """Approve that somebody is heard on shorter notice."""
    short_notice.approve(on.db, on.case, asked.interview, by=on.by, keys=on.keys)


# Any: each takes its own shape, the one beside it.
ACTS: dict[str, tuple[type[BaseModel], Callable[[Hand, Any], Proposal | None]]] = {
    "take": (Take, take),
    "assign": (Assign, assign),
    "unassign": (Assign, unassign),
    "revoke": (Revoke, revoke),
    "reroute": (Reroute, reroute),
    "set_priority": (SetPriority, set_priority),
    "rate_risk": (RateRisk, rate_risk),
    "agree_exposure": (AgreeExposure, agree_exposure),
    "allege_abuse": (AllegeAbuse, allege_abuse),
    "set_level": (SetLevel, set_level),
    "break_glass": (GrantRequest, break_glass),
    "hold": (Reason, hold),
    "final_judgment": (Judgment, judged),
    "export": (Reason, export),
    "subject_extract": (SubjectExtract, subject_extract),
    "redact": (Redact, redact),
    "lift_hold": (Reason, lift_hold),
    "grant": (GrantRequest, grant),
    "link": (LinkRequest, link),
    "unlink": (Unlink, unlink),
    "follow_up": (Reason, follow_up),
    "custody": (Custody, record_custody),
    "approve_plan": (ApprovePlan, approve_plan),
    short_notice.ACT: (ApproveShortNotice, approve_short_notice),
}
