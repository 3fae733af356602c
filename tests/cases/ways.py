"""What somebody may try in a case, whole and right; and the way from anywhere to the end.

Used by walks that nobody planned: `right` says what a step takes where the case stands now, `to_the_end`
leads a case out of whatever happened to it, with people to whom nothing happened.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cases import deadlines, retention
from cases.errors import AlreadyProposed
from cases.models.case import Case
from cases.objects import things
from tests.cases.walks import Life, an_assessment, publish

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    Fields = dict[str, Any]

GRAVEST = {"detriment_likelihood": "almost_certain", "detriment_seriousness": "extreme"}
"""A rating that lowers none."""


def right(life: Life, action: str) -> Fields:
    """The fields of a step, as they would be right; what every such step needs is added by the life."""
    maker = _RIGHT.get(action)
    return maker(life) if maker else {}


def _later(life: Life, days: int) -> date:
    return life.small.house.today() + timedelta(days=days)


def _evidence(life: Life) -> object:
    return life.things.get("evidence") or (life.alleged or [life.case_id])[0]


def _findings(life: Life) -> list[Fields]:
    return [
        {"allegation": one, "finding": "unfounded", "reasons": "as shown"} for one in life.alleged
    ]


def _report(life: Life) -> Fields:
    evidence = [_evidence(life)]
    return {
        "reviewer": life.cast["reviewer"].id,
        "findings": [{**one, "evidence": evidence} for one in _findings(life)],
        "exculpatory": "nothing was found",
        "report_record": evidence,
    }


def _closing(life: Life) -> Fields:
    if life.case().state == "referred_out":
        return {}
    return {"closure_note": "done", "message": "Done.", "retention_class": "K3", "lessons": "none"}


def _assessment(life: Life) -> Fields:
    urgent = life.case().priority
    kept = {"priority": urgent} if urgent in ("P0", "P1") else {}
    return an_assessment() | GRAVEST | kept | {"priority_reason": "as others", "summary": "s"}


_RIGHT: dict[str, Callable[[Life], Fields]] = {
    "emergency": lambda _: {"safety_advice": "Go where people are."},
    "ask_reporter": lambda _: {"question": "When was it?"},
    "complete_assessment": _assessment,
    "refuse": lambda _: {
        "closure_reason": "out_of_mandate",
        "reasons": "not ours",
        "message": "Please turn to the ombudsman.",
    },
    "to_local": lambda _: {"handler": "The chief of the post"},
    "to_preliminary": lambda _: {"scope": "the log"},
    "authorise": lambda _: {"mandate": "look into it", "legal_basis": "article 1"},
    "refer": lambda _: {"body": "prosecutor", "legal_basis": "article 2", "reprisal_risk": "low"},
    "resolved": lambda _: {
        "closure_reason": "resolved_locally",
        "result": "released",
        "satisfaction": 4,
    },
    "escalate": lambda _: {"reasons": "more than that"},
    "no_suspicion": lambda _: {
        "closure_reason": "no_prima_facie",
        "leads": ["the log"],
        "reasons": "nothing in it",
        "message": "We found nothing.",
    },
    "assign": lambda life: {
        "lead_investigator": life.cast["lead"].id,
        "team": [life.cast["investigator"].id],
        "plan": "ask, look, compare",
    },
    "extend": lambda life: {"extension_reason": "complexity", "due_on": _later(life, 120)},
    "suspend": lambda life: {"suspension_reason": "safety", "review_on": _later(life, 30)},
    "resume": lambda _: {"reasons": "it has ended"},
    "open_reply": lambda life: {
        "counsel": life.cast["counsel"].id,
        "bundle": list(life.alleged),
        "served_on": _later(life, 0),
    },
    "new_leads": lambda _: {"checks": "one more"},
    "reply_closed": lambda _: {"reply": "I was not there"},
    "submit_report": _report,
    "return": lambda _: {"reasons": "look again"},
    "pass": lambda life: {
        "decision_authorities": [life.cast["decider"].id, life.cast["decider2"].id]
    },
    "decide": lambda life: {
        "findings": _findings(life),
        "reasons": "as the report says",
        "departure": "we saw it otherwise",
    },
    "implement": lambda _: {"actions": []},
    "close_no_action": lambda _: {"closure_reason": "no_action_needed"},
    "close": _closing,
    "end_monitoring": lambda life: {
        "check_in_results": [{"on": _later(life, 0), "answer": "well"}]
    },
    "request_review": lambda _: {"grounds": "unfair", "new_facts": "a film"},
    "uphold": lambda _: {"reasons": "it was right"},
    "reopen": lambda _: {"reasons": "there is more", "scope": "the film"},
    "new_facts": lambda _: {"new_facts": "a film"},
    "route": lambda _: {"assessment": "as before"},
    "authority_replies": lambda life: {
        "result": "no crime",
        "result_on": _later(life, 0),
        "decision_authorities": [life.cast["decider"].id, life.cast["decider2"].id],
    },
    "returned": lambda _: {"reasons": "not theirs"},
    "discontinue": lambda _: {
        "closure_reason": "subject_left",
        "facts_established": "none",
        "reasons": "nobody to ask",
    },
    "unarchive": lambda _: {"reasons": "another film"},
}

ONWARD: dict[str, tuple[str, str, str]] = {
    "received": ("desk", "", "acknowledge"),
    "acknowledged": ("triage", "", "start_triage"),
    "triage": ("triage", "", "complete_assessment"),
    "assessed": ("manager", "head", "refuse"),
    "local_resolution": ("manager", "", "escalate"),
    "preliminary_inquiry": ("head", "manager", "no_suspicion"),
    "investigation_authorised": ("manager", "", "assign"),
    "investigation": ("head", "manager", "discontinue"),
    "suspended": ("head", "", "resume"),
    "right_of_reply": ("lead", "", "new_leads"),
    "report_drafted": ("lead", "", "submit_report"),
    "quality_review": ("reviewer", "", "return"),
    "decision_pending": ("decider", "decider2", "decide"),
    "decided": ("manager", "head", "close_no_action"),
    "implementing": ("manager", "head", "close"),
    "referred_out": ("head", "manager", "close"),
    "under_review": ("reviser", "overseer", "uphold"),
    "reopened": ("manager", "", "route"),
    "monitoring": ("head", "manager", "new_facts"),
}
"""State -> who takes the step, who confirms it, and the step that leads nearer to the end."""

PARTS = {
    "right_of_reply": [("lead_investigator", "lead")],
    "report_drafted": [("lead_investigator", "lead"), ("quality_reviewer", "reviewer")],
    "quality_review": [("quality_reviewer", "reviewer")],
    "decision_pending": [("decision_authority", "decider"), ("decision_authority", "decider2")],
}
"""State -> parts that have to be given to somebody before its step."""


def to_the_end(life: Life) -> None:
    """Lead a case from wherever it stands to the destruction of its content."""
    life.usual = True
    life.cast["dpo"], life.cast["dpo2"]
    for _ in range(40):
        state = life.case().state
        if state == "awaiting_reporter":
            life.small.clock.move(days=31)
            deadlines.run_due(life.small.house)
        elif state in ("closed", "not_admitted"):
            _forget(life)
        elif state == "archived":
            _purge(life)
        elif state == "merged":
            deadlines.run_due(life.small.house)  # it goes with the case it became part of
        elif state == "purged":
            return
        else:
            try:
                _onward(life, state)
            except AlreadyProposed:
                # What somebody proposed before waits for an answer, until it is too old.
                life.small.clock.move(days=21)
    raise AssertionError(f"no end in sight from {life.case().state}")


def prepare(life: Life, state: str) -> None:
    """What has to be there before a case can leave a state."""
    for role, name in PARTS.get(state, ()):
        life.assign("head", role, name)
    if state == "triage" or (state == "decision_pending" and not life.alleged):
        life.allege()
    if state == "report_drafted":
        life.write("lead", "note", "evidence", text="The log of that day.")
    if state in ("decided", "implementing"):
        _settle(life)


def _onward(life: Life, state: str) -> None:
    who, second, action = ONWARD[state]
    prepare(life, state)
    fields = right(life, action)
    if second:
        life.both(who, second, action, **fields)
    else:
        life.do(who, action, **fields)


def _settle(life: Life) -> None:
    """Nothing waits to be carried out any more."""
    with life.small.look() as db:
        rows = things.rows(db, db.get_one(Case, life.case_id), "outcome")
    for row in rows:
        life.change("manager", "outcome", row.id, outcome="process_change", tracked=True)


def _forget(life: Life) -> None:
    over = life.case().archive_on
    assert over is not None
    life.small.clock.move(days=max((over - life.small.house.today()).days, 0) + 1)
    deadlines.run_due(life.small.house)
    assert life.case().state == "archived"


def _purge(life: Life) -> None:
    case = life.case()
    assert case.purge_on is not None
    life.small.clock.move(days=max((case.purge_on - life.small.house.today()).days, 0))
    publish(life.small, life.cast["head"], case.received_on, life.small.house.today())
    life.both("dpo", "dpo2", "purge")
    assert retention.finish_orders(life.small.house) >= 1
