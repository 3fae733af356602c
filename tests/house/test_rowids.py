"""SQLite's row number would betray the order in which reporters came."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import make_url

if TYPE_CHECKING:
    from tests.databases import Databases

NEVER_A_REPORTERS = {
    "main": {
        "alembic_version",
        *("deployment", "directory_head", "unit", "office", "own_days", "unit_wrap", "snapshot"),
        *("staff", "posting", "membership", "staff_unlock", "staff_second_factor"),
        *(
            "staff_enrolment",
            "recovery_wrap",
            "house_proposal",
            "assignment",
            "declaration",
            "proposal",
            "wall_count",
            "staff_mailbox",
            "reporter_text",
            "timed_access",
        ),
        *("certificate", "interest", "interest_statement", "office_head", "referral_body"),
        *(
            "audit_leaf",
            "audit_hash",
            "audit_checkpoint",
            "audit_publication",
        ),  # in the tree's order, which is public
    },
    "vault": {"alembic_version"},
}
"""Tables in which staff, an operator or the sequencer make every row: their order tells nothing."""

CERTAINLY_A_REPORTERS = {
    "main": {"audit_event", "audit_body", "audit_pending", "report", "record", "reporter_key"},
    "vault": {"shred_key"},
}


def numbers_its_rows(connection: sqlite3.Connection) -> set[str]:
    """Those tables whose rows SQLite numbers as they arrive."""
    made = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    return {name for name, sql in made if "WITHOUT ROWID" not in sql.upper()}


def test_no_table_of_the_reporters_lane_numbers_its_rows(databases: Databases) -> None:
    backend = databases.fresh("sqlite")
    for branch, url in (("main", backend.main_url), ("vault", backend.vault_url)):
        with closing(sqlite3.connect(make_url(url).database or "")) as connection:
            there = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            assert {name for (name,) in there} >= CERTAINLY_A_REPORTERS[branch]
            assert numbers_its_rows(connection) - NEVER_A_REPORTERS[branch] == set()


def test_a_table_that_numbers_its_rows_is_caught() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE report (id BLOB PRIMARY KEY)")
        connection.execute("CREATE TABLE record (id BLOB PRIMARY KEY) WITHOUT ROWID")
        assert numbers_its_rows(connection) == {"report"}
