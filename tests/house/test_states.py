"""A case changes its state by a transition of its workflow, and in no other way."""

from __future__ import annotations

import ast

from tests.house.tree import Module, modules

ONLY_PLACES = ("cases/transitions.py", "cases/transitions/")


def assigns_a_state(module: Module) -> list[str]:
    """Assignments to `.state` of anything but `self`, and bulk updates that set it."""
    if module.path.startswith(ONLY_PLACES):
        return []
    return [module.at(node) for node in module.walk() if _sets_it(node)]


def _sets_it(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return any(_is_state(part) for target in targets for part in ast.walk(target))
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return _is_state(target)
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="state"), *_]):
            return True
        case ast.Call(func=ast.Attribute(attr="values"), keywords=keywords):
            return any(keyword.arg == "state" for keyword in keywords)
        case _:
            return False


def _is_state(target: ast.AST) -> bool:
    match target:
        case ast.Attribute(value=ast.Name(id="self")):
            return False  # an error that carries the state it met
        case ast.Attribute(attr="state", ctx=ast.Store()):
            return True
        case _:
            return False


def test_only_a_transition_changes_a_state() -> None:
    assert [fault for module in modules("cases", "api") for fault in assigns_a_state(module)] == []


def test_a_state_changed_elsewhere_is_caught() -> None:
    for line in (
        "case.state = 'closed'",
        "case.state, case.seq = 'closed', 3",
        "case.state: str = 'closed'",
        "setattr(case, 'state', 'closed')",
        "db.execute(update(Case).values(state='closed'))",
    ):
        assert assigns_a_state(Module("cases/triage.py", line)) == ["cases/triage.py:1"], line
    assert not assigns_a_state(Module("cases/transitions.py", "case.state = 'closed'"))
    assert not assigns_a_state(Module("cases/errors.py", "self.state = state"))
