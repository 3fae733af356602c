"""bodies can be erased where that is on record; the trail knows what was published.

Revision: 0004_main; follows: 0003_main.

A body may be deleted only when `audit_erasure` names its event, a table that itself only grows: what
went, and that it went by the book, stays on record. In PostgreSQL the service deletes through one
function and has no right to the table.

`audit_pending` no longer says which delivery waits for an event: the delivery itself says it, sealed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_main"
down_revision = "0003_main"
branch_labels = None
depends_on = None

GROWS_ONLY = {"audit_erasure": "event_id = NEW.event_id", "audit_publication": "size = NEW.size"}
"""Table -> what makes a new row one that stands already."""

BODY_GUARD = """
CREATE FUNCTION tribune_erased_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM audit_erasure WHERE event_id = OLD.event_id) THEN
    RAISE EXCEPTION 'rows of audit_body are added, never changed'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$
"""

ERASE = """
CREATE FUNCTION tribune_erase(events uuid[]) RETURNS bigint LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH gone AS (DELETE FROM public.audit_body WHERE event_id = ANY (events) RETURNING 1)
  SELECT count(*) FROM gone
$$
"""

RIGHTS = """
DO $$
BEGIN
  REVOKE ALL ON FUNCTION tribune_erase(uuid[]) FROM PUBLIC;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT ON audit_erasure TO tribune_app;
    REVOKE UPDATE, DELETE, TRUNCATE ON audit_erasure FROM tribune_app;
    GRANT SELECT ON audit_publication TO tribune_app;
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_publication FROM tribune_app;
    GRANT EXECUTE ON FUNCTION tribune_erase(uuid[]) TO tribune_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_seq') THEN
    GRANT SELECT, INSERT ON audit_publication TO tribune_seq;
    GRANT SELECT (n) ON directory_head TO tribune_seq;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_auditor') THEN
    GRANT SELECT ON audit_erasure, audit_publication TO tribune_auditor;
  END IF;
END $$
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "audit_erasure",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["audit_event.event_id"],
            name=op.f("fk_audit_erasure_event_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_erasure")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_publication",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"],
            ["audit_checkpoint.size"],
            name=op.f("fk_audit_publication_size"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_publication")),
    )
    op.drop_column("audit_pending", "delivery_id")
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _refusal(table: str) -> str:
    return f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are added, never changed'); END"


def _guard_sqlite() -> None:
    for table, same in GROWS_ONLY.items():
        refuse = _refusal(table)
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}"
        )
    op.execute("DROP TRIGGER audit_body_no_delete")
    op.execute(
        "CREATE TRIGGER audit_body_no_delete BEFORE DELETE ON audit_body "
        "WHEN NOT EXISTS (SELECT 1 FROM audit_erasure WHERE event_id = OLD.event_id) "
        + _refusal("audit_body")
    )


def _guard_postgresql() -> None:
    for table in GROWS_ONLY:
        _always(
            f"{table}_grows_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION tribune_grows_only()"
        )
    op.execute("DROP TRIGGER audit_body_grows_only ON audit_body")
    _always(
        "audit_body_grows_only BEFORE UPDATE OR TRUNCATE ON audit_body "
        "FOR EACH STATEMENT EXECUTE FUNCTION tribune_grows_only()"
    )
    op.execute(BODY_GUARD)
    _always(
        "audit_body_erased_only BEFORE DELETE ON audit_body "
        "FOR EACH ROW EXECUTE FUNCTION tribune_erased_only()"
    )
    op.execute(ERASE)
    op.execute(RIGHTS)


def _always(trigger: str) -> None:
    """A trigger that `session_replication_role = replica` does not pass by."""
    name, table = trigger.partition(" ")[0], trigger.partition(" ON ")[2].split(maxsplit=1)[0]
    op.execute(f"CREATE TRIGGER {trigger}")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    """Go back.

    Raises:
        RuntimeError: bodies were erased, or checkpoints published; that would be lost.
    """
    for table in GROWS_ONLY:
        held = sa.select(sa.func.count()).select_from(sa.table(table))
        if op.get_bind().execute(held).scalar_one():
            raise RuntimeError(f"{table} holds rows")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_body_no_delete")
        op.execute(
            "CREATE TRIGGER audit_body_no_delete BEFORE DELETE ON audit_body "
            + _refusal("audit_body")
        )
    else:
        op.execute("DROP FUNCTION tribune_erase(uuid[])")
        op.execute("DROP TRIGGER audit_body_erased_only ON audit_body")
        op.execute("DROP FUNCTION tribune_erased_only()")
        op.execute("DROP TRIGGER audit_body_grows_only ON audit_body")
        _always(
            "audit_body_grows_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_body "
            "FOR EACH STATEMENT EXECUTE FUNCTION tribune_grows_only()"
        )
    op.add_column("audit_pending", sa.Column("delivery_id", sa.Uuid(), nullable=True))
    op.drop_table("audit_publication")
    op.drop_table("audit_erasure")
