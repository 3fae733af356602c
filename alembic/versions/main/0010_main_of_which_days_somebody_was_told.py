"""of which days somebody was told: nobody is told twice of the same one.

Revision: 0010_main; follows: 0009_main.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_main"
down_revision = "0009_main"
branch_labels = None
depends_on = None

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON day_told TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "day_told",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_day_told_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_told")),
        sa.UniqueConstraint("case_id", "level", "due", name=op.f("uq_day_told_case_id_level_due")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS)


def downgrade() -> None:
    """Drop the table.

    Raises:
        RuntimeError: somebody was told of a day; they would be told again.
    """
    held = sa.select(sa.func.count()).select_from(sa.table("day_told"))
    if op.get_bind().execute(held).scalar_one():
        raise RuntimeError("day_told holds rows")
    op.drop_table("day_told")
