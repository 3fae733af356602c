"""What an action was given: checked against what its step asks for, then read into values.

Problems name a place (RFC 6901) and a code of the list `field_problems`, never what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from uuid import UUID

from workflows.model import FieldKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workflows.model import CodeList, Field, Transition

    Lists = Mapping[str, CodeList]
    _Record = Mapping[str, object]
    _Reader = Callable[[object, "_Asked"], object]

T = TypeVar("T")

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
CASE_PATTERN = r"^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4})+$"
"""A case reference: groups of four in Crockford's base 32."""
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
AMOUNT_PATTERN = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?$"
CURRENCY_PATTERN = r"^[A-Z]{3}$"
ID_LENGTH = 60
"""No pattern above needs more characters; longer input is not looked at."""
REASONS_LENGTH = 10_000
NOTE_LENGTH = 2_000
EVIDENCE_ITEMS = 50
ANSWERS = "answers"
"""The list of what may be answered to a question: yes, no, unknown."""


class Problem(NamedTuple):
    """What is wrong with an input: a JSON pointer and a code."""

    pointer: str
    code: str


class Money(NamedTuple):
    """An amount in a currency of ISO 4217."""

    amount: Decimal
    currency: str


class Finding(NamedTuple):
    """What was found of one allegation, and the records and files of the case it rests on."""

    allegation: UUID
    finding: str
    reasons: str
    evidence: tuple[UUID, ...] = ()


class Outcome(NamedTuple):
    """What follows, for a person of the case or for the house as a whole."""

    outcome: str
    person: UUID | None


class Action(NamedTuple):
    """Who carries out what by when."""

    outcome: str
    owner: UUID
    due: date


class CheckIn(NamedTuple):
    """How somebody was on a day on which they were asked."""

    on: date
    answer: str
    note: str | None


