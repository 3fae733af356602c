"""Every guard by its code."""

from collections.abc import Callable, Mapping

from cases.deeds import Deed
from cases.guards import beginning, ending, harm, inquiry, people

Guard = Callable[[Deed], bool]

GUARDS: Mapping[str, Guard] = {
    check.__name__: check
    for check in (
        beginning.actionability_explained,
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
        beginning.question_day_in_reach,
        beginning.reason_borne_out,
        beginning.referral_risk_acceptable,
        beginning.reminders_before_due,
        beginning.reminders_sent_and_due,
        beginning.reporter_agrees,
        beginning.reporter_heard,
        beginning.reporter_sent_something,
        beginning.route_is_local,
        beginning.subjects_screened,
        beginning.system_from_day_six,
        beginning.target_open,
        harm.exposure_agreed,
        harm.likelihood_explained,
        harm.protection_plan_if_risk,
        harm.risk_not_lowered,
        harm.risk_or_measure,
        harm.risk_redone,
        people.deciders_took_no_part,
        people.investigators_certified,
        people.investigators_free,
        people.investigators_not_posted_there,
        people.review_officer_took_no_part,
        people.reviewer_took_no_part,
        inquiry.bundle_keeps_reporter_out,
        inquiry.departure_explained,
        inquiry.due_inside_ceiling,
        inquiry.each_finding_has_evidence,
        inquiry.earlier_notice_still_good,
        inquiry.finding_for_each_allegation,
        inquiry.findings_rest_on_evidence,
        inquiry.new_date_inside_ceiling,
        inquiry.outcomes_name_persons,
        inquiry.plan_at_hand,
        inquiry.reply_has_its_day,
        inquiry.reply_or_silence_recorded,
        inquiry.report_whole,
        inquiry.review_within_90_days,
        inquiry.whole_checklist,
        ending.actions_done_or_tracked,
        ending.check_ins_ahead,
        ending.check_ins_done,
        ending.content_still_held,
        ending.each_check_in_answered,
        ending.every_outcome_owned,
        ending.in_time_or_new_facts,
        ending.inside_review_window,
        ending.no_legal_hold,
        ending.no_open_retaliation,
        ending.nothing_administrative_open,
        ending.nothing_to_carry_out,
        ending.purge_date_passed,
        ending.recommendations_owned,
        ending.retention_over,
        ending.statistics_frozen,
        ending.target_archived,
    )
}


BESIDES: Mapping[str, tuple[str, ...]] = {"T45": ("nothing_administrative_open",)}
"""Step -> guards that stand before it in every version: a definition never changes once it is released."""


def failing(deed: Deed) -> tuple[str, ...]:
    """The codes of the guards that stand against the step."""
    asked = (*deed.step.guards, *BESIDES.get(deed.step.id, ()))
    return tuple(code for code in asked if not GUARDS[code](deed))
