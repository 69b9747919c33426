"""Where a questionnaire is filled: the portal or the field. What differs between them is said here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from survey.model import Round
from survey.model.actor import Actor
from survey.operations.drafts import Opened
from survey.operations.submissions import Receipt

Guard = Callable[[Callable[..., Any]], Callable[..., Any]]


def _whole(work: Opened) -> Opened:
    return work


def _nobody(_session: Session, _work: Opened) -> dict[str, str]:
    return {}


def _any_part(_part: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Surface:
    """A blueprint's name, channel and guard, its address for questionnaires, and how a draft is found from it.

    `is_single` where one section is all that is open: `opens` says which, `narrowed` takes out what must not be seen.
    `helpers` says in words who works on which section, `clock` and `share_view` name the views of the time left and of
    passing a section to a colleague.
    """

    name: str
    channel: str
    guard: Guard
    prefix: str
    sign_in: str
    find: Callable[[Session, Actor, Mapping[str, Any]], str]
    home: Callable[[Opened], str]
    sent: Callable[[Opened, Receipt], str]
    unit_name: Callable[[Opened], str]
    is_single: bool = False
    opens: Callable[[str], bool] = _any_part
    narrowed: Callable[[Opened], Opened] = _whole
    helpers: Callable[[Session, Opened], dict[str, str]] = _nobody
    clock: str = ""
    share_view: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """A surface at one draft: the names and addresses that its pages print."""

    surface: str
    unit_name: str
    form_title: str
    home: str
    place: Mapping[str, Any]
    return_remark: str = ""
    round: Round | None = None
    is_single: bool = False
    helpers: Mapping[str, str] = field(default_factory=dict)
    clock: str = ""
    share_view: str = ""

    def share(self, part: str) -> str:
        """Return the address where a section is passed to a colleague."""
        return url_for(self.share_view, part=part) if self.share_view else self.home

    def section(self, part: str, key: str = "", **query: Any) -> str:
        """Return the address of a section or of one roster row."""
        if key:
            return url_for(f"{self.surface}.row", part=part, key=key, **self.place, **query)
        return url_for(f"{self.surface}.section", part=part, **self.place, **query)

    def model(self, form_version_id: int, language: str) -> str:
        """Return the address of a questionnaire's rules for the scripts; it never changes for a version."""
        return url_for(f"{self.surface}.model", form_version_id=form_version_id, language=language)

    @property
    def check(self) -> str:
        """Return the address of the last page."""
        return url_for(f"{self.surface}.check", **self.place)

    @property
    def send(self) -> str:
        """Return the address that sends the questionnaire."""
        return url_for(f"{self.surface}.send", **self.place)
