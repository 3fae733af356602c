"""conflicts of interest: names told apart, the register of ties, certificates, who heads an office.

Revision: 0007_main; follows: 0006_main.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_main"
down_revision = "0006_main"
branch_labels = None
depends_on = None

TABLES = ("certificate", "interest", "interest_statement", "office_head", "told_apart")

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "certificate",
        *_authority(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("category_group", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        _to("certificate", "staff", "staff.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint(
            "staff", "category_group", name=op.f("uq_certificate_staff_category_group")
        ),
    )
    op.create_table(
        "interest",
        *_authority(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        _to("interest", "staff", "staff.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest")),
    )
    op.create_index(op.f("ix_interest_staff"), "interest", ["staff"], unique=False)
    op.create_table(
        "interest_statement",
        *_authority(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        _to("interest_statement", "staff", "staff.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_statement")),
    )
    op.create_index(
        "ix_interest_statement_staff", "interest_statement", ["staff", "stated_on"], unique=False
    )
    op.create_table(
        "office_head",
        *_authority(),
        sa.Column("office", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        _to("office_head", "office", "office.id"),
        _to("office_head", "staff", "staff.id"),
        sa.PrimaryKeyConstraint("office", name=op.f("pk_office_head")),
    )
    op.create_table(
        "told_apart",
        *_authority(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        _to("told_apart", "case_id", "cases.id"),
        sa.PrimaryKeyConstraint("case_id", "tag", name=op.f("pk_told_apart")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS.format(tables=", ".join(TABLES)))


def downgrade() -> None:
    """Take the tables away.

    Raises:
        RuntimeError: one of them holds rows; they would be lost.
    """
    for name in TABLES:
        count = sa.select(sa.func.count()).select_from(sa.table(name))
        if op.get_bind().execute(count).scalar_one():
            raise RuntimeError(f"{name} holds rows")
    op.drop_index("ix_interest_statement_staff", table_name="interest_statement")
    op.drop_index(op.f("ix_interest_staff"), table_name="interest")
    for name in TABLES:
        op.drop_table(name)


def _authority() -> tuple[sa.Column[int], sa.Column[bytes]]:
    return (
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
    )


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [target],
        name=op.f(f"fk_{table}_{column}"),
        initially="DEFERRED",
        deferrable=True,
    )
