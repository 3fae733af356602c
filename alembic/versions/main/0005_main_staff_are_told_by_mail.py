"""staff are told by mail: where they are written to, what they are to be told, and texts of one's own.

Revision: 0005_main; follows: 0004_main.

Addresses, and what an e-mail is about, are sealed; there is no column for a reporter. `reporter_text` holds the
standard texts that an administration worded itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_main"
down_revision = "0004_main"
branch_labels = None
depends_on = None

RIGHTS = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tribune_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON staff_mailbox, outbox, reporter_text TO tribune_app;
  END IF;
END $$
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "reporter_text",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporter_text")),
        sa.UniqueConstraint("code", "language", name=op.f("uq_reporter_text_code_language")),
    )
    op.create_table(
        "staff_mailbox",
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_staff_mailbox_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_staff_mailbox")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("mail", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("after", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_outbox_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_outbox_staff"), "outbox", ["staff"], unique=False)
    op.create_index(op.f("ix_outbox_after"), "outbox", ["after"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RIGHTS)


def downgrade() -> None:
    """Go back.

    Raises:
        RuntimeError: the administration's own texts, or addresses of staff, would be lost.
    """
    for table in ("reporter_text", "staff_mailbox"):
        kept = sa.select(sa.func.count()).select_from(sa.table(table))
        if op.get_bind().execute(kept).scalar_one():
            raise RuntimeError(f"{table} holds rows")
    op.drop_table("outbox")
    op.drop_table("staff_mailbox")
    op.drop_table("reporter_text")
