"""Nonces that a hub gives: for one key and a while, recognised by the hub's secret, so that giving one stores nothing."""

import hashlib
import hmac
import os
from collections.abc import Callable

from overnight.pool.record.tables import NONCE_LASTS_S


class NonceMaker:
    """Nonces of one hub; which of them were used is in its record."""

    def __init__(self, secret: bytes, clock: Callable[[], float]) -> None:
        self._secret = secret
        self._clock = clock

    def make(self, key: str) -> str:
        """One for a key."""
        given = f"{int(self._clock() + NONCE_LASTS_S):x}.{os.urandom(12).hex()}"
        return f"{given}.{self._code('nonce', key, given)}"

    def is_valid(self, nonce: str, key: str) -> bool:
        """Whether this hub gave it to this key, not too long ago."""
        given, _, code = nonce.rpartition(".")
        if not hmac.compare_digest(code.encode(errors="replace"), self._code("nonce", key, given).encode()):
            return False
        return int(given.partition(".")[0], 16) > self._clock()  # ours, as the code shows

    def invitation(self, key: str) -> str:
        """What lets one new key in."""
        return self._code("invitation", key, "")

    def is_invited(self, invitation: str, key: str) -> bool:
        """Whether this is the invitation of the key."""
        return hmac.compare_digest(invitation.encode(errors="replace"), self.invitation(key).encode())

    def _code(self, use: str, key: str, given: str) -> str:
        text = f"{use} {key} {given}".encode(errors="replace")
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()
