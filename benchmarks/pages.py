"""A page of 50 cases among few and among many, and the same SQL by the bare driver."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import elsewhere, plans, seeding, servers, views
from benchmarks.figures import Figure, Turns, in_turns, milliseconds
from benchmarks.places import Place
from benchmarks.plans import Plan
from benchmarks.servers import Server
from benchmarks.sizes import Sizes
from benchmarks.views import VIEWS, Asked
from benchmarks.wire import Client

AIM = 1.2
COUNT = "/v1/cases/count?by=state"
FILES = 10
"""Case files that are read in turn."""
PEER_MS = {1_000: "26 ms", 10_000: "52 ms", 100_000: "214 ms"}
"""A peer's dashboard."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One size of the queue: its server, its clients, and how its SQL is run bare.

    Attributes:
        files: paths of case files the reader declared for; none where their content was not copied.
    """

    cases: int
    server: Server
    clients: Mapping[str, Client]
    asked: Mapping[str, Sequence[Asked]]
    bare: Callable[[Sequence[Asked]], float]
    url: str
    files: Sequence[str]


def measure(
    sizes: Sizes, folder: Path, kept: Path, *, plan_file: Path, postgres: str | None
) -> list[Figure]:
    """Every view on SQLite and, where there is one, on PostgreSQL.

    Args:
        folder: for logs.
        kept: where seeded installations stay.
        plan_file: takes the query plans.
        postgres: the address of a server.
    """
    both = [seeding.seeded(kept, count) for count in sorted({sizes.few, sizes.many})]
    urls = [f"sqlite:///{place.directory / 'tribune.db'}" for place in both]
    figures, found = _on(sizes, folder, "SQLite", both, urls)
    if postgres:
        urls = [elsewhere.copied(place, postgres) for place in both]
        more, elsewhere_found = _on(sizes, folder, "PostgreSQL", both, urls)
        figures, found = figures + more, found | elsewhere_found
    text, faults = plans.report(found)
    plan_file.write_text(text, "utf-8")
    print(f"query plans in {plan_file}; {faults} to look at, marked !", file=sys.stderr)
    return figures


def _on(
    sizes: Sizes, folder: Path, kind: str, both: Sequence[Place], urls: Sequence[str]
) -> tuple[list[Figure], dict[str, list[Plan]]]:
    with ExitStack() as stack:
        opened = [
            _opened(stack, place, url, folder / f"{kind}-{place.cases}.log", copy=kind != "SQLite")
            for place, url in zip(both, urls, strict=True)
        ]
        few, many = opened[0], opened[-1]
        turns = in_turns(_acts(sizes, few, many), sizes.page_rounds, unmeasured=sizes.unmeasured)
        found = {
            f"{kind}, {view.name}, {many.cases:,} cases": plans.explained(
                many.url, many.asked[view.name]
            )
            for view in VIEWS
        }
    return [*_figures(kind, turns, few, many)], found


def _opened(stack: ExitStack, place: Place, url: str, log: Path, *, copy: bool) -> Kept:
    start = servers.tribune_on(place, url, log) if copy else servers.tribune(place, log)
    server = stack.enter_context(start)
    clients, tokens = {}, {}
    for who in ("reader", "investigator"):
        clients[who] = stack.enter_context(server.client())
        tokens[who] = views.sign_in(clients[who], place, who)
    with views.house_of(place, url) as house:
        asked = {view.name: views.statements(house, tokens[view.by], view) for view in VIEWS}
    driver = stack.enter_context(views.bare_driver(url))
    files = _declared(clients["reader"], place.cases)
    if copy:
        files = []
    else:
        assert clients["reader"].json("GET", files[0])["reports"][0]["body"]
    return Kept(place.cases, server, clients, asked, driver, url, files[:FILES])


def _declared(reader: Client, cases: int) -> list[str]:
    """The case files of a page that its reader may open.

    What is timed is the most that a page can be: it is full, and every title is there.
    """
    items = reader.json("GET", VIEWS[0].path())["items"]
    assert len(items) == min(views.PAGE, cases)
    assert all(item["title"] for item in items)
    return [f"/v1/cases/{item['reference']}" for item in items]


def _acts(sizes: Sizes, few: Kept, many: Kept) -> dict[str, Callable[[], Sequence[float]]]:
    acts: dict[str, Callable[[], Sequence[float]]] = {}
    each = range(sizes.page_each)
    # The two sizes of a view stand side by side, so that a disturbance meets both.
    for view in VIEWS:
        for size, kept in (("few", few), ("many", many)):
            client, path, asked = kept.clients[view.by], view.path(), kept.asked[view.name]
            acts[f"{view.name} {size}"] = lambda c=client, p=path: [  # type: ignore[misc]
                c.timed("GET", p) for _ in each
            ]
            acts[f"{view.name} {size} bare"] = lambda b=kept.bare, a=asked: [  # type: ignore[misc]
                b(a) for _ in each
            ]
    for size, kept in (("few", few), ("many", many)):
        client = kept.clients["reader"]
        acts[f"count {size}"] = lambda c=client: [c.timed("GET", COUNT)]  # type: ignore[misc]
        if kept.files:
            acts[f"file {size}"] = lambda c=client, f=kept.files: [  # type: ignore[misc]
                c.timed("GET", path) for path in f
            ]
    return acts


def _figures(kind: str, turns: Turns, few: Kept, many: Kept) -> list[Figure]:
    figures = []
    for view in VIEWS:
        name = f"{kind}: page of {views.PAGE}, {view.name}"
        here, there = f"{view.name} many", f"{view.name} few"
        figures.append(
            Figure(
                name=f"{name}, {many.cases:,} cases",
                value=turns.median(here) * 1_000,
                unit="ms",
                against=f"{few.cases:,} cases, {milliseconds(turns.median(there))}",
                ratio=turns.ratio(here, there),
                aim=f"<= {AIM}" if view.even else "",
                peer=PEER_MS.get(many.cases, "") if view is VIEWS[0] else "",
            )
        )
        figures.append(
            Figure(
                name=f"{name}, {many.cases:,} cases",
                value=turns.median(here) * 1_000,
                unit="ms",
                against=f"its SQL by the bare driver, {milliseconds(turns.median(f'{here} bare'))}"
                f" (x{turns.ratio(f'{here} bare', f'{there} bare'):.2f} of {few.cases:,} cases)",
                ratio=turns.ratio(here, f"{here} bare"),
            )
        )
    figures.append(
        Figure(
            name=f"{kind}: counts by state, {many.cases:,} cases",
            value=turns.median("count many") * 1_000,
            unit="ms",
            against=f"{few.cases:,} cases, {milliseconds(turns.median('count few'))}",
            ratio=turns.ratio("count many", "count few"),
        )
    )
    if many.files:
        figures.append(
            Figure(
                name=f"{kind}: a whole case file, {many.cases:,} cases",
                value=turns.median("file many") * 1_000,
                unit="ms",
                against=f"{few.cases:,} cases, {milliseconds(turns.median('file few'))}",
                ratio=turns.ratio("file many", "file few"),
                aim=f"<= {AIM}",
            )
        )
    return figures
