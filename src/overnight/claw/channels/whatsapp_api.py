"""The part of WhatsApp's Cloud API that is used here, over HTTP: texts, buttons, pictures, a template, and who we are.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api (messages, media, error codes).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from overnight import __version__
from overnight.notices.api_answers import ANSWER_S, LONGEST_WAIT_S, connection_words, read_answer
from overnight.notices.settings import LOOPBACK, split_url
from overnight.words.foreign import one_line

if TYPE_CHECKING:
    import aiohttp
    from pydantic import TypeAdapter

PUBLIC = "https://graph.facebook.com/v23.0"
PART, WITH_BUTTONS, IN_TEMPLATE = 4096, 1024, 900  # characters of a text, of one with buttons, of one in a template
CAPTION, LARGEST = 1024, 5 * 1024**2  # characters of the text of a picture; bytes of a picture
OUTSIDE = 131047  # they wrote more than 24 hours ago
BUSY = frozenset((1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057))  # faults of theirs, and too much at once
TOKEN = frozenset((0, 10, 190, 200))  # faults of a token, which can be put right
BUSY_S = 60.0  # to wait if it says that it was too much
WHY = 200  # characters of what the server says


class WhatsAppError(Exception):
    """A call failed; says why in one line, without the token."""

    def __init__(self, why: str, *, status: int = 0, code: int = -1, wait_s: float = 0.0, asked: bool = False) -> None:
        """`status`: of HTTP, 0 if no answer came; `code`: WhatsApp's own, -1 if it gave none; `asked`: the request went out."""
        super().__init__(why)
        self.status, self.code = status, code
        self.unsure = status >= 500 or (asked and not status)  # noqa: PLR2004  # HTTP; it may have been carried out
        self.wait_s = wait_s or (BUSY_S if code in BUSY or status == 429 else 0.0)  # noqa: PLR2004  # HTTP

    @property
    def is_token(self) -> bool:
        """Whether another token is needed."""
        return self.status in {401, 403} or self.code in TOKEN

    @property
    def again(self) -> bool:
        """Whether the same call may succeed later."""
        return self.is_token or self.code in BUSY or self.status in {0, 408, 429} or self.status >= 500  # noqa: PLR2004  # HTTP


class WhatsAppApi:
    """One number, for one event loop; a context manager that holds the connection."""

    def __init__(self, token: str, phone: str, url: str = "") -> None:
        """`phone`: the number's id. Nothing is sent yet.

        Raises:
            WhatsAppError: the address cannot be one.
        """
        parts = split_url(url or PUBLIC)
        if parts is None:
            raise WhatsAppError("its `url` is no http or https URL", status=400)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise WhatsAppError("its token would be sent over plain http: write https in its `url`", status=400)
        self._token = token
        self._root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{phone}"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "WhatsAppApi":
        import aiohttp

        headers = {"User-Agent": f"overnight/{__version__}", "Authorization": f"Bearer {self._token}"}
        self._session = aiohttp.ClientSession(headers=headers, trust_env=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def name(self) -> str:
        """The number and its name, by a round trip."""
        found = await self._call("GET", "?fields=verified_name,display_phone_number")
        return one_line(f"{found.verified_name} {found.display_phone_number}".strip(), WHY)

    async def upload(self, picture: bytes) -> str:
        """Bring a picture to WhatsApp, for `send`; its id. Nobody is sent anything yet."""
        import aiohttp

        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        form = aiohttp.FormData({"messaging_product": "whatsapp", "type": kind})
        form.add_field("file", picture, filename="picture", content_type=kind)
        found = await self._call("POST", "/media", form=form)
        if not found.id:
            raise WhatsAppError("it does not say whether it took the picture", status=500)
        return found.id

    async def send(self, to: str, text: str, buttons: Sequence[tuple[str, str]] = (), picture: str = "") -> str:
        """Send a text, or one with buttons: label, data; and the picture of an id above it. Its id; no link is looked up."""
        body: Mapping[str, object] = {"type": "text", "text": {"body": text, "preview_url": False}}
        if buttons:
            replies = [{"type": "reply", "reply": {"id": data, "title": label}} for label, data in buttons]
            head = {"header": {"type": "image", "image": {"id": picture}}} if picture else {}
            body = {
                "type": "interactive",
                "interactive": {"type": "button", **head, "body": {"text": text}, "action": {"buttons": replies}},
            }
        elif picture:
            body = {"type": "image", "image": {"id": picture, "caption": text}}
        return await self._send(to, body)

    async def send_template(self, to: str, template: str, language: str, text: str) -> str:
        """Send a text as the one variable of a template that the owner had approved; its id."""
        parameters = [{"type": "text", "text": " ".join(text.split())}]  # it takes neither lines nor four spaces in a row
        body = {
            "type": "template",
            "template": {
                "name": template,
                "language": {"code": language},
                "components": [{"type": "body", "parameters": parameters}],
            },
        }
        return await self._send(to, body)

    async def _send(self, to: str, body: Mapping[str, object]) -> str:
        common = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to}
        found = await self._call("POST", "/messages", {**common, **body})
        if not found.messages:
            raise WhatsAppError("it does not say whether it took the message", status=500)
        return found.messages[0].id

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        form: "aiohttp.FormData | None" = None,
    ) -> "_Answer":
        """What a call answers.

        Raises:
            WhatsAppError: it failed.
        """
        import aiohttp

        if self._session is None:
            raise AssertionError("not entered")
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        try:
            async with self._session.request(
                method, self._root + path, json=body, data=form, timeout=timeout, allow_redirects=False
            ) as response:
                content = await read_answer(response)
                return self._answer(response.status, content, response.headers.get("Retry-After", ""))
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise WhatsAppError("it does not answer" if isinstance(error, TimeoutError) else connection_words(error)) from None
        except TimeoutError:
            raise WhatsAppError("it does not answer", asked=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise WhatsAppError(connection_words(error), asked=True) from None

    def _answer(self, status: int, content: bytes, wait: str) -> "_Answer":
        try:
            found = _adapter().validate_python(json.loads(content))
        except (ValueError, RecursionError):  # also one of pydantic's
            raise WhatsAppError(f"HTTP {status}, and no answer of the Cloud API", status=max(status, 500)) from None
        if status < 300 and found.error is None:  # noqa: PLR2004  # HTTP
            return found
        error = found.error or _Error()
        said = one_line(error.message.replace(self._token, "[token]"), WHY)
        wait_s = min(float(wait), LONGEST_WAIT_S) if wait.isascii() and wait.isdecimal() and len(wait) < 9 else 0.0  # noqa: PLR2004  # digits
        status = status if status >= 400 else 500  # noqa: PLR2004  # HTTP
        raise WhatsAppError(
            f"{error.code if error.code >= 0 else status} {said}".strip(), status=status, code=error.code, wait_s=wait_s
        )


@dataclass(frozen=True, slots=True)
class _Error:
    message: str = ""
    code: int = -1


@dataclass(frozen=True, slots=True)
class _Sent:
    id: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What any call answers; keys that are not known are left out."""

    messages: Sequence[_Sent] = ()
    error: _Error | None = None
    id: str = ""  # of what was uploaded
    verified_name: str = ""
    display_phone_number: str = ""


@cache
def _adapter() -> "TypeAdapter[_Answer]":
    from pydantic import TypeAdapter

    return TypeAdapter(_Answer)
