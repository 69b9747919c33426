"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("details", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("chain", "position", name=op.f("uq_audit_event_chain_position")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_actor"), ["actor"], unique=False)
        batch_op.create_index("ix_audit_event_subject", ["subject_kind", "subject_id"], unique=False)

    op.create_table(
        "identity",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("values", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identity")),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("reference_date", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column("consent_version", sa.String(length=40), nullable=False),
        sa.Column("gps_policy", sa.String(length=20), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("code", name=op.f("uq_round_code")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_key_at", ["key", "at"], unique=False)

    op.create_table(
        "control_total",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_kind", sa.String(length=20), nullable=False),
        sa.Column("margin", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_control_total_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_total")),
        sa.UniqueConstraint(
            "round_id",
            "unit_kind",
            "margin",
            "category",
            name=op.f("uq_control_total_round_id_unit_kind_margin_category"),
        ),
    )
    with op.batch_alter_table("control_total", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_control_total_round_id"), ["round_id"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wipe_ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wiped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_device_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_account_id"), ["account_id"], unique=False)

    op.create_table(
        "form_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("xform", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("media", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("md5", sa.String(length=32), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["published_by"], ["account.id"], name=op.f("fk_form_version_published_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_version")),
        sa.UniqueConstraint("form_id", "version", name=op.f("uq_form_version_form_id_version")),
    )
    op.create_table(
        "frame_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("stratum", sa.String(length=60), nullable=False),
        sa.Column("size", sa.Double(), nullable=False),
        sa.Column("attributes", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["frame_unit.id"], name=op.f("fk_frame_unit_parent_id_frame_unit")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_frame_unit_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame_unit")),
        sa.UniqueConstraint("round_id", "kind", "code", name=op.f("uq_frame_unit_round_id_kind_code")),
    )
    with op.batch_alter_table("frame_unit", schema=None) as batch_op:
        batch_op.create_index("ix_frame_unit_parent", ["parent_id"], unique=False)

    op.create_table(
        "grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("area_code", sa.String(length=5), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_grant_account_id_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_grant_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant")),
        sa.UniqueConstraint(
            "account_id", "role", "round_id", "area_code", name=op.f("uq_grant_account_id_role_round_id_area_code")
        ),
    )
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_account_id"), ["account_id"], unique=False)

    op.create_table(
        "official_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("publisher", sa.String(length=200), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_official_figure_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_figure")),
        sa.UniqueConstraint(
            "round_id", "indicator", "category", name=op.f("uq_official_figure_round_id_indicator_category")
        ),
    )
    with op.batch_alter_table("official_figure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_official_figure_round_id"), ["round_id"], unique=False)

    op.create_table(
        "sample_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("method", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_sample_draw_created_by_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_sample_draw_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_draw")),
    )
    with op.batch_alter_table("sample_draw", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sample_draw_round_id"), ["round_id"], unique=False)

    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_snapshot_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("digest", name=op.f("uq_snapshot_digest")),
    )
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_snapshot_round_id"), ["round_id"], unique=False)

    op.create_table(
        "estimate_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("code_version", sa.String(length=80), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("quality", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_estimate_run_created_by_account")),
        sa.ForeignKeyConstraint(["released_by"], ["account.id"], name=op.f("fk_estimate_run_released_by_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_estimate_run_round_id_round")),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"], name=op.f("fk_estimate_run_snapshot_id_snapshot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate_run")),
    )
    with op.batch_alter_table("estimate_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_estimate_run_round_id"), ["round_id"], unique=False)

    op.create_table(
        "round_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_kind", sa.String(length=20), nullable=False),
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_round_form_form_version_id_form_version")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_form_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_form")),
        sa.UniqueConstraint("round_id", "unit_kind", name=op.f("uq_round_form_round_id_unit_kind")),
    )
    with op.batch_alter_table("round_form", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_form_form_version_id"), ["form_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_round_form_round_id"), ["round_id"], unique=False)

    op.create_table(
        "round_form_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_kind", sa.String(length=20), nullable=False),
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_round_form_use_form_version_id_form_version")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_form_use_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_form_use")),
        sa.UniqueConstraint(
            "round_id",
            "unit_kind",
            "form_version_id",
            name=op.f("uq_round_form_use_round_id_unit_kind_form_version_id"),
        ),
    )
    with op.batch_alter_table("round_form_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_form_use_form_version_id"), ["form_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_round_form_use_round_id"), ["round_id"], unique=False)

    op.create_table(
        "sample_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("frame_unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stratum", sa.String(length=60), nullable=False),
        sa.Column("psu", sa.String(length=40), nullable=False),
        sa.Column("stage1_probability", sa.Double(), nullable=False),
        sa.Column("stage2_probability", sa.Double(), nullable=False),
        sa.Column("is_certainty", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["sample_draw.id"], name=op.f("fk_sample_unit_draw_id_sample_draw")),
        sa.ForeignKeyConstraint(
            ["frame_unit_id"], ["frame_unit.id"], name=op.f("fk_sample_unit_frame_unit_id_frame_unit")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["sample_unit.id"], name=op.f("fk_sample_unit_replaces_id_sample_unit")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_sample_unit_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_unit")),
        sa.UniqueConstraint("draw_id", "frame_unit_id", name=op.f("uq_sample_unit_draw_id_frame_unit_id")),
    )
    with op.batch_alter_table("sample_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sample_unit_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sample_unit_frame_unit_id"), ["frame_unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sample_unit_round_id"), ["round_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sample_unit_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_assignment_account_id_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_assignment_round_id_round")),
        sa.ForeignKeyConstraint(
            ["sample_unit_id"], ["sample_unit.id"], name=op.f("fk_assignment_sample_unit_id_sample_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("sample_unit_id", "account_id", name=op.f("uq_assignment_sample_unit_id_account_id")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_round_id"), ["round_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_sample_unit_id"), ["sample_unit_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.Column("sample_unit_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("instance_id", sa.String(length=255), nullable=False),
        sa.Column("deprecated_id", sa.String(length=255), nullable=True),
        sa.Column("answers", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("margin", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_account_id_account")),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_draft_form_version_id_form_version")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_draft_round_id_round")),
        sa.ForeignKeyConstraint(
            ["sample_unit_id"], ["sample_unit.id"], name=op.f("fk_draft_sample_unit_id_sample_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_draft_instance_id")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_round_id"), ["round_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_sample_unit_id"), ["sample_unit_id"], unique=False)

    op.create_table(
        "estimate_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=10), nullable=False),
        sa.Column("variant", sa.String(length=40), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("estimate", sa.Double(), nullable=True),
        sa.Column("se", sa.Double(), nullable=True),
        sa.Column("ci_low", sa.Double(), nullable=True),
        sa.Column("ci_high", sa.Double(), nullable=True),
        sa.Column("ci_method", sa.String(length=40), nullable=False),
        sa.Column("deff", sa.Double(), nullable=True),
        sa.Column("df", sa.Double(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_psu", sa.Integer(), nullable=False),
        sa.Column("flag", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("verdict_2025", sa.String(length=20), nullable=False),
        sa.Column("verdict_2030", sa.String(length=20), nullable=False),
        sa.Column("probability_2025", sa.Double(), nullable=True),
        sa.Column("probability_2030", sa.Double(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["estimate_run.id"], name=op.f("fk_estimate_row_run_id_estimate_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate_row")),
        sa.UniqueConstraint(
            "run_id",
            "indicator",
            "variant",
            "dimension",
            "category",
            name=op.f("uq_estimate_row_run_id_indicator_variant_dimension_category"),
        ),
    )
    with op.batch_alter_table("estimate_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_estimate_row_run_id"), ["run_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sample_unit_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_invitation_round_id_round")),
        sa.ForeignKeyConstraint(
            ["sample_unit_id"], ["sample_unit.id"], name=op.f("fk_invitation_sample_unit_id_sample_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invitation_code_hash")),
        sa.UniqueConstraint("sample_unit_id", name=op.f("uq_invitation_sample_unit_id")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_round_id"), ["round_id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_kind", sa.String(length=20), nullable=False),
        sa.Column("sample_unit_id", sa.Integer(), nullable=True),
        sa.Column("root_id", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("revision_count", sa.Integer(), nullable=False),
        sa.Column("error_count", sa.Integer(), nullable=False),
        sa.Column("warning_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_submission_account_id_account")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_submission_round_id_round")),
        sa.ForeignKeyConstraint(
            ["sample_unit_id"], ["sample_unit.id"], name=op.f("fk_submission_sample_unit_id_sample_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("root_id", name=op.f("uq_submission_root_id")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_submission_round_state", ["round_id", "state", "updated_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_sample_unit_id"), ["sample_unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("sample_unit_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("details", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("files", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_quarantine_account_id_account")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_quarantine_device_id_device")),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"], name=op.f("fk_quarantine_settled_by_account")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_quarantine_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("identity_key", name=op.f("uq_quarantine_identity_key")),
        sa.UniqueConstraint("sha256", name=op.f("uq_quarantine_sha256")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_received_at"), ["received_at"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(length=255), nullable=False),
        sa.Column("deprecated_id", sa.String(length=255), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("findings", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("device", sa.String(length=120), nullable=True),
        sa.Column("consent_version", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_revision_account_id_account")),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_revision_form_version_id_form_version")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_revision_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("identity_key", name=op.f("uq_revision_identity_key")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_revision_instance_id")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_revision_submission_id_number")),
    )
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revision_form_version_id"), ["form_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_revision_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_session_account_id_account")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_sign_in_session_invitation_id_invitation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_session_token_hash")),
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_session_invitation_id"), ["invitation_id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_attachment_revision_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("revision_id", "name", name=op.f("uq_attachment_revision_id_name")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "review_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("remarks", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_review_event_account_id_account")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_review_event_revision_id_revision")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_review_event_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_event")),
    )
    with op.batch_alter_table("review_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_event_submission_id"), ["submission_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("review_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_event_submission_id"))

    op.drop_table("review_event")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_revision_id"))

    op.drop_table("attachment")
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_session_invitation_id"))
        batch_op.drop_index(batch_op.f("ix_sign_in_session_account_id"))

    op.drop_table("sign_in_session")
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revision_submission_id"))
        batch_op.drop_index(batch_op.f("ix_revision_form_version_id"))

    op.drop_table("revision")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quarantine_received_at"))
        batch_op.drop_index(batch_op.f("ix_quarantine_instance_id"))
        batch_op.drop_index(batch_op.f("ix_quarantine_device_id"))
        batch_op.drop_index(batch_op.f("ix_quarantine_account_id"))

    op.drop_table("quarantine")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_updated_at"))
        batch_op.drop_index(batch_op.f("ix_submission_sample_unit_id"))
        batch_op.drop_index("ix_submission_round_state")
        batch_op.drop_index(batch_op.f("ix_submission_account_id"))

    op.drop_table("submission")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_round_id"))

    op.drop_table("invitation")
    with op.batch_alter_table("estimate_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_estimate_row_run_id"))

    op.drop_table("estimate_row")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_sample_unit_id"))
        batch_op.drop_index(batch_op.f("ix_draft_round_id"))
        batch_op.drop_index(batch_op.f("ix_draft_account_id"))

    op.drop_table("draft")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_sample_unit_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_round_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_account_id"))

    op.drop_table("assignment")
    with op.batch_alter_table("sample_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sample_unit_round_id"))
        batch_op.drop_index(batch_op.f("ix_sample_unit_frame_unit_id"))
        batch_op.drop_index(batch_op.f("ix_sample_unit_draw_id"))

    op.drop_table("sample_unit")
    with op.batch_alter_table("round_form_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_form_use_round_id"))
        batch_op.drop_index(batch_op.f("ix_round_form_use_form_version_id"))

    op.drop_table("round_form_use")
    with op.batch_alter_table("round_form", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_form_round_id"))
        batch_op.drop_index(batch_op.f("ix_round_form_form_version_id"))

    op.drop_table("round_form")
    with op.batch_alter_table("estimate_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_estimate_run_round_id"))

    op.drop_table("estimate_run")
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_snapshot_round_id"))

    op.drop_table("snapshot")
    with op.batch_alter_table("sample_draw", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sample_draw_round_id"))

    op.drop_table("sample_draw")
    with op.batch_alter_table("official_figure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_official_figure_round_id"))

    op.drop_table("official_figure")
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_account_id"))

    op.drop_table("grant")
    with op.batch_alter_table("frame_unit", schema=None) as batch_op:
        batch_op.drop_index("ix_frame_unit_parent")

    op.drop_table("frame_unit")
    op.drop_table("form_version")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_account_id"))

    op.drop_table("device")
    with op.batch_alter_table("control_total", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_control_total_round_id"))

    op.drop_table("control_total")
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_attempt_key_at")

    op.drop_table("sign_in_attempt")
    op.drop_table("round")
    op.drop_table("identity")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_event_subject")
        batch_op.drop_index(batch_op.f("ix_audit_event_actor"))

    op.drop_table("audit_event")
    op.drop_table("account")
