"""The kinds of channels, by the value of `use`."""

from collections.abc import Callable, Mapping, Sequence

from overnight.notices.command import CommandChannel
from overnight.notices.notice import NotifySpec
from overnight.notices.ntfy import NtfyChannel
from overnight.notices.port import Channel
from overnight.notices.smtp import EmailChannel
from overnight.notices.telegram import TelegramChannel
from overnight.notices.webhook import WebhookChannel

CHANNELS: Mapping[str, Callable[..., Channel]] = {  # each takes `spec` and `environment`
    "command": CommandChannel,
    "webhook": WebhookChannel,
    "email": EmailChannel,
    "ntfy": NtfyChannel,
    "telegram": TelegramChannel,
}


def make_channels(specs: Sequence[NotifySpec], environment: Mapping[str, str]) -> Mapping[NotifySpec, Channel]:
    """The channel that each of the settings describes; nothing is read or sent yet."""
    return {spec: CHANNELS[spec.use](spec=spec, environment=environment) for spec in specs}
