from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.usual import answers
from workflows import catalogue, engine, fields, schemas
from workflows.model import LOCALES, FieldKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflows.model import Field, Locale, Transition

LISTS = catalogue.code_lists()
WORKFLOW = catalogue.workflow()
STEPS = [step for step in WORKFLOW.transitions if step.fields]
ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40).filter(
    # White space as JSON Schema's regular expressions and as Python know it differ at the edges.
    lambda text: text.isascii() and text.isprintable()
)
ids = st.uuids().map(str)
days = st.dates().map(str)


def step(id_: str) -> Transition:
    return WORKFLOW.transitions_by_id[id_]


def valid(field: Field) -> st.SearchStrategy[Any]:
    """Values a field takes."""
    codes = fields.codes_of(field, LISTS)
    text = texts.filter(str.strip)
    makers: dict[FieldKind, Callable[[], st.SearchStrategy[Any]]] = {
        FieldKind.TEXT: lambda: text,
        FieldKind.CODE: lambda: st.sampled_from(codes),
        FieldKind.CODES: lambda: st.sampled_from(codes),
        FieldKind.DATE: lambda: days,
        FieldKind.DATES: lambda: days,
        FieldKind.STAFF: lambda: ids,
        FieldKind.STAFF_LIST: lambda: ids,
        FieldKind.REFERENCES: lambda: ids,
        FieldKind.UNIT: lambda: ids,
        FieldKind.CASE: lambda: st.just("K7Q2-M9TD"),
        FieldKind.BOOL: st.booleans,
        FieldKind.INTEGER: lambda: st.integers(field.minimum, field.maximum),
        FieldKind.MONEY: lambda: st.just({"amount": "12.50", "currency": "XOF"}),
        FieldKind.SCORES: lambda: st.fixed_dictionaries(
            {code: st.integers(field.minimum, field.maximum) for code in codes}
        ),
        FieldKind.FINDINGS: lambda: st.fixed_dictionaries(
            {"allegation": ids, "finding": st.sampled_from(codes), "reasons": text}
        ),
        FieldKind.OUTCOMES: lambda: st.fixed_dictionaries(
            {"outcome": st.sampled_from(codes)}, optional={"person": ids}
        ),
        FieldKind.ACTIONS: lambda: st.fixed_dictionaries(
            {"outcome": st.sampled_from(codes), "owner": ids, "due": days}
        ),
        FieldKind.SUPPORTED_FINDINGS: lambda: st.fixed_dictionaries(
            {
                "allegation": ids,
                "finding": st.sampled_from(codes),
                "reasons": text,
                "evidence": st.lists(ids, max_size=2, unique=True),
            }
        ),
        FieldKind.ANSWERS: lambda: st.fixed_dictionaries(
            {code: st.sampled_from(["yes", "no", "unknown"]) for code in codes}
        ),
        FieldKind.TEXTS: lambda: text,
        FieldKind.RESULTS: lambda: st.fixed_dictionaries(
            {"on": days, "answer": st.sampled_from(codes)}, optional={"note": text}
        ),
    }
    one = makers[field.kind]()
    if field.kind in schemas.LIST_KINDS:
        most = min(field.max_items, field.min_items + 3, len(codes) or 99)
        return st.lists(one, min_size=field.min_items, max_size=most, unique_by=json.dumps)
    return one


junk = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 10), texts, st.just("x" * 10_001),
    st.lists(texts, max_size=2), st.dictionaries(texts, texts, max_size=2),
)  # fmt: skip


def inputs(step: Transition) -> st.SearchStrategy[dict[str, Any]]:
    """Whole, half and wrong inputs to a step."""
    right = {field.name: valid(field) for field in step.fields}
    wrong = {name: st.one_of(maker, junk) for name, maker in right.items()}
    return st.one_of(
        st.fixed_dictionaries(right),
        st.fixed_dictionaries({}, optional=right),
        st.fixed_dictionaries({}, optional=wrong | {"surprise": junk}),
    )


