"""The shape of `claw.yaml`: which keys there are, and what each may hold."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from overnight.claw.charter import OWN_CHANNELS, ChannelSpec, ClawBudget, GuestRules, Quiet, ServerSpec
from overnight.egress.hosts import BadHost, read_rule
from overnight.files.local_zone import find_zone
from overnight.notices.settings import LOOPBACK, split_url
from overnight.operations.operation import Tier
from overnight.operations.permission import only_reads
from overnight.operations.principal import FACES
from overnight.operations.registry import find
from overnight.program.fields import Count, Number
from overnight.words.fields import MAX_ITEMS, Mistake, Short, Text

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})")


def _zone(text: str) -> str:
    if not find_zone(text):
        raise Mistake("is no time zone that this machine knows", fix="write a name such as Europe/Berlin or UTC")
    return text


def _minute(text: str) -> str:
    found = _CLOCK.fullmatch(text)
    if not found or int(found["hour"]) > 23 or int(found["minute"]) > 59:  # noqa: PLR2004  # as clocks show
        raise Mistake("is no time of the day", fix="write it as 22:00")
    return text


def minute_of(text: str) -> int:
    """Minutes after midnight."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class QuietKeys(_Keys):
    """Hours in which nothing unasked is written."""

    begin: Annotated[Short, AfterValidator(_minute)]
    end: Annotated[Short, AfterValidator(_minute)]

    def record(self) -> Quiet:
        """The record that the claw uses."""
        return Quiet(begin=minute_of(self.begin), end=minute_of(self.end))


class BudgetKeys(_Keys):
    """What its models may use."""

    tokens_a_day: Count | None = None
    usd_a_day: Number | None = None
    tokens_a_turn: Count | None = None
    tokens_a_schedule: Count | None = None

    def record(self) -> ClawBudget:
        """The record that the claw uses."""
        usual = ClawBudget()
        return ClawBudget(
            tokens_a_day=usual.tokens_a_day if self.tokens_a_day is None else self.tokens_a_day,
            usd_a_day=self.usd_a_day,
            tokens_a_turn=usual.tokens_a_turn if self.tokens_a_turn is None else self.tokens_a_turn,
            tokens_a_schedule=usual.tokens_a_schedule if self.tokens_a_schedule is None else self.tokens_a_schedule,
        )


def _digits(raw: object) -> object:
    return str(raw) if type(raw) is int else raw  # as YAML reads it without quotes


def _public(text: str) -> str:
    parts = split_url(text)
    if parts is None or parts.query or (parts.scheme == "http" and parts.hostname not in LOOPBACK):
        raise Mistake(
            "is no https address", fix="write the one that WhatsApp was given, such as https://claw.example.org/whatsapp"
        )
    return text


_OF_WHATSAPP = ("phone", "port", "public", "template", "language")


class ChannelKeys(_Keys):
    """A chat."""

    use: Literal["telegram", "whatsapp"]
    token: Short | None = None  # name of the secret
    url: Text | None = None  # of the API, for tests and self-hosted servers
    ceiling: Tier = Tier.COSTLY
    phone: Annotated[str, BeforeValidator(_digits), Field(pattern=r"^[0-9]{5,20}$")] | None = None  # id of the number
    port: Annotated[int, Field(ge=1024, le=65535)] | None = None  # on loopback
    public: Annotated[Text, AfterValidator(_public)] | None = None  # the address that leads to it
    template: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")] | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z_]{2,10}$")] | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.use == "whatsapp" and self.phone is None:
            raise Mistake("`use: whatsapp` needs `phone`", fix="write the id of the number, as Meta shows it", key="use")
        if self.use != "whatsapp" and (other := next((key for key in _OF_WHATSAPP if getattr(self, key) is not None), "")):
            raise Mistake(f"is for `use: whatsapp` alone, and this is `{self.use}`", fix="leave it out", key=other)
        return self

    def record(self, name: str) -> ChannelSpec:
        """The record that the claw uses."""
        options = {key: str(value) for key in ("token", "url", *_OF_WHATSAPP) if (value := getattr(self, key))}
        return ChannelSpec(name=name, use=self.use, options=options, ceiling=self.ceiling)


