"""what was agreed with other authorities: how cases go to them, and whether anonymous ones may.

Revision: 0013_main; follows: 0012_main.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_main"
down_revision = "0012_main"
branch_labels = None
depends_on = None

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON referral_body TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "referral_body",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=True),
        sa.Column("legal_basis", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("public_key", sa.String(), nullable=True),
        sa.Column("contact_role", sa.String(), nullable=True),
        sa.Column("accepts_anonymous", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_body")),
        sa.UniqueConstraint("body", name=op.f("uq_referral_body_body")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS)


def downgrade() -> None:
    """Drop the table.

    Raises:
        RuntimeError: something was agreed; it would be lost, and anonymous matters go where they may not.
    """
    held = sa.select(sa.func.count()).select_from(sa.table("referral_body"))
    if op.get_bind().execute(held).scalar_one():
        raise RuntimeError("referral_body holds rows")
    op.drop_table("referral_body")
