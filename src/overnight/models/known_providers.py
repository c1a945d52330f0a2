"""Providers whose address, wires and environment variables are known, so that the user need not write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from overnight.models.usage import Wire

OLLAMA_PORT = 11434
LOCAL_WIRES = (Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES, Wire.ANTHROPIC)  # of local servers; older ones have the first only


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProvider:
    """What is known of a provider by its kind."""

    base_url: str
    wires: tuple[Wire, ...]
    keys: tuple[str, ...] = ()  # environment variables that may hold the key; none for a local server
    base_urls: tuple[str, ...] = ()  # environment variables that may hold the base URL

    def url(self, environment: Mapping[str, str]) -> tuple[str, str]:
        """The base URL, and the environment variable that says it; empty if it is the built-in one.

        Raises:
            ValueError: the variable holds no URL.
        """
        name = first_set(environment, self.base_urls)
        said = environment.get(name, "").strip()
        if not name:
            return self.base_url, ""
        return said if self.keys else ollama_url(said), name


KNOWN: Mapping[str, KnownProvider] = {
    "anthropic": KnownProvider(
        base_url="https://api.anthropic.com",
        wires=(Wire.ANTHROPIC,),
        keys=("ANTHROPIC_API_KEY",),
        base_urls=("ANTHROPIC_BASE_URL",),
    ),
    "openai": KnownProvider(
        base_url="https://api.openai.com/v1",
        wires=(Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES),
        keys=("OPENAI_API_KEY",),
        base_urls=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    ),
    "gemini": KnownProvider(
        base_url="https://generativelanguage.googleapis.com",
        wires=(Wire.GEMINI,),
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        base_urls=("GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"),
    ),
    "openrouter": KnownProvider(
        base_url="https://openrouter.ai/api/v1",
        wires=(Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES, Wire.ANTHROPIC),
        keys=("OPENROUTER_API_KEY",),
        base_urls=("OPENROUTER_BASE_URL",),
    ),
    "ollama": KnownProvider(
        base_url=f"http://127.0.0.1:{OLLAMA_PORT}",
        wires=LOCAL_WIRES,
        base_urls=("OLLAMA_HOST",),
    ),
    # At the ports that they take by default; no environment variable of theirs says another one.
    "llamacpp": KnownProvider(base_url="http://127.0.0.1:8080", wires=LOCAL_WIRES),
    "vllm": KnownProvider(base_url="http://127.0.0.1:8000", wires=LOCAL_WIRES),
    "lmstudio": KnownProvider(base_url="http://127.0.0.1:1234", wires=LOCAL_WIRES),
}


def ollama_url(host: str) -> str:
    """The URL of what `OLLAMA_HOST` says: a host, a port or both; loopback if the server listens on all addresses."""
    parts = urlsplit(host if "://" in host else f"http://{host}")
    name = parts.hostname or "127.0.0.1"
    name = "127.0.0.1" if name in {"0.0.0.0", "::"} else f"[{name}]" if ":" in name else name  # noqa: S104  # not to listen on
    port = parts.port or (443 if parts.scheme == "https" else OLLAMA_PORT)
    return f"{parts.scheme}://{name}:{port}{parts.path.rstrip('/')}"


def first_set(environment: Mapping[str, str], names: Sequence[str]) -> str:
    """The first of some environment variables that is set to more than blanks; empty if none is."""
    return next((name for name in names if environment.get(name, "").strip()), "")
