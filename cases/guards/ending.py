"""Guards of carrying out, closing, monitoring, review and forgetting."""

from datetime import date

from sqlmodel import col, select

from cases import delivery, family, messages, protection
from cases.deeds import Deed
from cases.links import ties
from cases.models.case import Case, KeyKind, PlannedText, Record
from cases.models.facts import AllegationFact, Snapshot
from cases.models.people import Unit
from cases.objects.shapes import OutcomeStatus
from cases.objects.things import Held
from cases.sealing import facts
from workflows import catalogue
from workflows.fields import Action, CheckIn

SETTLED = frozenset({OutcomeStatus.CARRIED_OUT, OutcomeStatus.CANCELLED})
NOTHING_TO_DO = frozenset({"none", "positive"})
"""Families of outcomes that nobody has to carry out."""


def to_carry_out(deed: Deed) -> list[Held]:
    """The outcomes of the case that somebody still has to carry out."""
    families = catalogue.code_list("outcomes").by_code
    return [
        one
        for one in deed.held_of_family("outcome")
        if one.value["status"] not in SETTLED
        and families[one.value["outcome"]].extra["family"] not in NOTHING_TO_DO
    ]


def every_outcome_owned(deed: Deed) -> bool:
    """Each outcome to carry out is among the actions, and each recommendation has an owner and a day."""
    owned = {one.outcome for one in deed.given.many("actions", Action)}
    carried = all(one.value["outcome"] in owned for one in to_carry_out(deed))
    return carried and recommendations_owned(deed)


def recommendations_owned(deed: Deed) -> bool:
    """Each recommendation that is still open has an owner and a day."""
    return all(
        one.value["owner"] and one.value["due"]
        for one in deed.held_of_family("recommendation")
        if one.value["status"] in ("proposed", "accepted", "in_progress")
    )


def nothing_to_carry_out(deed: Deed) -> bool:
    """No outcome waits."""
    return not to_carry_out(deed)


def actions_done_or_tracked(deed: Deed) -> bool:
    """Every outcome was carried out or cancelled, or is followed outside this case."""
    return all(one.value["tracked"] for one in to_carry_out(deed))


def check_ins_done(deed: Deed) -> bool:
    """Every question whether all is well has been sent."""
    waiting = select(PlannedText.id).where(
        col(PlannedText.case_id).in_(family.ids(deed.db, deed.case)),
        PlannedText.code == "check_in",
        col(PlannedText.sent_on).is_(None),
    )
    return deed.db.exec(waiting).first() is None


def check_ins_ahead(deed: Deed) -> bool:
    """At least one question whether all is well goes out: on a day given, or on one of the usual days."""
    return bool(deed.given.many("check_ins", date) or protection.usual_days(deed))


def each_check_in_answered(deed: Deed) -> bool:
    """There is a result for the day of each question that was sent since monitoring began."""
    sent = select(col(PlannedText.due_on)).where(
        col(PlannedText.case_id).in_(family.ids(deed.db, deed.case)),
        PlannedText.code == "check_in",
        col(PlannedText.sent_on) >= deed.case.entered_on,
    )
    told = {one.on for one in deed.given.many("check_in_results", CheckIn)}
    return told >= set(deed.db.exec(sent))


def no_open_retaliation(deed: Deed) -> bool:
    """Every retaliation alleged here since the closing has a finding, and every case of it is concluded."""
    codes = catalogue.code_list("categories").by_code
    tokens = facts.filter_codes(deed.db.house.keyring, "category", codes)
    cases = family.ids(deed.db, deed.case)
    alleged = select(AllegationFact.category).where(
        col(AllegationFact.case_id).in_(cases),
        col(AllegationFact.finding).is_(None),
        col(AllegationFact.record_id).in_(
            select(Record.id).where(
                col(Record.case_id).in_(cases),
                Record.version == 1,
                Record.created_on >= (deed.case.closed_on or deed.case.entered_on),
            )
        ),
    )
    here = all(deed.category(tokens.get(token)) != "protection" for token in deed.db.exec(alleged))
    return here and not ties.open_retaliation(
        deed.db, deed.case, permit=deed.look(ties.FIELD), keys=deed.hand
    )


def nothing_administrative_open(deed: Deed) -> bool:
    """No administrative part of the matter goes on in a linked case."""
    return not ties.open_administrative_part(
        deed.db, deed.case, permit=deed.look(ties.FIELD), keys=deed.hand
    )


def inside_review_window(deed: Deed) -> bool:
    """Within 30 days of the closing. Later only new facts help, and those reopen the case (T41, T53)."""
    return messages.inside_review_window(deed.case, deed.today)


def in_time_or_new_facts(deed: Deed) -> bool:
    """Within 30 days of the closing; with new facts at any time, as reporters are promised."""
    return "new_facts" in deed.given or messages.inside_review_window(deed.case, deed.today)


def retention_over(deed: Deed) -> bool:
    """The time the case's class keeps it for has passed."""
    return deed.case.archive_on is not None and deed.case.archive_on <= deed.today


def no_legal_hold(deed: Deed) -> bool:
    """Nobody holds the case."""
    return not deed.case.legal_hold


def target_archived(deed: Deed) -> bool:
    """The case it was merged into is archived, or gone."""
    into = deed.case.merged_into
    return into is not None and deed.db.get_one(Case, into).state in delivery.FORGETTING


def content_still_held(deed: Deed) -> bool:
    """The key without which nothing opens is still in the vault."""
    thing = (KeyKind.INT, deed.case.id)
    return thing in deed.db.house.vault.keys([thing])


def purge_date_passed(deed: Deed) -> bool:
    """The day has come; what was merged into another case goes after that one, whose keys lead to it."""
    into = deed.case.merged_into
    if into is not None and deed.db.get_one(Case, into).state != "purged":
        return False
    return deed.case.purge_on is not None and deed.case.purge_on <= deed.today


def statistics_frozen(deed: Deed) -> bool:
    """The figures of every month the case counts in by a day of its own are published."""
    unit = deed.db.get_one(Unit, deed.case.unit)
    days = {deed.case.received_on, deed.case.closed_on or deed.case.received_on}
    days.update(report.received_on for report in deed.reports)
    alleged = select(AllegationFact).where(AllegationFact.case_id == deed.case.id)
    days.update(one.decided_on for one in deed.db.exec(alleged) if one.decided_on is not None)
    months = {f"{day:%Y-%m}" for day in days}
    scopes = {str(unit.id), unit.id.hex, *(("national",) if unit.inside else ())}
    published = select(Snapshot.month).where(
        col(Snapshot.month).in_(months),
        col(Snapshot.scope).in_(scopes),
        col(Snapshot.published_on).is_not(None),
    )
    return months <= set(deed.db.exec(published))
