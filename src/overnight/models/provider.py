"""Where models are served and what they cost, as the user's settings say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from overnight.models.usage import Wire

SILENCE_S = 600.0  # what the field's own clients wait for an answer
PER_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One account at one provider, or one local server."""

    name: str  # what the ledger and messages call it
    base_url: str
    wires: tuple[Wire, ...]
    key_env: str = ""  # environment variable that holds the key
    key_command: str = field(default="", repr=False)  # or a shell command whose output is the key; neither: no key is sent
    models: Mapping[str, str] = field(default_factory=dict)  # asked for -> this provider's name of it
    model: str = ""  # asked for if `models` does not have the name; empty: the name as it is
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # sent with each call; may hold secrets
    silence_s: float = SILENCE_S  # longest wait for the next byte of an answer

    @property
    def local(self) -> bool:
        """Whether it needs no key, and so sends no bill."""
        return not self.key_env and not self.key_command

    def model_for(self, asked: str) -> str:
        """This provider's name of a model."""
        return self.models.get(asked) or self.model or asked


def is_here(url: str) -> bool:
    """Whether a URL leads to this machine itself."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars per million tokens."""

    input: float
    cached: float  # of the input, read from the provider's cache
    output: float
    written: float | None = None  # of the input, written to the provider's cache; None: as `input`

    def cost_usd(self, *, input_tokens: int, cached_tokens: int, written_tokens: int, output_tokens: int) -> float:
        """What a call cost; cached and written tokens are parts of the input."""
        fresh = max(0, input_tokens - cached_tokens - written_tokens)
        written = self.input if self.written is None else self.written
        dollars = fresh * self.input + cached_tokens * self.cached + written_tokens * written + output_tokens * self.output
        return dollars / PER_MILLION

    def request_usd(self, tokens: int) -> float:
        """What a request costs at most."""
        return tokens * max(self.input, self.cached, self.written or 0.0) / PER_MILLION


FREE = Price(input=0.0, cached=0.0, output=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """A table by model; a name may be a glob."""

    table: Mapping[str, Price] = field(default_factory=dict)

    def find(self, model: str) -> Price | None:
        """The price of a model: under its own name, else under the longest glob that matches; None if none does."""
        if model in self.table:
            return self.table[model]
        globs = [glob for glob in self.table if fnmatchcase(model, glob)]
        return self.table[max(globs, key=len)] if globs else None

    def of(self, provider: Provider, asked: str) -> Price | None:
        """What a model costs at a provider; None if it is not known."""
        return self.find(provider.model_for(asked)) or (FREE if provider.local else None)
