"""Settings: defaults here, overridden by `instance/config.py` (a Python file of constants) and PHIEU_SO_* variables.

Refuses to start with a missing secret key or an unknown setting.
"""

from __future__ import annotations

import os
import runpy
import secrets
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Agency:
    """The agency that issues the report: names as printed in the header of Nghị định 30/2020."""

    parent: str = "ỦY BAN NHÂN DÂN THÀNH PHỐ CẦN THƠ"
    name: str = "SỞ KHOA HỌC VÀ CÔNG NGHỆ"
    place: str = "Cần Thơ"
    symbol: str = "BC-SKHCN"
    addressee: str = "Ủy ban nhân dân thành phố Cần Thơ"
    signer_title: str = "GIÁM ĐỐC"
    recipients: tuple[str, ...] = ("Như trên;", "Thống kê thành phố Cần Thơ;", "Lưu: VT, CĐS.")
    hotline: str = "0292 3 820 123"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an installation may set. Paths are absolute."""

    instance: Path
    database_url: str = ""
    secret_key: str = ""
    max_submission_bytes: int = 10_000_000
    secure_cookies: bool = True
    tablet_worker: bool = True
    tablet_lasting_storage: bool = True
    session_minutes: int = 720
    live_streams: int = 3
    identity_retention_days: int = 90
    second_factor_roles: str = ""
    agency: Agency = field(default_factory=Agency)
    public_address: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = "starttls"
    smtp_ca: str = ""
    mail_from: str = ""

    @property
    def snapshots(self) -> Path:
        """Return the folder of frozen analysis files."""
        return self.instance / "snapshots"

    @property
    def reports(self) -> Path:
        """Return the folder of built reports."""
        return self.instance / "reports"

    @property
    def uploads(self) -> Path:
        """Return the folder of files that were handed in and not yet taken in."""
        return self.instance / "uploads"

    @property
    def media(self) -> Path:
        """Return the folder of attachments, stored by content hash."""
        return self.instance / "media"


def instance_folder() -> Path:
    """Return the folder of this installation's data: PHIEU_SO_INSTANCE, or `instance` beside the package."""
    beside = Path(__file__).resolve().parent.parent / "instance"
    return Path(os.environ.get("PHIEU_SO_INSTANCE", beside)).resolve()


def load(instance: Path | None = None, **overrides: Any) -> Config:
    """Load the configuration of an instance folder; environment variables win over the file, `overrides` over both."""
    folder = (instance or instance_folder()).resolve()
    values: dict[str, Any] = {"database_url": f"sqlite:///{folder / 'survey.db'}"}
    values |= _from_file(folder / "config.py") | _from_environment() | overrides
    known = {f.name for f in fields(Config)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"unknown settings: {', '.join(unknown)}")
    config = replace(Config(instance=folder), **values)
    if not config.secret_key:
        raise ValueError(f"{folder / 'config.py'} has no SECRET_KEY; `survey init` writes one")
    return config


def write_default(instance: Path) -> Path:
    """Create the instance folder with a fresh secret key, readable by its owner only, unless it is there."""
    instance.mkdir(parents=True, exist_ok=True)
    path = instance / "config.py"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f'SECRET_KEY = "{secrets.token_urlsafe(48)}"\n')
    return path


def _from_file(path: Path) -> dict[str, Any]:
    """Return the upper-case constants of a settings file under lower-case names."""
    if not path.exists():
        return {}
    values = {k.lower(): v for k, v in runpy.run_path(str(path)).items() if k.isupper()}
    if isinstance(values.get("agency"), dict):
        values["agency"] = Agency(**values["agency"])
    return values


def _from_environment() -> dict[str, Any]:
    """Return the string and number settings given as PHIEU_SO_<NAME> variables."""
    values: dict[str, Any] = {}
    for item in fields(Config):
        raw = os.environ.get(f"PHIEU_SO_{item.name.upper()}")
        if raw is None or item.name in {"instance", "agency"}:
            continue
        values[item.name] = _typed(raw, item.default)
    return values


def _typed(raw: str, default: Any) -> Any:
    """Return a variable's text as the type of the setting's default."""
    if isinstance(default, bool):
        return raw.lower() in {"1", "true", "yes"}
    return int(raw) if isinstance(default, int) else raw
