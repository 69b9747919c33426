"""Estimation: model-based figures of small areas"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    op.create_table(
        "model_estimate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=10), nullable=False),
        sa.Column("variant", sa.String(length=40), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("estimate", sa.Double(), nullable=False),
        sa.Column("rmse", sa.Double(), nullable=False),
        sa.Column("ci_low", sa.Double(), nullable=False),
        sa.Column("ci_high", sa.Double(), nullable=False),
        sa.Column("gamma", sa.Double(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_psu", sa.Integer(), nullable=False),
        sa.Column("flag", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("direct_flag", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["estimate_run.id"], name=op.f("fk_model_estimate_run_id_estimate_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_estimate")),
        sa.UniqueConstraint(
            "run_id",
            "indicator",
            "variant",
            "dimension",
            "category",
            name=op.f("uq_model_estimate_run_id_indicator_variant_dimension_category"),
        ),
    )
    op.create_index(op.f("ix_model_estimate_run_id"), "model_estimate", ["run_id"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("model_estimate")
