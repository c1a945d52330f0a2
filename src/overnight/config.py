"""The user's settings, read once: which providers of models there are, and what they cost.

Without a file, the providers come from the environment variables that agents also use.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from overnight.errors import UserError
from overnight.machines.clusters.machine import Machine
from overnight.machines.clusters.settings import MachinesKeys
from overnight.models.known_providers import KNOWN, KnownProvider, first_set
from overnight.models.provider import SILENCE_S, Price, Prices, Provider
from overnight.models.spending.limits import ACTION, CAMPAIGN, CLAW, HOME, TRYOUT, TUTOR, PeriodLimits, SpendingRules
from overnight.models.usage import Wire
from overnight.notices.notice import NotifySettings
from overnight.notices.settings import NotifySettingsKeys
from overnight.words.fields import Mistake
from overnight.words.foreign import printable
from overnight.words.quantities import more

VARIABLE = "OVERNIGHT_SETTINGS"
LARGEST_FILE = 1024 * 1024  # bytes
MOST_ENTRIES = 100
MOST_AT_ONCE = 64  # actions
QUOTED = 80  # characters of a key in a message
LONGEST_MESSAGE = 300
PAGES = {
    "notify": "docs/notify.md",
    "spending": "docs/spending.md",
    "actions": "docs/actions.md",
    "machines": "docs/machines.md",
}  # of what a key begins with; else docs/gateway.md
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSettings:
    """How many actions are worked on."""

    at_once: int = 10
    most_waiting: int = 4  # results that wait for a person, from which no new action begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user set, in addition to `program.md`."""

    providers: tuple[Provider, ...] = ()  # in the order in which they are asked
    listed: bool = False  # the file lists them; else they come from the environment
    prices: Prices = field(default_factory=Prices)
    notify: NotifySettings = field(default_factory=NotifySettings)
    spending: SpendingRules = field(default_factory=SpendingRules)
    actions: ActionSettings = field(default_factory=ActionSettings)
    machines: Mapping[str, Machine] = field(default_factory=dict)  # by name


def read_settings(environment: Mapping[str, str], home: Path) -> Settings:
    """The user's settings.

    Raises:
        UserError: the file or an environment variable is wrong; the message says where, and the fix.
    """
    path = settings_path(environment, home)
    content = _read(path, demanded=bool(environment.get(VARIABLE)))
    keys = _Keys.model_construct() if content is None else _check(content, str(path))
    providers = tuple(entry.record(environment) for entry in keys.providers) or from_environment(environment)
    return Settings(
        providers=providers,
        listed=bool(keys.providers),
        prices=Prices(table={name: entry.record() for name, entry in keys.prices.items()}),
        notify=keys.notify.record(),
        spending=keys.spending.rules(str(path)),
        actions=ActionSettings(at_once=keys.actions.at_once, most_waiting=keys.actions.most_waiting),
        machines={name: entry.record(name) for name, entry in keys.machines.items()},
    )


def settings_path(environment: Mapping[str, str], home: Path) -> Path:
    """Where the settings are, whether or not the file exists."""
    if named := environment.get(VARIABLE):
        return Path(named)
    base = environment.get("XDG_CONFIG_HOME", "")
    return (Path(base) if Path(base).is_absolute() else home / ".config") / "overnight" / "settings.toml"


def from_environment(environment: Mapping[str, str]) -> tuple[Provider, ...]:
    """The providers whose usual environment variables are set.

    Raises:
        UserError: one holds a base URL that is not a URL.
    """
    return tuple(
        Provider(name=name, base_url=_url_of(known, environment), wires=known.wires, key_env=first_set(environment, known.keys))
        for name, known in KNOWN.items()
        if first_set(environment, known.keys or known.base_urls)
    )


def _url_of(known: KnownProvider, environment: Mapping[str, str]) -> str:
    """The base URL of a provider; the user's environment takes precedence over our own knowledge."""
    try:
        url, name = known.url(environment)
        return _base_url(url) if name else url
    except ValueError:
        name = first_set(environment, known.base_urls)
        raise _mistake(name, "", "is not a URL", "fix or unset this environment variable") from None


