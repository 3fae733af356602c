"""Alembic's entry: which tables there are, and how to reach the database."""

from typing import TYPE_CHECKING

from alembic import context
from sqlmodel import SQLModel

from cases.database import connect
from cases.models import (  # noqa: F401  (importing a module declares its tables)
    bodies,
    case,
    conflict,
    facts,
    links,
    mail,
    people,
    texts,
    timed,
    told,
    trail,
)
from cases.models.types import UTCDateTime
from cases.models.vault import vault_metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

METADATA = {"main": SQLModel.metadata, "vault": vault_metadata}


def render_item(kind: str, item: object, autogen: "AutogenContext") -> str | bool:
    """Write the project's own column types so that a migration needs no import of the project."""
    del autogen
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime()"
    if kind == "type" and type(item).__name__ == "AutoString":
        return f"sa.String({getattr(item, 'length', None) or ''})"
    return False


def run() -> None:
    """Run the migrations online; there is no offline mode, since triggers differ by database."""
    engine = connect(context.config.attributes["url"])
    try:
        with engine.connect() as connection:
            context.configure(
                connection=connection,
                target_metadata=METADATA[context.config.attributes["branch"]],
                render_item=render_item,
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
    finally:
        engine.dispose()


run()