def faults(step: Transition, data: object, lists: fields.Lists) -> tuple[fields.Problem, ...]:
    return fields.read(step, data, lists)[1]


@given(st.sampled_from(STEPS).flatmap(lambda s: st.tuples(st.just(s), inputs(s))))
def test_an_input_is_taken_exactly_when_its_schema_takes_it(
    pair: tuple[Transition, dict[str, Any]],
) -> None:
    chosen, data = pair
    schema = schemas.json_schema(chosen, "en", LISTS)
    accepted = jsonschema_rs.validator_for(schema).is_valid(data)
    assert accepted == (not faults(chosen, data, LISTS))


@given(st.sampled_from(STEPS).flatmap(lambda s: st.tuples(st.just(s), inputs(s))))
def test_problems_have_known_codes_and_point_into_what_was_asked(
    pair: tuple[Transition, dict[str, Any]],
) -> None:
    chosen, data = pair
    for problem in faults(chosen, data, LISTS):
        assert problem.code in catalogue.code_list("field_problems")
        assert problem.pointer == "" or chosen.field(problem.pointer.split("/")[1]) is not None


@given(st.sampled_from(STEPS).flatmap(lambda s: st.tuples(st.just(s), inputs(s))))
def test_what_is_taken_comes_back_whole_with_defaults(
    pair: tuple[Transition, dict[str, Any]],
) -> None:
    chosen, data = pair
    values, problems = fields.read(chosen, data, LISTS)
    if not problems:
        defaults = {field.name for field in chosen.fields if field.default is not None}
        assert set(values) == set(data) | defaults


@pytest.mark.parametrize("data", [None, [], "text", 3, True])
def test_an_input_is_an_object(data: object) -> None:
    assert faults(step("T16"), data, LISTS) == (fields.Problem("", "wrong_type"),)


def test_problems_never_say_the_value_or_an_unknown_name_back() -> None:
    marker = "MARKER-7351"
    data = {marker: marker, "lead_investigator": marker, "plan": [marker], "due_on": marker}
    _, problems = fields.read(step("T20"), data, LISTS)
    assert marker not in repr(problems)
    assert [tuple(problem) for problem in problems] == [
        ("", "unknown_field"),
        ("/lead_investigator", "not_an_id"),
        ("/plan", "wrong_type"),
        ("/due_on", "not_a_date"),
    ]


def test_the_repr_of_what_was_given_shows_names_only() -> None:
    values, _ = fields.read(step("T16"), {"reasons": "MARKER-7351"}, LISTS)
    assert repr(values) == "Given(reasons)"
    assert len(values) == 1


def problems_of(id_: str, **data: object) -> set[tuple[str, str]]:
    return {tuple(problem) for problem in faults(step(id_), data, LISTS)}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "blank"), ("  \n", "blank"), ("x" * 10_001, "too_long"), ("a\0b", "not_text"),
        ("a\ud800b", "not_text"), (3, "wrong_type"), (None, "wrong_type"),
    ],
)  # fmt: skip
def test_a_text_is_text(value: object, code: str) -> None:
    assert problems_of("T16", reasons=value) == {("/reasons", code)}


@pytest.mark.parametrize(
    "value", ["2026-02-30", "20260201", "2026-W05-1", "2026-02-01T00:00", "２０２６-02-01", ""]
)
def test_a_date_is_a_day_written_year_month_day(value: str) -> None:
    found = problems_of("T21", extension_reason="complexity", reasons="r", due_on=value)
    assert found == {("/due_on", "not_a_date")}


@pytest.mark.parametrize(
    "value", ["ABCDEF00" + ONE[8:], "{" + ONE + "}", f"urn:uuid:{ONE}", ONE + "\n", ""]
)
def test_an_id_has_one_spelling(value: str) -> None:
    assert problems_of("T20", lead_investigator=value, plan="p") == {
        ("/lead_investigator", "not_an_id")
    }


