"""Who signs a questionnaire on paper, by form; any other form by respondent, enumerator and supervisor."""

from __future__ import annotations

from dataclasses import dataclass

from survey.text import N_


@dataclass(frozen=True, slots=True)
class Signer:
    """One place to sign: who, and how."""

    role: str
    manner: str


_NAME = N_("(signature, full name)")
_SEAL = N_("(signature, full name, seal)")
_RESPONDENT = Signer(N_("Respondent"), _NAME)
_ENUMERATOR = Signer(N_("Enumerator"), _NAME)
_SUPERVISOR = Signer(N_("Supervisor"), _NAME)
_BY_FORM = {
    "ktxhs_dn": (
        Signer(N_("Person who filled in the form"), _NAME),
        _ENUMERATOR,
        Signer(N_("Head of the enterprise"), _SEAL),
    ),
    "ktxhs_csgd": (
        Signer(N_("Person who filled in the form"), _NAME),
        _ENUMERATOR,
        Signer(N_("Head of the institution"), _SEAL),
    ),
    "ktxhs_pt": (_RESPONDENT, Signer(N_("Re-interviewer"), _NAME), _SUPERVISOR),
}


def signers(form_id: str) -> tuple[Signer, ...]:
    """Return the places to sign, from left to right."""
    return _BY_FORM.get(form_id, (_RESPONDENT, _ENUMERATOR, _SUPERVISOR))
