"""How the databases go about the queue's SQL, and where they read more than they need."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing

import psycopg
from sqlalchemy import make_url

from benchmarks.views import BIG, Asked

SORTS = "sorts what it found before it can cut it to a page"

Plan = tuple[str, list[str], list[str]]
"""A statement, the steps of its plan, and what is wrong with them."""


def explained(url: str, asked: Sequence[Asked]) -> list[Plan]:
    """The plans of the statements that name growing tables."""
    wanted = [one for one in asked if one.tables()]
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(f"file:{address.database}?mode=ro", uri=True)) as connection:
            return [_of_sqlite(connection, one) for one in wanted]
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as server:
        return [_of_postgres(server, one) for one in wanted]


def report(plans: Mapping[str, list[Plan]]) -> tuple[str, int]:
    """All plans as text, the faulty ones marked, and how many there are of those."""
    lines: list[str] = []
    faults = 0
    for name, found in plans.items():
        lines += ["", f"== {name}"]
        for sql, plan, wrong in found:
            lines += ["", *(f"    {line}" for line in sql.splitlines())]
            lines += [f"    | {line}" for line in plan]
            lines += [f"  ! {fault}" for fault in wrong]
            faults += len(wrong)
    return "\n".join(lines[1:]) + "\n", faults


def _of_sqlite(connection: sqlite3.Connection, asked: Asked) -> Plan:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", asked.values)
    plan = [row[3] for row in rows]
    wrong = []
    for step in plan:
        words = step.split()
        # Along an index in the order that is asked for, a scan ends where the page does.
        along = "USING" in words and asked.paged()
        if words[0] == "SCAN" and words[1] in BIG and not along:
            wrong.append(f"reads the whole of {words[1]}")
        if asked.paged() and step.startswith("USE TEMP B-TREE FOR ORDER BY"):
            wrong.append(SORTS)
    return asked.sql, plan, wrong


def _of_postgres(server: psycopg.Connection, asked: Asked) -> Plan:
    rows = server.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {asked.sql}".encode(), asked.values)
    plan = [row[0] for row in rows]
    wrong = []
    for step in plan:
        line = step.strip().removeprefix("-> ").strip()
        if line.startswith(("Seq Scan on", "Parallel Seq Scan on")):
            wrong += [f"reads the whole of {table}" for table in BIG.intersection(line.split())]
        if asked.paged() and line.startswith("Sort "):
            wrong.append(SORTS)
    return asked.sql, plan, wrong
