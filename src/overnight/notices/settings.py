"""`notify` in a program and in the user's settings: what each may say about a channel, and the record it becomes.

A program is committed, and a stranger may have written it. So it names channels of the user's settings, or gives the address
of a webhook or ntfy topic, which is used only if the settings allow its host. It may give no command, mail server, secret or
name of a variable: each of these would act on, or send out, something that belongs to the user.
"""

import re
import shlex
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from overnight.notices.notice import OCCASIONS, Mail, NotifySettings, NotifySpec, Occasion, TextSource
from overnight.words.fields import MAX_ITEMS, Mistake, Role, Short, Text

PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
_SECRET_KEYS = ("token", "password", "secret", "key", "headers")
_OUR_SIDE = ("command", "email")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,253}", re.ASCII)
_CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{3,40}", re.ASCII)
_RANDOM = re.compile(r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}", re.ASCII)  # like tokens in the path of a URL


def _listed(raw: object) -> object:
    return [raw] if isinstance(raw, str | int | dict) else raw


def _split(raw: object) -> object:
    """The words of a command that is one text, split as by a shell; no shell ever reads them."""
    try:
        return shlex.split(raw) if isinstance(raw, str) else raw
    except ValueError as error:
        raise Mistake(f"is not a command: {error}") from None


def _number(raw: object) -> object:
    """A sender that is a number, as text."""
    return str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw


def _of_campaigns(occasions: tuple[Occasion, ...]) -> tuple[Occasion, ...]:
    if not set(occasions) <= set(OCCASIONS):
        raise Mistake("may contain only target, budget and person")
    return occasions


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise Mistake("must be an e-mail address such as me@example.org")
    return text


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise Mistake("must be the name of an environment variable", fix="keep the value itself out of this file")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise Mistake("must be a host such as ntfy.sh")
    return text.lower()


def _chat(text: str) -> str:
    if not _CHAT.fullmatch(text):
        raise Mistake("must be the number of a chat, or the @name of a channel", fix="@userinfobot says your number")
    return text


def _url(text: str) -> str:
    """An http or https URL that contains no secret."""
    parts = split_url(text)
    if parts is None:
        raise Mistake("must be an http or https URL")
    if "@" in parts.netloc or parts.query or parts.fragment or _RANDOM.search(parts.path):
        fix = "put it into an environment variable and name that in your settings: `url_env`, or `token_env` beside `url`"
        raise Mistake("seems to contain a secret, which does not belong in a file", fix=fix)
    return text


