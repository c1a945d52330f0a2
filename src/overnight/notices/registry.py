"""The kinds of channels, by the value of `use`."""

from collections.abc import Callable, Mapping, Sequence

from overnight.notices.command import CommandNotifier
from overnight.notices.notice import NotifySpec
from overnight.notices.ntfy import NtfyNotifier
from overnight.notices.port import Notifier
from overnight.notices.smtp import EmailNotifier
from overnight.notices.webhook import WebhookNotifier

NOTIFIERS: Mapping[str, Callable[..., Notifier]] = {  # each takes `spec` and `environment`
    "command": CommandNotifier,
    "webhook": WebhookNotifier,
    "email": EmailNotifier,
    "ntfy": NtfyNotifier,
}


def make_notifiers(specs: Sequence[NotifySpec], environment: Mapping[str, str]) -> Mapping[NotifySpec, Notifier]:
    """A notifier for each of the channels; nothing is read or sent yet."""
    return {spec: NOTIFIERS[spec.use](spec=spec, environment=environment) for spec in specs}
