"""Tables: SQLAlchemy 2 typed models for SQLite and PostgreSQL. No behaviour beyond what a row is."""

from survey.model.account import Account, Grant, SignInAttempt, SignInSession
from survey.model.assignment import Assignment, Invitation, InvitationLink
from survey.model.audit import AuditEvent
from survey.model.base import Base
from survey.model.consent import ConsentText
from survey.model.device import Device
from survey.model.dissemination import ExportToken, FindingEdit
from survey.model.estimate import EstimateRow, EstimateRun, ModelEstimate, Snapshot
from survey.model.frame import FrameUnit, SampleDraw, SampleUnit
from survey.model.mail import MailMessage, MailStep
from survey.model.plan import ControlTotal, OfficialFigure, Round, RoundForm, RoundFormUse
from survey.model.privacy import DataRequest, Destruction, Incident
from survey.model.provisional import ProvisionalEstimate
from survey.model.quality import AnswerCorrection, QualityFlag, QualityRun, Reinterview, ReinterviewDraw
from survey.model.quarantine import Quarantine
from survey.model.questionnaire import FormVersion
from survey.model.respondent import Delegation, Registration, Reopening, RespondentPassword, SignOff
from survey.model.second_factor import AccountLink, RecoveryCode, SecondFactor
from survey.model.submission import Attachment, Draft, Identity, ReviewEvent, Revision, Submission
from survey.model.substitution import Substitution
from survey.model.verification import Verification

__all__ = [
    "Account",
    "AccountLink",
    "AnswerCorrection",
    "Assignment",
    "Attachment",
    "AuditEvent",
    "Base",
    "ConsentText",
    "ControlTotal",
    "DataRequest",
    "Delegation",
    "Destruction",
    "Device",
    "Draft",
    "EstimateRow",
    "EstimateRun",
    "ExportToken",
    "FindingEdit",
    "FormVersion",
    "FrameUnit",
    "Grant",
    "Identity",
    "Incident",
    "Invitation",
    "InvitationLink",
    "MailMessage",
    "MailStep",
    "ModelEstimate",
    "OfficialFigure",
    "ProvisionalEstimate",
    "QualityFlag",
    "QualityRun",
    "Quarantine",
    "RecoveryCode",
    "Registration",
    "Reinterview",
    "ReinterviewDraw",
    "Reopening",
    "RespondentPassword",
    "ReviewEvent",
    "Revision",
    "Round",
    "RoundForm",
    "RoundFormUse",
    "SampleDraw",
    "SampleUnit",
    "SecondFactor",
    "SignInAttempt",
    "SignInSession",
    "SignOff",
    "Snapshot",
    "Submission",
    "Substitution",
    "Verification",
]
