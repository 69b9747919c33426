"""The forms of sign-in and of one's own account. Passwords are never printed back."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, PasswordField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

_FILL_IN = _l("Please fill this in.")


class SignInForm(Form):  # type: ignore[misc]
    """User name and password."""

    username = StringField(_l("User name"), [InputRequired(_FILL_IN)])
    password = PasswordField(_l("Password"), [InputRequired(_FILL_IN)])


class CodeForm(Form):  # type: ignore[misc]
    """A code of the second factor, or a recovery code."""

    code = StringField(_l("Code"), [InputRequired(_FILL_IN), Length(max=40)])


class FirstPasswordForm(Form):  # type: ignore[misc]
    """A new password, typed twice."""

    new = PasswordField(_l("New password"), [InputRequired(_FILL_IN)])
    again = PasswordField(_l("New password once more"), [InputRequired(_FILL_IN)])

    def validate_again(self, item: Any) -> None:
        """Refuse two different new passwords."""
        if item.data != self.new.data:
            raise ValidationError(_l("The two new passwords are not the same."))


class PasswordForm(FirstPasswordForm):
    """The present password and a new one, typed twice."""

    current = PasswordField(_l("Present password"), [InputRequired(_FILL_IN)])
