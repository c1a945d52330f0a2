"""Servers of models that were found on this machine, each with the one command that has it used.

Nothing is used unless the user runs that command: whoever has an account on the machine can listen at such a port. A server's
names of models go into a command only if a settings file could hold them, so that they mean nothing to a shell.
"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.config import Settings, is_model_name, settings_path
from overnight.models.local_servers import LocalServer, find_local_servers, unused
from overnight.research.readiness.offer import Offer
from overnight.words.foreign import printable

SHOWN = 5  # models of a server
NAME = 80  # characters of one
NO_CHAT = ("embed", "rerank", "whisper")  # in the names of models that answer nobody


async def find_offers(settings: Settings, environment: Mapping[str, str], home: Path | None = None) -> Sequence[Offer]:
    """What listens on this machine and is not set up."""
    found = unused(await find_local_servers(), settings.providers)
    path = settings_path(environment, home or Path.home())
    return [offer_of(server, settings, path) for server in found]


def offer_of(server: LocalServer, settings: Settings, path: Path) -> Offer:
    """One server as it is offered; `path` is the settings file's."""
    named = next((name for name in server.models if is_model_name(name) and not any(part in name for part in NO_CHAT)), "")
    only = named if len(server.models) == 1 else ""
    if server.kind == "ollama" and not settings.listed:
        only, name, accept = "", server.kind, f"export OLLAMA_HOST={server.address}"
    else:
        name = _free_name(server, settings)
        kept = [] if settings.listed else [each.name for each in settings.providers]  # which a file's first provider would end
        accept = _append(path, [*(line for each in kept for line in _lines(each)), *_lines(name, server, only)])
    model = "" if only or (server.kind == "llamacpp" and len(server.models) <= 1) else f'"{named}"' if named else "NAME"
    return Offer(
        name=name,
        title=server.title,
        address=server.address,
        models=tuple(printable(each, NAME) for each in server.models[:SHOWN]),
        unshown=max(0, len(server.models) - SHOWN),
        loading=server.loading,
        accept=accept,
        write=f"{{role: explorer, use: agent{f', model: {model}' if model else ''}}}",
    )


def _free_name(server: LocalServer, settings: Settings) -> str:
    taken = {each.name for each in settings.providers}
    name = server.kind or f"local-{server.port}"
    return f"{name}-{server.port}" if name in taken else name


def _lines(name: str, server: LocalServer | None = None, model: str = "") -> Sequence[str]:
    """A provider in the settings file: of a kind that is known, or a server."""
    lines = ["[[providers]]", f'name = "{name}"']
    if server and server.kind and name != server.kind:
        lines.append(f'kind = "{server.kind}"')
    if server and not server.usual:
        lines.append(f'base_url = "http://{server.address}"')
    if server and not server.kind:
        lines.append('wires = ["openai-chat"]')
    return [*lines, f'model = "{model}"'] if model else lines


def _append(path: Path, lines: Sequence[str]) -> str:
    """A shell command that adds lines to the settings file."""
    folder = "" if path.parent.is_dir() else f"mkdir -p {shlex.quote(str(path.parent))} && "
    return f"{folder}printf '%s\\n' '' {' '.join(map(shlex.quote, lines))} >> {shlex.quote(str(path))}"
