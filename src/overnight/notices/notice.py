"""What is told to a person who is not looking, and the channels that it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Occasion(StrEnum):
    """Why a person is told."""

    TARGET = "target"  # the head is verified to be beyond the target
    BUDGET = "budget"  # a budget is spent
    PERSON = "person"  # the campaign cannot go on by itself
    TEST = "test"  # the person asked whether a channel works


OCCASIONS = (Occasion.TARGET, Occasion.BUDGET, Occasion.PERSON)  # of a campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message; its texts are printable, of bounded length, and hold no secret."""

    key: str  # two notices of a campaign with one key are the same news, which is told once
    occasion: Occasion
    title: str  # one line
    lines: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)  # the same for programs: tag, metric, head, ...

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSource:
    """Where a text comes from when it is needed: exactly one of the three is set."""

    literal: str = ""  # never a secret
    variable: str = ""  # of the environment
    command: tuple[str, ...] = ()  # that prints it


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How e-mail is handed over."""

    host: str
    port: int
    security: str  # "starttls", "tls" or "none"
    sender: str
    to: tuple[str, ...]
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySpec:
    """One channel; without `use` it stands for the channel of this name in the user's settings."""

    name: str
    use: str = ""  # "command", "webhook", "email" or "ntfy"
    on: tuple[Occasion, ...] = OCCASIONS
    command: tuple[str, ...] = ()  # an argument vector, run on this machine
    variables: tuple[str, ...] = ()  # further ones of the environment that the command gets
    url: TextSource | None = None
    format: str = "json"  # of a webhook's body: "json", "slack" or "discord"
    secret: TextSource | None = None  # a bearer token, or the password of `mail`
    mail: Mail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """What the user's settings say about notices."""

    channels: tuple[NotifySpec, ...] = ()
    hosts: tuple[str, ...] = ()  # to which a program may send by a `url` of its own
