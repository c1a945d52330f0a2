"""The part of Telegram's Bot API that is used here, over HTTP: one call, its errors without the token, and updates as values.

Source: https://core.telegram.org/bots/api (getMe, getUpdates, sendMessage, sendPhoto, answerCallbackQuery).

The token is a part of each address, so no error of the HTTP library is shown or kept: it may contain the address.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from overnight import __version__
from overnight.notices.api_answers import ANSWER_S, LONGEST_WAIT_S, connection_words, read_answer
from overnight.notices.settings import LOOPBACK, split_url
from overnight.words.foreign import one_line

if TYPE_CHECKING:
    import aiohttp
    from pydantic import TypeAdapter

    from overnight.notices.telegram_updates import Update

PUBLIC = "https://api.telegram.org"
POLL_S = 50  # that a call for updates may wait at the server
AT_ONCE = 50  # updates in one answer
WHY = 200  # characters of what the server says
_TOKEN = re.compile(r"(?P<bot>\d{1,20}):[A-Za-z0-9_-]{20,100}", re.ASCII)


class TelegramError(Exception):
    """A call failed; says why in one line, without the token."""

    def __init__(self, why: str, *, code: int = 0, wait_s: float = 0.0, asked: bool = False) -> None:
        """`code`: of HTTP, 0 if no answer came; `wait_s`: that the server asks us to wait; `asked`: the request went out."""
        super().__init__(why)
        self.code, self.wait_s = code, wait_s
        self.unsure = code >= 500 or (asked and not code)  # noqa: PLR2004  # HTTP; it may have been carried out

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
            body["reply_markup"] = _keyboard(buttons)
        await self._call("sendMessage", body)

    async def send_picture(self, chat: str, picture: bytes, caption: str, buttons: Sequence[tuple[str, str]] = ()) -> None:
        """Send a picture with a text of at most `CAPTION`."""
        import aiohttp

        form = aiohttp.FormData({"chat_id": chat, "caption": caption})
        if buttons:
            form.add_field("reply_markup", json.dumps(_keyboard(buttons)))
        form.add_field("photo", picture, filename="picture", content_type="application/octet-stream")
        await self._call("sendPhoto", form=form)

    async def touched(self, query: str) -> None:
        """Say that the touch of a button came in, so that it stops waiting."""
        await self._call("answerCallbackQuery", {"callback_query_id": query})

    async def _call(
        self,
        method: str,
        body: Mapping[str, object] | None = None,
        *,
        form: "aiohttp.FormData | None" = None,
        wait_s: float = 0.0,
    ) -> object:
        """The result of a method.

        Raises:
            TelegramError: there is none.
        """
        import aiohttp

        if self._session is None:
            raise AssertionError("not entered")
        timeout = aiohttp.ClientTimeout(total=ANSWER_S + wait_s, connect=ANSWER_S)
        given: dict[str, Any] = {"json": body or {}} if form is None else {"data": form}  # Any: of either form
        try:
            async with self._session.post(self._root + method, timeout=timeout, allow_redirects=False, **given) as response:
                content = await read_answer(response)
                return self._result(response.status, content)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise TelegramError("it does not answer" if isinstance(error, TimeoutError) else connection_words(error)) from None
        except TimeoutError:
            raise TelegramError("it does not answer", asked=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise TelegramError(connection_words(error), asked=True) from None

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


def _keyboard(buttons: Sequence[tuple[str, str]]) -> Mapping[str, object]:
    return {"inline_keyboard": [[{"text": label, "callback_data": data} for label, data in buttons]]}


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