def test_a_closure_reason_is_of_those_the_step_allows() -> None:
    texts_ = {"reasons": "r", "message": "m", "other_routes": ["ombudsman"]}
    assert problems_of("T09", closure_reason="completed", **texts_) == {
        ("/closure_reason", "unknown_code")
    }
    assert problems_of("T09", closure_reason="out_of_mandate", **texts_) == set()


def test_a_withdrawal_needs_the_public_interest_checked() -> None:
    data: dict[str, object] = {
        "closure_reason": "withdrawn", "reasons": "r", "message": "m", "other_routes": ["ombudsman"],
    }  # fmt: skip
    assert problems_of("T09", **data) == {("/public_interest", "required")}
    assert problems_of("T09", **data, public_interest="looked at") == set()


def test_a_false_accusation_category_cannot_be_chosen_at_triage() -> None:
    field = step("T08").field("main_category")
    assert field is not None
    codes = fields.codes_of(field, LISTS)
    assert "RET-04" not in codes
    assert "COR-01" in codes


def test_the_reply_is_opened_with_a_bundle_or_a_waiver() -> None:
    served = {"notice": "n", "redactions": "none", "bundle": [TWO], "served_on": "2026-05-01"}
    assert problems_of("T25", counsel=ONE) == {(f"/{name}", "required") for name in served}
    assert problems_of("T25", counsel=ONE, waiver="deceased") == {("/reasons", "required")}
    assert problems_of("T25", counsel=ONE, waiver="deceased", reasons="r") == set()
    assert problems_of("T25", counsel=ONE, **served) == set()


def test_two_different_people_decide() -> None:
    listed = {"checklist": ["plan_followed"]}
    pointer = "/decision_authorities"
    assert problems_of("T30", **listed, decision_authorities=[ONE]) == {(pointer, "too_few")}
    assert problems_of("T30", **listed, decision_authorities=[ONE, ONE]) == {(pointer, "duplicate")}
    assert problems_of("T30", **listed, decision_authorities=[ONE, TWO]) == set()


def test_each_dimension_gets_a_score_of_0_to_4() -> None:
    field = step("T08").field("scores")
    assert field is not None
    scores: dict[str, object] = dict.fromkeys(fields.codes_of(field, LISTS), 0)
    base: dict[str, object] = {
        "priority": "P4", "actionability": 2, "detriment_likelihood": "unlikely",
        "detriment_seriousness": "minor", "known_facts": [], "detriment_answers": answers(),
    }  # fmt: skip
    assert problems_of("T08", **base, scores=scores) == set()
    assert problems_of("T08", **base, scores=scores | {"safety": 5}) == {
        ("/scores/safety", "out_of_range")
    }
    assert problems_of("T08", **base, scores=scores | {"safety": True}) == {
        ("/scores/safety", "wrong_type")
    }
    assert problems_of("T08", **base, scores=scores | {"luck": 1}) == {("/scores", "unknown_field")}
    del scores["reach"]
    assert problems_of("T08", **base, scores=scores) == {("/scores/reach", "required")}


@pytest.mark.parametrize(
    ("money", "pointer", "code"),
    [
        ({"amount": "1e9", "currency": "XOF"}, "/amount", "not_an_amount"),
        ({"amount": "-1", "currency": "XOF"}, "/amount", "not_an_amount"),
        ({"amount": 12, "currency": "XOF"}, "/amount", "wrong_type"),
        ({"amount": "12", "currency": "francs"}, "/currency", "unknown_code"),
        ({"amount": "12"}, "/currency", "required"),
        ("12 XOF", "", "wrong_type"),
    ],
)
def test_money_is_an_exact_amount_in_a_currency(money: object, pointer: str, code: str) -> None:
    data = {"closure_note": "n", "message": "m", "retention_class": "K4", "lessons": "l"}
    assert problems_of("T34", **data, recovered=money) == {(f"/recovered{pointer}", code)}