class Given(Mapping[str, object]):
    """The values of an action, by field name, already of the right type."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = MappingProxyType(dict(values))

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Given({', '.join(sorted(self._values))})"  # names only: values are sealed

    def one(self, name: str, kind: type[T]) -> T | None:
        """The value of a field, or None when it was not given.

        Raises:
            TypeError: the field is of another kind than the caller believes.
        """
        value = self._values.get(name)
        if value is None or isinstance(value, kind):
            return value
        raise TypeError(f"{name} is no {kind.__name__}")

    def many(self, name: str, kind: type[T]) -> tuple[T, ...]:
        """The values of a list field, empty when it was not given.

        Raises:
            TypeError: as `one`.
        """
        values = self._values.get(name, ())
        if isinstance(values, tuple) and all(isinstance(value, kind) for value in values):
            return values
        raise TypeError(f"{name} is no list of {kind.__name__}")


class _Wrong(Exception):
    """A value is not what it should be; the pointer is below the field."""

    def __init__(self, code: str, below: str = "") -> None:
        super().__init__(code)
        self.code, self.below = code, below


def read(step: Transition, data: object, lists: Lists) -> tuple[Given, tuple[Problem, ...]]:
    """Read an action's input (without the key `action`) into values.

    Args:
        step: the step, whose fields say what it needs.
        data: parsed JSON, from outside.
        lists: the code lists by name.

    Returns:
        The values, with defaults filled in, and the problems. With problems the values are
        incomplete and must not be used.
    """
    if not isinstance(data, dict):
        return Given({}), (Problem("", "wrong_type"),)
    known = {field.name: field for field in step.fields}
    # The name of an unknown field is input too: it is not said back.
    problems = [Problem("", "unknown_field")] if data.keys() - known.keys() else []
    values: dict[str, object] = {}
    for name, field in known.items():
        if name in data:
            try:
                values[name] = _READERS[field.kind](
                    data[name],
                    _Asked(field, codes_of(field, lists), tuple(lists[ANSWERS].by_code)),
                )
            except _Wrong as wrong:
                problems.append(Problem(f"/{name}{wrong.below}", wrong.code))
        elif field.default is not None:
            values[name] = field.default
    problems.extend(
        Problem(f"/{field.name}", "required")
        for field in step.fields
        if field.name not in data and field.name not in values and _needed(field, data)
    )
    return Given(values), tuple(problems)


def _needed(field: Field, data: Mapping[str, object]) -> bool:
    if field.required_unless is not None and data.get(field.required_unless, False) is False:
        return True
    if field.required_if is not None:
        return data.get(field.required_if.field) in field.required_if.values
    return field.required


class _Asked(NamedTuple):
    """A field and the codes it takes."""

    field: Field
    codes: tuple[str, ...]
    answers: tuple[str, ...]


def codes_of(field: Field, lists: Lists) -> tuple[str, ...]:
    """The codes a field takes, in the order of its list."""
    entries = lists[field.code_list].entries if field.code_list is not None else ()
    return tuple(
        entry.code
        for entry in entries
        if (not field.only or entry.code in field.only) and entry.code not in field.barred
    )


def _string(raw: object) -> str:
    if not isinstance(raw, str):
        raise _Wrong("wrong_type")
    return raw


def _text(raw: object, longest: int) -> str:
    text = _string(raw)
    if len(text) > longest:
        raise _Wrong("too_long")
    if not text.strip():
        raise _Wrong("blank")
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _Wrong("not_text")  # no database and no UTF-8 can hold it
    return text


def _matching(pattern: str, code: str, raw: object) -> str:
    text = _string(raw)
    if len(text) > ID_LENGTH or "\n" in text or not re.search(pattern, text):
        raise _Wrong(code)
    return text


def _id(raw: object) -> UUID:
    return UUID(_matching(UUID_PATTERN, "not_an_id", raw))


def _day(raw: object) -> date:
    text = _matching(DATE_PATTERN, "not_a_date", raw)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Wrong("not_a_date") from None


def _code(raw: object, asked: _Asked) -> str:
    return _one_of(raw, asked.codes)


def _one_of(raw: object, codes: tuple[str, ...]) -> str:
    code = _string(raw)
    if code not in codes:
        raise _Wrong("unknown_code")
    return code


def _bool(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise _Wrong("wrong_type")
    return raw


def _integer(raw: object, asked: _Asked) -> int:
    # A bool is an int to Python and a 3.0 an integer to JSON Schema; neither is taken.
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise _Wrong("wrong_type")
    if not asked.field.minimum <= raw <= asked.field.maximum:
        raise _Wrong("out_of_range")
    return raw


def _record(raw: object, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> _Record:
    if not isinstance(raw, dict):
        raise _Wrong("wrong_type")
    for name in needed:
        if name not in raw:
            raise _Wrong("required", f"/{name}")
    if raw.keys() - {*needed, *optional}:
        raise _Wrong("unknown_field")
    return raw


def _part(record: _Record, name: str, reader: Callable[[object], T]) -> T:
    try:
        return reader(record[name])
    except _Wrong as wrong:
        raise _Wrong(wrong.code, f"/{name}{wrong.below}") from None


def _money(raw: object) -> Money:
    record = _record(raw, ("amount", "currency"))
    return Money(
        Decimal(_part(record, "amount", lambda it: _matching(AMOUNT_PATTERN, "not_an_amount", it))),
        _part(record, "currency", lambda it: _matching(CURRENCY_PATTERN, "unknown_code", it)),
    )


def _scores(raw: object, asked: _Asked) -> Mapping[str, int]:
    record = _record(raw, asked.codes)
    return MappingProxyType(
        {name: _part(record, name, lambda it: _integer(it, asked)) for name in asked.codes}
    )


def _finding(raw: object, asked: _Asked) -> Finding:
    record = _record(raw, ("allegation", "finding", "reasons"))
    return Finding(
        _part(record, "allegation", _id),
        _part(record, "finding", lambda it: _code(it, asked)),
        _part(record, "reasons", lambda it: _text(it, REASONS_LENGTH)),
    )


def _supported_finding(raw: object, asked: _Asked) -> Finding:
    record = _record(raw, ("allegation", "finding", "reasons", "evidence"))
    plain = {name: value for name, value in record.items() if name != "evidence"}
    return _finding(plain, asked)._replace(evidence=_part(record, "evidence", _evidence))


def _evidence(raw: object) -> tuple[UUID, ...]:
    return _all(raw, _id, fewest=0, most=EVIDENCE_ITEMS)


def _answered(raw: object, asked: _Asked) -> Mapping[str, str]:
    def answer(given: object) -> str:
        return _one_of(given, asked.answers)

    record = _record(raw, asked.codes)
    return MappingProxyType({name: _part(record, name, answer) for name in asked.codes})


def _result(raw: object, asked: _Asked) -> CheckIn:
    record = _record(raw, ("on", "answer"), ("note",))
    return CheckIn(
        _part(record, "on", _day),
        _part(record, "answer", lambda it: _code(it, asked)),
        _part(record, "note", lambda it: _text(it, NOTE_LENGTH)) if "note" in record else None,
    )


def _outcome(raw: object, asked: _Asked) -> Outcome:
    record = _record(raw, ("outcome",), ("person",))
    return Outcome(
        _part(record, "outcome", lambda it: _code(it, asked)),
        _part(record, "person", _id) if "person" in record else None,
    )


def _action(raw: object, asked: _Asked) -> Action:
    record = _record(raw, ("outcome", "owner", "due"))
    return Action(
        _part(record, "outcome", lambda it: _code(it, asked)),
        _part(record, "owner", _id),
        _part(record, "due", _day),
    )


def _each(reader: _Reader) -> _Reader:
    def read_all(raw: object, asked: _Asked) -> tuple[object, ...]:
        field = asked.field
        return _all(
            raw, lambda item: reader(item, asked), fewest=field.min_items, most=field.max_items
        )

    return read_all


def _all(raw: object, reader: Callable[[object], T], *, fewest: int, most: int) -> tuple[T, ...]:
    if not isinstance(raw, list):
        raise _Wrong("wrong_type")
    if len(raw) < fewest:
        raise _Wrong("too_few")
    if len(raw) > most:
        raise _Wrong("too_many")
    values: list[T] = []
    for number, item in enumerate(raw):
        try:
            values.append(reader(item))
        except _Wrong as wrong:
            raise _Wrong(wrong.code, f"/{number}{wrong.below}") from None
    if len(set(values)) < len(values):
        raise _Wrong("duplicate")
    return tuple(values)


_READERS: dict[FieldKind, _Reader] = {
    FieldKind.TEXT: lambda raw, asked: _text(raw, asked.field.max_length),
    FieldKind.CODE: _code,
    FieldKind.CODES: _each(_code),
    FieldKind.DATE: lambda raw, _: _day(raw),
    FieldKind.DATES: _each(lambda raw, _: _day(raw)),
    FieldKind.STAFF: lambda raw, _: _id(raw),
    FieldKind.STAFF_LIST: _each(lambda raw, _: _id(raw)),
    FieldKind.UNIT: lambda raw, _: _id(raw),
    FieldKind.CASE: lambda raw, _: _matching(CASE_PATTERN, "not_a_reference", raw),
    FieldKind.BOOL: lambda raw, _: _bool(raw),
    FieldKind.INTEGER: _integer,
    FieldKind.MONEY: lambda raw, _: _money(raw),
    FieldKind.SCORES: _scores,
    FieldKind.REFERENCES: _each(lambda raw, _: _id(raw)),
    FieldKind.FINDINGS: _each(_finding),
    FieldKind.OUTCOMES: _each(_outcome),
    FieldKind.ACTIONS: _each(_action),
    FieldKind.SUPPORTED_FINDINGS: _each(_supported_finding),
    FieldKind.ANSWERS: _answered,
    FieldKind.TEXTS: _each(lambda raw, asked: _text(raw, asked.field.max_length)),
    FieldKind.RESULTS: _each(_result),
}
