"""The kinds of chats, by the value of `use` in claw.yaml."""

from collections.abc import Callable, Mapping, Sequence

from overnight.claw.channels.telegram import TelegramChat
from overnight.claw.charter import ChannelSpec
from overnight.claw.port import Chat


def _telegram(spec: ChannelSpec, environment: Mapping[str, str]) -> Chat:
    return TelegramChat(environment, secret=spec.options.get("token", ""), url=spec.options.get("url", ""))


KINDS: Mapping[str, Callable[[ChannelSpec, Mapping[str, str]], Chat]] = {"telegram": _telegram}


def open_chats(specs: Sequence[ChannelSpec], environment: Mapping[str, str]) -> Mapping[str, Chat]:
    """The chats of a claw by their names; nothing is read or sent yet."""
    return {spec.name: KINDS[spec.use](spec, environment) for spec in specs if spec.use in KINDS}
