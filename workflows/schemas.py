"""JSON Schema (2020-12) of what a step needs, worded in the reader's language."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from workflows import fields
from workflows.model import Field, FieldKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflows.model import CodeList, Locale, Transition

    Lists = Mapping[str, CodeList]

Schema = dict[str, Any]
"""JSON: strings, numbers, lists and objects, nothing else."""

_UUID: Schema = {"type": "string", "format": "uuid", "pattern": fields.UUID_PATTERN}
_DATE: Schema = {"type": "string", "format": "date", "pattern": fields.DATE_PATTERN}


def json_schema(step: Transition, locale: Locale, lists: Lists) -> Schema:
    """The schema of the action's fields; nothing beyond them is taken.

    Args:
        step: the step whose fields are described.
        locale: the language of titles.
        lists: the code lists by name, `events` and `fields` among them.

    Returns:
        An object schema. Roles that a person must hold stand in `x-role`, and text that goes to
        the reporter is marked `x-to-reporter`.
    """
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": lists["events"].by_code[step.event].labels[locale],
        "type": "object",
        "properties": {field.name: _field(field, locale, lists) for field in step.fields},
        "required": [field.name for field in step.fields if field.required],
        "additionalProperties": False,
    }
    conditions = [rule for field in step.fields if (rule := _condition(field, step)) is not None]
    if conditions:
        schema["allOf"] = conditions
    return schema


def _condition(field: Field, step: Transition) -> Schema | None:
    if field.required_unless is not None:
        other = step.field(field.required_unless)
        lifted: Schema = {"required": [field.required_unless]}
        if other is not None and other.kind is FieldKind.BOOL:
            lifted["properties"] = {other.name: {"const": True}}
        return {"anyOf": [{"required": [field.name]}, lifted]}
    if field.required_if is not None:
        when = field.required_if
        return {
            "if": {
                "properties": {when.field: {"enum": list(when.values)}},
                "required": [when.field],
            },
            "then": {"required": [field.name]},
        }
    return None


def _field(field: Field, locale: Locale, lists: Lists) -> Schema:
    schema: Schema = {"title": lists["fields"].by_code[field.description].labels[locale]}
    schema |= _of_kind(field, locale, lists)
    if field.role is not None:
        schema["x-role"] = field.role
    if field.to_reporter:
        schema["x-to-reporter"] = True
    if field.default is not None:
        schema["default"] = field.default
    return schema


def _of_kind(field: Field, locale: Locale, lists: Lists) -> Schema:
    item = _item(field, locale, lists)
    if field.kind not in LIST_KINDS:
        return item
    return _some(item, fewest=field.min_items, most=field.max_items)


def _some(item: Schema, *, fewest: int, most: int) -> Schema:
    return {
        "type": "array",
        "items": item,
        "minItems": fewest,
        "maxItems": most,
        "uniqueItems": True,
    }


def _item(field: Field, locale: Locale, lists: Lists) -> Schema:
    plain = _PLAIN.get(field.kind)
    if plain is not None:
        return deepcopy(plain)  # the caller may do with a schema what it likes
    if field.kind in (FieldKind.TEXT, FieldKind.TEXTS):
        return _text(field.max_length)
    if field.kind is FieldKind.INTEGER:
        return _integer(field)
    if field.kind is FieldKind.SCORES:
        titles = {entry["const"]: entry["title"] for entry in _codes(field, locale, lists)}
        return _record({code: {"title": titles[code], **_integer(field)} for code in titles})
    if field.kind is FieldKind.ANSWERS:
        answers = lists[fields.ANSWERS].entries
        one_of = [{"const": one.code, "title": one.labels[locale]} for one in answers]
        return _record(
            {
                entry["const"]: {"title": entry["title"], "type": "string", "oneOf": one_of}
                for entry in _codes(field, locale, lists)
            }
        )
    code: Schema = {"type": "string", "oneOf": _codes(field, locale, lists)}
    records: dict[FieldKind, Schema] = {
        FieldKind.FINDINGS: {
            "allegation": dict(_UUID),
            "finding": code,
            "reasons": _text(fields.REASONS_LENGTH),
        },
        FieldKind.OUTCOMES: {"outcome": code, "person": dict(_UUID)},
        FieldKind.ACTIONS: {"outcome": code, "owner": dict(_UUID), "due": dict(_DATE)},
        FieldKind.SUPPORTED_FINDINGS: {
            "allegation": dict(_UUID),
            "finding": code,
            "reasons": _text(fields.REASONS_LENGTH),
            "evidence": _some(dict(_UUID), fewest=0, most=fields.EVIDENCE_ITEMS),
        },
        FieldKind.RESULTS: {
            "on": dict(_DATE),
            "answer": code,
            "note": _text(fields.NOTE_LENGTH),
        },
    }
    optional = {"person", "note"}
    return _record(records[field.kind], optional) if field.kind in records else code


def _text(longest: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": r"\S"}


def _codes(field: Field, locale: Locale, lists: Lists) -> list[Schema]:
    entries = lists[field.code_list or ""].by_code
    return [
        {"const": code, "title": entries[code].labels[locale]}
        for code in fields.codes_of(field, lists)
    ]


def _integer(field: Field) -> Schema:
    return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}


def _record(properties: Schema, optional: frozenset[str] | set[str] = frozenset()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


_PLAIN: dict[FieldKind, Schema] = {
    FieldKind.DATE: _DATE,
    FieldKind.DATES: _DATE,
    FieldKind.STAFF: _UUID,
    FieldKind.STAFF_LIST: _UUID,
    FieldKind.REFERENCES: _UUID,
    FieldKind.UNIT: _UUID,
    FieldKind.CASE: {
        "type": "string",
        "pattern": fields.CASE_PATTERN,
        "maxLength": fields.ID_LENGTH,
    },
    FieldKind.BOOL: {"type": "boolean"},
    FieldKind.MONEY: _record(
        {
            "amount": {"type": "string", "pattern": fields.AMOUNT_PATTERN},
            "currency": {"type": "string", "pattern": fields.CURRENCY_PATTERN},
        }
    ),
}
LIST_KINDS = frozenset(
    {
        FieldKind.CODES,
        FieldKind.DATES,
        FieldKind.STAFF_LIST,
        FieldKind.REFERENCES,
        FieldKind.FINDINGS,
        FieldKind.OUTCOMES,
        FieldKind.ACTIONS,
        FieldKind.SUPPORTED_FINDINGS,
        FieldKind.TEXTS,
        FieldKind.RESULTS,
    }
)
