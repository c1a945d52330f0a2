"""A claw on Telegram: long polling, so that no address of this machine is open to anybody.

A message is acknowledged to Telegram by asking for the one after it, which happens when it is on disk. Telegram knows no key of
ours and shows a bot nothing that it wrote: what may have been sent before a kill is sent again, with a mark.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from overnight.claw.channels.health import Health
from overnight.claw.channels.parts import SentParts
from overnight.claw.pictures import read_picture
from overnight.claw.port import Outgoing
from overnight.notices.parts import CAPTION, parts_of
from overnight.notices.port import Deaf, Message, NotSent
from overnight.notices.telegram_api import POLL_S, TelegramApi, TelegramError
from overnight.words.foreign import printable

NAMED = "CLAW_TELEGRAM"  # the secret, unless claw.yaml names another
MISSING = "it has no token, which @BotFather gives you for a bot of your own"
CONFLICT = "another program reads this bot, and a bot has one reader: stop it, or make a bot of its own with @BotFather"


class TelegramChat:
    """One bot, both ways; implements `Chat`."""

    def __init__(self, environment: Mapping[str, str], *, secret: str = "", url: str = "") -> None:
        """`secret`: the name of the token's; `url`: of a Bot API server of one's own."""
        self._environment, self._secret, self._url = environment, secret or NAMED, url
        self.health = Health()
        self._sent = SentParts()

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Pass on what persons write, and the touches of buttons as messages of theirs."""
        try:
            async with self._api() as api:
                await api.name()  # a round trip, before a poll that may wait for a minute
                offset, wait_s = 0, 0  # the first look is short, so that it is soon known whether it hears
                while True:
                    updates = await api.updates(offset, wait_s)
                    wait_s = POLL_S
                    self.health.trip()
                    for update in updates:
                        if message := update.message(api.bot, time.time()):
                            take(message)
                        offset = max(offset, update.number + 1)
                        if update.query:
                            await _release(api, update.query)
        except TelegramError as error:
            raise self._deaf(error) from None

    async def send(self, message: Outgoing) -> None:
        """Send it, in parts if it is long; what is known to be sent is not sent again, and its mark is before the rest."""
        left = self._sent.left(message)
        parts = parts_of(left)
        asked = [(each.label, each.data) for each in message.buttons]
        picture = read_picture(Path(message.picture)) if message.picture and len(parts_of(left, CAPTION)) == 1 else b""
        try:
            async with self._api() as api:
                if picture:
                    await api.send_picture(message.to.id, picture, left, asked)
                    return
                for part in parts:
                    buttons = asked if part is parts[-1] else ()
                    await api.send(message.to.id, part, buttons)
                    left = left[len(part) :].removeprefix("\n")
                    self._sent.note(message, left)
        except TelegramError as error:
            raise NotSent(self._words(error), again=error.again, wait_s=error.wait_s, unsure=error.unsure) from None
        self._sent.end(message)

    async def find(self, message: Outgoing) -> bool | None:  # noqa: ARG002  # the port's
        """None: a bot is not shown what it wrote."""
        return None

    async def round_trip(self) -> str:
        """The bot's name, as the server knows it.

        Raises:
            Deaf: it does not answer.
        """
        try:
            async with self._api() as api:
                return f"@{printable(await api.name(), 64)}"
        except TelegramError as error:
            raise self._deaf(error) from None

    def _api(self) -> TelegramApi:
        token = self._environment.get(self._secret, "").strip()
        if not token:
            raise TelegramError(MISSING, code=401)
        return TelegramApi(token, self._url)

    def _deaf(self, error: TelegramError) -> Deaf:
        return Deaf(self._words(error), again=error.code not in {401, 404, 409})

    def _words(self, error: TelegramError) -> str:
        if error.code == 409:  # noqa: PLR2004  # HTTP
            return CONFLICT
        if str(error) == MISSING:
            return f"{MISSING}: overnight secret set {self._secret}"
        if error.code in {401, 404}:
            return f"Telegram does not take its token ({error}): overnight secret set {self._secret}"
        return str(error)


async def _release(api: TelegramApi, query: str) -> None:
    with suppress(TelegramError):  # it is too old, or the server is busy: the touch itself is taken
        await api.touched(query)
