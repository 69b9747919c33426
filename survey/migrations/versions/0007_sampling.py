"""Sampling: the turn of reserves, substitutions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    with op.batch_alter_table("sample_unit") as batch:
        batch.add_column(sa.Column("reserve_order", sa.Integer(), nullable=True))
    op.create_table(
        "substitution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sample_unit_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_substitution_account_id_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_substitution_round_id_round")),
        sa.ForeignKeyConstraint(
            ["sample_unit_id"], ["sample_unit.id"], name=op.f("fk_substitution_sample_unit_id_sample_unit")
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["sample_unit.id"], name=op.f("fk_substitution_substitute_id_sample_unit")
        ),
        sa.ForeignKeyConstraint(["undone_by"], ["account.id"], name=op.f("fk_substitution_undone_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    for column in ("round_id", "sample_unit_id", "substitute_id"):
        op.create_index(op.f(f"ix_substitution_{column}"), "substitution", [column], unique=False)


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("substitution")
    with op.batch_alter_table("sample_unit") as batch:
        batch.drop_column("reserve_order")
