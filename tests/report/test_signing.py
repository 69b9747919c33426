"""The signed report: a PAdES signature that holds, in the space of the layout, over bytes that stay what they were."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader
from sqlalchemy import select

from survey.cli.report import report
from survey.config import Agency, Config
from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent
from survey.report import context, render, signing
from tests.report import sample, stored
from tests.report.vietnamese import vietnamese

SIGNER = "Nguyễn Thị Ngọc Ánh"
PASSWORD = b"mat khau"


@pytest.fixture(scope="module")
def unsigned() -> bytes:
    """Return the report of the sample run."""
    return render.pdf(context.build(sample.results(), Agency(), vietnamese()))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a PKCS#12 file with a throw-away key; its certificate lies beside it as a PEM file."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SIGNER)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, True, *[False] * 7)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), 7, now - timedelta(days=1), now + timedelta(days=9))
        .add_extension(usage, critical=True)
        .sign(private, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("key") / "key.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"key", private, certificate, None, BestAvailableEncryption(PASSWORD))
    )
    path.with_suffix(".pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def signed(unsigned: bytes, key: Path) -> bytes:
    """Return the signed report."""
    made = signing.sign(unsigned, key, PASSWORD, vietnamese(), reason="Phê duyệt", place="Cần Thơ")
    assert made.by.endswith(SIGNER)
    return made.content


def trusted(key: Path) -> ValidationContext:
    """Return a context that trusts the throw-away certificate and asks no network."""
    root = load_cert_from_pemder(str(key.with_suffix(".pem")))  # type: ignore[no-untyped-call]
    return ValidationContext(trust_roots=[root], allow_fetching=False)


def test_the_signature_holds_and_covers_the_whole_file(signed: bytes, key: Path) -> None:
    embedded = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
    status = validate_pdf_signature(embedded, trusted(key))
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert embedded.sig_object["/Reason"] == "Phê duyệt"


def test_a_changed_byte_breaks_the_signature(signed: bytes, key: Path) -> None:
    at = signed.index(b"/CreationDate") if b"/CreationDate" in signed[:2000] else len(signed) // 3
    changed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
    status = validate_pdf_signature(
        PdfFileReader(io.BytesIO(changed), strict=False).embedded_signatures[0],
        trusted(key),
    )
    assert not status.intact


def test_the_unsigned_bytes_are_the_beginning_of_the_signed_ones(unsigned: bytes, signed: bytes) -> None:
    assert signed.startswith(unsigned)


def test_the_box_stands_below_the_signers_title_and_inside_the_page(signed: bytes) -> None:
    document = pypdfium2.PdfDocument(signed)
    reader = PdfReader(io.BytesIO(signed))
    place = reader.named_destinations["signature-space"]
    number = reader.get_destination_page_number(place)
    assert number is not None
    box = next(
        annotation.get_object()["/Rect"]
        for annotation in reader.pages[number].annotations or ()
        if annotation.get_object().get("/FT") == "/Sig"
    )
    left, bottom, right, top = map(float, box)
    title = document[number].get_textpage().search("GIÁM ĐỐC").get_next()
    assert title is not None
    _left, lowest, _right, _top = document[number].get_textpage().get_charbox(title[0])
    assert bottom > 60 < left < right < 555
    assert lowest - 40 < top < lowest
    assert 60 < top - bottom < 79


def test_a_wrong_password_and_a_file_without_space_are_refused(unsigned: bytes, key: Path) -> None:
    with pytest.raises(Problem) as wrong:
        signing.sign(unsigned, key, b"sai", vietnamese(), reason="", place="")
    assert wrong.value.code == "bad-key"
    plain = render.slip(["x"], 200, 100, "vi")
    with pytest.raises(Problem) as spaceless:
        signing.sign(plain, key, PASSWORD, vietnamese(), reason="", place="")
    assert spaceless.value.code == "no-signature-space"


def test_the_command_asks_for_the_password_and_leaves_the_report_alone(
    unsigned: bytes, key: Path, config: Config, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_SECRET_KEY", "test-only-key")
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", str(sqlite_database.engine.url))
    with sqlite_database.transaction() as session:
        run_id = stored.store(session, sample.results())
    arguments = ["sign", str(run_id), "--pkcs12", str(key)]
    assert CliRunner().invoke(report, arguments, input="mat khau\n").exit_code == 2
    path = config.reports / f"phieu-so-2026-run{run_id}-indicators.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(unsigned)
    done = CliRunner().invoke(report, arguments, input="mat khau\n")
    assert done.exit_code == 0, done.output
    assert "mat khau" not in done.output
    assert path.read_bytes() == unsigned
    assert path.with_name(f"{path.stem}-signed.pdf").read_bytes().startswith(unsigned)
    with sqlite_database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "report.sign")).one()
    assert event.details["by"].endswith(SIGNER)
