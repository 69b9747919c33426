"""Progress: indexes from which the counts of the office are read without touching the records; provisional figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

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
    op.create_table(
        "provisional_estimate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Integer(), nullable=False),
        sa.Column("calibrated", sa.Boolean(), nullable=False),
        sa.Column("figures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_provisional_estimate_round_id_round")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_provisional_estimate_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisional_estimate")),
        sa.UniqueConstraint("round_id", name=op.f("uq_provisional_estimate_round_id")),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("provisional_estimate")
    for name, (table, _columns) in _INDEXES.items():
        op.drop_index(name, table)
