"""Data quality, re-interviews, corrections, privacy register"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""


def downgrade() -> None:
    """Take them away again."""
