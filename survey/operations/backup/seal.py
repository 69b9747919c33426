"""Authenticated encryption of a stream in chunks: a key from a passphrase by scrypt, AES-256-GCM per chunk.

The last chunk is marked, so a truncated, reordered or changed file is refused, not read halfway.
"""

from __future__ import annotations

import io
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from survey.errors import Problem

MAGIC = b"PHIEUSO1"
_SALT = 16
_NONCE = 8
_TAG = 16
CHUNK = 1 << 20


class SealingWriter(io.RawIOBase):
    """A file that encrypts what is written to it; `close` writes the marked last chunk."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        self._target = target
        salt, self._nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
        self._cipher = AESGCM(_key(passphrase, salt))
        self._buffer = bytearray()
        self._count = 0
        target.write(MAGIC + salt + self._nonce)

    def writable(self) -> bool:
        """Tell that this is written to."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Encrypt every full chunk at once."""
        self._buffer += data
        while len(self._buffer) > CHUNK:
            self._emit(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Write the last chunk."""
        if not self.closed:
            self._emit(bytes(self._buffer), last=True)
        super().close()

    def _emit(self, plain: bytes, *, last: bool) -> None:
        """Encrypt one chunk with its number and whether it is the last."""
        self._target.write(self._cipher.encrypt(_chunk_nonce(self._nonce, self._count), plain, _mark(last)))
        self._count += 1


class SealedReader(io.RawIOBase):
    """A file that decrypts what is read from it and refuses anything that was changed or cut off."""

    def __init__(self, source: BinaryIO, passphrase: str, name: str) -> None:
        header = source.read(len(MAGIC) + _SALT + _NONCE)
        if not header.startswith(MAGIC) or len(header) < len(MAGIC) + _SALT + _NONCE:
            raise Problem("bad-backup", name=name, reason="header")
        salt, self._nonce = header[len(MAGIC) : len(MAGIC) + _SALT], header[len(MAGIC) + _SALT :]
        self._cipher = AESGCM(_key(passphrase, salt))
        self._source, self._name = source, name
        self._ahead = source.read(CHUNK + _TAG)
        self._plain = b""
        self._count = 0

    def readable(self) -> bool:
        """Tell that this is read from."""
        return True

    def readinto(self, target) -> int:  # type: ignore[no-untyped-def]
        """Fill a buffer with the next decrypted bytes."""
        if not self._plain:
            self._next()
        size = min(len(target), len(self._plain))
        target[:size] = self._plain[:size]
        self._plain = self._plain[size:]
        return size

    def _next(self) -> None:
        """Decrypt the next chunk; the one at the end must be the marked last one."""
        if not self._ahead:
            if self._count == 0:
                raise Problem("bad-backup", name=self._name, reason="truncated")
            return
        sealed, self._ahead = self._ahead, self._source.read(CHUNK + _TAG)
        nonce = _chunk_nonce(self._nonce, self._count)
        try:
            self._plain = self._cipher.decrypt(nonce, sealed, _mark(not self._ahead))
        except InvalidTag as error:
            raise Problem("bad-backup", name=self._name, reason="passphrase or content") from error
        self._count += 1


def _key(passphrase: str, salt: bytes) -> bytes:
    """Return the key of a passphrase (scrypt, N = 2^15, r = 8, p = 1)."""
    return Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(passphrase.encode())


def _chunk_nonce(prefix: bytes, count: int) -> bytes:
    """Return the nonce of a chunk."""
    return prefix + count.to_bytes(4, "big")


def _mark(last: bool) -> bytes:
    """Return what is authenticated beside a chunk."""
    return b"last" if last else b"more"
