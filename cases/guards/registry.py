"""Every guard by its code."""

from collections.abc import Callable, Mapping

from cases.deeds import Deed
from cases.guards import beginning, ending, inquiry, people

Guard = Callable[[Deed], bool]

GUARDS: Mapping[str, Guard] = {
    check.__name__: check
    for check in (
        beginning.allegations_complete,
        beginning.category_when_needed,
        beginning.declared,
        beginning.handler_not_named,
        beginning.has_allegations,
        beginning.identity_withheld,
        beginning.no_corruption_alleged,
        beginning.oral_transcript,
        beginning.priority_explained,
        beginning.priority_is_emergency,
        beginning.protection_plan_if_risk,
        beginning.referral_risk_acceptable,
        beginning.reminders_sent_and_due,
        beginning.reporter_agrees,
        beginning.reporter_heard,
        beginning.reporter_sent_something,
        beginning.risk_or_measure,
        beginning.route_is_local,
        beginning.subjects_screened,
        beginning.system_from_day_six,
        beginning.target_open,
        people.deciders_took_no_part,
        people.investigators_certified,
        people.investigators_free,
        people.investigators_not_posted_there,
        people.review_officer_took_no_part,
        people.reviewer_took_no_part,
        inquiry.departure_explained,
        inquiry.earlier_notice_still_good,
        inquiry.finding_for_each_allegation,
        inquiry.findings_rest_on_evidence,
        inquiry.new_date_inside_ceiling,
        inquiry.reply_or_silence_recorded,
        inquiry.review_within_90_days,
        ending.actions_done_or_tracked,
        ending.check_ins_done,
        ending.content_still_held,
        ending.every_outcome_owned,
        ending.inside_review_window,
        ending.no_legal_hold,
        ending.no_open_retaliation,
        ending.nothing_to_carry_out,
        ending.purge_date_passed,
        ending.retention_over,
        ending.statistics_frozen,
        ending.target_archived,
    )
}


def failing(deed: Deed) -> tuple[str, ...]:
    """The codes of the step's guards that stand against it."""
    return tuple(code for code in deed.step.guards if not GUARDS[code](deed))
