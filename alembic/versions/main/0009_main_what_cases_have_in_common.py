"""what cases have in common, and what is to be looked into after a check-in.

Revision: 0009_main; follows: 0008_main.

`subject_index` holds blind tokens under the key of a unit, `subject_waiting` what is to become such tokens.
`follow_up` has a row for every answer to a check-in, whatever it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_main"
down_revision = "0008_main"
branch_labels = None
depends_on = None

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON subject_index, subject_waiting, follow_up TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "subject_index",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        _belongs("subject_index", "unit", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_index")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subject_index_token", "subject_index", ["unit", "token"], unique=False)
    op.create_table(
        "subject_waiting",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        _belongs("subject_waiting", "unit", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_waiting")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_subject_waiting_unit"), "subject_waiting", ["unit"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        _belongs("follow_up", "case_id", "cases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_follow_up_case_id"), "follow_up", ["case_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS)


def downgrade() -> None:
    """Go back.

    Raises:
        RuntimeError: what was recorded would be lost.
    """
    for table in ("subject_index", "subject_waiting", "follow_up"):
        kept = sa.select(sa.func.count()).select_from(sa.table(table))
        if op.get_bind().execute(kept).scalar_one():
            raise RuntimeError(f"{table} holds rows")
    for table in ("follow_up", "subject_waiting", "subject_index"):
        op.drop_table(table)


def _belongs(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{to}.id"],
        name=op.f(f"fk_{table}_{column}"),
        initially="DEFERRED",
        deferrable=True,
    )
