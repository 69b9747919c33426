"""Progress and assignments: indexes from which the counts of the office are read without touching the records."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_submission_standing": ("submission", ["round_id", "sample_unit_id", "state", "outcome", "updated_at"]),
    "ix_submission_round_updated": ("submission", ["round_id", "updated_at", "id"]),
    "ix_submission_round_created": ("submission", ["round_id", "created_at", "state", "sample_unit_id"]),
    "ix_sample_unit_plan": ("sample_unit", ["round_id", "role", "kind", "psu"]),
}


def upgrade() -> None:
    """Make the indexes."""
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Take them away again."""
    for name, (table, _columns) in _INDEXES.items():
        op.drop_index(name, table)
