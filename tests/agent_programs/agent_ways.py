"""The ways to have an agent program as a researcher, and a small repository for one of them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from targets import make_repo

from overnight.agents.programs import ACP
from overnight.agents.templates import TEMPLATES
from overnight.models.usage import Wire

PROGRAMS = Path(__file__).parents[2] / "build/agents/node_modules/.bin"
SEARCHED = f"{PROGRAMS}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"  # before the tools of the system
KEY = "sk-secret-of-the-user"
KEY_VARIABLE = "SCRIPTED_KEY"


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to have an agent as a researcher."""

    entry: str  # of `researchers`, behind its role
    wire: Wire
    others: tuple[Wire, ...] = ()  # that it speaks, too

    @property
    def wires(self) -> tuple[Wire, ...]:
        """All that it speaks."""
        return (self.wire, *self.others)

    def __str__(self) -> str:
        words = self.entry.translate(str.maketrans("", "", '",:')).split()
        return "-".join([*words[1:], self.wire])


def template(name: str, wire: Wire, *, model: str = "m1") -> Way:
    """A headless run."""
    named = f", model: {model}" if model else ""
    return Way(entry=f"use: command, template: {name}{named}", wire=wire, others=TEMPLATES[name].wires)


def acp(command: str, wire: Wire) -> Way:
    """A talk over the Agent Client Protocol."""
    program = next(program for program in ACP if program.command == command)
    return Way(entry=f'use: acp, command: "{command}", model: m1', wire=wire, others=program.wires)


WAYS = [
    template("claude", Wire.ANTHROPIC),
    template("codex", Wire.OPENAI_RESPONSES),
    template("opencode", Wire.OPENAI_CHAT),
    template("gemini", Wire.GEMINI),
    acp("opencode acp", Wire.OPENAI_CHAT),
    acp("gemini --acp", Wire.GEMINI),
    acp("codex-acp", Wire.OPENAI_RESPONSES),
    acp("claude-agent-acp", Wire.ANTHROPIC),
]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A provider of the settings."""

    name: str
    url: str
    wire: Wire


def write_settings(folder: Path, providers: Sequence[Asked], *, silence_s: float = 600.0) -> Path:
    """Settings with these providers, in this order."""
    lines = []
    for provider in providers:
        lines += ["[[providers]]", f'name = "{provider.name}"', f'base_url = "{provider.url}"']
        lines += [f'wires = ["{provider.wire}"]', f'key_env = "{KEY_VARIABLE}"', f"silence_s = {silence_s}"]
    settings = folder / "settings.toml"
    settings.write_text("\n".join(lines))
    return settings


def write_repo(folder: Path, way: Way, files: dict[str, str]) -> Path:
    """A repository with one researcher, whose edits of train.txt are measured."""
    program = f"""---
metric: {{name: loss, direction: minimize}}
measure: cat train.txt
editable: [train.txt]
budget: {{experiments: 1}}
researchers:
  - {{role: explorer, {way.entry}}}
---
# Make the loss small
"""
    return make_repo(folder, program, files=files)
