"""The catalogue of expected failures. An edge translates a Problem; nothing else may be shown to a user as an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from survey.text import N_


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of problem is answered: HTTP status and English message with `{named}` details."""

    status: int
    message: str


CATALOGUE: dict[str, Kind] = {
    "not-found": Kind(404, N_("The page or record you asked for does not exist.")),
    "forbidden": Kind(403, N_("Your account does not have the right to do this.")),
    "sign-in-required": Kind(401, N_("Please sign in to continue.")),
    "token-refused": Kind(401, N_("This export needs a valid key: it is missing, unknown, expired or revoked.")),
    "sign-in-failed": Kind(401, N_("The user name or password is not right.")),
    "too-many-attempts": Kind(429, N_("Too many attempts. Please wait {minutes} minutes and try again.")),
    "weak-password": Kind(400, N_("The password must have at least {length} characters.")),
    "wrong-password": Kind(400, N_("The current password is not right.")),
    "same-password": Kind(400, N_("The new password must differ from the present one.")),
    "wrong-code": Kind(401, N_("The code is not right, or it was used already. Wait for the next one and try again.")),
    "code-needed": Kind(
        401,
        N_(
            "This account has a second factor: type the six digits that your code application shows now, or one of "
            "your recovery codes."
        ),
    ),
    "code-failed": Kind(401, N_("The user name, the password or the code is not right. A code counts only once.")),
    "link-spent": Kind(410, N_("This link was used already or has expired. Ask your administrator for a new one.")),
    "second-factor-needed": Kind(409, N_("Your role needs a second factor: it cannot be switched off.")),
    "username-taken": Kind(409, N_("The user name {username} cannot be used or is already taken.")),
    "stale-revision": Kind(409, N_("This questionnaire has changed since you opened it. Please look at it again.")),
    "not-reviewable": Kind(409, N_("This questionnaire is {state} and cannot be reviewed now.")),
    "remark-needed": Kind(400, N_("Please write a remark that says why.")),
    "no-change": Kind(400, N_("No answer was changed. Change at least one answer and give the reason.")),
    "not-correctable": Kind(400, N_("This answer cannot be corrected in the office: {path}")),
    "estimates-running": Kind(409, N_("Provisional figures are already being calculated. Please wait for them.")),
    "quality-running": Kind(409, N_("The quality rules are already running for this round. Please wait for them.")),
    "already-drawn": Kind(409, N_("A sample for re-interview has already been drawn in this round.")),
    "nothing-to-draw": Kind(400, N_("No completed interview can be drawn for re-interview in this round yet.")),
    "retention-not-due": Kind(
        409, N_("The names of the round {round} may be destroyed from {day} at the earliest. Nothing was changed.")
    ),
    "request-closed": Kind(409, N_("This request is closed and can no longer be changed.")),
    "empty-file": Kind(400, N_("The file {name} arrived empty. Please send it again.")),
    "file-conflict": Kind(409, N_("Another file with the name {name} has already been received.")),
    "bad-backup": Kind(400, N_("The backup {name} cannot be restored ({reason}). Nothing was changed.")),
    "target-not-empty": Kind(409, N_("The database already holds data. Restore only into an empty instance.")),
    "session-expired": Kind(400, N_("The page has expired. What you typed is kept: please send it again.")),
    "unknown-form": Kind(404, N_("The questionnaire {form_id} version {version} is not known to this system.")),
    "malformed-xml": Kind(400, N_("The submission is not valid XML: {reason}")),
    "no-instance-id": Kind(400, N_("The submission has no instanceID.")),
    "instance-conflict": Kind(409, N_("A different submission with the same identifier {instance_id} already exists.")),
    "superseded": Kind(409, N_("A newer version of this questionnaire has already been received.")),
    "record-erased": Kind(
        410, N_("The data of this questionnaire have been erased; a correction of it is not taken in.")
    ),
    "unknown-deprecated": Kind(404, N_("The version being corrected, {instance_id}, is not known to this system.")),
    "too-large": Kind(413, N_("The file is too large: at most {limit} are allowed.")),
    "round-closed": Kind(403, N_("The survey round {round} is not open for collection.")),
    "unknown-round": Kind(404, N_("There is no survey round {round}.")),
    "round-exists": Kind(409, N_("There is already a survey round with the code {round}.")),
    "draw-exists": Kind(409, N_("A sample of this kind ({kind}) has already been drawn in this round.")),
    "empty-frame": Kind(400, N_("The frame of this round has no units of the kind {kind}. Import them first.")),
    "bad-frame": Kind(
        400,
        N_("The frame cannot be imported: column {column}, {count} rows, for example {example}: {remedy}"),
    ),
    "unknown-commune": Kind(400, N_("There is no commune with the code {code}.")),
    "unknown-unit": Kind(404, N_("The unit {code} is not in the sample of this round.")),
    "form-invalid": Kind(400, N_("The questionnaire {name} cannot be used: {reason}")),
    "form-published": Kind(
        409, N_("Version {version} of {form_id} is published and cannot change. Give the new one another version.")
    ),
    "bad-design": Kind(400, N_("The survey design cannot be used: column {column}, {count} rows: {reason}")),
    "bad-weight": Kind(
        400, N_("Column {column}: {count} rows have a weight that is missing, zero or negative. {remedy}")
    ),
    "lonely-psu": Kind(
        400, N_("{count} strata have a single primary sampling unit ({strata}). Choose a rule for them with --lonely.")
    ),
    "empty-domain": Kind(400, N_("No row remains in the domain {domain}.")),
    "no-cases-in-domain": Kind(
        400,
        N_(
            "Column {column} has no value in any row of the domain {domain} ({inside} of {rows} rows). Check the "
            "condition and the codes of the column."
        ),
    ),
    "no-reserve-left": Kind(
        409, N_("No reserve is left for {unit}: all that were drawn with its area or stratum are in use.")
    ),
    "not-substitutable": Kind(
        409, N_("The unit {unit} cannot be substituted: it has answered, or it is not in the sample of this round.")
    ),
    "substitution-used": Kind(
        409, N_("The substitution of {unit} cannot be taken back: its substitute already has a questionnaire.")
    ),
    "empty-snapshot": Kind(400, N_("The round {round} has no approved questionnaire to estimate from.")),
    "small-cells": Kind(
        409,
        N_(
            "The file {name} cannot be published: {count} rows could be recognised even with their traits hidden "
            "(fewer than {k} alike, or all with the same sensitive answer)."
        ),
    ),
    "microdata-failed": Kind(500, N_("The microdata archive could not be made. The results themselves are released.")),
    "bad-key": Kind(400, N_("The key file {name} cannot be opened: the password is wrong, or it holds no key.")),
    "no-signature-space": Kind(400, N_("The report has no space for a signature. Set it again before signing it.")),
    "bad-geometry": Kind(400, N_("The map file {name} cannot be used: {reason}")),
    "no-report": Kind(404, N_("The report of run {run} has not been set yet: survey report build --run {run}")),
    "report-failed": Kind(
        500, N_("The report could not be set. The figures are safe. Please try again in a few minutes.")
    ),
    "no-run": Kind(404, N_("There is no estimate run {run}.")),
    "not-releasable": Kind(409, N_("Estimate run {run} is {state}: only a draft can be released.")),
    "not-editable": Kind(409, N_("Estimate run {run} is {state}: only the findings of a draft can be edited.")),
    "findings-changed": Kind(
        409, N_("Somebody else saved findings while you were writing. Nothing of yours was saved: please look again.")
    ),
    "text-too-long": Kind(400, N_("The text of {name} is too long: at most {limit} characters are possible.")),
    "not-withdrawable": Kind(409, N_("Estimate run {run} is {state}: only a released run can be withdrawn.")),
    "bad-rule": Kind(400, N_("The rule of an indicator cannot be used: {reason}")),
    "bad-column": Kind(400, N_("The data have no column {column}. Columns: {known}")),
    "bad-condition": Kind(400, N_("The condition cannot be used: {reason}")),
    "no-file": Kind(400, N_("There is no file {name}.")),
    "bad-file": Kind(400, N_("The file {name} cannot be read: {reason}")),
    "design-missing": Kind(
        400,
        N_("Column {column}: {count} rows have no value. Give every row a value or remove those rows."),
    ),
    "design-length": Kind(400, N_("Column {column} has {count} rows where {expected} are expected.")),
    "design-extra-stage": Kind(
        400,
        N_(
            "Column {column} belongs to a stage that has no sampling units: there are {stages} stages. Name the "
            "units of that stage with --psu."
        ),
    ),
    "design-not-nested": Kind(
        400,
        N_(
            "Column {column}: {count} rows belong to {units} sampling units that lie in more than one stratum, "
            "for example {example}. If the codes start again in every stratum use --nest; otherwise correct the "
            "codes."
        ),
    ),
    "weight-unusable": Kind(
        400,
        N_(
            "Column {column}: {count} rows have a weight that is missing, zero, negative or not a number. Remove "
            "those rows or give them a positive weight."
        ),
    ),
    "fpc-unusable": Kind(
        400,
        N_(
            "Column {column}: {count} rows have a population size or sampling fraction that is missing, zero or "
            "negative. Give every row of a stratum the same positive value."
        ),
    ),
    "fpc-mixed": Kind(
        400,
        N_(
            "Column {column} mixes fractions with population counts: {count} rows are below 1. Use either counts "
            "or fractions throughout."
        ),
    ),
    "fpc-varies": Kind(
        400,
        N_(
            "Column {column}: {count} rows lie in strata with more than one population size or sampling fraction,"
            " for example stratum {example}. Give every row of a stratum the same value."
        ),
    ),
    "fpc-too-small": Kind(
        400,
        N_(
            "Column {column}: {count} rows lie in strata whose population count is smaller than the number of "
            "units in the sample, for example stratum {example}. Correct the count or the unit codes."
        ),
    ),
    "not-a-number": Kind(
        400,
        N_("Column {column}: {count} rows are not numbers. Correct them, or name a category with --level."),
    ),
    "not-zero-one": Kind(
        400,
        N_("Column {column}: {count} rows are neither 0 nor 1. Name the category that counts with --level."),
    ),
    "mixed-bases": Kind(400, N_("Population figures on different bases cannot be used together: {bases}")),
    "sample-too-large": Kind(
        400,
        N_("Stratum {stratum}: {wanted} units are asked for, but only {available} can be selected."),
    ),
    "stratum-without-size": Kind(
        400,
        N_("Stratum {stratum} with {count} units has no sample size. Give it one; 0 leaves it out."),
    ),
    "allocation-impossible": Kind(
        400,
        N_("A sample of {wanted} cannot be allocated: minimums need {least} and the strata hold {most}."),
    ),
    "size-unusable": Kind(
        400,
        N_("Column {column}: {count} units have a size that is missing, zero or negative. Correct the frame."),
    ),
    "source-missing": Kind(400, N_("Say where the total of {category} ({margin}) was published.")),
    "calibration-unknown-cell": Kind(
        400,
        N_("Calibration margin {margin}: {count} rows are in the category {cell}, which has no known total."),
    ),
    "calibration-bad-total": Kind(
        400,
        N_("Calibration margin {margin}: the total of {cell} is {target}. It must be a positive number."),
    ),
    "calibration-empty-cell": Kind(
        400,
        N_(
            "Calibration margin {margin}: the category {cell} has a total of {target} but no row in the sample. "
            "Merge it with a neighbour."
        ),
    ),
    "calibration-totals-disagree": Kind(
        400,
        N_("Calibration margin {margin} adds up to {total}, but {other} to {expected}. Make the totals agree."),
    ),
    "calibration-not-reached": Kind(
        400,
        N_(
            "Calibration stopped after {iterations} iterations: in the margin {margin}, {cell} has {found} "
            "instead of {target}. Widen the bounds or merge categories."
        ),
    ),
    "regression-collinear": Kind(
        400,
        N_(
            "Column {column} adds nothing to the columns before it in the {count} rows of the regression: it is "
            "constant there or a combination of them. Leave it out."
        ),
    ),
    "replicates-need-pairs": Kind(
        400,
        N_(
            "Balanced replicates need two sampling units in every stratum: {count} strata have another number, "
            "for example {stratum}. Use the jackknife or the bootstrap."
        ),
    ),
    "row-gone": Kind(409, N_("This row was removed meanwhile by somebody else. The other answers are as they were.")),
    "too-many-rows": Kind(400, N_("The list is full: at most {limit} rows are possible.")),
    "draft-sent": Kind(
        409, N_("This questionnaire was sent already. Open it again from the first page to correct it.")
    ),
    "not-reopenable": Kind(
        409, N_("This questionnaire was accepted and can no longer be changed here. Please call the survey office.")
    ),
    "regression-not-reached": Kind(
        400,
        N_("The logistic regression did not settle after {iterations} iterations. Use fewer or coarser variables."),
    ),
    "damaged": Kind(400, N_("What arrived is not what was sent ({name}). Nothing was stored; please send it again.")),
    "unexpected": Kind(500, N_("The record could not be read by the system. The office keeps it and looks into it.")),
    "device-revoked": Kind(403, N_("This device is no longer enrolled.")),
    "unfinished": Kind(
        409, N_("The tablet was cleared before this questionnaire was finished. The office keeps what was answered.")
    ),
    "class-without-respondents": Kind(
        400,
        N_("{count} weighting classes have no respondent, for example {group}. Merge them with neighbouring classes."),
    ),
    "area-model": Kind(
        400,
        N_(
            "The small-area model cannot be fitted to {areas} areas: it needs at least {needed}, each with a "
            "positive sampling variance."
        ),
    ),
    "trend-rounds": Kind(
        400,
        N_("A trend needs two rounds in different years with figures between 0 and 100 percent; there are {rounds}."),
    ),
    "file-changed": Kind(409, N_("The file {name} is no longer the one that the manifest describes.")),
    "letters-made": Kind(
        409, N_("Letters of these units were made since the page was opened; see {unit}. Start again from the list.")
    ),
    "invitation-closed": Kind(409, N_("The invitation of this unit is revoked. Renew its code first.")),
    "bad-wording": Kind(400, N_("The wording of {name} cannot be used: {placeholder}. Allowed names stand beside it.")),
    "bad-address": Kind(400, N_("The e-mail address {address} cannot be used.")),
    "outside-section": Kind(403, N_("This link opens one section only. The rest of the questionnaire stays closed.")),
    "link-over": Kind(
        410, N_("This link is not valid any more: it was used, replaced or taken back, or its time is over.")
    ),
    "request-waiting": Kind(409, N_("Your request is already waiting for the office. There is no need to repeat it.")),
    "request-needless": Kind(409, N_("The questionnaire is still open: no request is needed.")),
    "request-decided": Kind(409, N_("This request has been decided already. Please load the page again.")),
    "sign-off-needed": Kind(400, N_("The head of the institution must confirm: name, title and the confirmation box.")),
    "bad-value": Kind(400, N_("{name}: the value {value} is not allowed. {expected}")),
}


class Problem(Exception):
    """An expected failure: a catalogue code and the details its message names."""

    def __init__(self, code: str, /, **details: Any) -> None:
        self.code = code
        self.kind = CATALOGUE[code]
        self.details = details
        super().__init__(self.text())

    @property
    def status(self) -> int:
        """Return the HTTP status that answers this problem."""
        return self.kind.status

    def text(self, template: str | None = None) -> str:
        """Return the message (or its translation, given as `template`) with the details filled in."""
        return (template or self.kind.message).format_map(_Details(self.details))


class _Details(dict[str, Any]):
    """Details that print a dash where a message names one that was not given."""

    def __missing__(self, key: str) -> str:
        return "–"
