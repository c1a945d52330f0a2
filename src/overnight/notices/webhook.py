"""A webhook: one POST of JSON, in a shape of our own, Slack's or Discord's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from overnight.notices.http import post_json
from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.secrets import read_source

DISCORD_CHARACTERS = 2000  # that a message may have
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})  # so that foreign text cannot contain `<!channel>`


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChannel:
    """Posts to the URL of a channel."""

    spec: NotifySpec
    environment: Mapping[str, str]
    receiver: ClassVar[None] = None  # it has no way back

    async def send(self, notice: Notice) -> None:
        """Post once."""
        url = await read_source(self.spec.url, self.environment) if self.spec.url else ""
        token = await read_source(self.spec.secret, self.environment) if self.spec.secret else ""
        await post_json(url, body_of(notice, self.spec.format), token=token)


def body_of(notice: Notice, shape: str) -> Mapping[str, object]:
    """The body of the POST; foreign text in it cannot mention a group of people."""
    whole = f"{notice.title}\n{notice.text}"
    match shape:
        case "slack":
            return {"text": whole.translate(_SLACK)}
        case "discord":
            return {"content": whole[:DISCORD_CHARACTERS], "allowed_mentions": {"parse": []}}
        case _:
            return {"title": notice.title, "text": notice.text, "facts": dict(notice.facts)}
