"""Collection: the door through which a held record came"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    with op.batch_alter_table("quarantine") as table:
        table.add_column(sa.Column("channel", sa.String(20), nullable=False, server_default="field"))


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("quarantine") as table:
        table.drop_column("channel")