def split_url(text: str) -> SplitResult | None:
    """The parts of an http or https URL with a host; None if it is not one."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        return None
    return parts if known and text.isascii() and text.isprintable() and " " not in text else None


Url = Annotated[Short, AfterValidator(_url)]
Address = Annotated[Short, AfterValidator(_address)]
Variable = Annotated[Short, AfterValidator(_variable)]
Host = Annotated[Short, AfterValidator(_host)]
Arguments = Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_ITEMS), BeforeValidator(_split)]
Owner = Annotated[Short, Field(max_length=200), BeforeValidator(_number)]
On = Annotated[
    tuple[Occasion, ...],
    Field(min_length=1, max_length=len(OCCASIONS)),
    BeforeValidator(_listed),
    AfterValidator(_of_campaigns),
]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class NotifyKeys(_Keys):
    """One entry of `notify:` in a program: the name of a channel, or an address."""

    channel: Role | None = None
    use: Literal["webhook", "ntfy"] | None = None
    url: Url | None = None
    on: On = OCCASIONS

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, raw: object) -> object:
        if isinstance(raw, str):
            return {"channel": raw}
        if isinstance(raw, dict):
            if raw.get("use") in _OUR_SIDE:
                fix = "describe the channel in your settings, and write its name here: `notify: [name]`"
                raise Mistake(f"`{raw['use']}` acts outside the jail, so a program cannot define it", fix=fix, key="use")
            for key in raw:
                if isinstance(key, str) and any(word in key.lower() for word in _SECRET_KEYS):
                    fix = "describe the channel in your settings, and write its name here: `notify: [name]`"
                    raise Mistake("a program is committed: no secret belongs in it", fix=fix, key=key)
        return raw

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.channel is None) == (self.use is None) or (self.use is None) != (self.url is None):
            raise Mistake("needs the name of a channel, or `use` and `url`", fix="write `{use: ntfy, url: ...}` or a name")
        return self

    def record(self) -> NotifySpec:
        """The record that the campaign uses."""
        if self.channel is not None:
            return NotifySpec(name=self.channel, on=self.on)
        url = self.url or ""
        return NotifySpec(name=f"{self.use} {url}", use=self.use or "", url=TextSource(literal=url), on=self.on)


Notify = Annotated[tuple[NotifyKeys, ...], Field(max_length=MAX_ITEMS), BeforeValidator(_listed)]


class ChannelKeys(_Keys):
    """One channel in the user's settings; a secret is given by its variable or by the command that prints it."""

    use: Literal["command", "webhook", "email", "ntfy", "telegram"]
    on: On = OCCASIONS
    command: Arguments | None = None
    receive: Arguments | None = None
    owners: Annotated[tuple[Owner, ...], Field(max_length=MAX_ITEMS), BeforeValidator(_listed)] = ()
    pass_env: Annotated[tuple[Variable, ...], Field(max_length=MAX_ITEMS)] = ()
    url: Url | None = None
    url_env: Variable | None = None
    url_command: Arguments | None = None
    token_env: Variable | None = None
    token_command: Arguments | None = None
    format: Literal["json", "slack", "discord"] = "json"
    host: Host | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Short | None = None
    sender: Address | None = None
    to: Annotated[tuple[Address, ...], Field(max_length=MAX_ITEMS), BeforeValidator(_listed)] = ()
    chat: Annotated[Short, BeforeValidator(_number), AfterValidator(_chat)] | None = None
    password_env: Variable | None = None
    password_command: Arguments | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for key in sorted(self.model_fields_set - {"use", "on"} - _TAKES[self.use]):
            raise Mistake(
                f"`use = {self.use}` takes no `{key}`", fix=f"it takes {', '.join(sorted(_TAKES[self.use]))}", key=key
            )
        if self.use == "command" and not self.command:
            raise Mistake("`use = command` needs a `command`", fix='write command = ["program", "argument"]', key="command")
        if self.owners and not self.receive:
            raise Mistake("`owners` may write to a channel that can receive", fix="write `receive`, too", key="owners")
        self._one_of(self.use in {"webhook", "ntfy"}, "url", "url_env", "url_command")
        self._one_of(False, "token_env", "token_command")
        self._one_of(False, "password_env", "password_command")
        if self.use == "email" and not (self.host and self.sender and self.to):
            raise Mistake("`use = email` needs `host`, `sender` and `to`", key="host")
        if self.use == "telegram" and not (self.chat and (self.token_env or self.token_command)):
            raise Mistake("`use = telegram` needs a `chat`, and the bot's token by `token_env` or `token_command`", key="chat")
        if (self.user is None) != (self.password_env is None and self.password_command is None):
            raise Mistake("`user` and a password go together", fix="write both, or neither", key="user")
        self._secret_in_the_clear()
        return self

    def _one_of(self, needed: bool, *keys: str) -> None:
        given = [key for key in keys if getattr(self, key) is not None]
        if len(given) > 1 or (needed and not given):
            raise Mistake(f"`use = {self.use}` needs one of {', '.join(keys)}", key=given[1] if given else keys[0])

    def _secret_in_the_clear(self) -> None:
        """Refuse to send a secret over a connection that anyone can read."""
        token = self.token_env or self.token_command
        parts = split_url(self.url) if self.url else None
        if token and parts and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise Mistake("a token would be sent over plain http", fix="write https", key="url")
        if self.user and self.security == "none" and self.host not in LOOPBACK:
            raise Mistake("a password would be sent unencrypted", fix="write starttls or tls", key="security")

    def record(self, name: str) -> NotifySpec:
        """The record that a session uses."""
        password = _source(None, self.password_env, self.password_command)
        return NotifySpec(
            name=name,
            use=self.use,
            on=self.on,
            command=self.command or (),
            receive=self.receive or (),
            owners=self.owners,
            variables=self.pass_env,
            url=_source(self.url, self.url_env, self.url_command),
            format=self.format,
            secret=password or _source(None, self.token_env, self.token_command),
            mail=self._mail(),
            chat=self.chat or "",
        )

    def _mail(self) -> Mail | None:
        if self.use != "email":
            return None
        return Mail(
            host=self.host or "",
            port=self.port or PORTS[self.security],
            security=self.security,
            sender=self.sender or "",
            to=self.to,
            user=self.user or "",
        )


_URL = frozenset(("url", "url_env", "url_command", "token_env", "token_command"))
_TAKES = {
    "command": frozenset(("command", "receive", "owners", "pass_env")),
    "webhook": _URL | {"format"},
    "ntfy": _URL,
    "telegram": frozenset(("chat", "url", "token_env", "token_command")),
    "email": frozenset(("host", "port", "security", "user", "sender", "to", "password_env", "password_command")),
}


class NotifySettingsKeys(_Keys):
    """`[notify]` in the user's settings."""

    hosts: Annotated[tuple[Host, ...], Field(max_length=MAX_ITEMS)] = ()
    channels: Annotated[dict[Role, ChannelKeys], Field(max_length=MAX_ITEMS)] = Field(default_factory=dict)

    def record(self) -> NotifySettings:
        """The record that a session uses."""
        return NotifySettings(channels=tuple(keys.record(name) for name, keys in self.channels.items()), hosts=self.hosts)


def _source(literal: str | None, variable: str | None, command: tuple[str, ...] | None) -> TextSource | None:
    if not (literal or variable or command):
        return None
    return TextSource(literal=literal or "", variable=variable or "", command=command or ())
