"""Statements are compiled once in a process, and not once for every engine.

SQLAlchemy keeps what it compiled with the engine it was compiled for. A service has two engines; a run of
the tests makes thousands of them, all of two dialects and one server, and would spend a sixth of its time
on compiling the same statements again.
"""

from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[object, object] = LRUCache(5_000)


def _same_dialect(one: DefaultDialect, other: object) -> bool:
    return type(one) is type(other)


def _kind_of(dialect: DefaultDialect) -> int:
    return hash(type(dialect))


def share() -> None:
    """Let every engine of this process use one cache; dialects of one kind count as one."""
    setattr(DefaultDialect, "__eq__", _same_dialect)  # noqa: B010  (mypy forbids assigning a method)
    setattr(DefaultDialect, "__hash__", _kind_of)  # noqa: B010
    shared = property(lambda _: _COMPILED, lambda _, __: None)
    setattr(Engine, "_compiled_cache", shared)  # noqa: B010
