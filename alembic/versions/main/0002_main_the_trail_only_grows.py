"""the trail only grows: no update, no delete, no replacement, in either database.

Revision: 0002_main; follows: 0001_main.

SQLite's INSERT OR REPLACE deletes without a delete trigger unless recursive triggers are on, which a
connection of somebody else's does not have; so an insert over an existing key is refused too. In
PostgreSQL `session_replication_role = replica` passes an ordinary trigger; ENABLE ALWAYS does not.
"""

from alembic import op

revision = "0002_main"
down_revision = "0001_main"
branch_labels = None
depends_on = None

GROWS_ONLY = {
    "audit_event": "event_id = NEW.event_id OR leaf_hash = NEW.leaf_hash",
    "audit_body": "event_id = NEW.event_id",
    "audit_leaf": "leaf_index = NEW.leaf_index OR event_id = NEW.event_id",
    "audit_hash": "level = NEW.level AND idx = NEW.idx",
    "audit_checkpoint": "size = NEW.size",
    "record": "id = NEW.id AND version = NEW.version",
}
"""Table -> what makes a new row one that stands already."""

DELETED_WHEN_FORGOTTEN = {"record"}
"""Records are deleted when their case is forgotten, so only their change and replacement is refused."""

SEALED_COLUMNS = {
    "record": "id, version, case_id, report_id, kind, epoch, field, created_on, deleted, content, env"
}
"""Columns that never change, where not all of them: a record is marked `delivered`, with its number."""

FUNCTION = """
CREATE FUNCTION tribune_grows_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are added, never changed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tribune_app;
    REVOKE UPDATE, DELETE, TRUNCATE
      ON audit_event, audit_body, audit_leaf, audit_hash, audit_checkpoint FROM tribune_app;
    REVOKE INSERT ON audit_leaf, audit_hash, audit_checkpoint FROM tribune_app;
    REVOKE UPDATE, DELETE, TRUNCATE ON audit_pending FROM tribune_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_seq') THEN
    GRANT SELECT ON audit_event, audit_pending, audit_leaf, audit_hash, audit_checkpoint TO tribune_seq;
    GRANT INSERT ON audit_event, audit_body, audit_leaf, audit_hash, audit_checkpoint TO tribune_seq;
    GRANT DELETE ON audit_pending TO tribune_seq;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_auditor') THEN
    GRANT SELECT ON audit_event, audit_body, audit_pending, audit_leaf, audit_hash, audit_checkpoint
      TO tribune_auditor;
  END IF;
END $$
"""


def upgrade() -> None:
    """Set the guards."""
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _update(table: str) -> str:
    return f"UPDATE OF {SEALED_COLUMNS[table]}" if table in SEALED_COLUMNS else "UPDATE"


def _guard_sqlite() -> None:
    for table, same in GROWS_ONLY.items():
        refuse = f"SELECT RAISE(ABORT, 'rows of {table} are added, never changed');"
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE {_update(table)} ON {table} "
            f"BEGIN {refuse} END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) BEGIN {refuse} END"
        )
        if table not in DELETED_WHEN_FORGOTTEN:
            op.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END"
            )


def _guard_postgresql() -> None:
    op.execute(FUNCTION)
    for table in GROWS_ONLY:
        acts = _update(table) if table in DELETED_WHEN_FORGOTTEN else "UPDATE OR DELETE OR TRUNCATE"
        op.execute(
            f"CREATE TRIGGER {table}_grows_only BEFORE {acts} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION tribune_grows_only()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_grows_only")
    op.execute(RIGHTS)


def downgrade() -> None:
    """Take the guards away."""
    if op.get_bind().dialect.name == "sqlite":
        for table in GROWS_ONLY:
            for guard in ("no_update", "no_replace", "no_delete"):
                op.execute(f"DROP TRIGGER IF EXISTS {table}_{guard}")
        return
    for table in GROWS_ONLY:
        op.execute(f"DROP TRIGGER {table}_grows_only ON {table}")
    op.execute("DROP FUNCTION tribune_grows_only()")
