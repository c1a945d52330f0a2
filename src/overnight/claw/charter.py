"""What an owner writes in `claw.yaml`, as values; the files of a claw's folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from overnight.operations.operation import Tier

SYSTEM = "claw"  # of its loops, and of what its models cost
NAMED = "claw"  # a claw without another name
SETTINGS, SOUL, USER = "claw.yaml", "SOUL.md", "USER.md"
MEMORY, SKILLS, FILES = "memory", "skills", "files"  # folders beside them: its record, its skills, its own place to work
STOP = frozenset({"stop", "/stop", "halt", "stop it", "stop now", "stop all", "stop everything"})  # whole messages
GO_ON = frozenset({"go on", "/go", "continue", "resume"})  # the same
TERMINAL = "terminal"  # the channel that needs no setting: whoever has this account
WEB = "web"  # the page, which the owner's browser reaches alone
OWN_CHANNELS = (TERMINAL, WEB)  # what comes over them is the owner's


def ceiling_of(channel: str) -> Tier:
    """The worst tier of a channel without a setting: at home all, elsewhere what costs no more than money."""
    return Tier.PHYSICAL if channel in OWN_CHANNELS else Tier.COSTLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """The hours in which it writes nothing unasked; what would be said waits until they end."""

    begin: int = 22 * 60  # minutes after midnight
    end: int = 7 * 60

    def covers(self, minute: int) -> bool:
        """Whether a minute of the day is in them; they may go over midnight."""
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawBudget:
    """What its models may use; None: no limit of its own."""

    tokens_a_day: int | None = 500_000
    usd_a_day: float | None = None
    tokens_a_turn: int | None = 100_000
    tokens_a_schedule: int | None = 100_000  # in a day, for each schedule or watch that acts


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """A chat over which persons reach it."""

    name: str
    use: str  # the kind, such as telegram
    options: Mapping[str, str] = field(default_factory=dict)  # what its kind takes; a token is named by its secret
    ceiling: Tier = Tier.COSTLY  # what is worse is neither done nor approved over it


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """A tool server (MCP), which runs in the jail."""

    name: str
    command: tuple[str, ...]
    env: tuple[str, ...] = ()  # names of the secrets that it is given
    hosts: tuple[str, ...] = ()  # that it may reach
    readable: tuple[str, ...] = ()  # folders that it is shown
    tools: Mapping[str, Tier] = field(default_factory=dict)  # of those that are not irreversible


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestRules:
    """What guests may, beside reminders of their own."""

    reminders: int = 10  # that one may have set at once
    may: tuple[str, ...] = ()  # operations that only read
    tokens_a_day: int = 0  # of models, all guests together; 0: they talk with the grammar alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """All of `claw.yaml`."""

    zone: str = "UTC"  # IANA name: what clocks show where the owner lives
    model: str = ""  # that it thinks with; empty: it understands the sentences of its grammar alone
    repos: Mapping[str, str] = field(default_factory=dict)  # folders of repositories, by the names that it calls them
    channels: tuple[ChannelSpec, ...] = ()
    budget: ClawBudget = field(default_factory=ClawBudget)
    quiet: Quiet | None = None
    unasked_a_day: int = 10  # messages that nobody asked for; reminders are asked for
    turn_minutes: float = 15.0  # that one turn may take
    retain_days: int | None = None  # after which texts are forgotten; None: never
    skill_hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # that scripts of a skill reach
    servers: Mapping[str, ServerSpec] = field(default_factory=dict)  # of tools, by name
    guests: GuestRules = field(default_factory=GuestRules)
    source: str = ""  # the text

    def ceiling(self, channel: str) -> Tier:
        """The worst tier of a channel."""
        return next((spec.ceiling for spec in self.channels if spec.name == channel), ceiling_of(channel))


def is_stop(text: str) -> bool:
    """Whether a whole message says STOP, however it is written: one that seems to and does not would be believed."""
    return _bare(text).replace("?", "").strip() in STOP


def is_go_on(text: str) -> bool:
    """Whether a whole message says that a stopped claw may go on; a question does not."""
    return _bare(text) in GO_ON


def _bare(text: str) -> str:
    for mark in ",.!":
        text = text.replace(mark, " ")
    return " ".join(word for word in text.lower().split() if word != "please")


def after(command: str, name: str) -> str:
    """A command with the name of its claw; the claw that is meant by default needs none."""
    return command if name == NAMED else f"{command} {name}"
