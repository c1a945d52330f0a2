"""Ed25519 keys: a hub's, and a worker's.

Does not cover: a machine whose other programs run as the same user; they can read the key.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.errors import UserError
from overnight.files.own import make_folder, open_own, read_own

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES = 32
KEY_HEX = 64  # characters of a public key
SIGNATURE_HEX = 128
SHORT = 12  # characters by which people are shown a key


def require_cryptography() -> None:
    """Check that signatures can be made and checked here.

    Raises:
        UserError: the packages are missing.
    """
    try:
        import cryptography  # noqa: F401
        import rfc8785  # noqa: F401
    except ImportError as error:
        fix = "install them: pip install 'overnight[pool]'"
        raise UserError(f"research at home needs packages that are missing ({error.name})", fix=fix) from error


class SecretKey:
    """A key that signs."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: 32 bytes."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key: Ed25519PrivateKey = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """The signature of a message, hex."""
        return self._key.sign(message).hex()


def is_signed(key: str, signature: str, message: bytes) -> bool:
    """Whether a message was signed by the owner of a public key; `key` and `signature` in hex, from anybody."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public(key).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=4096)
def _public(key: str) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))


def own_key(path: Path, *, make: bool = True) -> SecretKey:
    """The key in a file of ours, which is made if it is missing.

    Raises:
        UserError: it is missing and may not be made, or is no key.
    """
    make_folder(path.parent)
    if make:
        _make(path)
    try:
        secret = bytes.fromhex(read_own(path, 2 * KEY_BYTES + 1).decode("ascii").strip())
    except FileNotFoundError as error:
        raise UserError(f"there is no key in {path}", fix="restore it from your backup") from error
    except ValueError as error:
        raise UserError(
            f"{path} has no key", fix="restore it from your backup; without it what it signed stays valid"
        ) from error
    if len(secret) != KEY_BYTES:
        raise UserError(f"{path} has no key of {KEY_BYTES} bytes", fix="restore it from your backup")
    return SecretKey(secret)


def _make(path: Path) -> None:
    """Make the file unless it is there: under another name first, so that no kill leaves half a key."""
    if path.exists():
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = open_own(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(descriptor, "w") as file:
        file.write(os.urandom(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)  # fails if another process was first: its key counts
    except FileExistsError:
        pass
    finally:
        beside.unlink()
