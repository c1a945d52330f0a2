"""The part of Telegram's Bot API that is used here, over HTTP: one call, its errors without the token, and updates as values.

Source: https://core.telegram.org/bots/api (getMe, getUpdates, sendMessage, answerCallbackQuery).

The token is a part of each address, so no error of the HTTP library is shown or kept: it may contain the address.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from overnight import __version__
from overnight.notices.settings import LOOPBACK, split_url
from overnight.words.foreign import one_line

if TYPE_CHECKING:
    import aiohttp
    from pydantic import TypeAdapter

    from overnight.notices.telegram_updates import Update

PUBLIC = "https://api.telegram.org"
POLL_S = 50  # that a call for updates may wait at the server
ANSWER_S = 20.0  # for the answer of any call, beyond what it may wait
AT_ONCE = 50  # updates in one answer
LARGEST = 4 * 2**20  # bytes of an answer: fifty long messages are well under 1 MiB
PART = 4096  # UTF-16 units that a message may have
WHY = 200  # characters of what the server says
LONGEST_WAIT_S = 600.0  # that a server may ask for
_TOKEN = re.compile(r"(?P<bot>\d{1,20}):[A-Za-z0-9_-]{20,100}", re.ASCII)


class TelegramError(Exception):
    """A call failed; says why in one line, without the token."""

    def __init__(self, why: str, *, code: int = 0, wait_s: float = 0.0) -> None:
        """`code`: of HTTP, 0 if no answer came; `wait_s`: how long the server asks us to wait."""
        super().__init__(why)
        self.code, self.wait_s = code, wait_s

    @property
    def again(self) -> bool:
        """Whether the same call may succeed later."""
        return self.code in {0, 401, 404, 408, 409, 429} or self.code >= 500  # noqa: PLR2004  # HTTP; a token can be put right


class TelegramApi:
    """One bot, for one event loop; a context manager that holds the connection."""

    def __init__(self, token: str, url: str = "") -> None:
        """Nothing is sent yet.

        Raises:
            TelegramError: the token or the address cannot be one.
        """
        found, parts = _TOKEN.fullmatch(token), split_url(url or PUBLIC)
        if not found:
            raise TelegramError("its token does not look like one of @BotFather, such as 123456:AA...", code=401)
        if parts is None:
            raise TelegramError("its `url` is no http or https URL", code=400)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise TelegramError("its token would be sent over plain http: write https in its `url`", code=400)
        self.bot = found["bot"]
        self._token, self._root = token, f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/bot{token}/"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "TelegramApi":
        import aiohttp

        headers = {"User-Agent": f"overnight/{__version__}"}
        self._session = aiohttp.ClientSession(headers=headers, trust_env=True, auto_decompress=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def name(self) -> str:
        """The name of the bot, by a round trip."""
        found = await self._call("getMe")
        return one_line(str(found.get("username", "")), WHY) if isinstance(found, dict) else ""

    async def updates(self, offset: int, wait_s: int = POLL_S) -> "Sequence[Update]":
        """What came in from this number on, which acknowledges all before it; waits if there is nothing."""
        from overnight.notices.telegram_updates import ALLOWED, read_update

        body = {"offset": offset, "limit": AT_ONCE, "timeout": wait_s, "allowed_updates": ALLOWED}
        found = await self._call("getUpdates", body, wait_s=wait_s)
        updates = [update for raw in found if (update := read_update(raw))] if isinstance(found, list) else []
        if not isinstance(found, list) or (found and not updates):
            raise TelegramError("it answered something that is no list of updates", code=500)
        return updates

    async def send(self, chat: str, text: str, buttons: Sequence[tuple[str, str]] = ()) -> None:
        """Send a text of at most `PART`: nothing in it is markup, and no link of it is looked up; buttons: label, data."""
        body: dict[str, object] = {"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": True}}
        if buttons:
            row = [{"text": label, "callback_data": data} for label, data in buttons]
            body["reply_markup"] = {"inline_keyboard": [row]}
        await self._call("sendMessage", body)

    async def touched(self, query: str) -> None:
        """Say that the touch of a button came in, so that it stops waiting."""
        await self._call("answerCallbackQuery", {"callback_query_id": query})

    async def _call(self, method: str, body: Mapping[str, object] | None = None, *, wait_s: float = 0.0) -> object:
        """The result of a method.

        Raises:
            TelegramError: there is none.
        """
        import aiohttp

        if self._session is None:
            raise AssertionError("not entered")
        timeout = aiohttp.ClientTimeout(total=ANSWER_S + wait_s, connect=ANSWER_S)
        try:
            async with self._session.post(
                self._root + method, json=body or {}, timeout=timeout, allow_redirects=False
            ) as response:
                content = await _read(response)
                return self._result(response.status, content)
        except TimeoutError:
            raise TelegramError("it does not answer") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise TelegramError(_said(error)) from None

    def _result(self, status: int, content: bytes) -> object:
        try:
            found = _answer().validate_python(json.loads(content))
        except (ValueError, RecursionError):  # also one of pydantic's
            raise TelegramError(f"HTTP {status}, and no answer of a Bot API", code=status if status >= 400 else 500) from None  # noqa: PLR2004  # HTTP
        if found.ok and status < 300:  # noqa: PLR2004  # HTTP
            return found.result
        code = found.error_code or status
        said = one_line(found.description.replace(self._token, "[token]"), WHY)
        wait_s = min(float(found.parameters.get("retry_after", 0) or 0), LONGEST_WAIT_S)
        raise TelegramError(f"{code} {said}".strip(), code=code if code >= 400 else 500, wait_s=wait_s)  # noqa: PLR2004  # HTTP


@dataclass(frozen=True, slots=True)
class _Answer:
    """What any call answers."""

    ok: bool
    result: Any = None  # Any: of any form; who asked for it checks it
    error_code: int = 0
    description: str = ""
    parameters: Mapping[str, int] = field(default_factory=dict)


@cache
def _answer() -> "TypeAdapter[_Answer]":
    from pydantic import TypeAdapter

    return TypeAdapter(_Answer)


def parts_of(text: str) -> Sequence[str]:
    """A text in parts that each fit into a message, cut at ends of lines where there are some; at least one."""
    parts, rest = [], text
    while _units(rest) > PART:
        end = _fitting(rest)
        cut = max(rest.rfind("\n", end // 2, end), 0) or end
        parts.append(rest[:cut])
        rest = rest[cut:].removeprefix("\n")
    return [*parts, rest or "(nothing)"] if rest.strip() or not parts else parts


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _fitting(text: str) -> int:
    """How many characters from the beginning fit."""
    units = 0
    for number, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > PART:
            return number
    return len(text)


async def _read(response: "aiohttp.ClientResponse") -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        content += chunk
        if len(content) > LARGEST:
            raise TelegramError("its answer is too large", code=500)
    return bytes(content)


def _said(error: Exception) -> str:
    """What went wrong, without the text of the error, which may have the address."""
    reason = getattr(error, "os_error", None) or error
    if isinstance(reason, OSError) and reason.strerror and not isinstance(error, UnicodeError):
        return f"no connection: {one_line(re.sub(r'https?://[^ ]*', '', reason.strerror), WHY)}"
    return f"no connection: {type(error).__name__}"
