"""Locale of a request and the writing of numbers and dates. Flask is known here because the locale is a request's."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

from survey.text import format_decimal

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
COOKIE = "lang"


def init_app(app: Flask) -> None:
    """Attach translations and the formatting filters to an application."""
    Babel(
        app,
        default_locale="vi",
        default_timezone=str(ZONE),
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=choose_locale,
    )
    app.jinja_env.filters.update(
        format_number=format_number, format_date=format_date, format_datetime=format_datetime, format_time=format_time
    )
    app.jinja_env.globals.update(
        languages=LANGUAGES,
        format_number=format_number,
        format_date=format_date,
        format_datetime=format_datetime,
        format_time=format_time,
        locale=current_locale,
    )


def choose_locale() -> str:
    """Return the language asked for by the address or kept in the cookie; Vietnamese otherwise."""
    if not has_request_context():
        return "vi"
    for candidate in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if candidate in LANGUAGES:
            return candidate
    return "vi"


def current_locale() -> str:
    """Return the language code of the current request."""
    found = get_locale()
    return str(found.language) if found else "vi"


def format_number(value: Decimal | float | int | None, digits: int | None = None) -> str:
    """Write a number in the reader's convention; a dash where there is none."""
    if value is None:
        return "–"
    if current_locale() == "vi":
        return format_decimal(value, digits)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return f"{number:z,.{digits}f}" if digits is not None else f"{number:,f}"


def format_date(value: date | datetime | None) -> str:
    """Write a date as dd/mm/yyyy, in the zone of Vietnam where it carries a time."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(ZONE)
    return f"{value:%d/%m/%Y}"


def format_time(value: datetime | None) -> str:
    """Write the time of day in Vietnam as HH:MM."""
    return "–" if value is None else f"{value.astimezone(ZONE):%H:%M}"


def format_datetime(value: datetime | None) -> str:
    """Write date and time in Vietnam as dd/mm/yyyy HH:MM."""
    return "–" if value is None else f"{value.astimezone(ZONE):%d/%m/%Y %H:%M}"
