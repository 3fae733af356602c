"""the shred keys.

Revision: 0001_vault; follows: .
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_vault"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "shred_key",
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("vault_ver", sa.Integer(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tag"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("shred_key")
