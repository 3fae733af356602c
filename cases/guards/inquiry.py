"""Guards of the investigation, the right of reply, the report and the decision."""

from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, func, select

from cases import family, mentions, resolution, transitions
from cases.deeds import Deed
from cases.models.case import NO_DATE, Attachment, CaseStep, KeyKind, Record
from cases.models.facts import AllegationFact
from cases.objects import bundles, plans, reports
from cases.staff import calendars
from workflows import calendar, catalogue
from workflows.fields import Finding, Outcome

REVIEW_DAYS = 90
"""The longest a suspension goes on without being looked at again."""
NOTICE_DAYS = 10
"""Working days a person has to reply before silence may be recorded."""
AGAINST_SOMEBODY = frozenset({"corrective", "disciplinary", "interim", "private_party"})
"""Families of outcomes that are measures against a person or a firm."""
EVIDENCE = ("report", "message", "attachment", "note", "interview", "item")
"""Fields of records on which a finding may rest."""


def _last_day(deed: Deed) -> date | None:
    """The last day of the longest time since the authorisation; None where there is no such limit."""
    due = transitions.workflow_of(deed.case).states_by_code[deed.step.target].due
    start = deed.entered("investigation_authorised") or deed.case.entered_on
    if due is None or due.ceiling is None:
        return None
    return calendar.due_on(due.ceiling, start, calendars.current(deed.db))


def plan_at_hand(deed: Deed) -> bool:
    """Each plan of the case was approved as it stands; where there is none, it comes with this step."""
    held = deed.held("plan")
    if not held:
        return "plan" in deed.given
    return plans.is_approved(held, deed.held(plans.APPROVAL))


def due_inside_ceiling(deed: Deed) -> bool:
    """The day the investigation is due, where one is set, is within the longest time."""
    new, last = deed.given.one("due_on", date), _last_day(deed)
    return new is None or last is None or new <= last


def new_date_inside_ceiling(deed: Deed) -> bool:
    """The new day follows the old one and stays within the longest time since the authorisation."""
    new, last = deed.given.one("due_on", date), _last_day(deed)
    follows = new is not None and (deed.case.due == NO_DATE or new > deed.case.due)
    return new is not None and follows and (last is None or new <= last)


def review_within_90_days(deed: Deed) -> bool:
    """The suspension is looked at again within 90 days."""
    review = deed.given.one("review_on", date)
    return review is not None and deed.today < review <= deed.today + timedelta(days=REVIEW_DAYS)


def earlier_notice_still_good(deed: Deed) -> bool:
    """A notice from before this round of the investigation stands only if nothing changed since.

    That it stands is said by the waiver, or by a day of service before the case came back to the
    investigation. What would change it: an allegation, a person or a piece of evidence that came later, by
    itself or with another case.
    """
    served = deed.given.one("served_on", date)
    if deed.given.get("waiver") == "notice_already_given":
        served = next(
            (
                date.fromisoformat(earlier["served_on"])
                for earlier in deed.decided("open_reply")
                if earlier.get("served_on")
            ),
            None,
        )
        if served is None:
            return False
    elif served is None or served >= deed.case.entered_on:
        return True
    cases = family.ids(deed.db, deed.case)
    merged = select(func.count(col(CaseStep.id))).where(
        col(CaseStep.case_id).in_(cases), CaseStep.state == "merged", CaseStep.entered_on > served
    )
    records = (
        select(func.count())
        .select_from(Record)
        .where(
            col(Record.case_id).in_(cases),
            col(Record.field).in_(("allegation", "person", *EVIDENCE)),
            col(Record.delivered),
            Record.created_on > served,
        )
    )
    files = select(func.count(col(Attachment.id))).where(
        col(Attachment.case_id).in_(cases),
        col(Attachment.delivered),
        Attachment.created_on > served,
    )
    return not any(deed.db.exec(one).one() for one in (records, files, merged))


def bundle_keeps_reporter_out(deed: Deed) -> bool:
    """Nothing in the bundle could tell who reported, but what counsel cleared; an identity never is."""
    wanted = deed.given.many("bundle", UUID)
    rows = (mentions.sealed(deed, one) for one in wanted)
    if any(row is not None and row.kind == KeyKind.ID for row in rows):
        return False
    return not bundles.problems(deed.db, deed.case, wanted, by=deed.staff, keys=deed.hand)


