"""The one tool of our agent: a shell command in the workspace, in the jail."""

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from overnight.agents.context import AgentContext
from overnight.agents.own.compaction import OUTPUT
from overnight.agents.own.prompt import TOO_LONG, UNREADABLE
from overnight.agents.own.tool import LONGEST
from overnight.jail.job import Job, JobEnding, with_variables
from overnight.words.foreign import cut_middle, printable_lines

_EXITED = "exit code "
_READ_BYTES = 4 * OUTPUT  # from each end of an output


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs commands of one workspace, one after the other; nothing but its files goes from one to the next."""

    context: AgentContext
    workspace: Path
    role: str
    number: int

    async def run(self, command: str | None) -> str:
        """What the model reads: how it ended, and what it printed."""
        if command is None or "\0" in command:
            return UNREADABLE
        line = f"exec bash -c {shlex.quote(command)}" if shutil.which("bash") else command
        if len(line.encode()) > LONGEST:
            return TOO_LONG.format(limit=LONGEST)
        output = self.context.scratch / f"shell-{self.context.slot}-{self.number}.log"
        job = Job(
            command=with_variables(line, self.context.variables),
            folder=self.workspace,
            output=output,
            limits=self.context.limits,
            slot=self.context.slot,
            role=self.role,
            number=self.number,
        )
        try:
            result = await self.context.executor.run(job)
            printed, unread = _read(output)
        finally:
            output.unlink(missing_ok=True)
        ended = f"{_EXITED}{result.exit_code}" if result.ending is JobEnding.EXITED else f"ended: {result.detail}"
        return f"{ended}\n{printable_lines(cut_middle(printed, OUTPUT, unread=unread), 2 * OUTPUT)}"


def ended_well(result: str) -> bool:
    """Whether a command that printed this, as the model reads it, exited with 0."""
    return result.startswith(f"{_EXITED}0\n")


def _read(output: Path) -> tuple[str, int]:
    """The output, at most its two ends, and how many bytes between them were left."""
    if not output.is_file():
        return "", 0
    with output.open("rb") as file:
        head = file.read(_READ_BYTES)
        rest = output.stat().st_size - len(head)
        if rest > _READ_BYTES:
            file.seek(-_READ_BYTES, 2)
        return (head + file.read(_READ_BYTES)).decode(errors="replace"), max(0, rest - _READ_BYTES)