def test_a_list_says_which_item_is_wrong() -> None:
    action = {"outcome": "disc_warning", "owner": ONE, "due": "2026-05-01"}
    assert problems_of("T32", actions=[action, action | {"due": "soon"}]) == {
        ("/actions/1/due", "not_a_date")
    }
    assert problems_of("T32", actions=[]) == set()
    assert problems_of("T35", check_ins=[]) == {("/check_ins", "too_few")}
    assert problems_of("T02", transcript_agreed="yes") == {("/transcript_agreed", "wrong_type")}
    assert problems_of("T32", actions="all") == {("/actions", "wrong_type")}
    assert problems_of("T32", actions=[action, action]) == {("/actions", "duplicate")}


def test_more_than_the_list_holds_is_too_many() -> None:
    many = [f"2026-{month:02}-01" for month in range(1, 13)] + ["2027-01-01"]
    assert problems_of("T35", check_ins=many) == {("/check_ins", "too_many")}


def test_values_come_back_typed() -> None:
    data = {
        "findings": [{"allegation": ONE, "finding": "unfounded", "reasons": "none"}],
        "reasons": "r",
        "outcomes": [{"outcome": "no_action"}, {"outcome": "disc_warning", "person": TWO}],
    }
    values, problems = fields.read(step("T31"), data, LISTS)
    assert not problems
    assert values.many("findings", fields.Finding) == (
        fields.Finding(UUID(ONE), "unfounded", "none"),
    )
    assert values.many("outcomes", fields.Outcome) == (
        fields.Outcome("no_action", None),
        fields.Outcome("disc_warning", UUID(TWO)),
    )
    assert values.one("reasons", str) == "r"
    assert values.one("departure", str) is None
    assert values.many("nothing", UUID) == ()
    with pytest.raises(TypeError, match="reasons"):
        values.one("reasons", UUID)
    with pytest.raises(TypeError, match="findings"):
        values.many("findings", UUID)


def test_a_question_is_answered_by_yes_no_or_unknown() -> None:
    asked = {"priority": "P4", "actionability": 2, "detriment_likelihood": "unlikely"}
    scores = dict.fromkeys(catalogue.code_list("priority_dimensions").by_code, 0)
    rest = {"detriment_seriousness": "minor", "known_facts": [], "scores": scores}
    for odd, fault in (
        ({"threat_made": "perhaps"}, ("/detriment_answers/threat_made", "unknown_code")),
        ({"threat_made": True}, ("/detriment_answers/threat_made", "wrong_type")),
        ({"weather": "no"}, ("/detriment_answers", "unknown_field")),
    ):
        said = {**answers(), **odd}
        assert problems_of("T08", **asked, **rest, detriment_answers=said) == {fault}


def test_evidence_and_results_come_back_typed() -> None:
    finding = {"allegation": ONE, "finding": "unfounded", "reasons": "r", "evidence": [TWO]}
    report = {"reviewer": ONE, "exculpatory": "e", "report_record": [TWO], "findings": [finding]}
    values, problems = fields.read(step("T28"), report, LISTS)
    assert not problems
    assert values.many("findings", fields.Finding)[0].evidence == (UUID(TWO),)
    wrong = {**report, "findings": [{**finding, "evidence": [TWO, "x"]}]}
    assert problems_of("T28", **wrong) == {("/findings/0/evidence/1", "not_an_id")}
    told = [
        {"on": "2026-05-01", "answer": "well"},
        {"on": "2026-06-01", "answer": "some", "note": "n"},
    ]
    values, problems = fields.read(step("T36"), {"check_in_results": told}, LISTS)
    assert not problems
    assert values.many("check_in_results", fields.CheckIn) == (
        fields.CheckIn(date(2026, 5, 1), "well", None),
        fields.CheckIn(date(2026, 6, 1), "some", "n"),
    )


