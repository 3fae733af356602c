"""what two people delete as not relevant: sealed bytes may be emptied, once, and only with their day.

Revision: 0011_main; follows: 0010_main.

Until now no column of a record but its delivery could change. From now on its envelope can become empty where
the day of it is written in the same statement; that day never changes again, and nothing fills the envelope.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_main"
down_revision = "0010_main"
branch_labels = None
depends_on = None

SEALED = "id, version, case_id, report_id, kind, epoch, field, created_on, deleted, content"
"""Columns of a record that never change at all."""

EMPTIED = "OLD.redacted_on IS NULL AND NEW.redacted_on IS NOT NULL AND length(NEW.env) = 0"
"""The one change of an envelope that is let pass."""

REFUSAL = "BEGIN SELECT RAISE(ABORT, 'rows of record are added, never changed'); END"

FUNCTION = f"""
CREATE FUNCTION tribune_emptied_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({EMPTIED}) THEN
    RAISE EXCEPTION 'rows of record are added, never changed'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Make place for the day, and let envelopes be emptied."""
    op.add_column("record", sa.Column("redacted_on", sa.Date(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER record_no_update")
        _sqlite("record_no_update", SEALED)
        _sqlite("record_emptied_only", "env, redacted_on", f"WHEN NOT ({EMPTIED}) ")
        return
    op.execute("DROP TRIGGER record_grows_only ON record")
    _always("record_grows_only", SEALED, "FOR EACH STATEMENT EXECUTE FUNCTION tribune_grows_only()")
    op.execute(FUNCTION)
    _always(
        "record_emptied_only",
        "env, redacted_on",
        "FOR EACH ROW EXECUTE FUNCTION tribune_emptied_only()",
    )


def _sqlite(name: str, columns: str, when: str = "") -> None:
    op.execute(f"CREATE TRIGGER {name} BEFORE UPDATE OF {columns} ON record {when}{REFUSAL}")


def _always(name: str, columns: str, what: str) -> None:
    """A trigger that `session_replication_role = replica` does not pass by."""
    op.execute(f"CREATE TRIGGER {name} BEFORE UPDATE OF {columns} ON record {what}")
    op.execute(f"ALTER TABLE record ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    """Go back.

    Raises:
        RuntimeError: something was deleted; the earlier shape could not tell it from what was damaged.
    """
    record = sa.table("record", sa.column("redacted_on"))
    deleted = sa.select(sa.func.count()).where(record.c.redacted_on.is_not(None))
    if op.get_bind().execute(deleted).scalar_one():
        raise RuntimeError("record holds rows that were deleted as not relevant")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER record_emptied_only")
        op.execute("DROP TRIGGER record_no_update")
        _sqlite("record_no_update", f"{SEALED}, env")
    else:
        op.execute("DROP TRIGGER record_emptied_only ON record")
        op.execute("DROP FUNCTION tribune_emptied_only()")
        op.execute("DROP TRIGGER record_grows_only ON record")
        _always(
            "record_grows_only",
            f"{SEALED}, env",
            "FOR EACH STATEMENT EXECUTE FUNCTION tribune_grows_only()",
        )
    op.drop_column("record", "redacted_on")
