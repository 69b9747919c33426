"""Compression: fixed files once and as small as possible, documents made on request once a reply."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

import brotli
from flask import Response, request

_WORTH = 800
_STREAM = "text/event-stream"
_TEXTS = {"application/json", "application/javascript", "image/svg+xml"}


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


def pack(content: bytes, content_type: str, *, quality: int = 11) -> Packed:
    """Compress bytes that will be served many times; a lower quality (0 to 11) is much faster to make."""
    return Packed(
        plain=content,
        gzip=gzip.compress(content, 9, mtime=0),
        brotli=brotli.compress(content, quality=quality),
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


def shrink(response: Response) -> Response:
    """Compress a reply of text that is worth it and not compressed yet, where the client accepts that."""
    kind = response.mimetype or ""
    is_text = (kind.startswith("text/") and kind != _STREAM) or kind in _TEXTS
    if response.status_code != 200 or not is_text or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    encoding = _preferred(request.headers.get("Accept-Encoding", ""))
    if not encoding or request.method != "GET":
        return response
    response.direct_passthrough = False
    content = response.get_data()
    if len(content) > _WORTH:
        response.set_data(
            brotli.compress(content, quality=5) if encoding == "br" else gzip.compress(content, 6, mtime=0)
        )
        response.headers["Content-Encoding"] = encoding
        etag, _is_weak = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)
    return response


def _preferred(accepted: str) -> str:
    """Return the best encoding that a client accepts: br, gzip or none."""
    if "br" in accepted.replace(" ", "").split(","):
        return "br"
    return "gzip" if "gzip" in accepted else ""


def _response(body: bytes, content_type: str, encoding: str, sha256: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Vary"] = "Accept-Encoding"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.set_etag(sha256[:32], weak=True)
    response.make_conditional(request)
    return response
