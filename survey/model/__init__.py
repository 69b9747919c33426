"""Tables: SQLAlchemy 2 typed models for SQLite and PostgreSQL. No behaviour beyond what a row is."""

from survey.model.account import Account, Grant, SignInAttempt, SignInSession
from survey.model.assignment import Assignment, Invitation
from survey.model.audit import AuditEvent
from survey.model.base import Base
from survey.model.device import Device
from survey.model.estimate import EstimateRow, EstimateRun, Snapshot
from survey.model.frame import FrameUnit, SampleDraw, SampleUnit
from survey.model.plan import ControlTotal, OfficialFigure, Round, RoundForm, RoundFormUse
from survey.model.quarantine import Quarantine
from survey.model.questionnaire import FormVersion
from survey.model.submission import Attachment, Draft, Identity, ReviewEvent, Revision, Submission

__all__ = [
    "Account",
    "Assignment",
    "Attachment",
    "AuditEvent",
    "Base",
    "ControlTotal",
    "Device",
    "Draft",
    "EstimateRow",
    "EstimateRun",
    "FormVersion",
    "FrameUnit",
    "Grant",
    "Identity",
    "Invitation",
    "OfficialFigure",
    "Quarantine",
    "ReviewEvent",
    "Revision",
    "Round",
    "RoundForm",
    "RoundFormUse",
    "SampleDraw",
    "SampleUnit",
    "SignInAttempt",
    "SignInSession",
    "Snapshot",
    "Submission",
]
