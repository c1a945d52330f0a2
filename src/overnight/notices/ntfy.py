"""ntfy: a push message to a phone, sent as JSON, so that no text of ours can become a header."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

from overnight.notices.http import post_json
from overnight.notices.notice import Notice, NotifySpec, Occasion
from overnight.notices.port import NotSent
from overnight.notices.secrets import read_source
from overnight.notices.settings import split_url

_PRIORITY: Mapping[Occasion, int] = {Occasion.PERSON: 4}  # of 5; 3 is the default
_TAGS: Mapping[Occasion, str] = {
    Occasion.TARGET: "tada",
    Occasion.BUDGET: "hourglass",
    Occasion.PERSON: "warning",
    Occasion.TEST: "wave",
    Occasion.ANSWER: "speech_balloon",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NtfyChannel:
    """Publishes to the topic, the last part of a channel's URL."""

    spec: NotifySpec
    environment: Mapping[str, str]
    receiver: ClassVar[None] = None  # whoever knows the topic can write to it

    async def send(self, notice: Notice) -> None:
        """Publish once."""
        url = await read_source(self.spec.url, self.environment) if self.spec.url else ""
        token = await read_source(self.spec.secret, self.environment) if self.spec.secret else ""
        parts = split_url(url)
        root, _, topic = parts.path.rstrip("/").rpartition("/") if parts else ("", "", "")
        if parts is None or not topic:
            raise NotSent("its URL has no topic: write it like https://ntfy.sh/topic", again=False)
        body = {
            "topic": unquote(topic),
            "title": notice.title,
            "message": notice.text,
            "priority": _PRIORITY.get(notice.occasion, 3),
            "tags": [_TAGS[notice.occasion]],
        }
        await post_json(f"{parts.scheme}://{parts.netloc}{root}/", body, token=token)
