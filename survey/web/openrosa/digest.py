"""Digest authentication (RFC 2617: MD5, qop=auth) for devices: challenges, and whether an answer to one is right.

Numbers used once carry their own expiry and are signed, so that every process knows them and none is stored. One may
be used again until it expires; what is sent through this door twice is taken in once.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping

REALM = "Phieu So"
NONCE_SECONDS = 300
_NEEDED = ("username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce")


def challenge(secret: str, *, is_stale: bool = False, now: float | None = None) -> str:
    """Return the value of the WWW-Authenticate header."""
    nonce = _nonce(secret, int(time.time() if now is None else now))
    stale = ", stale=true" if is_stale else ""
    return f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{nonce}"{stale}'


def is_complete(given: Mapping[str, str | None]) -> bool:
    """Tell whether an answer names all that it has to, for this realm."""
    return all(given.get(name) for name in _NEEDED) and given["realm"] == REALM and given["qop"] == "auth"


def is_ours(secret: str, nonce: str) -> bool:
    """Tell whether a number used once was made here, expired or not."""
    moment, _, _signature = nonce.partition(".")
    return moment.isdecimal() and hmac.compare_digest(_nonce(secret, int(moment)).encode(), nonce.encode())


def is_fresh(nonce: str, *, now: float | None = None) -> bool:
    """Tell whether a number of ours may still be used."""
    made = int(nonce.partition(".")[0])
    return 0 <= (time.time() if now is None else now) - made <= NONCE_SECONDS


def is_right(given: Mapping[str, str | None], password: str, method: str) -> bool:
    """Tell whether a complete answer proves the password for a request of this method."""
    expected = answer({name: given[name] or "" for name in _NEEDED}, password, method)
    return hmac.compare_digest(expected.encode(), (given["response"] or "").encode())


def answer(given: Mapping[str, str], password: str, method: str) -> str:
    """Return the response value that proves a password: H(HA1:nonce:nc:cnonce:qop:HA2)."""
    proof = _md5(f"{given['username']}:{REALM}:{password}")
    request = _md5(f"{method}:{given['uri']}")
    return _md5(":".join((proof, given["nonce"], given["nc"], given["cnonce"], "auth", request)))


def _nonce(secret: str, moment: int) -> str:
    """Return the signed number of a moment."""
    return f"{moment}.{hmac.digest(secret.encode(), f'openrosa-nonce:{moment}'.encode(), 'sha256').hex()[:32]}"


def _md5(text: str) -> str:
    """Return the hash that the protocol prescribes."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
