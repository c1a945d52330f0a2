"""What a person who is not watching is notified of, and the channels for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Occasion(StrEnum):
    """Why a person is notified."""

    TARGET = "target"  # the head is verified to have passed the target
    BUDGET = "budget"  # a budget is spent
    PERSON = "person"  # the work cannot continue without a person, or waits for one to read
    TEST = "test"  # the person asked whether a channel works
    ANSWER = "answer"  # the person wrote, over a channel that can receive


OCCASIONS = (Occasion.TARGET, Occasion.BUDGET, Occasion.PERSON)  # of the work that is watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message; its texts are printable, of bounded length, and hold no secret."""

    key: str  # two notices of one outbox with the same key are the same news, which is sent once
    occasion: Occasion
    title: str  # one line
    lines: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)  # the same for programs: a name, a number, ...

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    def scrubbed(self, hide: Callable[[str], str]) -> "Notice":
        """The notice with every text that is sent passed through `hide`."""
        return replace(
            self,
            title=hide(self.title),
            lines=tuple(map(hide, self.lines)),
            facts={name: hide(fact) for name, fact in self.facts.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSource:
    """Where to get a text when it is needed: exactly one of the three is set."""

    literal: str = ""  # never a secret
    variable: str = ""  # an environment variable
    command: tuple[str, ...] = ()  # prints the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How e-mail is sent."""

    host: str
    port: int
    security: str  # "starttls", "tls" or "none"
    sender: str
    to: tuple[str, ...]
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySpec:
    """One channel; without `use` it refers to the channel of this name in the user's settings."""

    name: str
    use: str = ""  # "command", "webhook", "email", "ntfy" or "telegram"
    on: tuple[Occasion, ...] = OCCASIONS
    command: tuple[str, ...] = ()  # an argument vector, run on this machine
    receive: tuple[str, ...] = ()  # an argument vector that prints what people write; empty: messages only go out
    owners: tuple[str, ...] = ()  # the senders that may order, as the channel knows them
    variables: tuple[str, ...] = ()  # further environment variables that both commands get
    url: TextSource | None = None
    format: str = "json"  # of a webhook's body: "json", "slack" or "discord"
    secret: TextSource | None = None  # a bearer token, or the password of `mail`
    chat: str = ""  # of a Telegram bot: whom it writes to
    mail: Mail | None = None

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The variables that hold its secrets."""
        sources = (self.secret, self.url)
        return tuple(source.variable for source in sources if source and source.variable)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """The user's settings for notices."""

    channels: tuple[NotifySpec, ...] = ()
    hosts: tuple[str, ...] = ()  # to which a program may send with its own `url`
