"""Self-report: own passwords, delegation, requests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    _passwords()
    _delegations()
    _sign_offs()
    _reopenings()
    _registrations()
    with op.batch_alter_table("sign_in_session") as batch_op:
        batch_op.add_column(sa.Column("delegation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_sign_in_session_delegation_id_delegation"), "delegation", ["delegation_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_sign_in_session_delegation_id"), ["delegation_id"])


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("sign_in_session") as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_session_delegation_id"))
        batch_op.drop_constraint(batch_op.f("fk_sign_in_session_delegation_id_delegation"), type_="foreignkey")
        batch_op.drop_column("delegation_id")
    for table in ("registration", "reopening", "sign_off", "delegation", "respondent_password"):
        op.drop_table(table)


def _passwords() -> None:
    op.create_table(
        "respondent_password",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("login_hash", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        _moment("created_at"),
        _moment("changed_at"),
        _reference("respondent_password", "invitation_id", "invitation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_respondent_password")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_respondent_password_invitation_id")),
    )
    op.create_index(op.f("ix_respondent_password_login_hash"), "respondent_password", ["login_hash"])


def _delegations() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=120), nullable=False),
        sa.Column("paths", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=True),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("opened_at", nullable=True),
        _moment("seen_at", nullable=True),
        _moment("saved_at", nullable=True),
        _moment("revoked_at", nullable=True),
        _reference("delegation", "draft_id", "draft"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_delegation_token_hash")),
    )
    op.create_index(op.f("ix_delegation_draft_id"), "delegation", ["draft_id"])


def _sign_offs() -> None:
    op.create_table(
        "sign_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        _moment("confirmed_at"),
        _reference("sign_off", "revision_id", "revision"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
        sa.UniqueConstraint("revision_id", name=op.f("uq_sign_off_revision_id")),
    )


def _reopenings() -> None:
    op.create_table(
        "reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sample_unit_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        _moment("created_at"),
        _moment("decided_at", nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        _reference("reopening", "round_id", "round"),
        _reference("reopening", "sample_unit_id", "sample_unit"),
        _reference("reopening", "decided_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening")),
    )
    op.create_index("ix_reopening_round_state", "reopening", ["round_id", "state"])
    op.create_index(op.f("ix_reopening_sample_unit_id"), "reopening", ["sample_unit_id"])


def _registrations() -> None:
    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("login_hash", sa.String(length=64), nullable=False),
        sa.Column("identity_key", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        _moment("consented_at"),
        _moment("created_at"),
        _moment("decided_at", nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("frame_unit_id", sa.Integer(), nullable=True),
        _reference("registration", "round_id", "round"),
        _reference("registration", "decided_by", "account"),
        _reference("registration", "frame_unit_id", "frame_unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("number", name=op.f("uq_registration_number")),
    )
    op.create_index("ix_registration_round_state", "registration", ["round_id", "state"])
    op.create_index(op.f("ix_registration_login_hash"), "registration", ["login_hash"])


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
