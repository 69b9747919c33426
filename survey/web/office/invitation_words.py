"""Words for the codes of invitations and messages."""

from __future__ import annotations

from collections.abc import Mapping

from survey.text import N_

UNIT_STATES: Mapping[str, str] = {
    "not-sent": N_("Not invited yet"),
    "sent": N_("Invited"),
    "opened": N_("Entered the portal"),
    "started": N_("Begun"),
    "submitted": N_("Answered"),
    "refused": N_("Refused to answer"),
    "revoked": N_("Invitation revoked"),
}
MAIL_KINDS: Mapping[str, str] = {
    "invitation": N_("Invitation by e-mail"),
    "reminder-1": N_("First reminder"),
    "reminder-2": N_("Second reminder"),
    "reminder-3": N_("Third reminder"),
}
MAIL_STATES: Mapping[str, str] = {
    "queued": N_("waits to be sent"),
    "sent": N_("sent by e-mail"),
    "failed": N_("sending given up"),
    "bounced": N_("came back"),
    "cancelled": N_("taken back"),
}
HINDRANCES: Mapping[str, str] = {
    "no-address": N_("Without an e-mail address"),
    "bad-address": N_("With an e-mail address that cannot be used"),
    "bounced": N_("With an e-mail address from which messages come back"),
    "settled": N_("Answered, refused or revoked already"),
    "waiting": N_("With an invitation that still waits to be sent"),
}
FINDINGS: Mapping[str, str] = {
    "accepted": N_("Accepted"),
    "refused": N_("Not accepted"),
    "corrected": N_("Corrected by the office"),
}
COMPONENTS: Mapping[str, str] = {
    "governance": N_("Digital governance"),
    "activity": N_("Digital activity"),
    "digital_data": N_("Standardised digital data"),
    "repository": N_("Open digital learning repository"),
}