def test_money_and_dates_come_back_exact() -> None:
    data = {
        "closure_note": "n", "message": "m", "retention_class": "K4", "lessons": "l",
        "recovered": {"amount": "1000000.25", "currency": "MZN"},
    }  # fmt: skip
    values, _ = fields.read(step("T34"), data, LISTS)
    assert values.one("recovered", fields.Money) == fields.Money(Decimal("1000000.25"), "MZN")
    assert values.one("closure_reason", str) == "completed"
    values, _ = fields.read(step("T35"), {"check_ins": ["2026-05-01"]}, LISTS)
    assert values.many("check_ins", date) == (date(2026, 5, 1),)


@pytest.mark.parametrize("value", ["K7Q2-M9TD", "K7Q2-M9TD-0000"])
def test_a_case_is_named_by_its_reference(value: str) -> None:
    assert problems_of("T10", target_case=value, basis="b") == set()


@pytest.mark.parametrize("value", ["k7q2-m9td", "K7Q2", "K7Q2M9TD", "ILOU-0000", "K7Q2-M9TD\n"])
def test_another_spelling_of_a_reference_is_refused(value: str) -> None:
    assert problems_of("T10", target_case=value, basis="b") == {("/target_case", "not_a_reference")}


def test_a_step_without_fields_takes_nothing() -> None:
    assert problems_of("T50") == set()
    assert problems_of("T50", reasons="r") == {("", "unknown_field")}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_step_has_a_schema_in_every_language(locale: Locale) -> None:
    for each in WORKFLOW.transitions:
        schema = schemas.json_schema(each, locale, LISTS)
        jsonschema_rs.meta.validate(schema)
        assert schema["additionalProperties"] is False
        assert schema["title"] == catalogue.label("events", each.event, locale)
        assert all(prop["title"].strip() for prop in schema["properties"].values())


def test_the_schema_says_which_role_a_person_needs_and_what_the_reporter_reads() -> None:
    properties = schemas.json_schema(step("T20"), "en", LISTS)["properties"]
    assert properties["lead_investigator"]["x-role"] == "lead_investigator"
    properties = schemas.json_schema(step("T05"), "en", LISTS)["properties"]
    assert properties["question"]["x-to-reporter"] is True
    properties = schemas.json_schema(step("T34"), "en", LISTS)["properties"]
    assert properties["closure_reason"]["default"] == "completed"


def test_no_two_schemas_share_a_part_that_a_caller_could_change() -> None:
    first = schemas.json_schema(step("T02"), "en", LISTS)
    first["properties"]["transcript_agreed"]["type"] = "string"
    again = schemas.json_schema(step("T02"), "en", LISTS)
    assert again["properties"]["transcript_agreed"]["type"] == "boolean"
    team = schemas.json_schema(step("T20"), "en", LISTS)["properties"]["team"]
    team["items"]["type"] = "number"
    again = schemas.json_schema(step("T20"), "en", LISTS)
    assert again["properties"]["team"]["items"]["type"] == "string"


def test_a_choice_or_a_switch_can_lift_a_need() -> None:
    """`required_unless` of a yes/no field counts only a yes, in the schema as in the check."""
    built = WORKFLOW.transitions_by_id["T25"].model_dump(by_alias=True)
    for field in built["fields"]:
        if field["name"] == "waiver":
            field |= {"kind": "bool", "list": None}
    changed = type(WORKFLOW.transitions[0]).model_validate(built)
    schema = jsonschema_rs.validator_for(schemas.json_schema(changed, "en", LISTS))
    for waiver, taken in ((True, True), (False, False)):
        data = {"counsel": ONE, "waiver": waiver}
        assert schema.is_valid(data) is taken
        assert (not faults(changed, data, LISTS)) is taken


def test_engine_and_fields_agree_on_what_withholds_a_notice() -> None:
    values, problems = fields.read(
        step("T44"), {"reasons": "sent back", "withhold_notice": True}, LISTS
    )
    assert not problems
    assert engine.told(step("T44"), values) is None
