"""Figures: measured in turns, compared within the run, printed as a table, kept as JSON."""

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KEPT = ("name", "value", "unit", "against", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        value: in `unit`.
        against: what it is compared with, and what that measured.
        ratio: `value` by what it is compared with; None where it stands alone.
        aim: what the ratio (or, without one, the value) should keep to; only printed.
        peer: what a peer on the same stack needs, on another machine; only printed.
    """

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    aim: str = ""
    peer: str = ""


class Turns:
    """Samples of several things, taken in turns, so that a disturbance hits all of them alike."""

    def __init__(self, names: Iterable[str]) -> None:
        self.rounds: dict[str, list[float]] = {name: [] for name in names}
        """The median of each round, by name."""

    def add(self, name: str, samples: Sequence[float]) -> None:
        """Keep the median of one round."""
        self.rounds[name].append(statistics.median(samples))

    def median(self, name: str) -> float:
        """The median of the rounds' medians."""
        return statistics.median(self.rounds[name])

    def ratio(self, name: str, other: str) -> float:
        """The median of the ratios within each round."""
        pairs = zip(self.rounds[name], self.rounds[other], strict=True)
        return statistics.median(one / two for one, two in pairs)


def in_turns(
    acts: Mapping[str, Callable[[], Sequence[float]]], rounds: int, *, unmeasured: int = 0
) -> Turns:
    """Run every act once a round, each round in the opposite order of the one before.

    Args:
        acts: each gives its samples of one round.
        rounds: how many.
        unmeasured: rounds before, which warm what is warm in service.
    """
    turns = Turns(acts)
    order = list(acts)
    for n in range(unmeasured + rounds):
        for name in order:
            samples = acts[name]()
            if n >= unmeasured:
                turns.add(name, samples)
        order.reverse()
    return turns


def keep(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures as a list of `{name, value, unit, against, ratio}`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{name: _short(getattr(figure, name)) for name in KEPT} for figure in figures]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", "utf-8")


def table(figures: Sequence[Figure]) -> str:
    """The figures for people, one a line."""
    head = ("what", "measured", "against", "ratio", "aim", "a peer needs")
    rows = [
        (
            figure.name,
            f"{_shown(figure.value)} {figure.unit}",
            figure.against,
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.aim,
            figure.peer,
        )
        for figure in figures
    ]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    ruled = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in ruled
    )


def milliseconds(seconds: float) -> str:
    """A duration as it stands in `against`."""
    return f"{_shown(seconds * 1_000)} ms"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _short(value: object) -> object:
    return float(f"{value:.6g}") if isinstance(value, float) else value
