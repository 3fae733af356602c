"""Statements are built, not spelt: raw SQL goes around the demand for a trace."""

from __future__ import annotations

import ast

from tests.house.tree import Module, calls, imported, modules

LIBRARIES = ("sqlalchemy", "sqlmodel", "sa")
BEHIND_THE_SESSION = ("exec_driver_sql", "connection", "connect", "raw_connection")
TABLES = "cases/models/"
"""The condition of a partial index is text of the schema, seen by no session."""
ENGINES = {
    "cases/database.py": "says BEGIN to SQLite, which its driver would say too late",
    "cases/migrations.py": "runs before anybody works",
    "cases/sealing/vault.py": "a database of its own",
    "cases/staff/founding.py": "asks whose database it is, before there is a house",
}


def spells_sql(module: Module) -> list[str]:
    """Uses of SQLAlchemy's `text`, and statements handed to the driver or the bare connection."""
    if module.path.startswith(TABLES) or module.path in ENGINES:
        return []
    by_import = {
        name
        for name, origin in imported(module).items()
        if origin.endswith(".text") and origin.startswith(LIBRARIES)
    }
    return [
        module.at(call)
        for call in calls(module, "text", *BEHIND_THE_SESSION, *by_import)
        if not isinstance(call.func, ast.Name) or call.func.id in by_import
        if not isinstance(call.func, ast.Attribute)
        or call.func.attr in BEHIND_THE_SESSION
        or ast.unparse(call.func.value).split(".")[0] in LIBRARIES
    ]


def test_no_statement_is_spelt_in_the_rooms() -> None:
    assert [fault for module in modules("cases", "api") for fault in spells_sql(module)] == []


def test_a_spelt_statement_is_caught() -> None:
    for source in (
        "from sqlalchemy import text\ndb.execute(text('DELETE FROM cases'))",
        "from sqlmodel import text as sql\ndb.execute(sql('DELETE FROM cases'))",
        "import sqlalchemy as sa\ndb.execute(sa.text('DELETE FROM cases'))",
        "from x import y\nbare.exec_driver_sql('DELETE FROM cases')",
        "from x import y\ndb.connection().execute(delete(Case))",
        "from x import y\nwith house.engine.connect() as bare: bare.execute(delete(Case))",
    ):
        assert spells_sql(Module("cases/retention.py", source)) == ["cases/retention.py:2"], source
    assert not spells_sql(Module("api/portal/pages.py", "locale.text('receipt')"))
