"""The project as the rules of the house see it: modules as trees, and the tracked files."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("api", "cases", "workflows")
PASSED_OVER = {".venv", "build", "dist", "__pycache__", ".git"}


@dataclass(frozen=True)
class Module:
    """One Python file.

    Attributes:
        path: Relative to the project, with slashes: `cases/audit/log.py`.
        source: Its text.
    """

    path: str
    source: str

    @property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return _parsed(self.path, self.source)

    def walk(self) -> Iterator[ast.AST]:
        """Every node, in no order that matters."""
        return ast.walk(self.tree)

    def at(self, node: ast.AST) -> str:
        """Where a node stands, as an editor understands it."""
        return f"{self.path}:{getattr(node, 'lineno', 0)}"


@lru_cache(maxsize=1_024)
def _parsed(path: str, source: str) -> ast.Module:
    """A syntax tree; every rule walks them all, and making them takes longer than walking."""
    return ast.parse(source, path)


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file below these folders.

    Raises:
        AssertionError: One of them holds none, so that a rule would hold of nothing.
    """
    found = []
    for folder in folders:
        here = [path for path in sorted((ROOT / folder).rglob("*.py")) if not _passed_over(path)]
        assert here, f"no module in {folder}/: the rule would hold of nothing"
        found += here
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in found
    )


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control, or, outside a checkout, every file there is."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not _passed_over(path)]
    files = tuple(path for path in found if path.is_file())
    assert files, "no file to look at: the rule would hold of nothing"
    return files


def calls(module: Module, *names: str) -> list[ast.Call]:
    """Calls of a function or a method of one of these names: `f(…)`, `x.f(…)`."""
    return [
        node for node in module.walk() if isinstance(node, ast.Call) and last_name(node) in names
    ]


def own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function that are not another function's."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from own(child)


def last_name(call: ast.Call) -> str:
    """What a call calls: `f` for both `f()` and `x.y.f()`; empty for anything stranger."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def imported(module: Module) -> dict[str, str]:
    """What a module imports: dotted origin of each local name."""
    found: dict[str, str] = {}
    for node in module.walk():
        if isinstance(node, ast.ImportFrom):
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.asname or a.name: a.name for a in node.names}
    return found


def _passed_over(path: Path) -> bool:
    return not PASSED_OVER.isdisjoint(path.relative_to(ROOT).parts)
