"""Published questionnaire versions: immutable XForm bytes and their hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class FormVersion(Base):
    """One published version of an instrument; the XForm alone defines it."""

    __tablename__ = "form_version"
    __table_args__ = (UniqueConstraint("form_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(300))
    xform: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    source: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    media: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)  # file name → UTF-8 text
    sha256: Mapped[str] = mapped_column(String(64))
    md5: Mapped[str] = mapped_column(String(32))
    published_at: Mapped[datetime] = mapped_column(default=utc_now)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
