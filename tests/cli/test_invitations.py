"""Letters, reminders and mail from the command line: nothing half done, nothing readable by others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from survey.cli import cli
from survey.config import Config, write_default
from survey.db import Database
from survey.model import Invitation, MailMessage, Round
from survey.model.actor import SYSTEM
from survey.operations import accounts, invitations
from tests.operations.mail_server import Mailbox, serving
from tests.operations.self_report import invited_round, school_answers


@pytest.fixture
def database(config: Config, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return the database of an instance with a round of four self-reporting units."""
    write_default(config.instance)
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", config.database_url)
    monkeypatch.setenv("PHIEU_SO_PUBLIC_ADDRESS", "https://phieuso.example.vn/")
    monkeypatch.setenv("PHIEU_SO_LOCALE", "en")
    with sqlite_database.transaction() as session:
        survey_round, units = invited_round(session, {"DN1": "dn1@example.vn", "GD1": "gd1@example.vn"})
        day = datetime(2026, 1, 5, tzinfo=UTC)
        invitations.issue(session, SYSTEM, survey_round.id, invitations.fresh([units["DN1"], units["GD1"]]), now=day)
        survey_round.ends_on = datetime.now(invitations.ZONE).date()
    return sqlite_database


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(arguments))
    return result.exit_code, result.output


def test_letters_are_written_for_the_owner_alone_and_their_codes_open_the_portal(
    database: Database, tmp_path: Path
) -> None:
    out = tmp_path / "thu.pdf"
    code, output = _run("invitations", "letters", "MOI", "--out", str(out), "--lang", "en")
    assert code == 0, output
    assert out.stat().st_mode & 0o777 == 0o600
    document = pypdfium2.PdfDocument(out.read_bytes())
    text = document[0].get_textpage().get_text_range()
    assert len(document) == 2
    document.close()
    printed = "".join(next(line for line in text.splitlines() if len(line.split()) == 3 and line.isupper()).split())
    with database.transaction() as session:
        assert accounts.claim_invitation(session, code=printed) is not None
    assert "not-sent\t0" in _run("invitations", "status", "MOI")[1]


def test_a_file_that_is_there_already_changes_no_code(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "thu.pdf"
    out.write_text("kept")
    with database.reading() as session:
        before = set(session.scalars(select(Invitation.code_hash)))
    code, _output = _run("invitations", "letters", "MOI", "--out", str(out), "--unit", "DN1", "--lang", "en")
    with database.reading() as session:
        assert set(session.scalars(select(Invitation.code_hash))) == before
    assert (code, out.read_text()) == (2, "kept")


def test_unknown_units_and_an_empty_choice_are_refused(database: Database, tmp_path: Path) -> None:
    out = str(tmp_path / "thu.pdf")
    assert _run("invitations", "letters", "MOI", "--out", out, "--unit", "DN9")[0] == 2
    assert _run("invitations", "letters", "MOI", "--out", out, "--state", "submitted")[0] == 2
    assert not Path(out).exists()


def test_reminders_leave_once_and_not_to_who_answered_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "queued=2" in _run("invitations", "remind", "MOI")[1]
    assert "queued" not in _run("invitations", "remind")[1]
    assert _run("mail", "deliver")[0] == 1
    with database.transaction() as session:
        message = session.scalars(select(MailMessage).order_by(MailMessage.id)).all()[1]
        invitation = session.get_one(Invitation, int(message.subject_id))
        school_answers(session, session.get_one(Round, invitation.round_id), invitation.sample_unit_id)
    mailbox = Mailbox()
    with serving(mailbox) as port:
        monkeypatch.setenv("PHIEU_SO_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("PHIEU_SO_SMTP_PORT", str(port))
        monkeypatch.setenv("PHIEU_SO_SMTP_TLS", "none")
        monkeypatch.setenv("PHIEU_SO_MAIL_FROM", "so@example.vn")
        code, output = _run("mail", "deliver")
    assert (code, output.strip()) == (0, "1 sent, 0 to be tried again, 0 given up, 0 refused.")
    assert [address for address, _email in mailbox.arrived] == ["dn1@example.vn"]
    assert "cancelled" in _run("mail", "list", "--all")[1]
