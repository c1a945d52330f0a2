"""A file that is read with a passphrase alone: chunks that are each encrypted and cannot be left out, moved or cut off.

The key is made of the passphrase and a random salt by scrypt; each chunk is sealed by ChaCha20-Poly1305 with its number and
whether it is the last as its nonce. Source: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as in age.

Does not cover: a passphrase that can be guessed; how long the file is.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from overnight.errors import UserError

MAGIC = b"overnight claw backup 1\n"
SALT_BYTES, TAG_BYTES = 16, 16
CHUNK_BYTES = 1 << 20
COST = 1 << 16  # of scrypt, with r=8 and p=1: 64 MiB and a fifth of a second
SHORTEST = 12  # characters of a passphrase


def write_locked(file: BinaryIO, parts: Iterable[bytes], passphrase: str) -> None:
    """Write bytes encrypted.

    Raises:
        UserError: the passphrase is too short, or what encrypts is not installed.
    """
    if len(passphrase) < SHORTEST:
        raise UserError(f"the passphrase has less than {SHORTEST} characters", fix="choose a longer one, such as five words")
    salt = secrets.token_bytes(SALT_BYTES)
    cipher = _Cipher(passphrase, salt)
    file.write(MAGIC + salt)
    waiting, number = b"", 0
    for part in parts:
        waiting += part
        while len(waiting) > CHUNK_BYTES:
            file.write(cipher.seal(number, waiting[:CHUNK_BYTES], last=False))
            waiting, number = waiting[CHUNK_BYTES:], number + 1
    file.write(cipher.seal(number, waiting, last=True))


def read_locked(file: BinaryIO, passphrase: str) -> Iterator[bytes]:
    """The bytes, each chunk checked before it is passed on; the file is whole once the last one was.

    Raises:
        UserError: it is none of these files, the passphrase is wrong, or the file was changed or cut off.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise UserError(
            "this is not a backup of a claw, or one of a newer overnight", fix="name a file of `overnight claw backup`"
        )
    cipher = _Cipher(passphrase, file.read(SALT_BYTES))
    number, chunk = 0, file.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = file.read(CHUNK_BYTES + TAG_BYTES)
        yield cipher.open(number, chunk, last=not following)
        if not following:
            return
        number, chunk = number + 1, following


class _Cipher:
    """What seals and opens chunks by their numbers."""

    def __init__(self, passphrase: str, salt: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
        except ImportError as missing:
            raise UserError("encryption is not installed", fix="pip install 'overnight[claw]'") from missing
        key = hashlib.scrypt(passphrase.encode(), salt=salt, n=COST, r=8, p=1, maxmem=256 * COST * 8, dklen=32)
        self._cipher = ChaCha20Poly1305(key)

    def seal(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        """The chunk encrypted."""
        return self._cipher.encrypt(_nonce(number, last=last), chunk, None)

    def open(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        """The chunk that was sealed with this number."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(_nonce(number, last=last), chunk, None)
        except InvalidTag:
            what = "the passphrase is wrong, or the file was changed" if number == 0 else "the file was changed or cut off"
            raise UserError(
                what, fix="set the right one with `overnight secret set CLAW_BACKUP`, or take another copy"
            ) from None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
