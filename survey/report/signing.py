"""Signs a report as PAdES with a key from a PKCS#12 file, visibly in the space that the layout leaves for it.

Nothing is asked of any network: no time stamp, no revocation list. The unsigned file is not touched; the signature is
an increment after its bytes. No seal and no written name is drawn: the box says who signed, and when.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pyhanko.pdf_utils.content import ImportedPdfPage, PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.stamp import StaticStampStyle
from pypdf import PdfReader

from survey.errors import Problem
from survey.report.language import Language
from survey.report.render import slip
from survey.text import N_

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_FIELD = "Signature"
_SPACE = "signature-space"
"""The place in the report's template."""
_RIGHT_MARGIN, _HEIGHT, _GAP = 42.5, 79.4, 6.0
"""Of the report's pages in points: 15 mm, the 28 mm of the space, air above and below the box."""

_WHOLE_BOX = SimpleBoxLayoutRule(
    x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins(0, 0, 0, 0)
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed report, and who signed it."""

    content: bytes
    by: str


def sign(
    content: bytes,
    pkcs12: Path,
    passphrase: bytes | None,
    language: Language,
    *,
    reason: str,
    place: str,
    now: datetime | None = None,
) -> Signed:
    """Return a report with a PAdES-B signature; Problems "bad-key" and "no-signature-space"."""
    signer = signers.SimpleSigner.load_pkcs12(str(pkcs12), passphrase=passphrase)  # type: ignore[no-untyped-call]
    if signer is None or signer.signing_cert is None:
        raise Problem("bad-key", name=pkcs12.name)
    by = str(signer.subject_name or "")
    moment = (now or datetime.now(_ZONE)).astimezone(_ZONE)
    page, box = _space(content)
    lines = (
        language.text(N_("Signed by: {name}"), name=by),
        language.text(N_("Time: {time}"), time=moment.strftime("%d/%m/%Y %H:%M:%S +07:00")),
    )
    width, height = box[2] - box[0], box[3] - box[1]
    metadata = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        reason=reason,
        location=place,
        name=by,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        subfilter=SigSeedSubFilter.PADES,
    )
    field = SigFieldSpec(
        _FIELD, on_page=page, box=box, readable_field_name=language.text(N_("Digital signature of the report"))
    )
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "slip.pdf"
        seen.write_bytes(slip(lines, width, height, language.code))
        style = StaticStampStyle(border_width=0, background=_page_of(seen), background_layout=_WHOLE_BOX)
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        signed = signers.PdfSigner(metadata, signer, stamp_style=style, new_field_spec=field).sign_pdf(writer)
    return Signed(signed.getvalue(), by)


def _space(content: bytes) -> tuple[int, tuple[int, int, int, int]]:
    """Return the page and the box that the layout leaves for the signature, in points from the lower left corner."""
    reader = PdfReader(io.BytesIO(content))
    place = reader.named_destinations.get(_SPACE)
    page = reader.get_destination_page_number(place) if place is not None else None
    if place is None or page is None or place.left is None or place.top is None:
        raise Problem("no-signature-space")
    left, top = float(place.left), float(place.top)
    right = float(reader.pages[page].mediabox.width) - _RIGHT_MARGIN
    return page, (round(left), round(top - _HEIGHT + _GAP), round(right), round(top - _GAP))


def _page_of(path: Path) -> PdfContent:
    """Return the first page of a PDF as a drawing; it is read when the signature is written."""
    page: PdfContent = ImportedPdfPage(str(path))  # type: ignore[no-untyped-call]
    return page
