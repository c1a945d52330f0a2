"""Where an agent's models come from by the user's settings, and the fix if they come from nowhere; no key is read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from overnight.agents.chat.asking import FORMS
from overnight.config import Settings, from_environment
from overnight.models.known_providers import KNOWN
from overnight.models.provider import Provider
from overnight.models.usage import Wire

AGENT_WIRES = tuple(FORMS)  # that our own agent speaks
_PAGE = "docs/gateway.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """Who would be asked for a model."""

    ready: bool
    detail: str
    fix: str  # empty if it is ready
    provider: str = ""  # the first that can be asked
    model: str = ""  # that it is asked for if nobody names one; empty: the agent's own choice


def find_source(wires: Collection[Wire], settings: Settings, environment: Mapping[str, str]) -> ModelSource:
    """Who is asked first by an agent that speaks one of these wires."""
    speaking = [provider for provider in settings.providers if not set(wires).isdisjoint(provider.wires)]
    if not speaking:
        return ModelSource(ready=False, detail=_nobody(wires, settings), fix=_fix_nobody(wires, settings, environment))
    able = [provider for provider in speaking if has_key(provider, environment)]
    if not able:
        first = speaking[0]
        return ModelSource(
            ready=False,
            detail=f"the key of {first.name} is missing: {first.key_env} is not set",
            fix=f"set {first.key_env}",
            provider=first.name,
        )
    first, *others = able
    then = f", then {', '.join(provider.name for provider in others)}" if others else ""
    return ModelSource(
        ready=True,
        detail=f"through the gateway to {describe(first)}{then}",
        fix="",
        provider=first.name,
        model=first.model_for(""),
    )


def has_key(provider: Provider, environment: Mapping[str, str]) -> bool:
    """Whether its key is available, or it needs none; a command is assumed to work."""
    return provider.local or bool(provider.key_command) or bool(environment.get(provider.key_env, "").strip())


def describe(provider: Provider) -> str:
    """Name, host, and where its key is, but never the key."""
    return f"{provider.name} at {urlsplit(provider.base_url).netloc}, {key_of(provider)}"


def key_of(provider: Provider) -> str:
    """Where its key is, for people."""
    if provider.local:
        return "no key"
    return "key by its key_command" if provider.key_command else f"key in {provider.key_env}"


def _nobody(wires: Collection[Wire], settings: Settings) -> str:
    if not settings.providers:
        return "no provider of models is set up"
    return f"no provider of your settings speaks {' or '.join(wires)}"


def _fix_nobody(wires: Collection[Wire], settings: Settings, environment: Mapping[str, str]) -> str:
    """Which variable to set; if the settings file decides, what to write there."""
    if settings.providers and settings.providers != from_environment(environment):
        return f"add one to your settings file: {_PAGE}"
    fitting = [known for known in KNOWN.values() if not set(wires).isdisjoint(known.wires)]
    keys = " or ".join(known.keys[0] for known in fitting if known.keys)
    local = ", or OLLAMA_HOST for a local server such as Ollama" if any(not known.keys for known in fitting) else ""
    return f"set {keys}{local}"
