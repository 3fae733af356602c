"""What staff set on a case besides its state: its priority, and that nothing of it may be forgotten."""

from datetime import date
from typing import TYPE_CHECKING

from cases import assignments, keeping, transitions
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotAllowed, Unacceptable
from cases.models.case import EMERGENCY, Case
from cases.notifications import occasions
from cases.objects import things
from workflows import catalogue
from workflows import keeping as rules

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

LIFT = "lift_hold"
"""The act of two people that takes a legal hold away."""
PRIORITY = "set_priority"
"""The act that gives a case another priority; of two people where it makes an urgent case less so."""

JUDGMENT = "final_judgment"
"""The act that starts the clock of a case that went to justice."""

URGENT = frozenset({"P0", "P1"})
"""Priorities behind which somebody may be in danger or evidence about to be lost."""


def lowers(case: Case, priority: str) -> bool:
    """Whether a case that is urgent would be so no more, or less: one person alone does not decide that."""
    return case.priority in URGENT and priority > case.priority


def demand_priority(db: Work, case: Case, priority: str, *, by: StaffActor) -> None:
    """Refuse a priority that this person cannot give to this case.

    Raises:
        Unacceptable: no such priority.
        NotAllowed: it has that priority already.
    """
    assignments.demand(db, by, PRIORITY, case)
    if priority not in catalogue.code_list("priorities"):
        raise Unacceptable([("/priority", "unknown_value")])
    if priority == case.priority:
        raise NotAllowed(action=PRIORITY, state=case.state)


def set_priority(
    db: Work, case: Case, priority: str, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Give a case another priority, with a reason; P0 lets the protection unit in.

    Raises:
        Unacceptable, NotAllowed: as `demand_priority`.
    """
    demand_priority(db, case, priority, by=by)
    decide(db, case, PRIORITY, {"priority": priority, "reason": reason}, by=by, keys=keys)
    give_priority(db, case, priority, by=by, keys=keys)


def give_priority(
    db: Work, case: Case, priority: str, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Do what follows from another priority."""
    before, case.priority = case.priority, priority
    log.emit(db, "case.priority", by=by, case=case, d=Details(before=before, after=priority))
    transitions.let_units_in(db, case, keys)
    if priority == EMERGENCY:
        occasions.emergency(db, case, by=by)
    due = transitions.workflow_of(case).states_by_code[case.state].due
    if due is not None and due.by_priority:
        # Only here does the priority set the day; elsewhere a day that was chosen stays.
        transitions.set_due(db, case, {})


def hold(db: Work, case: Case, reason: str, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Keep a case from being archived and forgotten, whatever its retention class says.

    Raises:
        NotAllowed: it is held already, or its content is gone.
    """
    assignments.demand(db, by, "legal_hold", case, shut_too=True)
    if case.legal_hold or case.state == "purged":
        raise NotAllowed(action="legal_hold", state=case.state)
    decide(db, case, "legal_hold", {"reason": reason}, by=by, keys=keys)
    _hold(db, case, by=by)


def _hold(db: Work, case: Case, *, by: StaffActor) -> None:
    case.legal_hold = True
    log.emit(db, "case.hold", by=by, case=case, d=Details(after="on"))


def carry(db: Work, source: Case, target: Case, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Let a case be as urgent, as confidential and as firmly held as what is merged into it."""
    if source.priority < target.priority:
        give_priority(db, target, source.priority, by=by, keys=keys)
    if source.level > target.level:
        before, target.level = target.level, source.level
        log.emit(db, "case.level", by=by, case=target, d=Details(before=before, after=target.level))
    if source.legal_hold and not target.legal_hold:
        _hold(db, target, by=by)


def lift(db: Work, case: Case, *, by: StaffActor) -> None:
    """Take a legal hold away; two people agreed."""
    case.legal_hold = False
    log.emit(db, "case.hold", by=by, case=case, d=Details(before="on", after="off"))


def judged(
    db: Work, case: Case, on: date, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Say on which day a court judged for good, from which a case that went to justice is kept.

    Raises:
        NotAllowed: the case has not ended, or its class does not wait for a court.
        Unacceptable: a day to come.
    """
    assignments.demand(db, by, JUDGMENT, case)
    name = case.retention_class
    if case.closed_on is None or name is None or not rules.starts_with_judgment(name):
        raise NotAllowed(action=JUDGMENT, state=case.state)
    if on > db.house.today():
        raise Unacceptable([("/on", "out_of_range")])
    fields: dict[str, object] = {"on": on.isoformat(), "reason": reason}
    decide(db, case, JUDGMENT, fields, by=by, keys=keys)
    keeping.count(db, case, ended=case.closed_on, judged=on)


def decide(
    db: Work,
    case: Case,
    action: str,
    fields: dict[str, object],
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    """Keep why something was done that is no step of the workflow."""
    value = {
        "action": action,
        "step": None,
        "fields": fields,
        "by": str(by.id),
        "second": None,
        "on": db.house.today().isoformat(),
    }
    things.seal(db, case, "decision", value, by=by, keys=keys)
