"""The kinds of channels by the word that `use` says."""

from collections.abc import Callable, Mapping, Sequence

from overnight.backends.notifiers.command import CommandNotifier
from overnight.backends.notifiers.ntfy import NtfyNotifier
from overnight.backends.notifiers.smtp import EmailNotifier
from overnight.backends.notifiers.webhook import WebhookNotifier
from overnight.ports import Notifier
from overnight.records.notice import NotifySpec

NOTIFIERS: Mapping[str, Callable[..., Notifier]] = {  # each takes `spec` and `environment`
    "command": CommandNotifier,
    "webhook": WebhookNotifier,
    "email": EmailNotifier,
    "ntfy": NtfyNotifier,
}


def make_notifiers(specs: Sequence[NotifySpec], environment: Mapping[str, str]) -> Mapping[NotifySpec, Notifier]:
    """What sends through each of the channels; nothing is read or sent yet."""
    return {spec: NOTIFIERS[spec.use](spec=spec, environment=environment) for spec in specs}
