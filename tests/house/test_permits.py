"""Only the trail hands out the permit to read, so that there is no reading without a trace."""

from __future__ import annotations

from tests.house.tree import ROOMS, Module, calls, imported, modules

ONLY_PLACE = "cases/audit/log.py"


def hands_out_a_permit(module: Module) -> list[str]:
    """Where a `ReadPermit` is made, by its own name or by one it was imported under."""
    if module.path == ONLY_PLACE:
        return []
    renamed = {name for name, origin in imported(module).items() if origin.endswith(".ReadPermit")}
    return [module.at(call) for call in calls(module, "ReadPermit", *renamed)]


def test_only_the_trail_makes_a_permit() -> None:
    assert [fault for module in modules(*ROOMS) for fault in hands_out_a_permit(module)] == []


def test_the_trail_does_make_it() -> None:
    trail = [module for module in modules("cases") if module.path == ONLY_PLACE]
    assert trail
    assert calls(trail[0], "ReadPermit")


def test_a_permit_made_elsewhere_is_caught() -> None:
    for source in (
        "ReadPermit(1, frozenset())",
        "permits.ReadPermit(work=1, cases=frozenset())",
        "from cases.permits import ReadPermit as P; P(1, frozenset())",
    ):
        assert hands_out_a_permit(Module("cases/reading.py", source)) == ["cases/reading.py:1"]
