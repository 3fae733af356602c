"""what one administrator proposes: every act that could open a way to content waits for a second person.

Revision: 0003_main; follows: 0002_main.

Proposals used to be of roles alone. Their rows carry a MAC over their columns under a key that no migration
has, so they cannot be carried into the new form: a role that waits has to be proposed again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_main"
down_revision = "0002_main"
branch_labels = None
depends_on = None

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the new table; the old one goes."""
    op.drop_index(op.f("ix_role_proposal_staff"), table_name="role_proposal")
    op.drop_table("role_proposal")
    op.create_table(
        "house_proposal",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["staff.id"],
            name=op.f("fk_house_proposal_proposed_by"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_proposal")),
    )
    _grant("house_proposal")


def downgrade() -> None:
    """Make the old table again.

    Raises:
        RuntimeError: something waits; it would be lost.
    """
    waiting = sa.select(sa.func.count()).select_from(sa.table("house_proposal"))
    if op.get_bind().execute(waiting).scalar_one():
        raise RuntimeError("house_proposal holds rows")
    op.drop_table("house_proposal")
    op.create_table(
        "role_proposal",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [target],
                name=op.f(f"fk_role_proposal_{column}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, target in (
                ("proposed_by", "staff.id"),
                ("staff", "staff.id"),
                ("unit", "unit.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_proposal")),
        sa.UniqueConstraint("staff", "unit", "role", name=op.f("uq_role_proposal_staff_unit_role")),
    )
    op.create_index(op.f("ix_role_proposal_staff"), "role_proposal", ["staff"], unique=False)
    _grant("role_proposal")


def _grant(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS.format(table=table))
