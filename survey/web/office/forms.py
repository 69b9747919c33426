"""The forms of the office: a new round, a new account, a role, a new password."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, PasswordField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional, Regexp

_FILL_IN = _l("Please fill this in.")
_DATE = "%Y-%m-%d"


class DayField(DateField):  # type: ignore[misc]
    """A date typed as the browser's date control sends it, with a message of ours."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day, or say what is expected."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_l("Please give the date as day, month and year.")) from None


class RoundForm(Form):  # type: ignore[misc]
    """A new survey round."""

    code = StringField(
        _l("Code"),
        [
            InputRequired(_FILL_IN),
            Regexp(r"^[A-Za-z0-9._-]{1,40}$", message=_l("Letters without accents, digits, dots and dashes only.")),
        ],
    )
    title = StringField(_l("Title"), [InputRequired(_FILL_IN), Length(max=300)])
    reference_date = DayField(_l("Reference date"), [InputRequired(_FILL_IN)], format=_DATE)
    starts_on = DayField(_l("First day of collection"), [InputRequired(_FILL_IN)], format=_DATE)
    ends_on = DayField(_l("Last day of collection"), [InputRequired(_FILL_IN)], format=_DATE)
    legal_basis = TextAreaField(_l("Legal basis"), [Optional()])

    def validate_code(self, item: Any) -> None:
        """Refuse a code that is the address of a page."""
        if item.data == "new":
            raise ValidationError(_l("Another code, please: this word stands for a page of the office."))

    def validate_ends_on(self, item: Any) -> None:
        """Refuse an end before the start."""
        if item.data and self.starts_on.data and item.data < self.starts_on.data:
            raise ValidationError(_l("The last day comes before the first day."))


class AccountForm(Form):  # type: ignore[misc]
    """A new account."""

    username = StringField(
        _l("User name"),
        [
            InputRequired(_FILL_IN),
            Regexp(r"^[A-Za-z0-9._-]{2,60}$", message=_l("Letters without accents, digits, dots and dashes only.")),
        ],
    )
    name = StringField(_l("Full name"), [InputRequired(_FILL_IN), Length(max=200)])
    email = StringField(_l("Email"), [Optional(), Length(max=200)])


class GrantForm(Form):  # type: ignore[misc]
    """A role with the round and area it is limited to."""

    role = SelectField(_l("Role"))
    round = SelectField(_l("Survey round"))
    area = SelectField(_l("Area"))


class NewPasswordForm(Form):  # type: ignore[misc]
    """A new password set by an administrator."""

    password = PasswordField(_l("New password"), [InputRequired(_FILL_IN)])
