"""Who sends: a device by the token in its address or by Digest, a device or a person by Basic authentication.

A blocked device is recognised too, because what it finished is still taken in; work is given to trusted senders only.
"""

from __future__ import annotations

import hmac
from urllib.parse import unquote, urlsplit

from flask import request
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model.actor import Actor
from survey.operations import accounts, devices
from survey.operations.devices import KnownDevice
from survey.web import access
from survey.web.openrosa import digest

Sender = KnownDevice | Actor


class StaleNonce(Exception):
    """The number used once has expired; the client may answer a new one with what it knows, without asking anybody."""


def by_token(session: Session, token: str) -> Sender:
    """Return the device behind the token of an address; Problem sign-in-required for one that was never given out."""
    found = devices.recognise(session, token, address=access.client_address())
    if found is None:
        raise Problem("sign-in-required")
    return found


def by_header() -> Sender | None:
    """Return who proves to be somebody in the Authorization header, None when nobody does; raises StaleNonce."""
    given = request.authorization
    if given is None:
        return None
    if given.type == "basic" and given.username:
        return _by_password(given.username, given.password or "")
    return _by_digest(dict(given.parameters)) if given.type == "digest" else None


def require_trust(sender: Sender) -> None:
    """Refuse work to a device that was blocked, or whose person was."""
    if isinstance(sender, KnownDevice) and not sender.is_trusted:
        raise Problem("device-revoked")


def _by_password(name: str, password: str) -> Sender | None:
    """Return the device or the account that proves itself by name and password; an account's failure is counted."""
    address = access.client_address()
    with access.database().transaction() as session:
        known = devices.by_user_name(session, name, address=address)
        if known is not None and hmac.compare_digest(_password_of(*known).encode(), password.encode()):
            return known[0]
        return accounts.prove(session, username=name, password=password, address=address)


def _by_digest(given: dict[str, str | None]) -> Sender | None:
    """Return the device that answers a challenge rightly; accounts have no Digest, for their passwords are hashed."""
    secret = access.config().secret_key
    if not digest.is_complete(given) or not digest.is_ours(secret, given["nonce"] or ""):
        return None
    if unquote(urlsplit(given["uri"] or "").path) != request.path:
        return None
    with access.database().reading() as session:
        known = devices.by_user_name(session, given["username"] or "", address=access.client_address())
    if known is None or not digest.is_right(given, _password_of(*known), request.method):
        return None
    if not digest.is_fresh(given["nonce"] or ""):
        raise StaleNonce
    return known[0]


def _password_of(device: KnownDevice, token_hash: str) -> str:
    """Return a device's own password."""
    return devices.digest_password(access.config().secret_key, device.id, token_hash)
