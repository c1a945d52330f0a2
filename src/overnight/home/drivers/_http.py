"""Calls of devices over HTTP: one host, no redirects, no proxy, small answers, and what failed as the port has it.

Does not cover: who is at an address without a pin; passwords that go over the wire readable, as Basic and queries have them.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from overnight.home.port import Refused, Unreachable, Unsure
from overnight.home.readings import number
from overnight.words.foreign import printable
from overnight.words.secret import Secret

if TYPE_CHECKING:
    import aiohttp

LARGEST = 1024 * 1024  # bytes of an answer
CONNECT_S = 2.0
CALL_S = 4.0
ERROR = 400  # the least HTTP status of an error
OK = 300  # the least that is no success
HTTPS = 443
SHOWN = 120  # characters of a device's words


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def words(self) -> str:
        """The beginning of it, to be shown."""
        return printable(self.body[:SHOWN].decode("utf-8", "replace"), SHOWN)


class Http:
    """A device that answers over HTTP; leave it with `aclose`."""

    def __init__(
        self,
        address: str,
        *,
        password: str = "",
        headers: Mapping[str, str] | None = None,
        pin: bytes | None = None,
        tls: bool = False,
    ) -> None:
        """`address`: host and perhaps port. `password`: for HTTP Digest, as the user `admin`.

        `tls`: HTTPS, with a certificate that the system trusts; `pin`: HTTPS, with this certificate alone, by its SHA-256.
        """
        self.base = f"{'https' if pin or tls else 'http'}://{address}"
        self._password = password
        self._headers = dict(headers or {})
        self._pin = pin
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str) -> Any:  # Any: JSON
        """The JSON at a path.

        Raises:
            DeviceError: it does not answer, or not with JSON.
        """
        return self._json(await self.send("GET", path))

    async def post(self, path: str, body: object) -> Any:  # Any: JSON
        """What it answers to JSON at a path.

        Raises:
            DeviceError: it does not answer, or not with JSON.
        """
        return self._json(await self.send_json("POST", path, body))

    async def put(self, path: str, body: object) -> Any:  # Any: JSON
        """The same by PUT."""
        return self._json(await self.send_json("PUT", path, body))

    async def send_json(self, method: str, path: str, body: object) -> Answer:
        """Any answer to JSON, as `send`."""
        return await self.send(method, path, json.dumps(body).encode())

    async def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Any answer, also one of an error.

        Raises:
            Unreachable: nothing was sent.
            Unsure: it may have arrived.
        """
        import aiohttp

        session = self._opened()
        given = {"Content-Type": "application/json", **self._headers, **headers} if body else {**self._headers, **headers}
        try:
            async with session.request(method, self.base + path, data=body, headers=given, allow_redirects=False) as answer:
                content = b""
                while len(content) <= LARGEST and (more := await answer.content.read(LARGEST + 1 - len(content))):
                    content += more
                found = Answer(answer.status, content)
        except aiohttp.InvalidURL as error:
            raise Unreachable(f"{self.base} is no address") from error
        except aiohttp.ClientResponseError as error:  # whose text has all of the address, and so perhaps a password
            raise Unsure(f"{self.base} broke off: {printable(error.message, SHOWN)}") from None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unsure(f"{self.base} broke off: {str(error) or type(error).__name__}") from error
        if len(content) > LARGEST:
            raise Unsure(f"{self.base} answers more than {LARGEST:,} bytes")
        return found

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            digest = (aiohttp.DigestAuthMiddleware("admin", self._password),) if self._password else ()
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=CALL_S, sock_connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(self._pin)) if self._pin else None,
                middlewares=(_once, *digest),
            )
        return self._session

    def _json(self, answer: Answer) -> Any:  # Any: JSON
        if answer.status >= OK:
            raise Refused(f"it answers {answer.status}: {answer.words}")
        try:
            return json.loads(answer.body) if answer.body.strip() else {}
        except (ValueError, RecursionError) as error:
            raise Unsure("it answers no JSON") from error


async def _once(request: "aiohttp.ClientRequest", handler: "aiohttp.ClientHandlerType") -> "aiohttp.ClientResponse":
    """Say at once what failed: aiohttp would send a GET or a PUT again if its connection broke off."""
    import aiohttp

    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        number = getattr(error, "errno", None)
        why = os.strerror(number) if number and number > 0 else error  # of a name that is not found: negative
        raise Unreachable(f"no connection to {request.url.host}:{request.url.port}: {why}") from error
    except aiohttp.ServerFingerprintMismatch as error:
        raise Unreachable(f"{request.url.host}:{request.url.port} shows another certificate than when it was paired") from error
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Unsure(f"{request.url.host}:{request.url.port} broke off: {error}") from error


async def certificate_of(address: str) -> str:
    """The SHA-256 of the certificate that a device shows, as hexadecimal digits; nothing is asked of it.

    Raises:
        Unreachable: it shows none.
    """
    import hashlib
    import ssl

    from anyio import to_thread

    host, _, port = address.partition(":")
    try:
        text = await to_thread.run_sync(lambda: ssl.get_server_certificate((host, int(port or HTTPS)), timeout=CONNECT_S))
    except (OSError, ValueError) as error:
        raise Unreachable(f"no certificate at {address}: {error}") from error
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()


def basic(user: str, password: Secret | None) -> Mapping[str, str]:
    """The header of HTTP Basic; none without a password."""
    if password is None:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()}


def number_in(part: Mapping[str, Any], name: str) -> float | None:  # Any: JSON
    """A number of an answer that is one."""
    return number(part.get(name))
