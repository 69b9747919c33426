"""Words of the office for stored codes: kinds of unit, roles, channels, outcomes, acts, actions of the log."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from survey.text import N_

KINDS: Mapping[str, str] = {
    "area": N_("Enumeration area"),
    "household": N_("Household"),
    "respondent": N_("Selected respondent"),
    "enterprise": N_("Enterprise"),
    "institution": N_("Education institution"),
    "reinterview": N_("Re-interview"),
}
ROLES: Mapping[str, str] = {
    "admin": N_("Administrator"),
    "statistician": N_("Statistician"),
    "supervisor": N_("Supervisor"),
    "enumerator": N_("Enumerator"),
    "viewer": N_("Viewer"),
}
CHANNELS: Mapping[str, str] = {
    "field": N_("Enumerator's tablet"),
    "portal": N_("Self-completed online"),
    "openrosa": N_("ODK Collect"),
    "office": N_("Entered in the office"),
}
ACTS: Mapping[str, str] = {
    "approve": N_("Approved"),
    "return": N_("Returned"),
    "reject": N_("Rejected"),
    "correct": N_("Corrected in the office"),
    "erase": N_("Erased at the request of the person"),
}
IDENTITY: Mapping[str, str] = {
    "name": N_("Full name"),
    "head_name": N_("Head of the household"),
    "enterprise_name": N_("Name of the enterprise"),
    "institution_name": N_("Name of the institution"),
    "tax_code": N_("Tax number"),
    "hamlet": N_("Hamlet"),
    "address": N_("Address"),
    "phone": N_("Telephone"),
    "email": N_("Email"),
}
"""What a frame knows about a unit besides its code."""
OUTCOMES: Mapping[str, str] = {
    "11": N_("Complete interview"),
    "12": N_("Partial interview"),
    "21": N_("Refused"),
    "22": N_("Nobody at home"),
    "23": N_("Unable to answer"),
    "24": N_("Area could not be reached"),
    "26": N_("Interview broken off"),
    "31": N_("Not known whether occupied"),
    "32": N_("Address not found"),
    "41": N_("Vacant dwelling"),
    "42": N_("Moved away"),
    "43": N_("Not a dwelling"),
    "44": N_("No usual resident"),
    "45": N_("Not in operation"),
    "": N_("No outcome recorded"),
}
"""Final dispositions after AAPOR, as the questionnaires compute them."""
OUTCOME_CLASSES: Mapping[str, str] = {"1": "done", "2": "caution", "3": "waiting", "4": "track"}
"""Bar colours by the first digit of an outcome: answered, eligible non-response, unknown, not eligible."""
SUBJECTS: Mapping[str, str] = {
    "account": N_("Account"),
    "session": N_("Sign-in session"),
    "attempt": N_("Sign-in attempt"),
    "invitation": N_("Invitation"),
    "submission": N_("Questionnaire"),
    "identity": N_("Identity of a respondent"),
    "round": N_("Survey round"),
    "sample_draw": N_("Sample draw"),
    "sample_unit": N_("Sampled unit"),
    "form": N_("Form version"),
    "estimate_run": N_("Run of estimates"),
    "snapshot": N_("Snapshot"),
    "attachment": N_("File"),
    "quarantine": N_("Held back"),
    "draft": N_("Unsent draft"),
    "device": N_("Device"),
    "quality_flag": N_("Quality flag"),
    "reinterview": N_("Re-interview"),
    "data_request": N_("Request about personal data"),
    "incident": N_("Incident"),
    "registration": N_("Request to be added"),
    "delegation": N_("Section passed on"),
    "revision": N_("Version of a record"),
}
ACTIONS: Mapping[str, str] = {
    "account.create": N_("created the account"),
    "account.demand-password": N_("demanded a new password"),
    "account.grant": N_("gave a role"),
    "account.lift": N_("lifted a lock-out"),
    "account.link": N_("made a one-time link"),
    "account.link-used": N_("set a password with a one-time link"),
    "account.password": N_("changed the password"),
    "account.recovery-codes": N_("made new recovery codes"),
    "account.revoke": N_("took a role away"),
    "account.second-factor": N_("switched a second factor on"),
    "account.second-factor-off": N_("took a second factor away"),
    "account.state": N_("locked or unlocked"),
    "answers.export": N_("wrote answers without names to a file"),
    "area.read": N_("read the names of an area"),
    "attachment.read": N_("read a file"),
    "attachment.receive": N_("sent a file"),
    "control-totals.enter": N_("entered control totals"),
    "control-totals.remove": N_("removed control totals"),
    "control-totals.replace": N_("replaced control totals"),
    "delegation.open": N_("opened a section that was passed on"),
    "delegation.pass-on": N_("passed a section on"),
    "delegation.revoke": N_("took a section back"),
    "device.enrol": N_("enrolled a device"),
    "device.revoke": N_("revoked a device"),
    "device.wipe-cancel": N_("took the order to wipe a device back"),
    "device.wipe-order": N_("ordered the wiping of a device"),
    "device.wiped": N_("wiped a device"),
    "draft.submit": N_("submitted a draft"),
    "estimate.provisional": N_("made provisional figures"),
    "estimate.release": N_("released results"),
    "estimate.run": N_("made a run of estimates"),
    "estimate.withdraw": N_("withdrew results"),
    "findings.edit": N_("edited the findings of a draft"),
    "form.publish": N_("published a form"),
    "frame.import": N_("imported a frame"),
    "frame.update": N_("mended a frame"),
    "identity.compare": N_("compared names and numbers by hash"),
    "identity.read": N_("read names and addresses"),
    "identity.search": N_("searched for a person"),
    "geometry.import": N_("imported the geometry of units"),
    "invitation.claim": N_("entered with the code of a letter"),
    "invitation.letters": N_("made letters with new codes"),
    "invitation.link": N_("made a personal link"),
    "invitation.read": N_("read the list of invited units"),
    "invitation.refuse": N_("noted a refusal"),
    "invitation.renew": N_("made a new code; the earlier one ended"),
    "invitation.revoke": N_("revoked an invitation"),
    "invitation.unrefuse": N_("took a refusal back"),
    "mail.bounced": N_("learned that a message came back"),
    "mail.cancel": N_("took unsent messages back"),
    "mail.delayed": N_("could not send a message and waits"),
    "mail.failed": N_("gave a message up"),
    "mail.queue": N_("wrote a message"),
    "mail.retry": N_("had a message tried again"),
    "mail.schedule": N_("changed the schedule of messages"),
    "mail.sent": N_("sent a message"),
    "portal.refused": N_("was refused at the portal"),
    "privacy.destroy": N_("destroyed personal data"),
    "privacy.incident": N_("recorded an incident"),
    "privacy.incident-change": N_("changed the record of an incident"),
    "privacy.request": N_("recorded a request about personal data"),
    "privacy.request-close": N_("closed a request about personal data"),
    "privacy.request-read": N_("read who made a request about personal data"),
    "privacy.request-record": N_("linked a request to a questionnaire"),
    "privacy.request-reply": N_("confirmed a request about personal data"),
    "quality.decide": N_("decided on a quality flag"),
    "quality.run": N_("ran the quality rules"),
    "quarantine.accepted": N_("took a held record in"),
    "quarantine.dismissed": N_("gave a held record up"),
    "quarantine.hold": N_("held back what could not be read"),
    "quarantine.place": N_("attached a held record to a unit"),
    "quarantine.read": N_("read what was held back"),
    "receipt.paper": N_("took the answers as PDF"),
    "registration.accepted": N_("added a unit that asked for it"),
    "registration.ask": N_("asked to be added to the list of units"),
    "registration.refused": N_("refused to add a unit"),
    "reinterview.assign": N_("gave out re-interviews"),
    "reinterview.done": N_("finished a re-interview"),
    "reinterview.draw": N_("drew a sample for re-interview"),
    "reinterview.open": N_("opened a re-interview"),
    "reopening.approved": N_("allowed an answer after the deadline"),
    "reopening.ask": N_("asked to answer after the deadline"),
    "reopening.refused": N_("refused an answer after the deadline"),
    "report.sign": N_("signed the report"),
    "requests.read": N_("read the requests of respondents"),
    "respondent.ask-link": N_("asked for a link by e-mail"),
    "respondent.email": N_("gave an e-mail address"),
    "respondent.password": N_("set an own password"),
    "round.consent": N_("put a consent text in force"),
    "round.create": N_("created the round"),
    "round.edit": N_("changed the settings of the round"),
    "round.form": N_("attached a form"),
    "round.state": N_("changed the state of the round"),
    "round.verification": N_("decided whether self-assessments must be verified"),
    "sample.assign": N_("assigned areas"),
    "sample.draw": N_("drew a sample"),
    "sample.invite": N_("made a code for a letter"),
    "sample.release": N_("ended assignments of areas"),
    "sample.substitute": N_("put a reserve in the place of a unit"),
    "sample.substitute-back": N_("took a substitution back"),
    "session.revoke": N_("signed a device out"),
    "sign-in": N_("signed in"),
    "sign-in.failed": N_("failed to sign in"),
    "sign-out": N_("signed out"),
    "snapshot.take": N_("froze the approved answers"),
    "submission.approve": N_("approved a questionnaire"),
    "submission.correct": N_("corrected answers"),
    "submission.erase": N_("erased a questionnaire"),
    "submission.receive": N_("received a questionnaire"),
    "submission.reject": N_("rejected a questionnaire"),
    "submission.return": N_("returned a questionnaire"),
    "submission.sign-off": N_("signed the questionnaire off"),
    "submission.verify": N_("verified a self-assessment"),
    "tablet.download": N_("took the work of the day to a tablet"),
}
"""Acts as the access log names them, after the name of who acted."""
STATES: Mapping[str, str] = {
    "received": N_("Waiting for review"),
    "returned": N_("Returned"),
    "approved": N_("Approved"),
    "rejected": N_("Rejected"),
}
ACTORS: Mapping[str, str] = {
    "system": N_("System"),
    "invitation": N_("Invited unit"),
    "device": N_("Device"),
}


def actor_word(who: str) -> str:
    """Return who acted: a name as it is, or the kind and number of an actor without a name."""
    kind, _colon, number = who.partition(":")
    return f"{word(ACTORS, kind)} {number}".strip() if kind in ACTORS else who


def word(table: Mapping[str, str], code: str) -> str:
    """Return the word for a code in the reader's language; the code itself where there is none."""
    return _(table[code]) if code in table else code
