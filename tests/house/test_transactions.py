"""One request is one unit of work, begun, kept or dropped in one place."""

from __future__ import annotations

import ast

from tests.house.tree import ROOMS, Module, calls, modules, own

ALLOWED = {
    "cases/database.py": "the unit of work of the main database",
    "cases/sealing/vault.py": "the vault is a database of its own, and commits before the main one",
    "cases/sealing/conveyor.py": "its `commit` keeps a file; no transaction is meant",
}
OPENERS = ("unit_of_work", "glance", "Session", "Work")


def ends_a_transaction(module: Module) -> list[str]:
    """Calls of a thing's `begin`, `commit` or `rollback` outside the places that may.

    SQLAlchemy's take nothing; a function of that name that is given something is another one.
    """
    if module.path in ALLOWED:
        return []
    return [
        module.at(call)
        for call in calls(module, "begin", "commit", "rollback")
        if not call.args and not call.keywords
    ]


def yields_a_session(module: Module) -> list[str]:
    """Generators in a door that open a session and yield: the dependency that wedges under load.

    FastAPI leaves such a dependency after the answer was validated in another thread, so the
    connection is held while the request waits for a thread. A context manager for
    use inside an endpoint is another matter.
    """
    return [
        module.at(function)
        for function in module.walk()
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own(function))
        and any(_opens(node) for node in own(function))
        and not any("contextmanager" in ast.unparse(mark) for mark in function.decorator_list)
    ]


def _opens(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in OPENERS
        case _:
            return False


def test_only_the_unit_of_work_begins_and_ends_a_transaction() -> None:
    assert [fault for module in modules(*ROOMS) for fault in ends_a_transaction(module)] == []


def test_a_commit_elsewhere_is_caught() -> None:
    for act in ("begin", "commit", "rollback"):
        guilty = Module("cases/triage.py", f"def assess(db):\n    db.{act}()\n")
        assert ends_a_transaction(guilty) == ["cases/triage.py:2"]


def test_the_places_that_may_are_there() -> None:
    assert ALLOWED.keys() <= {module.path for module in modules("cases")}


def test_no_dependency_yields_a_session() -> None:
    assert [fault for module in modules("api") for fault in yields_a_session(module)] == []


def test_a_dependency_that_yields_a_session_is_caught() -> None:
    body = "def db(house):\n    with house.unit_of_work() as session:\n        yield session\n"
    assert yields_a_session(Module("api/deps.py", body)) == ["api/deps.py:1"]
    assert not yields_a_session(Module("api/deps.py", f"@contextmanager\n{body}"))
    nested = "def app(house):\n    house.glance()\n    def life():\n        yield\n"
    assert not yields_a_session(Module("api/main.py", nested))
