"""the days an administration sets itself: by which its calendar differs from its country's.

Revision: 0006_main; follows: 0005_main.

A table of its own, because the row of the installation carries a MAC over its columns, under a key that no
migration has. Until somebody changes them, the days off of the founding hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_main"
down_revision = "0005_main"
branch_labels = None
depends_on = None

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON own_days TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "own_days",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("closed", sa.JSON(), nullable=False),
        sa.Column("opened", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_days")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS)


def downgrade() -> None:
    """Drop the table.

    Raises:
        RuntimeError: days were set; they would be lost.
    """
    held = sa.select(sa.func.count()).select_from(sa.table("own_days"))
    if op.get_bind().execute(held).scalar_one():
        raise RuntimeError("own_days holds rows")
    op.drop_table("own_days")