def reply_has_its_day(deed: Deed) -> bool:
    """A reply comes with its day, and that is not before the notice was served."""
    if "reply" not in deed.given:
        return True
    came = deed.given.one("reply_on", date)
    opened = next(deed.decided("open_reply"), {})
    served = opened.get("served_on")
    return came is not None and (not served or came >= date.fromisoformat(served))


def reply_or_silence_recorded(deed: Deed) -> bool:
    """There is a reply; or proof of service and the time to reply has passed; or the reply was waived."""
    if "reply" in deed.given:
        return True
    opened = next(deed.decided("open_reply"), {})
    if opened.get("waiver"):
        return True
    if "proof_of_service" not in deed.given or not opened.get("served_on"):
        return False
    served = date.fromisoformat(opened["served_on"])
    last = calendars.current(deed.db).add_working_days(served, NOTICE_DAYS)
    return deed.today > last


def finding_for_each_allegation(deed: Deed) -> bool:
    """As many findings as allegations, each about another one of this case or what was merged into it."""
    found = [one.allegation for one in deed.given.many("findings", Finding)]
    alleged = select(AllegationFact.record_id).where(
        col(AllegationFact.case_id).in_(family.ids(deed.db, deed.case))
    )
    return len(found) == len(set(found)) and set(found) == set(deed.db.exec(alleged))


def findings_rest_on_evidence(deed: Deed) -> bool:
    """Every finding has its reasons, and there is material of this case that they can rest on.

    Which item supports which finding is said by the reasons, in words, and not checked. A report that is
    referred to was checked to be of this case.
    """
    material = select(Record.id).where(
        col(Record.case_id).in_(family.ids(deed.db, deed.case)),
        col(Record.field).in_(EVIDENCE),
        col(Record.delivered),
        col(Record.deleted).is_(False),
        col(Record.redacted_on).is_(None),
    )
    reasoned = all(one.reasons.strip() for one in deed.given.many("findings", Finding))
    return reasoned and deed.db.exec(material).first() is not None


def each_finding_has_evidence(deed: Deed) -> bool:
    """Every finding names records of the case that carry evidence; what was not investigated needs none."""
    return all(
        one.finding == "not_investigated"
        or (
            bool(one.evidence)
            and all(
                row is not None and row.field in EVIDENCE
                for row in (mentions.sealed(deed, piece) for piece in one.evidence)
            )
        )
        for one in deed.given.many("findings", Finding)
    )


def report_whole(deed: Deed) -> bool:
    """Where the case holds a report written here, it is the one submitted, whole, and proposes the same."""
    written = {one.id: one.value for one in deed.held("investigation_report")}
    if not written:
        return True
    proposed = {one.allegation: one.finding for one in deed.given.many("findings", Finding)}
    return all(
        one in written
        and not reports.missing(written[one], proposed)
        and reports.findings(written[one]) == proposed
        for one in deed.given.many("report_record", UUID)
    )


def whole_checklist(deed: Deed) -> bool:
    """Every point of the list was checked and holds."""
    points = set(catalogue.code_list("review_checklist").by_code)
    return set(deed.given.many("checklist", str)) == points


def outcomes_name_persons(deed: Deed) -> bool:
    """An outcome that is a measure against somebody says against whom; who is punished is a subject."""
    families = catalogue.code_list("outcomes").by_code
    told = deed.given.many("outcomes", Outcome)
    return not resolution.punished_unconcerned(deed) and all(
        one.person is not None or families[one.outcome].extra["family"] not in AGAINST_SOMEBODY
        for one in told
    )


def departure_explained(deed: Deed) -> bool:
    """The decision finds what the report proposed, or says why not."""
    if "departure" in deed.given:
        return True
    report = next(deed.decided("submit_report"), None)
    if report is None:
        return True  # decided on what another authority found
    proposed = {one["allegation"]: one["finding"] for one in report["findings"]}
    return all(
        proposed.get(str(one.allegation)) == one.finding
        for one in deed.given.many("findings", Finding)
    )
