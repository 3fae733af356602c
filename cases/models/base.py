"""What every table shares: how constraints are named, and how a table hides from SQLite's row order."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKeyConstraint, event
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


class Table(SQLModel):
    """The base of every table of the main database."""

    __audited__: ClassVar[bool] = True
    """Whether a change of such a row needs an audit event in the same unit of work."""


class Authority(Table):
    """A row that says who may do what: it carries a MAC over its columns, checked on every load.

    `sealing.directory` signs such rows when they are flushed and checks them when they are loaded, so
    that a row written by other hands is refused.
    """

    version: int = 0
    """Counts the row's changes; part of what the MAC covers."""
    mac: bytes = Field(default=b"", repr=False)
