"""The definitions and code lists that ship with Tribune, read once per process and checked."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from functools import cache
from importlib import resources
from io import StringIO
from typing import TYPE_CHECKING

from pydantic import ValidationError

from workflows import soundness
from workflows.clocks import Clocks
from workflows.model import (
    LOCALES,
    Code,
    CodeList,
    Grant,
    Keys,
    Locale,
    Permissions,
    Wording,
    Workflow,
)
from workflows.soundness import Fault, Unsound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

CURRENT = ("complaint", 2)
"""The name and version that new cases begin with."""


def _files(folder: str) -> Traversable:
    return resources.files("workflows") / folder


def parse_code_list(name: str, text: str) -> CodeList:
    """Read a code list: CSV with a column `code`, one per locale, and any others.

    Raises:
        Unsound: a code twice, or a wording missing in one of the five languages.
    """
    reader = csv.DictReader(StringIO(text))
    columns = list(reader.fieldnames or ())
    missing = {"code", *LOCALES} - set(columns)
    if missing:
        raise Unsound(tuple(Fault(name, "missing_column", column) for column in sorted(missing)))
    extra = [column for column in columns if column not in {"code", *LOCALES}]
    entries = []
    for row in reader:
        if None in row or None in row.values():
            raise Unsound((Fault(f"{name}/{row['code']}", "ragged_row", "columns"),))
        entries.append(
            Code(
                code=row["code"],
                labels={locale: row[locale] for locale in LOCALES},
                extra={column: row[column] for column in extra},
            )
        )
    code_list = CodeList(name=name, entries=tuple(entries))
    soundness.refuse(soundness.code_list_faults(code_list))
    return code_list


def parse_workflow(text: str) -> Workflow:
    """Read a definition. Its `field_sets` are written into the steps that take them with `sets`.

    Raises:
        Unsound: not TOML, a key or a kind nobody knows, or a set nobody defined.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unsound((Fault("definition", "not_toml", str(error)),)) from None
    sets = data.pop("field_sets", {})
    for step in data.get("transitions", ()):
        for name in step.pop("sets", ()):
            if name not in sets:
                raise Unsound((Fault(step.get("id", "?"), "unknown_field_set", name),))
            step["fields"] = [*sets[name], *step.get("fields", ())]
    try:
        return Workflow.model_validate(data)
    except ValidationError as error:
        raise Unsound(
            tuple(
                Fault(".".join(map(str, item["loc"])), item["type"], item["msg"])
                for item in error.errors(include_input=False, include_url=False)
            )
        ) from None


def parse_permissions(text: str) -> Permissions:
    """Read the permission table.

    Raises:
        Unsound: a cell that is no grade.
    """
    acts: dict[str, dict[str, Grant]] = {}
    for act, row in tomllib.loads(text)["acts"].items():
        acts[act] = {}
        for role, cell in row.items():
            try:
                acts[act][role] = Grant.read(cell)
            except (ValueError, ValidationError):
                raise Unsound((Fault(f"{act}/{role}", "unknown_grade", cell),)) from None
    return Permissions(acts=acts)


def parse_keys(text: str) -> Keys:
    """Read the table of who holds which key."""
    data = tomllib.loads(text)
    holds = data.pop("holds")
    return Keys.model_validate({**data, **holds})


@cache
def code_lists() -> Mapping[str, CodeList]:
    """Every code list by its name, the name of its file."""
    lists = {}
    for file in sorted(_files("codes").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".csv"):
            name = file.name.removesuffix(".csv")
            lists[name] = parse_code_list(name, file.read_text(encoding="utf-8"))
    return lists


def code_list(name: str) -> CodeList:
    """One code list.

    Raises:
        KeyError: there is none of that name.
    """
    return code_lists()[name]


def label(name: str, code: str, locale: Locale) -> str:
    """What a code says to a person.

    Args:
        name: of the code list.
        code: of the entry.
        locale: the language; every entry has all five.

    Raises:
        KeyError: the list or the code does not exist.
    """
    return code_lists()[name].by_code[code].labels[locale]


@cache
def permissions() -> Permissions:
    """The permission table, checked against the roles."""
    table = parse_permissions((_files("codes") / "permissions.toml").read_text(encoding="utf-8"))
    soundness.refuse(soundness.permission_faults(table, code_lists()))
    return table


@cache
def workflow(name: str = CURRENT[0], version: int = CURRENT[1]) -> Workflow:
    """A definition by name and version, sound or refused.

    Raises:
        KeyError: there is no such definition.
        Unsound: it makes no sense, with every fault named.
    """
    file = _files("definitions") / f"{name}.v{version}.toml"
    if not file.is_file():
        raise KeyError(f"{name}.v{version}")
    found = parse_workflow(file.read_text(encoding="utf-8"))
    soundness.refuse(soundness.workflow_faults(found, code_lists(), permissions()))
    return found


@cache
def definitions() -> tuple[tuple[str, int], ...]:
    """Name and version of every definition that ships, oldest first."""
    found = [
        file.name.removesuffix(".toml").split(".v")
        for file in _files("definitions").iterdir()
        if ".v" in file.name
    ]
    return tuple(sorted((name, int(version)) for name, version in found))


@cache
def keys() -> Keys:
    """Who holds which key, checked against the roles and the current workflow."""
    table = parse_keys((_files("codes") / "keys.toml").read_text(encoding="utf-8"))
    soundness.refuse(soundness.key_faults(table, workflow(), code_lists(), permissions()))
    return table


@cache
def clocks() -> Clocks:
    """What is owed by which day beside the stages, what pauses, and who is told when."""
    return Clocks.model_validate(
        tomllib.loads((_files("codes") / "clocks.toml").read_text(encoding="utf-8"))
    )


@cache
def wording(locale: Locale) -> Wording:
    """What the procedure manual says in one language.

    Raises:
        KeyError: the manual is not written in that language.
    """
    file = _files("wording") / f"manual.{locale}.toml"
    if not file.is_file():
        raise KeyError(locale)
    return Wording.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def digest(file_name: str) -> str:
    """SHA-256 of a definition's bytes, 64 hex digits."""
    return hashlib.sha256((_files("definitions") / file_name).read_bytes()).hexdigest()


@cache
def released() -> Mapping[str, str]:
    """File name -> digest of every released definition; those files never change again."""
    text = (_files("definitions") / "released.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["digests"])
