"""Assessing what came in: what each step of triage does besides moving the case on."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select

from cases import access, assignments, conflicts, declarations, holds, risk
from cases.audit import log
from cases.audit.events import Details
from cases.deeds import Deed
from cases.models.case import EMERGENCY, Case, PlannedText, Report
from cases.models.facts import CaseFact
from cases.models.links import FollowUp
from cases.models.people import Staff
from cases.notifications import occasions
from cases.objects import persons
from cases.sealing import facts, hierarchy
from workflows import assessment
from workflows.fields import Money

REMINDERS = 2
"""How often a reporter is reminded of a question before the case goes on without an answer."""
REPLY_DAYS = 30
"""Calendar days a reporter has to answer when nobody sets another day."""


def start(deed: Deed) -> None:
    """Who starts the triage has the case (T04)."""
    person = deed.db.get_one(Staff, deed.staff.id)
    assignments.name(deed.db, deed.case, "triage_officer", person, by=deed.staff, keys=deed.hand)


def ask(deed: Deed) -> None:
    """Plan the reminders of a question: on the days given, else at each third of the time (T05)."""
    earlier = select(PlannedText).where(
        PlannedText.case_id == deed.case.id,
        PlannedText.code == "reminder",
        col(PlannedText.sent_on).is_(None),
    )
    for row in deed.db.exec(earlier):
        deed.db.delete(row)
    due = deed.given.one("due_on", date) or deed.today + timedelta(days=REPLY_DAYS)
    chosen = sorted(deed.given.many("remind_on", date))
    third = (due - deed.today) / (REMINDERS + 1)
    thirds = [deed.today + n * third for n in range(1, REMINDERS + 1)]
    deed.db.add_all(
        PlannedText(case_id=deed.case.id, code="reminder", due_on=day)
        for day in (*chosen, *thirds[len(chosen) :])
    )


def assess(deed: Deed) -> None:
    """Keep the assessment; set what lists and figures see of it (T08)."""
    given = deed.given
    likelihood = given.one("detriment_likelihood", str) or ""
    seriousness = given.one("detriment_seriousness", str) or ""
    money = given.one("revenue_at_risk", Money)
    answers = given.get("detriment_answers")
    deed.seal(
        "assessment",
        {
            "priority": given["priority"],
            "score": assessment.priority_score(deed.scores, deed.entries("priority_dimensions")),
            "scores": deed.scores,
            "actionability": given["actionability"],
            "actionability_reason": given.get("actionability_reason"),
            "known_facts": list(given.many("known_facts", str)),
            "detriment_answers": dict(answers) if isinstance(answers, Mapping) else None,
            "likelihood_reason": given.get("likelihood_reason"),
            "detriment": assessment.detriment_rating(likelihood, seriousness),
            "main_category": given.get("main_category"),
            "route": given.get("route"),
            "priority_reason": given.get("priority_reason"),
            "revenue_at_risk": [str(money.amount), money.currency] if money else None,
        },
    )
    for name in ("title", "summary"):
        if name in given:
            deed.seal(name, {name: given[name]})
    if assessment.detriment_rating(likelihood, seriousness) == risk.HIGH:
        risk.turned_high(deed.db, deed.case, by=deed.staff)
    prioritise(deed, given.one("priority", str))
    _confide(deed, given.one("confidentiality", str))
    _name_dimensions(deed)


def prioritise(deed: Deed, priority: str | None) -> None:
    """Give the case the priority a step brings, if it brings another one."""
    if priority is None or priority == deed.case.priority:
        return
    before, deed.case.priority = deed.case.priority, priority
    log.emit(
        deed.db,
        "case.priority",
        by=deed.staff,
        case=deed.case,
        d=Details(before=before, after=priority),
    )
    if priority == EMERGENCY:
        occasions.emergency(deed.db, deed.case, by=deed.staff)


def _confide(deed: Deed, level: str | None) -> None:
    """Give the case the level of confidentiality the assessment brings, if it brings another one."""
    if level is None or level == deed.case.level:
        return
    before, deed.case.level = deed.case.level, level
    details = Details(before=before, after=level)
    log.emit(deed.db, "case.level", by=deed.staff, case=deed.case, d=details)


def _name_dimensions(deed: Deed) -> None:
    """The main category as assessed; office and procedure of the allegations where none was stated."""
    keyring = deed.db.house.keyring
    row = deed.db.get_one(CaseFact, deed.case.id)
    main = deed.given.one("main_category", str)
    row.assessed_category = facts.filter_token(keyring, "category", main or facts.NOT_STATED)
    if main is not None:
        row.category = row.assessed_category
    for dimension in ("office", "procedure"):
        open_ = facts.filter_token(keyring, dimension, facts.NOT_STATED)
        alleged = [one.value[dimension] for one in deed.held("allegation") if one.value[dimension]]
        if getattr(row, dimension) == open_ and alleged:
            setattr(row, dimension, facts.filter_token(keyring, dimension, alleged[0]))


def merge(deed: Deed) -> None:
    """Let the target's key open this case, and move its reports; threads stay apart (T10).

    What is known, doubted and feared of this case holds for the target from then on. Its things stay where
    they are, and are asked for with those of the target (`cases/family.py`).
    """
    db, source = deed.db, deed.case
    target = access.find(db, deed.given.one("target_case", str) or "", deed.staff, to_change=True)
    db.add(
        hierarchy.link_merged(
            db.house.keyring,
            deed.hand.case_key(target),
            deed.hand.case_key(source),
            target=target,
            source=source,
        )
    )
    named = persons.bring_together(db, source, target, by=deed.staff, keys=deed.hand)
    for report in db.exec(select(Report).where(Report.case_id == source.id)):
        report.case_id = target.id
    source.merged_into = target.id
    _carry_questions(deed, target)
    log.emit(db, "subject.link", by=deed.staff, case=target, d=Details(target=source.id))
    _carry_walls(deed, target, named)
    declarations.follow(db, source, target, by=deed.staff)
    holds.carry(db, source, target, by=deed.staff, keys=deed.hand)
    assignments.ask_again(db, target, by=deed.staff, keys=deed.hand)
    # The one's risk is the other's from now on.
    risk.turned_high(db, target, by=deed.staff)


def _carry_questions(deed: Deed, target: Case) -> None:
    """What a reporter answered is looked into with the target; nobody is reminded of an older question.

    Whether all is well is still asked of those whom it was planned for and of nobody else: who reported the
    target would learn from it that another report came in.
    """
    reminders = select(PlannedText).where(
        PlannedText.case_id == deed.case.id,
        PlannedText.code == "reminder",
        col(PlannedText.sent_on).is_(None),
    )
    for text in deed.db.exec(reminders):
        deed.db.delete(text)
    for row in deed.db.exec(select(FollowUp).where(FollowUp.case_id == deed.case.id)):
        row.case_id = target.id


def _carry_walls(deed: Deed, target: Case, named: frozenset[UUID]) -> None:
    """Whoever must not know of one of the two must not know of the other: it is one matter now."""
    db, source = deed.db, deed.case
    everybody = db.exec(select(Staff.id)).all()
    apart = named.union(
        one
        for one in everybody
        if assignments.walled(db, source, one) or assignments.walled(db, target, one)
    )
    conflicts.wall(db, source.id, apart)
    assignments.shut_out(db, target, apart, by=deed.staff, keys=deed.hand)


def route_again(deed: Deed) -> None:
    """A reopened case may get another priority with its new assessment (T42)."""
    prioritise(deed, deed.given.one("priority", str))