def _chats(channels: Mapping[str, ChannelKeys]) -> Mapping[str, ChannelKeys]:
    if taken := sorted({*OWN_CHANNELS, *FACES} & channels.keys()):
        raise Mistake(f"has a channel `{taken[0]}`, which is a way in already", fix="call it otherwise, such as telegram")
    return channels


def _host(text: str) -> str:
    try:
        return str(read_rule(text))
    except BadHost as bad:
        raise Mistake(f"is no host that can be reached: {bad}", fix="write one such as api.example.com") from bad


Host = Annotated[Short, AfterValidator(_host)]


class SkillKeys(_Keys):
    """What the scripts of a skill may do beside."""

    hosts: Annotated[tuple[Host, ...], Field(max_length=MAX_ITEMS)] = ()


class ServerKeys(_Keys):
    """A tool server."""

    command: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_ITEMS)]
    env: Annotated[tuple[Short, ...], Field(max_length=MAX_ITEMS)] = ()
    hosts: Annotated[tuple[Host, ...], Field(max_length=MAX_ITEMS)] = ()
    readable: Annotated[tuple[Text, ...], Field(max_length=MAX_ITEMS)] = ()
    tools: Annotated[Mapping[Short, Tier], Field(max_length=100)] = {}

    def record(self, name: str) -> ServerSpec:
        """The record that the claw uses."""
        return ServerSpec(
            name=name, command=self.command, env=self.env, hosts=self.hosts, readable=self.readable, tools=dict(self.tools)
        )


def _readable(name: str) -> str:
    operation = find(name)
    if operation is None or not only_reads(operation):
        raise Mistake("is no operation that only reads", fix="`overnight operations` lists them; name one of the tier read")
    return name


class GuestKeys(_Keys):
    """What guests may."""

    reminders: Annotated[int, Field(ge=0, le=1000)] = GuestRules().reminders
    may: Annotated[tuple[Annotated[Short, AfterValidator(_readable)], ...], Field(max_length=MAX_ITEMS)] = ()
    tokens_a_day: Count = 0

    def record(self) -> GuestRules:
        """The record that the claw uses."""
        return GuestRules(reminders=self.reminders, may=self.may, tokens_a_day=self.tokens_a_day)


class CharterKeys(_Keys):
    """All of it."""

    zone: Annotated[Short, AfterValidator(_zone)] | None = None
    model: Short | None = None
    repos: Annotated[Mapping[Name, Text], Field(max_length=MAX_ITEMS)] = {}
    channels: Annotated[Mapping[Name, ChannelKeys], Field(max_length=MAX_ITEMS), AfterValidator(_chats)] = {}
    budget: BudgetKeys = BudgetKeys.model_construct()
    quiet: QuietKeys | None = None
    mcp: Annotated[Mapping[Name, ServerKeys], Field(max_length=MAX_ITEMS)] = {}
    skills: Annotated[Mapping[Name, SkillKeys], Field(max_length=MAX_ITEMS)] = {}
    guests: GuestKeys = GuestKeys.model_construct()
    unasked_a_day: Annotated[int, Field(ge=0, le=1000)] = 10
    turn_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 15.0
    retain_days: Annotated[int, Field(ge=1, le=36500)] | None = None


KEYS: Mapping[str, tuple[str, ...]] = {
    "": tuple(CharterKeys.model_fields),
    "budget": tuple(BudgetKeys.model_fields),
    "quiet": tuple(QuietKeys.model_fields),
    "channels": tuple(ChannelKeys.model_fields),
    "mcp": tuple(ServerKeys.model_fields),
    "guests": tuple(GuestKeys.model_fields),
    "skills": tuple(SkillKeys.model_fields),
}
