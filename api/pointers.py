"""From what pydantic found to where and what, in words that never change.

A location holds names that the caller made up: an unknown field, a key of a free dictionary. A
pointer is therefore cut at the first name that the interface does not declare, so that nothing
submitted comes back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args
from weakref import WeakKeyDictionary

from fastapi.dependencies.models import Dependant
from pydantic import TypeAdapter
from pydantic_core.core_schema import ErrorType
from starlette.routing import BaseRoute

MOST = 50
"""Problems listed at most; a list of a thousand wrong numbers is one mistake."""

PYDANTIC_TYPES = frozenset(get_args(ErrorType))

CODES: Mapping[str, str] = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "enum": "unknown_value",
    "literal_error": "unknown_value",
    "union_tag_invalid": "unknown_value",
    "union_tag_not_found": "missing",
    "too_short": "too_short",
    "string_too_short": "too_short",
    "bytes_too_short": "too_short",
    "too_long": "too_long",
    "string_too_long": "too_long",
    "bytes_too_long": "too_long",
    "url_too_long": "too_long",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "multiple_of": "out_of_range",
    "finite_number": "out_of_range",
    "date_past": "out_of_range",
    "date_future": "out_of_range",
    "datetime_past": "out_of_range",
    "datetime_future": "out_of_range",
    "decimal_max_digits": "out_of_range",
    "decimal_max_places": "out_of_range",
    "decimal_whole_digits": "out_of_range",
    "string_pattern_mismatch": "wrong_format",
    "string_unicode": "wrong_format",
    "string_not_ascii": "wrong_format",
    "date_from_datetime_inexact": "wrong_format",
    "date_from_datetime_parsing": "wrong_format",
    "datetime_from_date_parsing": "wrong_format",
    "timezone_naive": "wrong_format",
    "timezone_aware": "wrong_format",
    "timezone_offset": "wrong_format",
    "int_from_float": "wrong_type",
    "uuid_version": "wrong_format",
    "url_scheme": "wrong_format",
    "url_syntax_violation": "wrong_format",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What an endpoint declares.

    Attributes:
        fields: names that may stand in a pointer.
        choices: names of alternatives; pydantic puts them into locations, pointers leave them out.
    """

    fields: frozenset[str] = frozenset()
    choices: frozenset[str] = frozenset()


_known: WeakKeyDictionary[object, Names] = WeakKeyDictionary()


# Any: pydantic's errors are dictionaries of whatever it found.
def field_problems(
    found: Iterable[Mapping[str, Any]], route: BaseRoute | None
) -> list[tuple[str, str]]:
    """(pointer, code) for each thing found, without repetitions, in the order found.

    Args:
        found: the errors of pydantic; of each, only `type` and `loc` are looked at.
        route: the route that was asked for, whose declared names may be repeated.
    """
    names = declared(route)
    listed = dict.fromkeys((pointer(item, names), code(item["type"])) for item in found)
    return list(listed)[:MOST]


def code(kind: str) -> str:
    """Our word for a kind of error; a validator of ours brings its own word along."""
    if kind not in PYDANTIC_TYPES:
        return kind
    if kind in CODES:
        return CODES[kind]
    if kind.endswith("_type"):
        return "wrong_type"
    return "wrong_format" if "_parsing" in kind else "invalid"


def pointer(item: Mapping[str, Any], names: Names) -> str:
    """The JSON Pointer (RFC 6901) to where an error is, as far as declared names lead.

    The first step of a location (`body`, `query`, …) says where a field travels and is left out:
    `/limit` is a parameter, `/subjects/0/name` is in the body.
    """
    steps: list[str] = []
    for step in item["loc"][1:]:
        if isinstance(step, str) and step not in names.fields:
            if step in names.choices:
                continue
            break
        steps.append(str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{step}" for step in steps)


def declared(route: BaseRoute | None) -> Names:
    """The names an endpoint declares: its parameters, and every field of its body."""
    endpoint = getattr(route, "endpoint", None)
    dependant = getattr(route, "dependant", None)
    if endpoint is None or dependant is None:
        return Names()
    if endpoint not in _known:
        fields: set[str] = set()
        choices: set[str] = set()
        _collect(dependant, fields, choices)
        _known[endpoint] = Names(frozenset(fields), frozenset(choices))
    return _known[endpoint]


def _collect(dependant: Dependant, fields: set[str], choices: set[str]) -> None:
    for parameter in (
        *dependant.path_params,
        *dependant.query_params,
        *dependant.header_params,
        *dependant.cookie_params,
        *dependant.body_params,
    ):
        fields.update((parameter.name, parameter.alias))
        # Any: the annotation is whatever the endpoint asks for.
        shape: TypeAdapter[Any] = TypeAdapter(parameter.field_info.annotation or Any)
        schema = shape.json_schema()
        choices.update(schema.get("$defs", ()))
        _walk(schema, fields, choices)
    for child in dependant.dependencies:
        _collect(child, fields, choices)


def _walk(schema: object, fields: set[str], choices: set[str]) -> None:
    if isinstance(schema, Mapping):
        if isinstance(properties := schema.get("properties"), Mapping):
            fields.update(properties)
        if isinstance(chooser := schema.get("discriminator"), Mapping):
            choices.update(chooser.get("mapping", ()))
        for inner in schema.values():
            _walk(inner, fields, choices)
    elif isinstance(schema, Sequence) and not isinstance(schema, str):
        for inner in schema:
            _walk(inner, fields, choices)
