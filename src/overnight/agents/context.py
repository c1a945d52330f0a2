"""What an agent gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from overnight.agents.port import Task
from overnight.agents.transcript import EntryKind, Transcript
from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.models.port import Models
from overnight.words.scrubber import Scrubber

AGENT_WALL_S = 1800.0  # of one job of an agent, by default; hangs are found much earlier
AGENT_PROCESSES = 1024  # agent programs run many threads
PATIENCE_S = 600.0  # an agent that does nothing for this long hangs; a long training step prints or writes something


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """Which agent it is."""

    use: str  # "agent", "editor", "acp" or "command"
    command: str | None = None
    template: str = ""  # of a ready command, see agents/templates.py
    model: str = ""  # empty: what the template or the provider says
    edit_form: str = ""  # that the editor asks for, see agents/editor/form.py; empty: its default


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentContext:
    """One agent's means."""

    spec: AgentSpec
    executor: Executor
    limits: Limits  # of each of its jobs
    scratch: Path  # a folder outside any workspace, for captured output
    slot: int  # of the executor, shared with no other job
    variables: tuple[tuple[str, str], ...] = ()  # of the program's commands, which it may want to try
    models: Models | None = None  # None: no provider is set up
    patience_s: float = PATIENCE_S
    watch: Callable[[Task, EntryKind, str], None] | None = None  # is told of each step as it begins
    scrubber: Scrubber = field(default_factory=Scrubber)  # what of its words is kept nowhere
    keep_transcript: Callable[[Task, Transcript], None] | None = None  # at each session's end, however it ended; must not raise


def agent_limits(limits: Limits, use: str) -> Limits:
    """The default limits of an agent's job, from those of others: with more time for a whole session."""
    if use in {"agent", "editor"}:  # the jobs of the one are single commands, and the other has none
        return replace(limits, gpus=0)
    most = max(limits.processes, AGENT_PROCESSES)
    return replace(limits, wall_s=max(limits.wall_s, AGENT_WALL_S), processes=most, gpus=0)
