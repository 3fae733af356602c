"""what is open for a time: identities, emergencies, copies; restricted cases; identities forgotten first.

Revision: 0008_main; follows: 0007_main.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_main"
down_revision = "0007_main"
branch_labels = None
depends_on = None

RESTRICTED = sa.text("level IN ('L3', 'L4')")
RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON timed_access TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the table, the column and the index."""
    op.create_table(
        "timed_access",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.Uuid(), nullable=True),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("first", sa.Uuid(), nullable=True),
        sa.Column("second", sa.Uuid(), nullable=True),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("tells", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("answered", sa.LargeBinary(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [target],
                name=op.f(f"fk_timed_access_{column}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, target in (
                ("case_id", "cases.id"),
                ("report_id", "report.id"),
                ("unit", "unit.id"),
                ("staff", "staff.id"),
                ("first", "staff.id"),
                ("second", "staff.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timed_access")),
    )
    op.create_index("ix_timed_access_case", "timed_access", ["case_id", "staff"])
    op.create_index("ix_timed_access_staff", "timed_access", ["staff", "kind", "status"])
    op.create_index("ix_timed_access_status", "timed_access", ["status", "until"])
    op.add_column("cases", sa.Column("forget_identity_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_cases_restricted",
        "cases",
        ["id"],
        sqlite_where=RESTRICTED,
        postgresql_where=RESTRICTED,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS)


def downgrade() -> None:
    """Take them away.

    Raises:
        RuntimeError: something was asked for or opened; the trail would speak of what is not there.
    """
    asked = sa.select(sa.func.count()).select_from(sa.table("timed_access"))
    if op.get_bind().execute(asked).scalar_one():
        raise RuntimeError("timed_access holds rows")
    op.drop_index("ix_cases_restricted", table_name="cases")
    op.drop_column("cases", "forget_identity_on")
    op.drop_table("timed_access")
