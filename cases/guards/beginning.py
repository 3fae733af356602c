"""Guards of receiving, triage and admission."""

from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, func, select

from cases import access, conflicts, messages, referrals, transitions
from cases.conflicts import Subject
from cases.deeds import Deed
from cases.errors import NotFound
from cases.models.case import EMERGENCY, Case, CaseStep, PlannedText, Record
from cases.objects import persons
from cases.triage import REMINDERS, REPLY_DAYS
from workflows import assessment, catalogue

AUTOMATIC_DAYS = 6
"""Calendar days after which the service acknowledges by itself: one before the law's seven have passed."""

ORAL = frozenset({"phone", "voice_message", "listening_desk", "in_person"})
"""Channels by which somebody else wrote down what the reporter said."""

LOCAL_ROUTES = frozenset({"SR", "HR"})


def system_from_day_six(deed: Deed) -> bool:
    """A person may acknowledge at any time; the service from the sixth day on."""
    return deed.by is not None or deed.today >= deed.case.received_on + timedelta(
        days=AUTOMATIC_DAYS
    )


def oral_transcript(deed: Deed) -> bool:
    """For an oral report the reporter agreed to the text, or a person says why not.

    The automatic acknowledgement of day six is not held up: that a person never acknowledged is counted
    apart, and the law's seven days do not wait.
    """
    if deed.by is None or deed.channel not in ORAL:
        return True
    if deed.given.one("transcript_agreed", bool):
        return True
    return deed.keys is not None and "transcript_reason" in deed.given


def priority_is_emergency(deed: Deed) -> bool:
    """The reporter ticked danger, or somebody set the priority."""
    return deed.case.priority == EMERGENCY


def declared(deed: Deed) -> bool:
    """Whoever acts has a declaration that stands."""
    return deed.by is not None and access.declared(deed.db, deed.by, deed.case)


def reporter_sent_something(deed: Deed) -> bool:
    """A message or a file of a reporter has arrived since the question.

    Such records come from reporters alone or, as answers of the service, with the number of a later act; so
    what counts is one whose number follows the step into this state.
    """
    since = select(func.max(CaseStep.n)).where(
        CaseStep.case_id == deed.case.id, CaseStep.state == deed.case.state
    )
    newest = select(func.max(Record.n)).where(
        col(Record.report_id).in_([report.id for report in deed.reports]),
        col(Record.field).in_(("message", "attachment")),
        col(Record.delivered),
    )
    return (deed.db.exec(newest).one() or 0) > (deed.db.exec(since).one() or 0)


def reminders_sent_and_due(deed: Deed) -> bool:
    """Both reminders of this question went out, and its day has passed."""
    sent = select(PlannedText).where(
        PlannedText.case_id == deed.case.id,
        PlannedText.code == "reminder",
        col(PlannedText.sent_on) >= deed.case.entered_on,
    )
    return deed.case.due < deed.today and len(deed.db.exec(sent).all()) >= REMINDERS


def _answer_due(deed: Deed) -> date:
    return deed.given.one("due_on", date) or deed.today + timedelta(days=REPLY_DAYS)


def question_day_in_reach(deed: Deed) -> bool:
    """The reporter has 30 days to answer at most, or there is a reason for more."""
    soon = _answer_due(deed) <= deed.today + timedelta(days=REPLY_DAYS)
    return soon or "due_reason" in deed.given


def reminders_before_due(deed: Deed) -> bool:
    """Every reminder that was given a day goes out before the day the answer is due."""
    return all(day < _answer_due(deed) for day in deed.given.many("remind_on", date))


def allegations_complete(deed: Deed) -> bool:
    """One allegation at least, each with a category, a procedure and an office or a place.

    None is needed where nothing is alleged.
    """
    found = deed.held_of_family("allegation")
    whole = all(
        one.value["category"]
        and one.value["procedure"]
        and (one.value["office"] or one.value["place"])
        for one in found
    )
    return whole and (bool(found) or deed.alleges_nothing)


def category_when_needed(deed: Deed) -> bool:
    """A main category, unless nothing is alleged."""
    return "main_category" in deed.given or deed.alleges_nothing


def subjects_screened(deed: Deed) -> bool:
    """Everybody named in the case was compared with the staff, and who matched has a wall."""
    people = [
        Subject(one.value["name"] or None, one.value["role"], one.value["staff_number"] or None)
        for one in deed.held_of_family("person")
        if one.value["role"] not in conflicts.UNCONCERNED
    ]
    return not persons.unscreened(deed.db, deed.case, people)


