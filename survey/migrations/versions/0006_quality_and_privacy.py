"""Data quality, re-interviews, corrections, privacy register"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    _quality_run()
    _quality_flag()
    _answer_correction()
    _reinterview_draw()
    _reinterview()
    _data_request()
    _incident()
    _destruction()


def downgrade() -> None:
    """Take them away again."""
    for table in (
        "destruction",
        "incident",
        "data_request",
        "reinterview",
        "reinterview_draw",
        "answer_correction",
        "quality_flag",
        "quality_run",
    ):
        op.drop_table(table)


def _quality_run() -> None:
    op.create_table(
        "quality_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_quality_run_account_id_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_quality_run_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_run")),
    )
    op.create_index(op.f("ix_quality_run_round_id"), "quality_run", ["round_id"], unique=False)


def _quality_flag() -> None:
    op.create_table(
        "quality_flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("figures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_quality_flag_account_id_account")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_quality_flag_decided_by_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_quality_flag_round_id_round")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_quality_flag_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_flag")),
        sa.UniqueConstraint("round_id", "mark", name=op.f("uq_quality_flag_round_id_mark")),
    )
    op.create_index("ix_quality_flag_round_state", "quality_flag", ["round_id", "state"], unique=False)
    op.create_index(op.f("ix_quality_flag_submission_id"), "quality_flag", ["submission_id"], unique=False)


def _answer_correction() -> None:
    op.create_table(
        "answer_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_answer_correction_account_id_account")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_answer_correction_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_correction")),
    )
    op.create_index(op.f("ix_answer_correction_submission_id"), "answer_correction", ["submission_id"], unique=False)


def _reinterview_draw() -> None:
    op.create_table(
        "reinterview_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("strata", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_reinterview_draw_created_by_account")),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_reinterview_draw_form_version_id_form_version")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_reinterview_draw_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinterview_draw")),
    )
    op.create_index(op.f("ix_reinterview_draw_round_id"), "reinterview_draw", ["round_id"], unique=False)


def _reinterview() -> None:
    op.create_table(
        "reinterview",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("enumerator_id", sa.Integer(), nullable=True),
        sa.Column("supervisor_id", sa.Integer(), nullable=True),
        sa.Column("result_id", sa.String(length=36), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["reinterview_draw.id"], name=op.f("fk_reinterview_draw_id_reinterview_draw")
        ),
        sa.ForeignKeyConstraint(["enumerator_id"], ["account.id"], name=op.f("fk_reinterview_enumerator_id_account")),
        sa.ForeignKeyConstraint(["result_id"], ["submission.id"], name=op.f("fk_reinterview_result_id_submission")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_reinterview_round_id_round")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_reinterview_submission_id_submission")
        ),
        sa.ForeignKeyConstraint(["supervisor_id"], ["account.id"], name=op.f("fk_reinterview_supervisor_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinterview")),
        sa.UniqueConstraint("draw_id", "submission_id", name=op.f("uq_reinterview_draw_id_submission_id")),
    )
    op.create_index(op.f("ix_reinterview_draw_id"), "reinterview", ["draw_id"], unique=False)
    op.create_index(op.f("ix_reinterview_round_id"), "reinterview", ["round_id"], unique=False)
    op.create_index(op.f("ix_reinterview_submission_id"), "reinterview", ["submission_id"], unique=False)
    op.create_index(op.f("ix_reinterview_supervisor_id"), "reinterview", ["supervisor_id"], unique=False)


def _data_request() -> None:
    op.create_table(
        "data_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reply_due", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("replied_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_data_request_closed_by_account")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_data_request_recorded_by_account")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_data_request_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
        sa.UniqueConstraint("identity_key", name=op.f("uq_data_request_identity_key")),
    )
    op.create_index(op.f("ix_data_request_submission_id"), "data_request", ["submission_id"], unique=False)


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("data_kinds", sa.String(), nullable=False),
        sa.Column("subjects", sa.Integer(), nullable=True),
        sa.Column("consequences", sa.String(), nullable=False),
        sa.Column("measures", sa.String(), nullable=False),
        sa.Column("is_harmful", sa.Boolean(), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_incident_recorded_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )


def _destruction() -> None:
    op.create_table(
        "destruction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("submission_id", sa.String(length=36), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("keys", sa.Integer(), nullable=False),
        sa.Column("keys_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_destruction_account_id_account")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["data_request.id"], name=op.f("fk_destruction_request_id_data_request")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_destruction_round_id_round")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_destruction_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction")),
    )
    op.create_index(op.f("ix_destruction_request_id"), "destruction", ["request_id"], unique=False)
    op.create_index(op.f("ix_destruction_round_id"), "destruction", ["round_id"], unique=False)
