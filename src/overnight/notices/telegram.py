"""Telegram: a message of a bot to one chat. It only sends: a bot has one reader, which may be a claw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import anyio

from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.parts import parts_of
from overnight.notices.port import NotSent
from overnight.notices.secrets import read_source
from overnight.notices.telegram_api import TelegramApi, TelegramError

WHOLE_S = 25.0  # including name servers that do not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramChannel:
    """Sends to the chat of a channel's settings."""

    spec: NotifySpec
    environment: Mapping[str, str]
    receiver: ClassVar[None] = None  # two readers of one bot take messages from each other

    async def send(self, notice: Notice) -> None:
        """Send its title and its text."""
        token = await read_source(self.spec.secret, self.environment) if self.spec.secret else ""
        url = await read_source(self.spec.url, self.environment) if self.spec.url else ""
        try:
            with anyio.fail_after(WHOLE_S):
                async with TelegramApi(token, url) as api:
                    for part in parts_of(f"{notice.title}\n{notice.text}"):
                        await api.send(self.spec.chat, part)
        except TelegramError as error:
            raise NotSent(str(error), again=error.again and error.code not in {401, 404}, wait_s=error.wait_s) from None
        except TimeoutError:
            raise NotSent(f"no answer within {WHOLE_S:.0f} s", again=True) from None