def proposed_priority(deed: Deed) -> str:
    """The priority that the scores, the categories and a claim of retaliation call for."""
    categories = catalogue.code_list("categories").by_code
    alleged = {one.value["category"] for one in deed.held_of_family("allegation")}
    alleged.add(deed.given.get("main_category"))
    severity = max(
        (int(categories[code].extra["severity"]) for code in alleged if code in categories),
        default=0,
    )
    return assessment.propose_priority(
        deed.scores,
        catalogue.code_list("priority_dimensions"),
        category_severity=severity,
        retaliation="retaliation" in deed.types,
    )


def priority_explained(deed: Deed) -> bool:
    """The priority is the one proposed, or there is a reason."""
    same = deed.given["priority"] == proposed_priority(deed)
    return same or "priority_reason" in deed.given


def actionability_explained(deed: Deed) -> bool:
    """What there is to act on is as many points as facts are known, or there is a reason."""
    known = deed.given.many("known_facts", str)
    same = deed.given["actionability"] == assessment.propose_actionability(known)
    return same or "actionability_reason" in deed.given


def reason_borne_out(deed: Deed) -> bool:
    """Who is said not to answer was reminded twice; who is said to know too little was asked.

    Asked is whom triage asked a question, or staff wrote to on the thread.
    """
    reason = deed.given["closure_reason"]
    if reason == "no_response":
        reminded = select(PlannedText.id).where(
            PlannedText.case_id == deed.case.id,
            PlannedText.code == "reminder",
            col(PlannedText.sent_on).is_not(None),
        )
        return len(deed.db.exec(reminded).all()) >= REMINDERS
    if reason == "insufficient_information":
        asked = deed.entered("awaiting_reporter") is not None
        return asked or any(one.staff is not None for one in _thread(deed))
    return True


def _thread(deed: Deed) -> list[messages.Said]:
    """What reporters and staff wrote to each other, opened and on record."""
    permit = deed.look("thread")
    return [
        said
        for report in deed.reports
        for said in messages.read_thread(deed.db, permit, report, deed.hand)
    ]


def target_open(deed: Deed) -> bool:
    """The case to merge into is open, in the same unit, and whoever acts may open it too."""
    reference = deed.given.one("target_case", str)
    if reference is None or deed.by is None:
        return False
    try:
        target = access.find(deed.db, reference, deed.by, to_change=True)
    except NotFound:
        return False
    state = transitions.workflow_of(target).states_by_code[target.state]
    return (
        target.id != deed.case.id
        and target.unit == deed.case.unit
        and not (state.concluded or state.final or target.state in ("archived", "received"))
        and access.declared(deed.db, deed.by, target)
        and bool(deed.hand.case_keys([target]))
        and not deed.db.exec(select(Case.id).where(Case.merged_into == deed.case.id)).first()
    )


def route_is_local(deed: Deed) -> bool:
    """The route is the service's or human resources', or nothing is alleged."""
    if deed.alleges_nothing:
        return True
    categories = catalogue.code_list("categories").by_code
    found = deed.assessments
    main = [categories.get(one.get("main_category") or "") for one in found]
    routes = [
        one.get("route") or (category.extra["route"] if category else None)
        for one, category in zip(found, main, strict=True)
    ]
    return bool(routes) and set(routes) <= LOCAL_ROUTES


def no_corruption_alleged(deed: Deed) -> bool:
    """No allegation, and not the main category, is one of corruption."""
    codes = [one.value["category"] for one in deed.held_of_family("allegation")]
    codes += [one.get("main_category") for one in deed.assessments]
    return all(deed.category(code) != "corruption" for code in codes)


def reporter_agrees(deed: Deed) -> bool:
    """A reporter who gave a name agreed; one who did not cannot be asked for it."""
    return not deed.named or deed.given.one("consent", bool) is True


def handler_not_named(deed: Deed) -> bool:
    """Nobody of the case's persons has the handler's name."""
    handler = set(conflicts.normalise_name(deed.given.one("handler", str) or "").split())
    return not any(
        (name := set(conflicts.normalise_name(one.value["name"] or "").split())) and name <= handler
        for one in deed.held_of_family("person")
    )


def has_allegations(deed: Deed) -> bool:
    """The mandate covers allegations of this case, or of what was merged into it, one at least."""
    found = {one.id for one in deed.held_of_family("allegation")}
    return bool(found) and found.issuperset(deed.given.many("allegations", UUID))


def referral_risk_acceptable(deed: Deed) -> bool:
    """The risk of reprisal that the referral makes is not rated high."""
    return deed.given["reprisal_risk"] != "high"


def identity_withheld(deed: Deed) -> bool:
    """Nothing that is sent tells who reported, unless a basis for it is named."""
    return "identity_basis" in deed.given or not referrals.tells_who_reported(deed)


def reporter_heard(deed: Deed) -> bool:
    """The reporter was asked and answered, said how content they are, or gets a last word with this step."""
    if "satisfaction" in deed.given or "message" in deed.given:
        return True
    return any(said.author == "reporter" for said in _thread(deed))
