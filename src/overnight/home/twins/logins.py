"""Logins that a twin of a camera checks: Basic and Digest of HTTP, and the token of WS-Security."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from aiohttp import web

_DIGEST = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]*))')
_TOKEN = re.compile(r"<(?:[\w-]+:)?(Username|Password|Nonce|Created)\b[^>]*>([^<]*)<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user of a camera."""

    user: str
    password: str
    realm: str = "camera"
    algorithm: str = "MD5"  # or SHA-256, both of RFC 7616
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def admits(self, authorization: str, method: str, uri: str) -> bool:
        """Whether a request of HTTP or RTSP brings the password, as Basic or Digest."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "basic" and self.algorithm == "MD5":
            wanted = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return hmac.compare_digest(given.encode(), wanted.encode())
        if scheme.lower() != "digest":
            return False
        said = {name: quoted or plain for name, quoted, plain in _DIGEST.findall(given)}
        if (said.get("username"), said.get("nonce"), said.get("uri")) != (self.user, self.nonce, uri):
            return False
        first = self._hash(f"{self.user}:{self.realm}:{self.password}")
        second = self._hash(f"{method}:{uri}")
        middle = f"{said.get('nc', '')}:{said.get('cnonce', '')}:{said.get('qop', '')}:" if "qop" in said else ""
        wanted = self._hash(f"{first}:{self.nonce}:{middle}{second}")
        return hmac.compare_digest(said.get("response", "").encode(), wanted.encode())

    def admits_request(self, request: web.Request) -> bool:
        """The same, of a request of HTTP."""
        return self.admits(request.headers.get("Authorization", ""), request.method, request.path_qs)

    def digest(self) -> str:
        """What a client needs to know for a Digest."""
        return f'Digest realm="{self.realm}", qop="auth", nonce="{self.nonce}", algorithm={self.algorithm}'

    def challenge(self) -> web.Response:
        """401; with MD5, as cameras have it, Basic is offered too."""
        response = web.Response(status=401, text="401 Unauthorized")
        response.headers.add("WWW-Authenticate", self.digest())
        if self.algorithm == "MD5":
            response.headers.add("WWW-Authenticate", f'Basic realm="{self.realm}"')
        return response

    def _hash(self, text: str) -> str:
        made = hashlib.new(self.algorithm.replace("-", ""), text.encode(), usedforsecurity=False)
        return made.hexdigest()

    def admits_token(self, envelope: str) -> bool:
        """Whether an envelope of SOAP brings the password as a digest."""
        found = dict(_TOKEN.findall(envelope))
        if found.get("Username") != self.user:
            return False
        try:
            nonce = base64.b64decode(found.get("Nonce", ""))
        except ValueError:
            return False
        made = hashlib.sha1(nonce + f"{found.get('Created', '')}{self.password}".encode(), usedforsecurity=False).digest()
        return hmac.compare_digest(base64.b64encode(made), found.get("Password", "").encode())
