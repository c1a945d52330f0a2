"""The writer that is an agent: it works in a folder of its own, in the jail, where it finds and leaves `driver.py`.

It reaches the gateway of models and nothing else, the device neither: what the device says stands in its brief.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.agents.agent import AgentSession
from overnight.agents.context import AgentContext, AgentSpec, agent_limits
from overnight.agents.port import Task, TurnFailed
from overnight.agents.registry import AGENTS
from overnight.agents.templates import TEMPLATES
from overnight.errors import UserError
from overnight.files.own import read_unlinked
from overnight.home.drivers._jailed import SLOTS, executor
from overnight.home.learning.brief import SYSTEM
from overnight.home.learning.model_writer import ROLE
from overnight.home.learning.source import LARGEST
from overnight.home.learning.writing import Brief, NotWritten
from overnight.jail.job import Limits
from overnight.models.port import Models, ModelsParked
from overnight.words.foreign import one_line, printable

FILE = "driver.py"
COMMAND = "command:"  # how the name of an agent begins that is any command, and may need no model
FIRST = "# The driver: describe(http), read(http), write(http, want).\n"
TASK = f"\n\nWrite the whole file to `{FILE}` in this folder, and end. The device cannot be reached from here; we try the file."
LIMITS = Limits(wall_s=900.0, memory_bytes=4 * 1000**3, disk_bytes=1000**3, files=20_000, processes=256, output_bytes=10**6)
WHY = 200


def spec_of(name: str) -> AgentSpec:
    """The agent of a name: `agent`, `editor`, an installed program such as `claude`, `acp:COMMAND` or `command:COMMAND`.

    Raises:
        UserError: there is none.
    """
    use, _, command = name.partition(":")
    if name in {"agent", "editor"}:
        return AgentSpec(use=name)
    if name in TEMPLATES:
        return AgentSpec(use="command", template=name)
    if use in {"acp", "command"} and command.strip():
        return AgentSpec(use=use, command=command.strip())
    fix = f"choose agent, editor, {', '.join(TEMPLATES)}, acp:COMMAND or command:COMMAND"
    raise UserError(f"there is no agent `{printable(name, 80)}`", fix=fix)


class AgentWriter:
    """One session; implements `Writer`."""

    def __init__(self, session: AgentSession, folder: Path) -> None:
        self._session, self._folder = session, folder

    async def write(self, brief: Brief) -> str:
        """What it left in the file."""
        before = self._file()
        try:
            turn = await self._session.turn(brief() + TASK)
        except (TurnFailed, ModelsParked) as failed:
            raise NotWritten(one_line(str(failed), WHY)) from failed
        if turn.fault and self._file() == before:
            raise NotWritten(one_line(turn.fault, WHY))
        return f"```python\n{self._file()}\n```"

    def _file(self) -> str:
        try:
            return read_unlinked(self._folder / FILE, LARGEST * 4).decode("utf-8", "replace")
        except (OSError, UserError):
            return ""

    @property
    def used(self) -> tuple[int, float]:
        """Of this session."""
        return self._session.usage.tokens, self._session.usage.cost_usd


@asynccontextmanager
async def open_agent(spec: AgentSpec, models: Models | None) -> AsyncIterator[AgentWriter]:
    """The agent at work in a folder that is gone afterwards, in the slot of the jail that no driver has."""
    with TemporaryDirectory(prefix="overnight-learning-") as scratch:
        folder = Path(scratch) / "work"
        folder.mkdir()
        (folder / FILE).write_text(FIRST)
        context = AgentContext(
            spec=spec,
            executor=executor(),
            limits=agent_limits(LIMITS, spec.use),
            scratch=Path(scratch),
            slot=SLOTS,
            models=models,
        )
        task = Task(folder=folder, role=ROLE, may_edit=lambda path: path == FILE, system=SYSTEM.partition(" Answer with")[0])
        async with AGENTS[spec.use](context).open(task) as session:
            yield AgentWriter(session, folder)
