"""What every table shares: how constraints are named, and how a table hides from SQLite's row order."""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, cast

from sqlalchemy import ForeignKeyConstraint, event
from sqlalchemy.orm import declared_attr
from sqlalchemy.orm.attributes import set_attribute
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


@event.listens_for(ForeignKeyConstraint, "after_parent_attach")
def _defer(constraint: ForeignKeyConstraint, _table: object) -> None:
    # Checked at commit: rows of one unit of work may then be flushed in any order.
    constraint.deferrable, constraint.initially = True, "DEFERRED"


UNORDERED: dict[str, Any] = {"sqlite_with_rowid": False}
"""Table options for rows a reporter may cause.

SQLite numbers the rows of an ordinary table in the order they arrive, so a reporter's row between two
staff rows would betray its time. Without the row number only the random key orders them.
"""


@cache
def _blank(table: type[SQLModel]) -> tuple[tuple[str, object, Callable[[], object] | None], ...]:
    """The columns of a table that have a default: (name, value, or what makes one)."""
    return tuple(
        (name, field.default, cast("Callable[[], object] | None", field.default_factory))
        for name, field in table.model_fields.items()
        if not field.is_required()
    )


class Table(SQLModel):
    """The base of every table of the main database."""

    __audited__: ClassVar[bool] = True
    """Whether a change of such a row needs an audit event in the same unit of work."""
    __signed__: ClassVar[bool] = False
    """Whether such a row carries a MAC, made as it is flushed."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - each column has its own type
        """A row with these values, and the defaults of the rest.

        SQLModel's own way asks pydantic anew for every default and sets every value twice, which was the
        largest part of taking in a report; and it passes over a misspelt column in silence.

        Raises:
            TypeError: there is no such column.
        """
        if strange := values.keys() - type(self).model_fields.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(strange))}")
        for name, default, make in _blank(type(self)):
            if name not in values:
                set_attribute(self, name, make() if make else default)
        for name, value in values.items():
            set_attribute(self, name, value)


class Authority(Table):
    """A row that says who may do what: it carries a MAC over its columns, checked on every load.

    `sealing.directory` signs such rows when they are flushed and checks them when they are loaded, so
    that a row written by other hands is refused.
    """

    __signed__ = True

    version: int = 0
    """Counts the row's changes; part of what the MAC covers, and what was changed meanwhile is not changed."""
    mac: bytes = Field(default=b"", repr=False)

    # Any: as SQLAlchemy takes it.
    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        """The MAC covers the whole row, and two who change different columns at once would break it."""
        table = cast("Any", cls).__table__
        return {"version_id_col": table.c.version, "version_id_generator": False}
