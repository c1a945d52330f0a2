"""Who serves an agent's models by the user's settings, in words, and the fix if nobody does; no key is read."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from overnight.config import Settings
from overnight.models.asking.ask import FORMS
from overnight.models.known_providers import KNOWN
from overnight.models.provider import Provider
from overnight.models.usage import Wire
from overnight.secrets.broker import stored_where

NO_ENVIRONMENT: Mapping[str, str] = {}
AGENT_WIRES = tuple(FORMS)  # that our own agent speaks
_PAGE = "docs/gateway.md"
_LOCAL = (
    ", or OLLAMA_HOST for a local Ollama, or start llama.cpp, vLLM or LM Studio (`overnight agents` finds them), "
    "or take the tuner, which needs no model"
)


def has_key(provider: Provider, environment: Mapping[str, str]) -> bool:
    """Whether its key is available, or it needs none; a command is assumed to work."""
    return provider.local or bool(provider.key_command) or bool(environment.get(provider.key_env, "").strip())


def describe(provider: Provider, environment: Mapping[str, str] = NO_ENVIRONMENT) -> str:
    """Name, host, and where its key is, but never the key."""
    return f"{provider.name} at {urlsplit(provider.base_url).netloc}, {key_of(provider, environment)}"


def key_of(provider: Provider, environment: Mapping[str, str]) -> str:
    """Where its key is, for people."""
    if provider.local:
        return "no key"
    if provider.key_command:
        return "key by its key_command"
    where = stored_where(environment, provider.key_env)
    return f"key in {provider.key_env}" + (f", {where}" if where else "")


def nobody_speaks(wires: Collection[Wire], settings: Settings) -> str:
    """That no provider serves an agent that speaks one of these wires."""
    if not settings.providers:
        return "no provider of models is set up"
    return f"no provider of your settings speaks {' or '.join(wires)}"


def fix_nobody(wires: Collection[Wire], settings: Settings) -> str:
    """Which variable to set; if the settings file decides, what to write there."""
    if settings.listed:
        return f"add one to your settings file: {_PAGE}"
    fitting = [known for known in KNOWN.values() if not set(wires).isdisjoint(known.wires)]
    keys = " or ".join(known.keys[0] for known in fitting if known.keys)
    local = _LOCAL if any(not known.keys for known in fitting) else ""
    return f"set {keys}{local}"
