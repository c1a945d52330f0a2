"""The kinds of chats, by the value of `use` in claw.yaml."""

from collections.abc import Callable, Mapping, Sequence

from overnight.claw.charter import ChannelSpec
from overnight.claw.port import Chat


def _telegram(spec: ChannelSpec, environment: Mapping[str, str]) -> Chat:
    from overnight.claw.channels.telegram import TelegramChat

    return TelegramChat(environment, secret=spec.options.get("token", ""), url=spec.options.get("url", ""))


def _whatsapp(spec: ChannelSpec, environment: Mapping[str, str]) -> Chat:
    from overnight.claw.channels.whatsapp import NAMED, PORT, WhatsAppChat, WhatsAppSpec

    said = spec.options
    return WhatsAppChat(
        environment,
        WhatsAppSpec(
            phone=said["phone"],
            secret=said.get("token", NAMED),
            url=said.get("url", ""),
            port=int(said.get("port", PORT)),
            public=said.get("public", ""),
            template=said.get("template", ""),
            language=said.get("language", "en"),
        ),
    )


KINDS: Mapping[str, Callable[[ChannelSpec, Mapping[str, str]], Chat]] = {"telegram": _telegram, "whatsapp": _whatsapp}


def open_chats(specs: Sequence[ChannelSpec], environment: Mapping[str, str]) -> Mapping[str, Chat]:
    """The chats of a claw by their names; nothing is read or sent yet."""
    return {spec.name: KINDS[spec.use](spec, environment) for spec in specs}