def _read(path: Path, *, demanded: bool) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        if demanded:
            raise _mistake(
                str(path), "", "there is no such file", f"{VARIABLE} names it: fix the variable, or write the file"
            ) from None
        return None
    except OSError as error:
        raise _mistake(str(path), "", f"cannot be read: {error.strerror}", "") from None
    if len(content) > LARGEST_FILE:
        raise _mistake(str(path), "", f"is larger than {LARGEST_FILE} bytes", "")
    return content


def _check(content: bytes, path: str) -> "_Keys":
    try:
        text = content.decode()
        raw = tomllib.loads(text)
    except UnicodeDecodeError:
        raise _mistake(path, "", "is not UTF-8", "save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _mistake(path, "", f"is not TOML: {error}", "") from None
    try:
        return _Keys.model_validate(raw)
    except ValidationError as error:
        raise _first_mistake(error, path, text) from None


def _first_mistake(error: ValidationError, path: str, text: str) -> UserError:
    """The first mistake in our words; a value is never shown, because it may be a key in the wrong place."""
    details = error.errors(include_url=False, include_input=False)
    first = details[0]
    others = f" ({more(len(details) - 1)})" if len(details) > 1 else ""
    cause = first.get("ctx", {}).get("error")
    loc = (*first["loc"], cause.key) if isinstance(cause, Mistake) and cause.key else first["loc"]
    place = ".".join(str(part) for part in loc)
    from overnight.words.toml_lines import line_of

    if line := line_of(text, loc):
        path = f"{path}:{line}"
    page = next((page for start, page in PAGES.items() if place.startswith(start)), "docs/gateway.md")
    if first["type"] == "extra_forbidden":
        return _mistake(path, place, f"is not a known key{others}", f"delete it, or see {page}")
    if first["type"] == "missing":
        return _mistake(path, place, f"is missing{others}", f"write it, as in {page}")
    if isinstance(cause, Mistake):
        return _mistake(path, place, f"{cause}{others}", cause.fix)
    words = str(cause) if isinstance(cause, ValueError) else first["msg"][:1].lower() + first["msg"][1:]
    return _mistake(path, place, words + others, "")


def _mistake(path: str, key: str, message: str, fix: str) -> UserError:
    place = f"{path}: {printable(key, QUOTED)}" if key else path
    return UserError(f"{place}: {printable(message, LONGEST_MESSAGE)}", fix=fix)


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("must be a URL such as https://api.example.com/v1")
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise ValueError("must be a URL without a query and without a password; set a key with key_env or key_command")
    return url


def _unlike_a_key(name: str) -> str:
    if not VARIABLE_NAME.fullmatch(name):
        raise ValueError("must be the name of an environment variable such as OPENAI_API_KEY, not the key itself")
    return name


def is_model_name(text: str) -> bool:
    """Whether the settings can hold a text as the name of a model."""
    return MODEL.fullmatch(text) is not None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


Text = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$")]
MODEL = re.compile(r"^[A-Za-z0-9@][A-Za-z0-9._:/@+-]{0,199}$")
Model = Annotated[str, StringConstraints(pattern=MODEL.pattern)]
Glob = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/@+*?\[\]!-]{1,200}$")]
Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
Dollars = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]  # per million tokens


