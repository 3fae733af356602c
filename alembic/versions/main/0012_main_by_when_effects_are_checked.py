"""by when effects are checked: half a year after a recommendation was carried out.

Revision: 0012_main; follows: 0011_main.

What was carried out before gets its row when it is next written: its day is sealed, and opened by no migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_main"
down_revision = "0011_main"
branch_labels = None
depends_on = None

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON effect_check TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "effect_check",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("told", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_effect_check_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["staff.id"],
            name=op.f("fk_effect_check_owner"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_effect_check")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_effect_check_case_id"), "effect_check", ["case_id"])
    op.create_index(op.f("ix_effect_check_due"), "effect_check", ["due"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS)


def downgrade() -> None:
    """Drop the table.

    Raises:
        RuntimeError: effects wait to be checked; nobody would be told of their days.
    """
    held = sa.select(sa.func.count()).select_from(sa.table("effect_check"))
    if op.get_bind().execute(held).scalar_one():
        raise RuntimeError("effect_check holds rows")
    op.drop_table("effect_check")
