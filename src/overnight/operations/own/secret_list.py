"""The names of the user's secrets, and who uses them; never a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Tier
from overnight.secrets.broker import Broker, user_broker
from overnight.secrets.listing import SecretList, list_secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretListInput:
    """Nothing."""


def run(context: Context, _given: SecretListInput) -> SecretList:
    """Look where each is."""
    broker = user_broker()
    return list_secrets(broker, _users(context, broker))


def render(found: SecretList) -> str:
    """A name a line."""
    return "\n".join(entry.name for entry in found.secrets)


def _users(context: Context, broker: Broker) -> Mapping[str, Sequence[str]]:
    """Who uses each variable that the settings name."""
    from overnight.config import read_settings

    users: dict[str, list[str]] = {}
    try:
        settings = read_settings(broker.environment, Path.home())
    except UserError as error:
        context.say(f"note: who uses them is not known: {error}")
        return {}
    for provider in settings.providers:
        if provider.key_env and not provider.local:
            users.setdefault(provider.key_env, []).append(f"provider {provider.name}")
    for channel in settings.notify.channels:
        for name in channel.secret_variables:
            users.setdefault(name, []).append(f"channel {channel.name}")
    return users


OPERATION = Operation(
    name="secret list",
    about="List the names of all secrets: where each is found, when it was set, who uses it. Never a value.",
    input=SecretListInput,
    output=SecretList,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=render,
    owner_only=True,
)