class _ProviderKeys(_Part):
    """One `[[providers]]`."""

    name: Name
    kind: Literal["anthropic", "openai", "gemini", "openrouter", "ollama", "llamacpp", "vllm", "lmstudio"] | None = None
    base_url: Annotated[Text, AfterValidator(_base_url)] | None = None
    wires: Annotated[tuple[Wire, ...], Field(min_length=1, max_length=len(Wire))] | None = None
    key_env: Annotated[str, AfterValidator(_unlike_a_key)] | None = None
    key_command: Text | None = None
    models: Annotated[Mapping[Model, Model], Field(max_length=MOST_ENTRIES)] = {}
    model: Model | None = None
    headers: Annotated[Mapping[Header, Text], Field(max_length=MOST_ENTRIES)] = {}
    silence_s: Annotated[float, Field(gt=0, le=24 * 3600, allow_inf_nan=False)] = SILENCE_S

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.key_env is not None and self.key_command is not None:
            raise ValueError("has key_env and key_command; keep one of them")
        if self._kind is None and (self.base_url is None or self.wires is None):
            raise ValueError(f"needs base_url and wires, or a kind: {', '.join(KNOWN)}")
        return self

    @property
    def _kind(self) -> KnownProvider | None:
        return KNOWN.get(self.kind or self.name)

    def record(self, environment: Mapping[str, str]) -> Provider:
        """The provider as the gateway uses it; what is not set follows from the kind and its environment variables."""
        known = self._kind or KnownProvider(base_url="", wires=())
        keys = () if self.key_command is not None else known.keys
        return Provider(
            name=self.name,
            base_url=self.base_url or _url_of(known, environment),
            wires=self.wires or known.wires,
            key_env=self.key_env or first_set(environment, keys) or next(iter(keys), ""),
            key_command=self.key_command or "",
            models=dict(self.models),
            model=self.model or "",
            headers={name.lower(): value for name, value in self.headers.items()},
            silence_s=self.silence_s,
        )


class _PriceKeys(_Part):
    """One `[prices."model"]`."""

    input: Dollars
    output: Dollars
    cached: Dollars | None = None
    written: Dollars | None = None

    def record(self) -> Price:
        """The price as the gateway uses it; cached input costs as much as the rest unless `cached` is set."""
        cached = self.input if self.cached is None else self.cached
        return Price(input=self.input, cached=cached, output=self.output, written=self.written)


Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]  # dollars
Count = Annotated[int, Field(ge=0, le=10**15)]


def _known_zone(name: str) -> str:
    from overnight.files.local_zone import find_zone

    if find_zone(name) is None:
        raise ValueError("must be a time zone that this machine knows, such as Europe/Berlin")
    return name


class _PeriodKeys(_Part):
    """The limits of one system."""

    day_usd: Amount | None = None
    day_tokens: Count | None = None
    week_usd: Amount | None = None
    week_tokens: Count | None = None

    def limits(self) -> PeriodLimits:
        """The limits as the account keeps them."""
        return PeriodLimits(
            day_usd=self.day_usd, day_tokens=self.day_tokens, week_usd=self.week_usd, week_tokens=self.week_tokens
        )


class _SpendingKeys(_PeriodKeys):
    """`[spending]`: of everything, with a table for each system."""

    zone: Annotated[Text, AfterValidator(_known_zone)] | None = None
    campaign: _PeriodKeys | None = None
    tryout: _PeriodKeys | None = None
    action: _PeriodKeys | None = None
    claw: _PeriodKeys | None = None
    home: _PeriodKeys | None = None
    tutor: _PeriodKeys | None = None

    def rules(self, source: str) -> SpendingRules:
        """The owner's limits."""
        own = {
            CAMPAIGN: self.campaign,
            TRYOUT: self.tryout,
            ACTION: self.action,
            CLAW: self.claw,
            HOME: self.home,
            TUTOR: self.tutor,
        }
        systems = {name: keys.limits() for name, keys in own.items() if keys}
        return SpendingRules(total=self.limits(), systems=systems, zone=self.zone or "", source=source)


class _ActionKeys(_Part):
    """`[actions]`."""

    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 10
    most_waiting: Annotated[int, Field(ge=1, le=1000)] = 4


class _Keys(_Part):
    """The whole file."""

    providers: Annotated[tuple[_ProviderKeys, ...], Field(max_length=MOST_ENTRIES)] = ()
    prices: Annotated[Mapping[Glob, _PriceKeys], Field(max_length=10 * MOST_ENTRIES)] = {}
    notify: NotifySettingsKeys = NotifySettingsKeys.model_construct()
    spending: _SpendingKeys = _SpendingKeys.model_construct()
    actions: _ActionKeys = _ActionKeys.model_construct()
    machines: MachinesKeys = {}

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        names = [provider.name for provider in self.providers]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two providers have the name {twice}; give each its own name")
        return self
