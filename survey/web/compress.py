"""Compression: fixed files once and as small as possible, documents made on request once a reply."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

import brotli
from flask import Response, request

_WORTH = 800


@dataclass(frozen=True, slots=True)
class Packed:
    """Fixed bytes with their compressed forms, content type and hash."""

    plain: bytes
    gzip: bytes
    brotli: bytes
    content_type: str
    sha256: str

    def best(self, accepted: str) -> tuple[bytes, str]:
        """Return the smallest form that a client accepts, and its name ("" for the plain one)."""
        forms = [(self.plain, "")]
        if "gzip" in accepted:
            forms.append((self.gzip, "gzip"))
        if "br" in accepted.replace(" ", "").split(","):
            forms.append((self.brotli, "br"))
        return min(forms, key=lambda form: len(form[0]))


def pack(content: bytes, content_type: str) -> Packed:
    """Compress bytes that will be served many times."""
    return Packed(
        plain=content,
        gzip=gzip.compress(content, 9, mtime=0),
        brotli=brotli.compress(content, quality=11),
        content_type=content_type,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def serve(packed: Packed) -> Response:
    """Answer the current request with fixed bytes in the smallest form it accepts."""
    body, encoding = packed.best(request.headers.get("Accept-Encoding", ""))
    return _response(body, packed.content_type, encoding, packed.sha256)


def serve_once(content: bytes, content_type: str) -> Response:
    """Answer with bytes made for this request; one that the client holds already is 304 without a body."""
    sha256 = hashlib.sha256(content).hexdigest()
    wants = "gzip" in request.headers.get("Accept-Encoding", "") and len(content) > _WORTH
    body = gzip.compress(content, 6, mtime=0) if wants else content
    return _response(body, content_type, "gzip" if wants else "", sha256)


def _response(body: bytes, content_type: str, encoding: str, sha256: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Vary"] = "Accept-Encoding"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.set_etag(sha256[:32], weak=True)
    response.make_conditional(request)
    return response
